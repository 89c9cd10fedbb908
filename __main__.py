"""What the stack files beside this file say, made true by the engine."""

from program import declare

declare()
