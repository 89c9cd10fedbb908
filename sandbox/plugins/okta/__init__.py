"""The Okta plug-in: the requests the official one makes, in its order."""
