"""The names of the policy pack's rules that can be excepted. Here, so that the stack file is judged without the pack; a
test holds them against it."""

RULES = (
    *("alarms-reach-somebody", "cohort-role-has-a-boundary", "cost-tags", "cohorts-are-whole"),
    "ended-is-denied",
    *("each-cohort-has-alarms", "functions-keep-to-their-work", "known-types"),
    *("each-cohort-has-its-log", "encrypted-at-rest", "groups-are-tracked", "iam-changes", "iam-documents-fit"),
    *("juniors-are-there", "kept-is-protected", "log-groups-protected", "logs-are-kept", "logs-cannot-be-deleted"),
    *("gateway-is-closed", "gateway-takes-cohorts-roles-only", "machines-are-told-apart"),
    *("named-actions", "named-resources", "names-fit", "no-bare-wildcard", "no-lasting-keys", "no-public-ingress"),
    *("no-secret-in-clear", "older-sessions-are-cut", "one-cohort-each", "own-policies-only", "people-are-known"),
    *("prompts-are-not-logged", "role-policies-fit", "rollback-is-not-blocked", "seniority-is-mixed"),
    *("session-at-most-one-hour", "suspended-is-denied", "teams-are-balanced", "teams-are-covered"),
    *("throttled-to-one-model", "trust-is-named", "trusts-our-federation", "two-champions-per-team"),
    *("preview-only-reads", "state-bucket-is-guarded", "state-key-rotates", "workflow-rights-are-ours"),
    *("workflow-trust-is-exact", "stays-in-its-account", "subscriptions-are-named", "logs-have-deletion-protection"),
)
