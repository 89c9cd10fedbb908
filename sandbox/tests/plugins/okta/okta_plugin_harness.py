"""Inputs for the Okta plug-in."""

from __future__ import annotations

import json

GROUP = "okta:group/group:Group"


MEMBERSHIPS = "okta:index/groupMemberships:GroupMemberships"


SAML = "okta:app/saml:Saml"


OAUTH = "okta:app/oAuth:OAuth"


ASSIGNMENT = "okta:app/groupAssignment:GroupAssignment"


ASSIGNMENTS = "okta:index/appGroupAssignments:AppGroupAssignments"


SCOPES = "okta:index/appOauthApiScope:AppOauthApiScope"


SETTINGS = {"awsEnvironmentType": "aws.amazon", "useGroupMapping": True, "joinAllRoles": False, "sessionDuration": 3600}


APP = {"label": "AWS", "preconfiguredApp": "amazon_aws", "appSettingsJson": json.dumps(SETTINGS)}


NATIVE = {
    "label": "Sign-in",
    "type": "native",
    "tokenEndpointAuthMethod": "none",
    "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code", "authorization_code"],
    "redirectUris": ["http://127.0.0.1:8080/callback"],
}
