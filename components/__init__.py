"""Pulumi components, one per file: functions of their arguments, apart from configuration and the stack's name."""
