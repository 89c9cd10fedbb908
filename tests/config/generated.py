"""Stack files out of a seed: right ones of every kind, from a single person to two hundred with levels of their own."""

from __future__ import annotations

from random import Random
from typing import Any

from rollout.levels import Level
from rollout.model.rollout import Federation

INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
MEMBERS_LAST_DAY, COHORTS_LAST_DAY = "2098-12-31", "2099-06-30"
KEPT = "2026-11-22T11:00:00Z"
# That can be called from the region of `tests.stacks.config`.
GEOGRAPHIES = ("", "us.", "global.")
MODEL_NAMES = ("claude-sonnet-4-6", "claude-haiku-4-5-20251001-v1:0", "claude-opus-4-6-v1", "claude-" + "x" * 20)
ADOPTED = {
    Federation.SAML: {
        "saml_provider_arn": "arn:aws:iam::123456789012:saml-provider/x",
        "okta_app_id": "0oa" + "a" * 17,
    },
    Federation.OIDC: {"oidc_provider_arn": "arn:aws:iam::123456789012:oidc-provider/acme.okta.com"},
}


def document(seed: int) -> dict[str, Any]:
    """What a person could have written under `claude-code-rollout:`; the same for the same seed."""
    random = Random(seed)  # noqa: S311
    federation = random.choice([Federation.SAML, Federation.OIDC])
    teams = [f"{random.choice(('team', 'Data Science', 'x_y'))}-{number}" for number in range(random.randint(1, 6))]
    labels = [f"m{number}" for number in range(random.randint(1, 20))]
    made = {
        "organization": {"name": "acme", "teams": {team: {"headcount": random.randint(1, 500)} for team in teams}},
        "okta": {"domain": "acme.okta.com", **maybe(random, umbrella_group=random.choice(("Users", "aws_users", "ü")))},
        "models": {label: model(random) for label in labels},
        "cohorts": {f"wave{number}": cohort(random, number, labels, teams) for number in range(random.randint(0, 4))},
        "throttle": {"model": "m0", "daily_tokens": random.randint(1, 1_000_000)},
        "federation": federation.value,
        **maybe(random, session_minutes=random.randint(15, 60)),
        # Under oidc a session of an hour misses a service level.
        **maybe(random, service_levels="warn" if federation is Federation.OIDC else "enforce"),
        **maybe(random, logs={"retention_days": random.choice((1, 30, 3653)), "prompt_text": random.random() < 0.5}),
        **maybe(random, adopt=ADOPTED[federation]),
        **maybe(random, budgets={"alert_at": random.uniform(0.1, 1), "user_daily_usd": random.randint(0, 1000)}),
    }
    with_ends(made, Random(f"ends {seed}"))  # noqa: S311
    return made


def with_ends(document: dict[str, Any], random: Random) -> None:
    """Of whole cohorts, and of members of small ones: more would not always fit beside the models."""
    for cohort in document["cohorts"].values():
        cohort.update(maybe(random, until=COHORTS_LAST_DAY) if random.random() < 0.5 else {})
        for member in cohort["members"].values() if len(cohort["members"]) <= 5 and len(cohort["models"]) <= 5 else ():
            member.update(maybe(random, until=MEMBERS_LAST_DAY))


def maybe(random: Random, **values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if random.random() < 0.5}


def model(random: Random) -> dict[str, Any]:
    source = f"{random.choice(GEOGRAPHIES)}anthropic.{random.choice(MODEL_NAMES)}"
    prices = ("input", "output", "cache_read", "cache_write")
    return {"source": source, **{price: random.choice((0, 1, 3.75, 1_000_000)) for price in prices}}


def cohort(random: Random, number: int, labels: list[str], teams: list[str]) -> dict[str, Any]:
    level = random.choice(list(Level))
    count = random.choice((0, 1, 5, 20, 200))
    return {
        "level": level.value,
        "models": ["m0", *random.sample(labels[1:], random.randint(0, len(labels) - 1))],
        "members": {
            f"{'p' * random.randint(1, 40)}{person}.{number}@acme.example": member(random, level, teams)
            for person in range(count)
        },
        **({"incident": INCIDENT} if level.needs_incident else maybe(random, incident=INCIDENT)),
        **maybe(random, sessions_valid_from=KEPT),
    }


def member(random: Random, least: Level, teams: list[str]) -> dict[str, Any]:
    own = random.choice([level for level in Level if level.rank >= max(least.rank, Level.ACTIVE.rank)])
    return {
        "name": "Zoë Ångström",
        "team": random.choice(teams),
        **maybe(random, seniority=random.choice(("senior", "mid", "junior")), champion=random.random() < 0.5),
        **(random.choice(({}, {"level": own.value, "incident": INCIDENT}))),
        **maybe(random, sessions_valid_from=KEPT),
    }
