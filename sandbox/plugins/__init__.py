"""Stand-ins for the official AWS and Okta plug-ins, run by the real Pulumi engine against the sandbox's clouds.

`framework` speaks the engine's protocol and knows no cloud; `aws` and `okta` are tables of resource types.
"""
