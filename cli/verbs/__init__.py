"""The commands by whom they are for: what each takes. What they do is in `cli.commands`."""
