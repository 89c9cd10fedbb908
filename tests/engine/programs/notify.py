"""One resource of each type that watches, notifies and keeps secrets; `step` in the stack's configuration changes some."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

ACCOUNT = "123456789012"
step = pulumi.Config("rollout").get_int("step") or 1
TAGS = {"step": str(step)}

alerts = aws.sns.Topic("alerts", name="alerts", display_name=f"Alerts {step}", tags=TAGS)
aws.sns.TopicPolicy(
    "alerts",
    arn=alerts.arn,
    policy=alerts.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": arn,
                    }
                ],
            }
        )
    ),
)
aws.sns.TopicSubscription("lead", topic=alerts.arn, protocol="email", endpoint=f"lead{step}@acme.example")
spend = aws.cloudwatch.MetricAlarm(
    "spend",
    name="spend",
    namespace="ClaudeCode",
    metric_name="UsdPerDay",
    dimensions={"cohort": "pilot"},
    statistic="Sum",
    period=3600,
    evaluation_periods=1,
    comparison_operator="GreaterThanThreshold",
    threshold=50 * step,
    alarm_actions=[alerts.arn],
    tags=TAGS,
)
errors = aws.cloudwatch.MetricAlarm(
    "errors",
    name="errors",
    evaluation_periods=1,
    comparison_operator="GreaterThanThreshold",
    threshold=0.05,
    metric_queries=[
        aws.cloudwatch.MetricAlarmMetricQueryArgs(id="ratio", expression="errors / calls", return_data=True),
        *(
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=name,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace="AWS/Bedrock", metric_name=metric, period=300, stat="Sum"
                ),
            )
            for name, metric in (("errors", "InvocationClientErrors"), ("calls", "Invocations"))
        ),
    ],
)
aws.cloudwatch.CompositeAlarm(
    "any",
    alarm_name="any",
    alarm_rule=pulumi.Output.concat('ALARM("', spend.name, '") OR ALARM("', errors.name, '")'),
    alarm_actions=[alerts.arn],
)
aws.cloudwatch.Dashboard(
    "fleet",
    dashboard_name="fleet",
    dashboard_body=json.dumps(
        {"widgets": [{"type": "text", "width": 12, "height": 1, "properties": {"markdown": f"step {step}"}}]}
    ),
)
secret = aws.secretsmanager.Secret("jamf", name="claude-code/jamf", recovery_window_in_days=0, tags=TAGS)
aws.secretsmanager.SecretVersion("jamf", secret_id=secret.id, secret_string=f"s3cret-{step}")
aws.sesv2.EmailIdentity("sender", email_identity="claude-code@acme.example", tags=TAGS)
aws.chatbot.SlackChannelConfiguration(
    "alerts",
    configuration_name="alerts",
    iam_role_arn=f"arn:aws:iam::{ACCOUNT}:role/chatbot",
    slack_team_id="T0123456789",
    slack_channel_id=f"C{step}",
    sns_topic_arns=[alerts.arn],
    tags=TAGS,
)
usage = aws.cloudwatch.LogGroup("usage", name="/claude-code/pilot/usage", retention_in_days=30)
aws.cloudwatch.LogMetricFilter(
    "errors",
    name="errors",
    log_group_name=usage.name,
    pattern='{ $.error = "*" }',
    metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
        name="Errors", namespace="ClaudeCode", value=str(step), default_value="0"
    ),
)
# There is no function here to subscribe; unlike AWS, the sandbox takes a log group in its place.
copies = aws.cloudwatch.LogGroup("copies", name="/claude-code/copies", retention_in_days=1)
aws.cloudwatch.LogSubscriptionFilter(
    "copies", name="copies", log_group=usage.name, destination_arn=copies.arn, filter_pattern="usd" * step
)
aws.cloudwatch.QueryDefinition(
    "spend", name="claude-code/spend", query_string=f"stats sum(usd) by user_id | limit {step}"
)
EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
aws.cloudwatch.LogDataProtectionPolicy(
    "usage",
    log_group_name=usage.name,
    policy_document=json.dumps(
        {
            "Name": "mask",
            "Version": "2021-06-01",
            "Statement": [
                {"DataIdentifier": [EMAIL], "Operation": {"Audit": {"FindingsDestination": {}}}},
                {"DataIdentifier": [EMAIL], "Operation": {"Deidentify": {"MaskConfig": {}}}},
            ],
        }
    ),
)
rule = aws.cloudwatch.EventRule(
    "alarms", name="alarms", event_pattern=json.dumps({"source": ["aws.cloudwatch"]}), tags=TAGS
)
aws.cloudwatch.EventTarget("alerts", rule=rule.name, target_id="alerts", arn=alerts.arn, input=json.dumps({"n": step}))
aws.budgets.Budget(
    "monthly",
    name="claude-code",
    budget_type="COST",
    time_unit="MONTHLY",
    limit_amount=str(12000 * step),
    limit_unit="USD",
    notifications=[
        aws.budgets.BudgetNotificationArgs(
            comparison_operator="GREATER_THAN",
            notification_type="ACTUAL",
            threshold=80,
            threshold_type="PERCENTAGE",
            subscriber_sns_topic_arns=[alerts.arn],
        )
    ],
    tags=TAGS,
)
