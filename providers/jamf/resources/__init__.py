"""One module per resource type; `TYPES` has them all."""

from __future__ import annotations

from collections.abc import Mapping

from providers.jamf.resources.files import ManagedFiles
from providers.jamf.resources.group import ComputerGroup
from providers.jamf.resources.kind import Kind
from providers.jamf.resources.profile import ConfigurationProfile

TYPES: Mapping[str, Kind] = {kind.token: kind for kind in (ConfigurationProfile(), ComputerGroup(), ManagedFiles())}
