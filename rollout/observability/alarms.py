"""The alarms, as data: what each watches, when it rings, for whom, and what whoever hears it does.

Few: each has something to do in its description. Missing data is chosen each time, and never left to the default: what
nobody used reports nothing, and that is no incident. Kept limits: ten metrics in an alarm, 1,024 characters of
description, `period` times `periods` at most a day, a week from periods of an hour on (CloudWatch, `PutMetricAlarm`).
"""

from __future__ import annotations

from rollout import names
from rollout.incidents.quotas import stops_somebody
from rollout.leaks import credentials
from rollout.model.rollout import Rollout
from rollout.observability.alarm import ALL_MODELS, BEDROCK, DAY, HOUR, LAMBDA, LOGS, MINUTE, Alarm, Metric, waiting
from rollout.usage import canary
from rollout.usage.records import NAMESPACE

LAG_SECONDS = 900
# Of the nightly proof of enforcement: a night, and what it may be late.
PROOF_HOURS = 26


def shared_alarms(rollout: Rollout) -> list[Alarm]:
    """Those there are once, of what all cohorts share."""
    return [*standing_alarms(rollout), *proof_alarms(rollout)]


def proof_alarms(rollout: Rollout) -> list[Alarm]:
    """Where somebody can be stopped, and by this stack's meter. Made after the first proof: silence rings."""
    return [] if rollout.adopt.meter or not stops_somebody(rollout) else list(PROOF_ALARMS)


def standing_alarms(rollout: Rollout) -> list[Alarm]:
    """Those that are made first of all."""
    found: list[Alarm] = []
    if not rollout.adopt.announcer:
        found.append(_NOT_DELIVERED)
    if not rollout.adopt.meter:
        log_group = rollout.adopt.invocation_log_group or names.INVOCATION_LOG_GROUP
        found += [_LOG_DELIVERY, _meter_fails(log_group), _METER_LAGS, _NOT_COUNTED, _SHADOW_USE]
        found.append(_credential(log_group if rollout.logs.prompt_text else None))
    if rollout.takes_github_alerts:
        found.append(_WEBHOOK_FAILS)
    if rollout.github:
        found.append(_DELIVERY_UNKNOWN)
    return found


