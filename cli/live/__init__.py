"""What a deployed stack knows, read: each source by a function of its own, and none takes the others along.

Every reader takes what it asks with as an argument, gives frozen dataclasses and raises what goes wrong;
`cli.live.asking` turns that into an `Unreachable`, which is something to show.
"""
