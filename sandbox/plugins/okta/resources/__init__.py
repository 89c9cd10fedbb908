"""The table of Okta resource types; each module holds the entries of one subject."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.framework.entry import Entry
from sandbox.plugins.okta.client import Okta
from sandbox.plugins.okta.resources import assignments, grants, groups, memberships, oauth_apps, saml_apps

_MODULES = (groups, memberships, saml_apps, oauth_apps, assignments, grants)


def entries() -> Iterator[Entry[Okta]]:
    for module in _MODULES:
        yield from module.ENTRIES
