"""The page: one file of HTML that asks the network for nothing. Without its script all of it works; the script only
chooses the reader's operating system.

It names no member. What comes from a stack file is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from rollout import names
from rollout.macs.channels import worst_minutes
from rollout.macs.settings import ALIASES
from rollout.macs.sign_in import PORTAL_SIGN_IN
from rollout.model.rollout import Federation, Rollout
from rollout.model.whom_to_ask import whom_to_ask
from rollout.onboarding.errors import BY_GATEWAY, BY_PORTAL, TROUBLES, Trouble
from rollout.onboarding.platforms import GUIDES, RELEASES
from rollout.report.palette import variables

FOLDER = Path(__file__).parent
FIRST_PROMPT = "Explain how this project is built and how its tests are run. Change nothing."


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model. `choose`: what is typed. `usd`: per million tokens, in and out."""

    label: str
    model: str
    choose: str
    is_default: bool
    usd: tuple[str, str]


def page(rollout: Rollout, cohort: str) -> str:
    """Of one cohort. Raises KeyError where there is none of that name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style, script = _style(), (FOLDER / "page.js").read_text(encoding="utf-8")
    facts = _facts(rollout, cohort)
    found = rollout.cohorts[cohort]
    teams = {member.team for member in found.members.values()}
    leads = {team: lead for team in sorted(teams) if (lead := rollout.organization.teams[team].lead)}
    return environment.get_template("page.html.j2").render(
        cohort=cohort,
        organization=rollout.organization.name,
        facts=facts,
        guides=GUIDES,
        releases=RELEASES,
        okta_aws_cli=rollout.mac.okta_aws_cli,
        gateway=rollout.gateway,
        saml=rollout.federation is Federation.SAML,
        portal=PORTAL_SIGN_IN if rollout.identity_center else None,
        pushed=rollout.jamf is not None,
        rows=_rows(rollout, cohort),
        spend=_spend(rollout),
        troubles=[filled(trouble, facts) for trouble in _troubles(rollout)],
        prompt=FIRST_PROMPT,
        leads=leads,
        contacts=rollout.notify.email.get("engineering", ()),
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        style_hash=_digest(style),
        script_hash=_digest(script),
    )


def _troubles(rollout: Rollout) -> tuple[Trouble, ...]:
    if rollout.gateway:
        return BY_GATEWAY
    return BY_PORTAL if rollout.identity_center else TROUBLES


def _facts(rollout: Rollout, cohort: str) -> Mapping[str, str]:
    return {
        "ask": whom_to_ask(rollout),
        "gateway": rollout.gateway.url if rollout.gateway else "",
        "portal": PORTAL_SIGN_IN,
        "session_minutes": str(rollout.session_minutes),
        "role": names.role(cohort),
        "okta_domain": rollout.okta.domain,
        "throttle_model": rollout.throttle.model,
        "daily_tokens": f"{rollout.throttle.daily_tokens:,}",
        "minimum_version": rollout.claude.minimum_version,
        "settings_minutes": f"within {worst_minutes(rollout.mac)} minutes"
        if rollout.jamf
        else "which may take a while",
    }


# What the template puts in by operating system.
BY_PLATFORM = ("again", "own_usage", "unset")


def filled(trouble: Trouble, facts: Mapping[str, str]) -> Trouble:
    known = {**facts, **{name: f"{{{name}}}" for name in BY_PLATFORM}}

    def put(text: str) -> str:
        return text.format(**known)

    return Trouble(
        kind=trouble.kind,
        title=put(trouble.title),
        sees=tuple(map(put, trouble.sees)),
        means=put(trouble.means),
        does=tuple(map(put, trouble.does)),
    )


def _rows(rollout: Rollout, cohort: str) -> list[Row]:
    labels = rollout.cohorts[cohort].models
    chosen = _aliases(rollout, labels)
    return [
        Row(
            label=label,
            model=rollout.models[label].foundation_model,
            choose=f"/model {chosen[label]}" if label in chosen else "/model, then from the list",
            is_default=label == labels[0],
            usd=(f"{rollout.models[label].input:g}", f"{rollout.models[label].output:g}"),
        )
        for label in labels
    ]


def _aliases(rollout: Rollout, labels: tuple[str, ...]) -> dict[str, str]:
    """Each label's alias of Claude Code, where it is the first of its family, as `rollout.macs.settings` pins them."""
    found: dict[str, str] = {}
    for alias in ALIASES:
        family = [label for label in labels if f"-{alias}-" in f"{rollout.models[label].foundation_model}-"]
        if family:
            found.setdefault(family[0], alias)
    return found


def _spend(rollout: Rollout) -> list[str]:
    budgets = rollout.budgets
    lines = [
        f"Budget: USD {budgets.user_daily_usd:,.2f} a person and day. Near it you are told; by itself it stops nothing."
    ]
    if budgets.user_daily_stop_usd is not None:
        lines.append(f"Stop: at USD {budgets.user_daily_stop_usd:,.2f} you are refused until midnight UTC.")
    if budgets.user_monthly_stop_usd is not None:
        lines.append(f"Stop: at USD {budgets.user_monthly_stop_usd:,.2f} in a month, until the first of the next, UTC.")
    return lines


def _style() -> str:
    """Colours first, so that all else may name them."""
    css = (FOLDER / "page.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {variables(True)} color-scheme: dark; }} }}"
    return f"\n:root {{ {variables(False)} color-scheme: light; }}\n{dark}\n{css}"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
