"""The vendor's own gateway, `claude gateway`: the file that it runs with.

The schema is that of 2.1.332, read in its binary and tried with it on 2026-11-29 (tests/gateway). What a gateway says
here is the second lock: IAM denies the same whatever a running one has read, since it calls Bedrock with a session of
each person's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rollout import names, okta_names
from rollout.account import Account
from rollout.gateway import spend_limits
from rollout.gateway.policies import policy
from rollout.model.models import Model
from rollout.model.names_at_gateway import model_names
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask

# The oldest that this file was tried with. `assume_role` is in none of the docs of 2026-08 (2.1.218).
LEAST_VERSION = "2.1.332"
PORT = 8080
# Not as `re.escape`: a person types it, and a hyphen needs no backslash.
SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
# `${NAME}`, in any text of the file, is the variable's value to the gateway.
EXPANDED = re.compile(r"\$\{(?:\w+|file:[^}]*)\}")
# What takes the place of no upstream at all, which the gateway would not start with.
NOBODY = "nobody"
SCOPES = ("openid", "profile", "email", "offline_access", "groups")

ENVIRONMENT: Mapping[str, str] = {
    "GATEWAY_OIDC_CLIENT_SECRET": "of the Okta app {app} (Okta's console, the app's General tab)",
    "GATEWAY_JWT_SECRET": "at least 32 characters of your own, such as `openssl rand -base64 48` prints",
    "GATEWAY_POSTGRES_URL": "postgres://user:password@host:5432/database?sslmode=verify-full",
}
ADMIN_KEY = "GATEWAY_ADMIN_WRITE_KEY"


class GatewayError(ValueError):
    """What keeps the file from being written, one line each."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join(["the gateway's file is not in order, and was not written:", *lines]))


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Of a cohort, as its last update left it. `settings`: managed settings of whoever has no level of their own."""

    role_arn: str
    profile_arns: Mapping[str, str]
    settings: Mapping[str, Any]


def groups_filter(rollout: Rollout, account: Account) -> str:
    """The regular expression of the groups that Okta's token may name: the cohorts', by which people are served, and
    the one of all, which the month's limit is of."""
    cohorts, everybody = (
        SPECIAL.sub(r"\\\g<0>", name) for name in (okta_names.gateway_groups(account.id), rollout.okta.umbrella_group)
    )
    return f"{cohorts}.*|{everybody}"


def port(rollout: Rollout) -> int:
    """Where the load balancer of `gateway.service` looks for it."""
    service = rollout.gateway.service if rollout.gateway else None
    return service.port if service else PORT


def session_hours(rollout: Rollout) -> float:
    """How long the gateway believes what Okta said of a person: `session_minutes`, which the residual access is
    computed from. Whoever has left the groups is refused at the first refresh after it."""
    return rollout.session_minutes / 60


def served(rollout: Rollout) -> tuple[str, ...]:
    """The cohorts of people whose level lets anybody sign in, and whose role may invoke something."""
    return tuple(
        name
        for name in rollout.of_people
        if rollout.cohorts[name].level.effects.members and rollout.cohorts[name].level.effects.models != "none"
    )


def document(rollout: Rollout, account: Account, deployed: Mapping[str, Deployed]) -> dict[str, Any]:
    """`gateway.yaml`, in a stable order and without a secret. `deployed`: each of `served`, by name.

    Raises GatewayError."""
    assert rollout.gateway  # noqa: S101  asked for under a gateway alone
    cohorts = served(rollout)
    groups = [names.okta_group(account.id, name) for name in cohorts] or [NOBODY]
    capped = spend_limits.any_set(rollout, cohorts)
    policies = [_policy(account, name, deployed[name]) for name in cohorts]
    parts: dict[str, Any] = {
        "listen": {"host": "0.0.0.0", "port": port(rollout), "public_url": rollout.gateway.url},  # noqa: S104  behind TLS of a load balancer
        "oidc": {
            "issuer": f"https://{rollout.okta.domain}",
            "client_id": okta_names.gateway_app(account.id),
            "client_secret": "${GATEWAY_OIDC_CLIENT_SECRET}",
            "token_endpoint_auth_method": "client_secret_basic",
            "scopes": list(SCOPES),
            # Okta's ID token of this flow names neither address nor groups.
            "userinfo_fallback": True,
            "allowed_groups": groups,
        },
        "session": {"jwt_secret": "${GATEWAY_JWT_SECRET}", "ttl_hours": session_hours(rollout)},
        "store": {"postgres_url": "${GATEWAY_POSTGRES_URL}"},
        "upstreams": [_upstream(account, name, deployed[name]) for name in cohorts] or [_nobody(account)],
        # What is not listed would go to AWS's own profiles, which no cohort's role may invoke.
        "auto_include_builtin_models": False,
        "models": _models(rollout, cohorts, deployed),
        **({"managed": {"policies": policies}} if policies else {}),
        **({"admin": _admin(rollout)} if capped else {}),
        **_pricing(rollout, cohorts, readers=capped or bool(policies)),
    }
    found = {key: value for key, value in parts.items() if value != []}
    if lines := [*_mistakes(rollout, account), *_expanded(found)]:
        raise GatewayError(lines)
    return found


