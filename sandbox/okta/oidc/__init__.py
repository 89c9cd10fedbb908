"""The org authorization server: people sign in to OAuth apps in a browser or by a code, and apps get tokens."""
