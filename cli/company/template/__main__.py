"""What the stack files beside this file say, made true by the engine. The program is installed: requirements.txt."""

from program import declare

declare()
