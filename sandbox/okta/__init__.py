"""The slice of Okta's management API that the official Okta plug-in calls, for 51 invented people."""

from .app import create_app
from .identity import jwks

__all__ = ["create_app", "jwks"]
