"""A company's repository as texts by path, made of its answers; nothing is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.company.answers import Answers
from cli.company.offered import MODELS, READ, prices_in
from rollout import __version__
from rollout.model.base import Part
from rollout.observability.cohort_alarms import WORKDAYS
from rollout.people.okta_waits import ADVISED
from rollout.stack_file.beside import EXAMPLE_ACCOUNT
from rollout.stack_file.budget_consistency import ACTIVE_DAYS, USD_PER_ACTIVE_DAY

HERE = Path(__file__).parent
TEMPLATE = HERE / "template"
STACKS = ("sandbox", "dev", "prod")
ROSTERS = "rosters"
# What a day of one person may cost before they hear of it.
USER_DAILY_USD = 20
# The salt of the sandbox's passphrase: it guards nothing, as nothing in that stack is secret.
SALT = "encryptionsalt: v1:b6c/QsONPlo=:v1:j7VIs7ybBEH8eB5A:uUHLFLNz7uQqC2amK+fU8bKRYXR+Dg==\n"
HEADS = {
    "sandbox": "# The sandbox: AWS and Okta on this machine. `make up` deploys it. It holds no secret.\n" + SALT,
    "dev": "# A small rollout for trying changes. Before the first `pulumi up`: `pulumi stack init dev` (README).\n",
    "prod": "# The real rollout. Before the first `pulumi up`: `pulumi stack init prod` (README).\n",
}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._@+-]*")


def files(answers: Answers, roster: str | None) -> dict[str, str]:
    """By path from the repository's folder. `roster`: the text of the first cohort's CSV file, if there is one."""
    found = {
        path.relative_to(TEMPLATE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    if not answers.jamf:
        found = {path: text for path, text in found.items() if not path.startswith("providers/")}
        found["Pulumi.yaml"] = found["Pulumi.yaml"].partition("plugins:\n")[0]
    # Each stack has its own: what is tried in the sandbox changes nobody's access, and dev is for a few.
    header = found.pop(f"{ROSTERS}/pilot.csv")
    found |= {roster_of(stack): header if roster is None or stack == "dev" else roster for stack in STACKS}
    found["requirements.txt"], found["requirements-sandbox.txt"] = requirements(answers.source)
    return found | {f"Pulumi.{stack}.yaml": stack_file(answers, stack, roster is not None) for stack in STACKS}


def requirements(source: str | None) -> tuple[str, str]:
    """What pip is told: of the program, and of the sandbox."""
    both = ("claude-code-rollout", "rollout-sandbox")
    if source is None:
        text = "# Say where it is installed from, such as:\n# {0} @ git+https://.../claude-code-rollout@v{1}{2}\n"
        return text.format(both[0], __version__, ""), text.format(both[1], __version__, "#subdirectory=sandbox")
    if source.startswith("git+"):
        return f"{both[0]} @ {source}\n", f"{both[1]} @ {source}#subdirectory=sandbox\n"
    return f"--find-links {source}\n{both[0]}=={__version__}\n", f"--find-links {source}\n{both[1]}\n"


def stack_file(answers: Answers, stack: str, people: bool) -> str:
    """`people`: whether the first cohort has any; without, it is planned everywhere."""
    environment = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, autoescape=False)  # noqa: S701
    environment.filters["text"] = scalar
    environment.filters["block"] = block
    models = {
        label: {
            "source": f"{answers.geography}.{MODELS[label][0]}",
            "prices": prices_in(answers.geography, MODELS[label][1]),
        }
        for label in dict.fromkeys((*answers.models, *MODELS))
    }
    return (
        environment.get_template("stack_file.yaml.j2").render(
            a=answers,
            stack=stack,
            example_account=EXAMPLE_ACCOUNT,
            head=HEADS[stack].rstrip("\n"),
            okta_waits=ADVISED,
            read=READ,
            models=models,
            budgets=budgets(answers),
            level="active" if people and stack == "sandbox" else "planned",
            cohort=cohort_of(stack),
            roster=roster_of(stack),
        )
        + "\n"
    )


def roster_of(stack: str) -> str:
    return f"{ROSTERS}/{stack}-{cohort_of(stack)}.csv"


def cohort_of(stack: str) -> str:
    """Roles are named after cohorts, and two stacks may share an account."""
    return "trial" if stack == "dev" else "pilot"


def roster_header() -> str:
    """A roster with nobody in it."""
    return (TEMPLATE / ROSTERS / "pilot.csv").read_text(encoding="utf-8")


def budgets(answers: Answers) -> Mapping[str, int]:
    """USD that agree with each other and with published averages, so that `rollout check` has nothing to say."""
    counts = [team.headcount for team in answers.teams.values()]
    team = max(counts) * USER_DAILY_USD
    month = max(
        sum(counts) * USD_PER_ACTIVE_DAY * ACTIVE_DAYS,
        sum(counts) * USER_DAILY_USD * WORKDAYS,
        len(counts) * team * WORKDAYS,
    )
    return {"user_daily_usd": USER_DAILY_USD, "team_daily_usd": team, "monthly_usd": month}


def block(part: Part) -> str:
    """A part of the stack file as it is written beneath its key, without what was not said."""
    text = yaml.safe_dump(part.model_dump(mode="json", exclude_unset=True), sort_keys=False)
    return indent(text.rstrip("\n"), "    ")


def scalar(value: Any) -> str:
    """A text as YAML reads it back: plain where that is safe, else in quotes."""
    text = str(value)
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return yaml.safe_dump(text, default_style='"', width=1000).strip()
