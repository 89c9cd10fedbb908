"""Which privilege of the API role a call needs."""

from __future__ import annotations

import re

from flask import request

from .context import jamf
from .errors import CLASSIC, JamfError

VERBS = {"GET": "Read", "HEAD": "Read", "POST": "Create", "PUT": "Update", "PATCH": "Update", "DELETE": "Delete"}

# Path -> privileges; `{}` is the verb of the method.
NEEDED = {
    r"/JSSResource/osxconfigurationprofiles": ("{} macOS Configuration Profiles",),
    r"/JSSResource/computergroups": ("{} Static Computer Groups",),
    r"/JSSResource/policies": ("{} Policies",),
    r"/JSSResource/logflush": ("Flush Policy Logs", "Delete Policies"),
    r"/JSSResource/users": ("Read Users",),
    r"/JSSResource/computer(history|management)": ("Read Computers",),
    r"/api/v\d/computer-groups/static-groups": ("{} Static Computer Groups",),
    r"/api/v\d/computer-groups/smart-group": ("{} Smart Computer Groups",),
    r"/api/v1/smart-computer-groups": ("Update Smart Computer Groups",),
    r"/api/v\d/computers-inventory": ("Read Computers",),
    r"/api/v1/scripts": ("{} Scripts",),
    r"/api/v\d/check-in": ("{} Computer Check-In",),
    r"/api/v\d/mdm/commands": ("View MDM command information in Jamf Pro API",),
}


def check() -> None:
    """Classic answers 401 to a missing privilege, the Pro API 403."""
    missing = set(jamf().settings.missing_privileges)
    wanted = {name.format(VERBS.get(request.method, "")) for path, names in NEEDED.items() for name in names
              if re.match(path, request.path)}  # fmt: skip
    if lacking := sorted(missing & wanted):
        if request.path.startswith(CLASSIC):
            raise JamfError(401, "The request requires user authentication")
        raise JamfError(403, f"Missing privilege: {lacking[0]}", code="INVALID_PRIVILEGE")
