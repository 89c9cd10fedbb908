"""Pulumi providers of our own, each run by the engine as a plug-in; programs read the `sdk` of one and nothing else."""
