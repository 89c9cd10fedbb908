"""What moto lacks of Budgets: changes, subscribers, tags, and amounts as AWS writes them.

Nothing is spent in the sandbox, so no budget ever notifies anybody.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from moto.budgets.models import Budget, Notification
from moto.budgets.responses import BudgetsResponse

from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

NOTIFICATIONS = 10
# For each kind of address.
SUBSCRIBERS = {"EMAIL": 10, "SNS": 1}
_END = 3706473600  # 2087-06-15

Given = dict[str, Any]


def not_found(what: str) -> JsonRefusal:
    return JsonRefusal("NotFoundException", f"Unable to find {what} - it doesn't exist.")


def invalid(message: str) -> JsonRefusal:
    return JsonRefusal("InvalidParameterException", message)


class Budgets(BudgetsResponse):
    """moto's Budgets with these operations in place of its own."""

    def create_budget(self) -> str:
        given = self._given("CreateBudget")
        notifications: list[Given] = given.get("NotificationsWithSubscribers") or []
        budget = _completed(given["Budget"])
        for one in notifications:
            _check_subscribers(one["Subscribers"])
        self.backend.create_budget(given["AccountId"], budget, notifications)
        tags = {tag["Key"]: tag["Value"] for tag in given.get("ResourceTags") or []}
        vars(self._budget(given))["tags"] = tags
        return "{}"

    def update_budget(self) -> str:
        given = self._given("UpdateBudget")
        wanted = given["NewBudget"]
        budget = self._budget(given | {"BudgetName": wanted["BudgetName"]})
        start = (wanted.get("TimePeriod") or {}).get("Start") or budget.budget["TimePeriod"]["Start"]
        wanted["TimePeriod"] = (wanted.get("TimePeriod") or {}) | {"Start": start}
        budget.budget = _completed(wanted)
        return "{}"

    def describe_budget(self) -> str:
        return json.dumps({"Budget": self._budget(self._given("DescribeBudget")).to_dict()})

    def create_notification(self) -> str:
        given = self._given("CreateNotification")
        budget = self._budget(given)
        _check_subscribers(given["Subscribers"])
        if any(_same(one, given["Notification"]) for one in _listed(budget)):
            raise JsonRefusal("DuplicateRecordException", "Unable to create notification - it already exists.")
        if len(budget.notifications) >= NOTIFICATIONS:
            raise JsonRefusal("CreationLimitExceededException", "Unable to create notification - there are too many.")
        budget.add_notification(given["Notification"], given["Subscribers"])
        return "{}"

    def delete_notification(self) -> str:
        given = self._given("DeleteNotification")
        budget, found = self._budget(given), self._notification(given)
        budget.notifications = [one for one in budget.notifications if one is not found]
        return "{}"

    def describe_notifications_for_budget(self) -> str:
        budget = self._budget(self._given("DescribeNotificationsForBudget"))
        listed = [
            {"ThresholdType": "PERCENTAGE", "NotificationState": "OK"} | one.details for one in budget.notifications
        ]
        return json.dumps({"Notifications": listed})

    def describe_subscribers_for_notification(self) -> str:
        given = self._given("DescribeSubscribersForNotification")
        return json.dumps({"Subscribers": self._notification(given).subscribers})

    def tag_resource(self) -> str:
        given = self._given("TagResource")
        self._tags(given).update({tag["Key"]: tag["Value"] for tag in given["ResourceTags"]})
        return "{}"

    def untag_resource(self) -> str:
        given = self._given("UntagResource")
        for key in given["ResourceTagKeys"]:
            self._tags(given).pop(key, None)
        return "{}"

    def list_tags_for_resource(self) -> str:
        tags = self._tags(self._given("ListTagsForResource"))
        return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def _given(self, operation: str) -> Given:
        given: Given = json.loads(self.body)
        if found := mistakes("budgets", operation, given):
            raise invalid(found)
        if given.get("AccountId", self.current_account) != self.current_account:
            raise JsonRefusal("AccessDeniedException", f"Account {given['AccountId']} is not yours.")
        return given

    def _budget(self, given: Given) -> Budget:
        name = given.get("BudgetName") or given["Budget"]["BudgetName"]
        found = self.backend.budgets[self.current_account].get(name)
        if found is None:
            raise not_found(f"budget: {name}")
        return found

    def _notification(self, given: Given) -> Notification:
        found = [one for one in _listed(self._budget(given)) if _same(one, given["Notification"])]
        if not found:
            raise not_found("notification")
        return found[0]

    def _tags(self, given: Given) -> dict[str, str]:
        """Kept on moto's own object, and so in its snapshot."""
        arn = given["ResourceARN"]
        prefix = f"arn:{PARTITION}:budgets::{self.current_account}:budget/"
        if not arn.startswith(prefix):
            raise invalid(f"Not the ARN of a budget of this account: {arn}")
        return vars(self._budget({"BudgetName": arn.removeprefix(prefix)})).setdefault("tags", {})


def _listed(budget: Budget) -> list[Notification]:
    return cast("list[Notification]", budget.notifications)


def _same(one: Notification, wanted: Given) -> bool:
    """A state that is told along does not count."""
    defaults = {"ThresholdType": "PERCENTAGE", "NotificationState": None}
    return defaults | one.details | {"NotificationState": None} == defaults | wanted | {"NotificationState": None}


def _check_subscribers(subscribers: list[Given]) -> None:
    for kind, most in SUBSCRIBERS.items():
        if sum(one["SubscriptionType"] == kind for one in subscribers) > most:
            raise JsonRefusal("CreationLimitExceededException", f"At most {most} subscribers of type {kind}.")
    for one in subscribers:
        fits = "@" in one["Address"] if one["SubscriptionType"] == "EMAIL" else one["Address"].startswith("arn:")
        if not fits:
            raise invalid(f"Invalid address for a subscriber of type {one['SubscriptionType']}.")


def _completed(budget: Given) -> Given:
    """With the period AWS chooses, and amounts as it writes them: `12000.0`."""
    if "BudgetLimit" in budget:
        amount = Decimal(budget["BudgetLimit"]["Amount"])
        budget["BudgetLimit"]["Amount"] = f"{amount:f}" if amount != int(amount) else f"{int(amount)}.0"
    elif "PlannedBudgetLimits" not in budget and "AutoAdjustData" not in budget:
        raise invalid("Unable to create/update budget - BudgetLimit or PlannedBudgetLimits must be given.")
    period = {"Start": _start(budget["TimeUnit"]), "End": _END} | (budget.get("TimePeriod") or {})
    if period["Start"] >= period["End"]:
        raise invalid("Start time of the time period must be before its end.")
    return budget | {"TimePeriod": period}


def _start(unit: str) -> float:
    """The first moment of the current day, month, quarter or year."""
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit != "DAILY":
        now = now.replace(day=1)
    if unit == "QUARTERLY":
        now = now.replace(month=(now.month - 1) // 3 * 3 + 1)
    return (now.replace(month=1) if unit == "ANNUALLY" else now).timestamp()
