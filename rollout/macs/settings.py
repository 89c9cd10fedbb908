"""Claude Code's managed settings: who gets which document, and what it says (design 3, 5.9).

One function makes every document: what a Mac gets, what a member pastes, what a person reviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rollout import names
from rollout.levels import Level
from rollout.macs import commit_guard, credential_helper, gateway_settings, hooks, own_profiles, own_usage_view, pace
from rollout.macs.additions import ADDITIONS, Added
from rollout.macs.checks import findings
from rollout.macs.model import SettingsError, model_mistakes
from rollout.macs.places import PLACES, Platform
from rollout.macs.sign_in import PORTAL_SIGN_IN, PROFILE
from rollout.model.cohort import Cohort, Incident
from rollout.model.macs import Claude, ClaudeMode, CommitGuardMode, Telemetry
from rollout.model.names_at_gateway import model_names
from rollout.model.rollout import Federation, Rollout

# The names Claude Code resolves by itself; one that is not pinned would call a system-defined profile, which is denied
# (claude-code-client 7).
MOST_USD = 10_000
ALIASES = ("opus", "sonnet", "haiku", "fable")


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """People whose machines have the same document. `incidents`: those in force. `team`: where telemetry names it."""

    name: str
    cohort: str
    emails: tuple[str, ...]
    level: Level
    incidents: tuple[Incident, ...] = ()
    team: str | None = None


def whole_cohort(rollout: Rollout, cohort: str) -> Recipients:
    """Everybody who has no level and no incident of their own."""
    found = rollout.cohorts[cohort]
    emails = tuple(email for email in sorted(found.members) if not _differs(found, email))
    return Recipients(name=cohort, cohort=cohort, emails=emails, level=found.level, incidents=_of_cohort(found))


def recipients(rollout: Rollout, cohort: str) -> tuple[Recipients, ...]:
    """All of a cohort, each person once; nobody where it is planned. The name of one does not depend on the others."""
    found = rollout.cohorts[cohort]
    if not found.level.effects.group:
        return ()
    whole = whole_cohort(rollout, cohort)
    alone = [
        Recipients(
            name=f"{cohort}-{email}",
            cohort=cohort,
            emails=(email,),
            level=found.level_of(email),
            incidents=_of_member(found, email),
            team=found.members[email].team if rollout.mac.telemetry else None,
        )
        for email in sorted(found.members)
        if _differs(found, email)
    ]
    if not rollout.mac.telemetry:
        return (whole, *alone)
    by_team: dict[str, list[str]] = {}
    for email in whole.emails:
        by_team.setdefault(found.members[email].team, []).append(email)
    teams = [
        Recipients(
            name=f"{cohort}-{names.team(team)}",
            cohort=cohort,
            emails=tuple(emails),
            level=whole.level,
            incidents=whole.incidents,
            team=team,
        )
        for team, emails in sorted(by_team.items())
    ]
    return (*teams, *alone)


def managed_settings(
    rollout: Rollout, to: Recipients, profile_arns: Mapping[str, str], platform: Platform = Platform.MACOS
) -> dict[str, Any] | None:
    """The document of `to` at their level; None where nothing is on the machine.

    `profile_arns`: of the cohort's inference profiles, by label, each an ARN of the region that is called. Raises
    SettingsError where the document would not do what it says.
    """
    if not to.level.effects.role:
        return None
    cohort = rollout.cohorts[to.cohort]
    rows = [row for level, row in ADDITIONS.items() if level.rank <= to.level.rank]
    strict = not all(row.allow for row in rows)
    region = "".join(profile_arns[cohort.models[0]].split(":")[3:4])
    models = model_names(rollout, to.cohort) if rollout.gateway else profile_arns
    labels = _labels(rollout, cohort, to.level)
    says = _words(rollout, to, rows[-1].says)
    guard = commit_guard.hook(rollout, platform)
    waits = pace.waits(rollout) if rows[-1].slows else []
    hooked = {
        "PreToolUse": [*([guard] if guard else []), *({"matcher": "*", **wait} for wait in waits)],
        "UserPromptSubmit": [hooks.stop(says)] if any(row.stops for row in rows) else waits,
    }
    parts: dict[str, Any] = {
        "permissions": _permissions(rollout, cohort, to, rows),
        **{key: value for row in rows for key, value in row.switches.items()},
        **_mcp_servers(rollout.claude, strict=strict),
        "requiredMinimumVersion": rollout.claude.minimum_version,
        **_prices(rollout, cohort),
        "availableModels": [models[label] for label in labels],
        "model": models[labels[0]],
        "hooks": {event: found for event, found in hooked.items() if found},
        "companyAnnouncements": [says] if says else [],
        **own_usage_view.status_line(rollout, platform),
        "env": {
            **{key: value for row in rows for key, value in row.env.items()},
            **_endpoints(region),
            **pins(rollout, labels, models),
            **_aws(rollout, profile_arns[labels[0]], platform, signs_in=all(row.sign_in for row in rows)),
            **(_telemetry(rollout.mac.telemetry, to) if rollout.mac.telemetry else {}),
        },
    }
    document = {key: value for key, value in parts.items() if value not in ([], {}) or key == "allowedMcpServers"}
    if rollout.gateway:
        signs_in = all(row.sign_in for row in rows)
        document = gateway_settings.by_gateway(rollout.gateway, document, platform, signs_in=signs_in)
    else:
        document = own_profiles.given_back(document, platform)
    if document["env"].get("AWS_CONFIG_FILE") == PLACES[platform].aws_config:
        portal = {"awsAuthRefresh": PORTAL_SIGN_IN} if rollout.identity_center else None
        document |= portal or credential_helper.told(platform)
    closed = rollout.mac.commit_guard is CommitGuardMode.CLOSED
    return _in_order(to.name, document, guarded=closed and bool(guard))


def _in_order(name: str, document: dict[str, Any], *, guarded: bool) -> dict[str, Any]:
    lines = [*model_mistakes(document), *(finding.line for finding in findings(document, guarded=guarded))]
    if lines:
        raise SettingsError(name, lines)
    return document


def _permissions(rollout: Rollout, cohort: Cohort, to: Recipients, rows: list[Added]) -> dict[str, Any]:
    """A level's own rules come first and stay, whatever is added."""
    denied = [rule for row in rows for rule in row.deny]
    free = rollout.claude.mode is ClaudeMode.AUTO and all(row.allow for row in rows)
    added = [*rollout.claude.deny, *cohort.claude.deny]
    meanwhile = [rule for incident in to.incidents for rule in incident.deny]
    lists = {
        "deny": [*denied, *added, *meanwhile],
        "ask": [*(rule for row in rows for rule in row.ask), *rollout.claude.ask, *cohort.claude.ask],
        "allow": [*rollout.claude.allow, *cohort.claude.allow] if all(row.allow for row in rows) else [],
    }
    modes = {
        **({} if free else {"defaultMode": "default", "disableAutoMode": "disable"}),
        **{key: value for row in rows for key, value in row.permissions.items()},
    }
    return {**modes, **{key: list(dict.fromkeys(rules)) for key, rules in lists.items() if rules}}