def environment(rollout: Rollout, account: Account) -> dict[str, str]:
    """The variables that the file names, each with what it is to hold."""
    app = okta_names.gateway_app(account.id)
    found = {name: text.format(app=app) for name, text in ENVIRONMENT.items()}
    if spend_limits.any_set(rollout, served(rollout)):
        found[ADMIN_KEY] = "at least 32 characters of your own; `rollout gateway --limits` shows what it sets"
    return found


def alone(rollout: Rollout) -> dict[str, list[str]]:
    """By cohort, who has another level than it: a gateway knows groups and no single person, so they are refused by
    IAM, which knows their name."""
    found = {
        name: [email for email in sorted(cohort.members) if cohort.level_of(email) is not cohort.level]
        for name, cohort in rollout.cohorts.items()
        if name in served(rollout)
    }
    return {name: people for name, people in sorted(found.items()) if people}


def _upstream(account: Account, cohort: str, deployed: Deployed) -> dict[str, Any]:
    return {
        "name": cohort,
        "provider": "bedrock",
        "region": account.region,
        "groups": [names.okta_group(account.id, cohort)],
        # The role that the gateway itself has, and with it one of this person.
        "auth": {},
        "assume_role": {"role_arn": deployed.role_arn, "session_name": "email"},
    }


def _nobody(account: Account) -> dict[str, Any]:
    return {"name": NOBODY, "provider": "bedrock", "region": account.region, "groups": [NOBODY], "auth": {}}


def _models(rollout: Rollout, cohorts: tuple[str, ...], deployed: Mapping[str, Deployed]) -> list[dict[str, Any]]:
    """Each model with the profile of every cohort that may invoke it at its level."""
    found: dict[str, dict[str, Any]] = {}
    for cohort in cohorts:
        arns, called = deployed[cohort].profile_arns, model_names(rollout, cohort)
        for label in rollout.cohorts[cohort].usable_models(rollout.throttle):
            if label in arns:
                entry: dict[str, Any] = {"id": called[label], "label": label, "upstream_model": {}}
                found.setdefault(called[label], entry)["upstream_model"][cohort] = arns[label]
    return list(found.values())


def _policy(account: Account, cohort: str, deployed: Deployed) -> dict[str, Any]:
    return {"match": {"groups": [names.okta_group(account.id, cohort)]}, "cli": policy(deployed.settings)}


def _admin(rollout: Rollout) -> dict[str, Any]:
    whom = whom_to_ask(rollout)
    return {
        "write_keys": [{"id": "rollout", "key": f"${{{ADMIN_KEY}}}"}],
        **({"blocked_message": whom} if whom else {}),
    }


def _pricing(rollout: Rollout, cohorts: tuple[str, ...], *, readers: bool) -> dict[str, Any]:
    """What the meter counts with, so that a person's own figure and the gateway's agree with it. The gateway takes no
    price of nothing and none above 10,000 USD."""
    rows = [
        {
            "upstream": cohort,
            "model": name,
            "input": model.input,
            "output": model.output,
            "cache_read": model.cache_read,
            "cache_write": model.cache_write,
        }
        for cohort in cohorts
        for name, model in _priced(rollout, cohort).items()
    ]
    return {"pricing": {"overrides": rows}} if rows and readers else {}


def _priced(rollout: Rollout, cohort: str) -> dict[str, Model]:
    """By what the gateway calls them."""
    called, found = model_names(rollout, cohort), dict[str, Model]()
    for label in rollout.cohorts[cohort].usable_models(rollout.throttle):
        model = rollout.models[label]
        rates = (model.input, model.output, model.cache_read, model.cache_write)
        if min(rates) > 0 and max(rates) <= spend_limits.MOST_USD:
            found[called[label]] = model
    return found


def _mistakes(rollout: Rollout, account: Account) -> list[str]:
    found = [
        f"cohorts.{name}.members.{email}: `claude gateway` writes = as =3D in a session's name, which no role lets in"
        for name in served(rollout)
        for email in sorted(rollout.cohorts[name].members)
        if "=" in email
    ]
    if account.partition == "aws-cn":
        text = "`claude gateway` takes no role of this partition; use kind: litellm"
        found.append(f"aws:region: {account.region}: {text}")
    return found


def _expanded(found: Any, path: str = "") -> list[str]:
    """Texts of the stack file that the gateway would take for a variable; ours name those of ENVIRONMENT alone."""
    if isinstance(found, dict):
        items = cast("dict[str, Any]", found).items()
        return [line for key, value in items for line in _expanded(value, f"{path}.{key}".lstrip("."))]
    if isinstance(found, list):
        rows = enumerate(cast("list[Any]", found))
        return [line for number, value in rows for line in _expanded(value, f"{path}[{number}]")]
    ours = {f"${{{name}}}" for name in (*ENVIRONMENT, ADMIN_KEY)}
    if isinstance(found, str) and EXPANDED.search(found) and not (found in ours and not path.startswith("managed")):
        return [f"{path}: {found}: the gateway would put a variable's value there; write it without braces"]
    return []
