"""What the program and the plug-in call each other's things by: the one place for it.

Properties have the same names on both sides. Pulumi would translate keys within `settings` along with them.
"""

from __future__ import annotations

PACKAGE = "jamf"
VERSION = "1.0.0"
CONFIGURATION_PROFILE = "jamf:index:ConfigurationProfile"
COMPUTER_GROUP = "jamf:index:ComputerGroup"
MANAGED_FILES = "jamf:index:ManagedFiles"