def _labels(rollout: Rollout, cohort: Cohort, level: Level) -> tuple[str, ...]:
    """The models that may be chosen. One is left where none may be invoked: an empty list would restrain nothing."""
    if level.effects.models == "all":
        return cohort.models
    return (rollout.throttle.model if rollout.throttle.model in cohort.models else cohort.models[0],)


def pins(rollout: Rollout, labels: tuple[str, ...], profile_arns: Mapping[str, str]) -> dict[str, str]:
    """Each alias to the first model of its family, or else to the default one."""

    def pinned(alias: str) -> str:
        family = [label for label in labels if f"-{alias}-" in f"{rollout.models[label].foundation_model}-"]
        return profile_arns[(*family, labels[0])[0]]

    return {f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL": pinned(alias) for alias in ALIASES}


def _mcp_servers(claude: Claude, *, strict: bool) -> dict[str, Any]:
    """Which may be used; nothing where any may. By its name a person's own server could be any, so that one binds
    nothing from `restricted` on."""
    if claude.mcp_servers is None and not strict:
        return {}
    told = [
        {"serverCommand": list(server.command)}
        if server.command
        else {"serverUrl": server.url}
        if server.url
        else {"serverName": server.name}
        for server in claude.mcp_servers or ()
        if not (strict and server.name)
    ]
    return {"allowManagedMcpServersOnly": True, "allowedMcpServers": told}


def _prices(rollout: Rollout, cohort: Cohort) -> dict[str, Any]:
    """By the model behind the profiles, so that what the client says of spend agrees with the meter. The client takes
    at most 10,000 USD. Of two geographies of one model the first counts."""
    rows: dict[str, dict[str, float]] = {}
    for model in (rollout.models[label] for label in cohort.models):
        rates = {
            "input": model.input,
            "output": model.output,
            "cacheRead": model.cache_read,
            "cacheWrite": model.cache_write,
        }
        if max(rates.values()) <= MOST_USD:
            rows.setdefault(model.foundation_model, rates)
    return {"modelPricing": {"overrides": rows}} if rows else {}


def _endpoints(region: str) -> dict[str, str]:
    """AWS's own addresses: else an exported one gets the conversation, signed (AWS_ENDPOINT_URL of 2.1.332). Those of
    GovCloud have the same form."""
    return {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"https://bedrock-runtime.{region}.amazonaws.com",
        "AWS_ENDPOINT_URL_BEDROCK": f"https://bedrock.{region}.amazonaws.com",
        # Asked for the caller's identity, with the session's token, before `awsAuthRefresh` is run.
        "AWS_ENDPOINT_URL_STS": f"https://sts.{region}.amazonaws.com",
    }


def _aws(rollout: Rollout, profile_arn: str, platform: Platform, *, signs_in: bool) -> dict[str, str]:
    """Where credentials come from. Under `oidc` from what the person's own profile says: no official client signs in
    that way, so there is no command to write down."""
    places = PLACES[platform]
    region = {"AWS_REGION": "".join(profile_arn.split(":")[3:4])}
    # In ~/.aws/credentials a [default] would be used, and a broken line keeps every session from starting.
    hidden = {"AWS_SHARED_CREDENTIALS_FILE": places.nowhere}
    if not signs_in:
        return {**region, **hidden, "AWS_PROFILE": "", "AWS_CONFIG_FILE": places.nowhere}
    if rollout.federation is Federation.OIDC:
        return {**region, "AWS_PROFILE": PROFILE}
    return {**region, **hidden, "AWS_PROFILE": PROFILE, "AWS_CONFIG_FILE": places.aws_config}


def _telemetry(telemetry: Telemetry, to: Recipients) -> dict[str, str]:
    """An exported endpoint of one kind would divert it, so each is named (claude-code-client 12)."""
    about = {"cohort": to.cohort, **({"team": to.team} if to.team else {})}
    endpoint = telemetry.endpoint.rstrip("/")
    return {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_LOG_USER_PROMPTS": "0",
        # An exported 1 would send prompts and commands, in spite of the line above.
        "OTEL_LOG_RAW_API_BODIES": "0",
        "OTEL_LOG_TOOL_DETAILS": "0",
        "OTEL_EXPORTER_OTLP_PROTOCOL": telemetry.protocol.value,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{endpoint}/v1/metrics",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": f"{endpoint}/v1/logs",
        # Values are percent-encoded (OpenTelemetry resource specification, W3C Baggage).
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{key}={quote(value, safe='')}" for key, value in about.items()),
    }


def _words(rollout: Rollout, to: Recipients, text: str) -> str:
    if not text:
        return ""
    channel = rollout.notify.slack.channels.get("engineering") if rollout.notify.slack else None
    ask = f" Questions: #{channel.name}." if channel and channel.name else ""
    incident = ", ".join(incident.id for incident in to.incidents) or "no incident named"
    throttle = rollout.throttle
    tokens, slowed = f"{throttle.daily_tokens:,}", pace.in_words(rollout)
    return text.format(incident=incident, model=throttle.model, tokens=tokens, pace=slowed) + ask


def _of_cohort(cohort: Cohort) -> tuple[Incident, ...]:
    return (cohort.incident,) if cohort.incident and cohort.level.needs_incident else ()


def _of_member(cohort: Cohort, email: str) -> tuple[Incident, ...]:
    """The cohort's, and the member's own while their level is above active: one that is over is left in the file."""
    member, whole = cohort.members[email], _of_cohort(cohort)
    if not member.level or not member.level.needs_incident:
        return whole
    # A member's level may rest on the cohort's incident, also where the cohort is active.
    own = member.incident or cohort.incident
    return (*whole, *([own] if own and own not in whole else []))


def _differs(cohort: Cohort, email: str) -> bool:
    same_rules = set(_rules(_of_member(cohort, email))) == set(_rules(_of_cohort(cohort)))
    return cohort.level_of(email) is not cohort.level or not same_rules


def _rules(incidents: tuple[Incident, ...]) -> list[str]:
    return [rule for incident in incidents for rule in incident.deny]
