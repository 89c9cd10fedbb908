"""Which privilege of the API role a call needs, and which ones the client has."""

from __future__ import annotations

import re

from flask import Blueprint, request

from sandbox.jamf.context import jamf
from sandbox.jamf.errors import CLASSIC, JamfError
from sandbox.jamf.store import Json

routes = Blueprint("privileges", __name__)

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

# Of a role that is not of single sites.
ALL_SITES = "-1"


@routes.get("/api/v1/auth")
def own() -> Json:
    """What the token's client is and may do; Jamf Pro tells an API client as it does an account."""
    return {
        "account": {
            "id": "1",
            "username": jamf().client_id,
            "realName": "",
            "email": "",
            "multiSiteAdmin": False,
            "accessLevel": "FullAccess",
            "privilegeSet": "CUSTOM",
            "privilegesBySite": {ALL_SITES: sorted(_all() - set(jamf().settings.missing_privileges))},
            "groupIds": [],
            "currentSiteId": ALL_SITES,
        },
        "accountGroups": [],
        "sites": [],
    }


def _all() -> set[str]:
    return {name.format(verb) for names in NEEDED.values() for name in names for verb in VERBS.values()}


def check() -> None:
    """Classic answers 401 to a missing privilege, the Pro API 403."""
    missing = set(jamf().settings.missing_privileges)
    wanted = {name.format(VERBS.get(request.method, "")) for path, names in NEEDED.items() for name in names
              if re.match(path, request.path)}  # fmt: skip
    if lacking := sorted(missing & wanted):
        if request.path.startswith(CLASSIC):
            raise JamfError(401, "The request requires user authentication")
        raise JamfError(403, f"Missing privilege: {lacking[0]}", code="INVALID_PRIVILEGE")
