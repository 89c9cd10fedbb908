"""A small example of each key of the stack file, for docs/stack-file.md. A test loads each beside a small stack file.

The encrypted values stand for secrets; each is what `pulumi config set --secret` would put there.
"""

from __future__ import annotations

from collections.abc import Mapping

SECRET = 'claude-code-rollout:{}: {{secure: "v1:..."}} # written by `pulumi config set --secret`'
BASELINE = """claude-code-rollout:success:
  baseline: {pr_cycle_days: 3, prs_per_developer_week: 8, bug_reopen_percent: 12, review_turnaround_hours: 6}
"""

EXAMPLES: Mapping[str, str] = {
    "organization": """
claude-code-rollout:organization:
  name: acme
  teams:
    backend: {headcount: 15, lead: backend-lead@acme.example}
    platform: {headcount: 8}
""",
    "okta": """
claude-code-rollout:okta:
  domain: acme.okta.com
""",
    "models": """
claude-code-rollout:models:
  sonnet: {source: global.anthropic.claude-sonnet-4-6, input: 3, output: 15, cache_read: 0.3, cache_write: 3.75}
  haiku: {source: us.anthropic.claude-haiku-4-5-20251001-v1:0, input: 1, output: 5, cache_read: 0.1, cache_write: 1.25}
""",
    "cohorts": """
claude-code-rollout:cohorts:
  pilot:
    level: active
    models: [sonnet, haiku]
    members:
      alice.chen@acme.example: {name: Alice Chen, team: backend, seniority: senior, champion: true}
      ravi.menon@acme.example: {name: Ravi Menon, team: backend, until: "2026-12-31"} # their last day, in quotes
      grace.liu@acme.example:
        name: Grace Liu
        team: platform
        level: suspended # of this person alone
        incident: {id: INC-7, since: 2026-11-02T14:05:00Z, reason: A laptop was stolen}
  wave2:
    level: planned
    models: [haiku]
    roster: rosters/pilot.csv
  ci: # machines in place of people
    level: active
    models: [haiku]
    machines:
      nightly-review:
        github: {repository: acme/payments, environment: review}
        team: platform
        owner: grace.liu@acme.example
""",
    "federation": "claude-code-rollout:federation: oidc",
    "gateway": """
claude-code-rollout:gateway:
  kind: claude_apps # `claude gateway`, or litellm
  url: https://claude.acme.example
  role_arn: arn:aws:iam::111122223333:role/claude-gateway # what it runs with
""",
    "session_minutes": "claude-code-rollout:session_minutes: 45",
    "service_levels": "claude-code-rollout:service_levels: enforce",
    "budgets": """
claude-code-rollout:budgets:
  user_daily_usd: 30
  team_daily_usd: 400
  monthly_usd: 9000
  alert_at: 0.75
  user_daily_stop_usd: 60 # denied until midnight UTC; without a stop nothing stops
  raises:
    alice.chen@acme.example: {until: 2026-11-30T18:00:00Z, user_daily_stop_usd: 120, reason: Migration weekend}
  anomaly_usd: 100 # finance hears of it from AWS, within a day
""",
    "notify": """
claude-code-rollout:notify:
  slack:
    workspace_id: T0123ABCD
    channels:
      engineering: {id: C0123ABCD, name: engineering-alerts}
  email_from: claude-rollout@acme.example
  email:
    finance: [finance@acme.example]
  incident_webhook: https://incidents.acme.example/hooks/claude-code
""",
    "billing_export": "claude-code-rollout:billing_export: {keep_days: 400}",
    "slack_bot_token": SECRET.format("slack_bot_token"),
    "webhook_signing_key": SECRET.format("webhook_signing_key"),
    "success": BASELINE,
    "github": f"""
claude-code-rollout:github: {{organization: acme, repositories: [shop, payments], bug_labels: [bug]}}
{SECRET.format("github_token")}
{BASELINE}
""",
    "github_token": SECRET.format("github_token"),
    "github_webhook_secret": SECRET.format("github_webhook_secret"),
    "jamf": f"""
claude-code-rollout:jamf: {{url: https://acme.jamfcloud.com, client_id: 6f1c2f3e-rollout, no_mac: warn}}
{SECRET.format("jamf_client_secret")}
""",
    "jamf_client_secret": SECRET.format("jamf_client_secret"),
    "throttle": "claude-code-rollout:throttle: {model: haiku, daily_tokens: 100000, delay_seconds: 5}",
    "logs": "claude-code-rollout:logs: {retention_days: 180, retired: [beta]}",
    "claude": """
claude-code-rollout:claude:
  deny: ["Read(//**/.kube/config)"]
  ask: ["Bash(terraform apply *)"]
  minimum_version: 2.1.332
  mode: ask
  mcp_servers:
    - {url: "https://mcp.acme.example/*"}
    - {command: [npx, -y, "@acme/tickets-mcp"]}
""",
    "mac": """
claude-code-rollout:mac:
  channel: file
  check_in_minutes: 5
  okta_aws_cli: /opt/homebrew/bin/okta-aws-cli
  commit_guard: closed
  telemetry: {endpoint: https://otel.acme.example}
""",
    "adopt": """
claude-code-rollout:adopt:
  okta_app_id: 0oaAbCdEfGhIjKlMnOpQ
  invocation_log_group: /bedrock/invocations
""",
    "policy_exceptions": """
claude-code-rollout:policy_exceptions:
  names-fit: {resource: meter-uncounted, reason: the vendor's name is longer, expires: 2026-12-31}
""",
}
