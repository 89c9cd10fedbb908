"""Claude Code's managed settings on developers' machines: what each level adds, checks, forms, channels. Pure."""