_NOT_DELIVERED = waiting(
    names.DEAD_NOTICES_ALARM,
    names.DEAD_NOTICES_QUEUE,
    "Notices not delivered",
    means="Notices of a change of level were not delivered: people may not know that their access changed.",
    then=(
        f"Read why in {names.function_log_group(names.ANNOUNCER)}, mend it, and redrive the queue "
        f"{names.DEAD_NOTICES_QUEUE} to its source; what was delivered already is not sent again."
    ),
    audiences=("engineering", "security"),
)
_NOT_COUNTED = waiting(
    names.DEAD_RECORDS_ALARM,
    names.DEAD_RECORDS_QUEUE,
    "Records not counted",
    means="Records of use were not counted: spend is understated.",
    then=(
        f"Each message of the queue {names.DEAD_RECORDS_QUEUE} says why: an unknown profile or shape of record, or a "
        f"delivery that the meter failed with three times (read why in {names.function_log_group(names.METER)}). Mend "
        "the cause, then hand the messages to the meter again; what was counted already is not counted twice."
    ),
    audiences=("engineering",),
)
_LOG_DELIVERY = Alarm(
    name=names.alarm(None, "log-delivery"),
    means="Bedrock could not write invocation records to CloudWatch Logs: what is used meanwhile is never counted.",
    then=(
        f"See that the log group, the role {names.LOGGING_ROLE} and its policy are there (`pulumi up --refresh` puts "
        "them back). AWS's own bill and the metrics of AWS/Bedrock go on counting: compare with them afterwards."
    ),
    audiences=("engineering", "security"),
    metrics=[
        Metric(
            id="failed",
            namespace=BEDROCK,
            name="ModelInvocationLogsCloudWatchDeliveryFailure",
            dimensions={"ModelId": ALL_MODELS},
        )
    ],
    label="Records not written",
    period=5 * MINUTE,
    threshold=1,
)
_DELIVERY_UNKNOWN = Alarm(
    name=names.alarm(None, "delivery-unknown"),
    means=(
        "For two days the collector of success metrics fails, or is two weeks and more behind: nobody knows whether a "
        "cohort meets its targets, and no gate opens by itself."
    ),
    then=(
        f"Read why in {names.function_log_group(names.DELIVERY)}: a token that GitHub refuses, its limit used up by "
        "others, or a login of which nothing can be read. Once that is mended, the next run goes on where it stopped."
    ),
    audiences=("engineering",),
    metrics=[
        Metric(id="failed", namespace=LAMBDA, name="Errors", dimensions={"FunctionName": names.DELIVERY}),
        Metric(id="behind", namespace=NAMESPACE, name="WeeksBehind", statistic="Maximum"),
    ],
    expression="IF(FILL(failed,0) >= 1, 1, 0)+IF(FILL(behind,0) >= 2, 1, 0)",
    label="Failing or behind",
    period=DAY,
    periods=2,
    datapoints=2,
    threshold=1,
)
_NOT_ENFORCED = Alarm(
    name=names.alarm(None, "enforcement-broken"),
    means=(
        "The canary, a person who does not exist, went over a stop and was not counted, or not denied: nor may people "
        "be. It rings until a proof succeeds."
    ),
    then=(
        f"`rollout doctor --prove` says what is broken, as does {names.function_log_group(names.METER)}: a quota "
        "policy that is not attached to its role, IAM or the table refusing the meter, the subscription gone. Most is "
        "mended by `pulumi up --refresh`. Until then look at spend, and `rollout cut` whoever must be stopped now."
    ),
    audiences=("engineering", "security"),
    metrics=[Metric(id="proven", namespace=NAMESPACE, name=canary.METRIC, statistic="Minimum")],
    label="Enforcement proven",
    period=5 * MINUTE,
    threshold=1,
    comparison="LessThanThreshold",
    missing="ignore",
)
_NOT_PROVEN = Alarm(
    name=names.alarm(None, "enforcement-not-proven"),
    means=f"For {PROOF_HOURS} hours nothing has proven that whoever is over a stop is denied: no proof succeeded.",
    then=(
        f"Run `rollout doctor --prove`. If it succeeds, the schedule {names.PROOF} or its role is gone or off, or the "
        "meter refused it: `pulumi up --refresh`. If it does not, it says why."
    ),
    audiences=("engineering",),
    metrics=[Metric(id="proven", namespace=NAMESPACE, name=canary.METRIC, statistic="Maximum")],
    label="Enforcement proven",
    period=HOUR,
    periods=PROOF_HOURS,
    datapoints=PROOF_HOURS,
    threshold=1,
    comparison="LessThanThreshold",
    missing="breaching",
)
PROOF_ALARMS = (_NOT_ENFORCED, _NOT_PROVEN)
_METER_LAGS = Alarm(
    name=names.alarm(None, "meter-lag"),
    means=f"Use is counted more than {LAG_SECONDS // 60} minutes late: budgets and quotas act as late.",
    then=(
        f"See errors, throttles and concurrency of the function {names.METER}, and throttling of the table "
        f"{names.USAGE_TABLE}; Lambda's retries catch up by themselves once the cause is gone."
    ),
    audiences=("engineering",),
    metrics=[Metric(id="lag", namespace=NAMESPACE, name="LagSeconds", statistic="Maximum")],
    label="Lag, seconds",
    period=5 * MINUTE,
    periods=3,
    datapoints=2,
    threshold=LAG_SECONDS,
)
_SHADOW_USE = Alarm(
    name=names.alarm(None, "shadow-use"),
    means="Somebody in this account called Claude with a role that is no cohort's.",
    then=(
        "The query `Shadow use` says who; of a role that is only called like a cohort's, the meter's own log. An "
        "application of its own is none of ours: give it an account, or see it as known. A person: take the right "
        "from that role, and offer them a cohort."
    ),
    audiences=("security",),
    metrics=[Metric(id="calls", namespace=NAMESPACE, name="ShadowUse")],
    label="Calls outside cohorts",
    period=HOUR,
    threshold=1,
)
_WEBHOOK_FAILS = Alarm(
    name=names.alarm(None, "github-webhook-failing"),
    means=(
        "An alert of GitHub's that a credential was found may be lost: its webhook's function failed, or more came at "
        "once than it takes."
    ),
    then=(
        f"Read why in {names.function_log_group(names.GITHUB_WEBHOOK)}. GitHub does not try again by itself: in the "
        "webhook's settings, Recent Deliveries, redeliver what failed. Throttles without failed deliveries there are "
        "strangers who knock; they are refused, and cost is bounded."
    ),
    audiences=("security", "engineering"),
    metrics=[
        Metric(id=id_, namespace=LAMBDA, name=name, dimensions={"FunctionName": names.GITHUB_WEBHOOK})
        for id_, name in (("failed", "Errors"), ("throttled", "Throttles"))
    ],
    expression="FILL(failed,0)+FILL(throttled,0)",
    label="Failures",
    period=5 * MINUTE,
    threshold=1,
)


