"""An update planned and carried out, told by the engine's own events."""
