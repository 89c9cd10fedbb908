"""What the program and the plug-in call each other's things by: the one place for it.

Properties have the same names on both sides. Pulumi would translate keys within `settings` along with them.
"""

from __future__ import annotations

PACKAGE = "jamf"
VERSION = "1.0.0"
# An output: why Jamf Pro does not have it yet as declared; none where it has.
PENDING = "pending"
# The id of what could not be made.
PENDING_ID = "not-in-jamf-pro-yet"
# What a Mac has confirmed of a change that Jamf Pro does not know of.
NOT_SENT = "not sent"
CONFIGURATION_PROFILE = "jamf:index:ConfigurationProfile"
COMPUTER_GROUP = "jamf:index:ComputerGroup"
MANAGED_FILES = "jamf:index:ManagedFiles"
