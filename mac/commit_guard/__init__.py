"""The commit guard, which runs on the Macs: standard library only, Python 3.9 and newer."""
