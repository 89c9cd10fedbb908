"""The steps to a real account, as docs/real-account.md heads them: each check belongs to one."""

from __future__ import annotations

from enum import StrEnum

PAGE = "A real account"


class Step(StrEnum):
    FILES = "1. Files of your own"
    SHELL = "2. A shell for the account"
    MODELS = "3. Models and quotas"
    TRAIL = "4. A trail"
    OKTA = "5. Okta"
    BOOTSTRAP = "6. Bootstrap"
    STATE = "7. State and key"
    UPDATE = "8. The first update"
    NOTICES = "9. Mail and Slack"
    JAMF = "10. Jamf Pro"
    GITHUB = "11. GitHub"
    COHORT = "12. The first cohort"
