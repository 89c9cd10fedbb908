"""What the commands do, one file each, loaded when it is asked for."""