def _meter_fails(log_group: str) -> Alarm:
    delivery = {"LogGroupName": log_group, "DestinationType": "Lambda", "FilterName": names.METER}
    return Alarm(
        name=names.alarm(None, "meter-failing"),
        means="The meter fails, or CloudWatch Logs cannot hand it records: what is used may not be counted.",
        then=(
            f"Read why in {names.function_log_group(names.METER)}. Each delivery is tried three times and then waits "
            f"in the queue {names.DEAD_RECORDS_QUEUE}; after a mend, hand those messages to the meter again."
        ),
        audiences=("engineering",),
        metrics=[
            Metric(id="failed", namespace=LAMBDA, name="Errors", dimensions={"FunctionName": names.METER}),
            Metric(id="throttled", namespace=LAMBDA, name="Throttles", dimensions={"FunctionName": names.METER}),
            Metric(id="refused", namespace=LOGS, name="DeliveryErrors", dimensions=delivery),
            Metric(id="held", namespace=LOGS, name="DeliveryThrottling", dimensions=delivery),
        ],
        expression="FILL(failed,0)+FILL(throttled,0)+FILL(refused,0)+FILL(held,0)",
        label="Failures",
        period=5 * MINUTE,
        periods=3,
        datapoints=2,
        threshold=1,
    )


def _credential(prompts: str | None) -> Alarm:
    """`prompts`: the log group that holds prompt text; none where none does."""
    metrics = [Metric(id="commits", namespace=NAMESPACE, name=credentials.METRIC)]
    if prompts:
        dimensions = {"LogGroupName": prompts, "DataProtectionOperation": "Audit"}
        metrics.append(Metric(id="prompts", namespace=LOGS, name="LogEventsWithFindings", dimensions=dimensions))
    return Alarm(
        name=names.alarm(None, "credential-found"),
        means="A credential was found in a commit, or in a prompt where prompts are logged.",
        then=(
            f"Within 5 minutes: revoke it; {names.FINDINGS_LOG_GROUP} says which repository and what kind. Within 15: "
            "that person to `restricted` with the incident (`rollout set-level -s STACK PERSON restricted`); if it "
            "opens production, or may have been used, `rollout cut` the person, then the cohort, and then `suspended`. "
            "Rewriting history takes nothing back."
        ),
        audiences=("security", "engineering"),
        metrics=metrics,
        expression="+".join(f"FILL({metric.id},0)" for metric in metrics) if prompts else None,
        label="Credentials found",
        period=MINUTE,
        threshold=1,
    )
