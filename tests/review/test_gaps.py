"""What a review must not pass over: sessions that live again, lists, people, new cohorts, a base that is old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.commands.diff import review
from rollout.review.comment import JUDGES, MAX_COMMENT, comment
from rollout.review.diff import diff
from rollout.review.engine_plan import Plan, Step
from tests import stacks
from tests.review.changes import ALICE, INCIDENT, Document, alice, changed, pilot

Change = Callable[[Document], object]
SINCE = INCIDENT["since"]
LIVE_AGAIN = f"**sessions from before `{SINCE}` live again**"


def nothing(_: Document) -> None: ...


def leave(document: Document) -> None:
    del document["cohorts"]["pilot"]["members"][ALICE]


@pytest.mark.parametrize(
    ("before", "after", "whose"),
    [
        (pilot(incident=INCIDENT), nothing, "cohort `pilot`"),
        (pilot(incident=INCIDENT), pilot(incident={**INCIDENT, "since": "2026-01-01T00:00:00Z"}), "cohort `pilot`"),
        (pilot(level="suspended", incident=INCIDENT), pilot(level="restricted", incident=INCIDENT), "cohort `pilot`"),
        (alice(sessions_valid_from=SINCE), nothing, f"`{ALICE}` of `pilot`"),
        (alice(level="suspended", incident=INCIDENT), nothing, f"`{ALICE}` of `pilot`"),
        (alice(sessions_valid_from=SINCE), leave, f"`{ALICE}` of `pilot`"),
    ],
    ids=["incident out", "since moved back", "only restricted", "member's time out", "member resumed", "member out"],
)
def test_dead_sessions_that_live_again_are_named_in_the_headline_and_in_bold(
    before: Change, after: Change, whose: str
) -> None:
    text = comment("prod", diff(changed(before), changed(after)))
    assert "**dead sessions live again**" in text.splitlines()[2]
    assert [line for line in text.splitlines() if line.startswith(f"| {whose} | `{SINCE}`") and LIVE_AGAIN in line]


def test_a_member_whose_cohort_has_the_later_cut_gets_no_session_back() -> None:
    earlier = alice(sessions_valid_from="2026-01-01T00:00:00Z")
    found = diff(changed(pilot(incident=INCIDENT), earlier), changed(pilot(incident=INCIDENT)))
    assert found.sessions == ()
    assert not found.is_empty


def test_a_suspension_says_from_when_on_sessions_are_dead_and_frightens_nobody() -> None:
    text = comment("prod", diff(changed(), changed(pilot(level="suspended", incident=INCIDENT))))
    assert f"| always | `{SINCE}` | 2 | sessions from before `{SINCE}` are dead |" in text
    assert "live again" not in text


def test_rules_of_an_incident_that_are_taken_out_are_shown() -> None:
    deny = {**INCIDENT, "deny": ["Bash(git push *)"]}
    found = diff(
        changed(pilot(level="restricted", incident=deny)), changed(pilot(level="restricted", incident=INCIDENT))
    )
    assert "| `cohorts.pilot.incident.deny` | - `Bash(git push *)` |" in comment("prod", found)


def test_what_is_left_of_a_huge_change_holds_what_the_engine_refuses_and_deletes() -> None:
    def add(document: Document) -> None:
        for cohort in range(40):
            members = {
                f"{'x' * 35}{cohort}-{n}@acme.example": {"name": "P", "team": "backend", "role": f"{n}"}
                for n in range(150)
            }
            rules = {"allow": [f"Bash({'z' * 150})"]}
            document["cohorts"][f"wave{cohort}"] = {
                "level": "active",
                "models": ["haiku"],
                "members": members,
                "claude": rules,
            }
        document["claude"] = {"allow": [f"Bash({'y' * 150} {n})" for n in range(50)]}

    plan = Plan(
        steps=tuple(Step(operation="delete", kind="aws:x/y:Z", name=f"n{n}{'z' * 90}") for n in range(900)),
        errors=tuple(f"{n}{'e' * 3000}" for n in range(90)),
        breaches=tuple(f"{n}{'b' * 3000}" for n in range(90)),
        warnings=("w" * 3000,) * 90,
        advice=("a" * 3000,) * 90,
    )
    changes = [f"policies/{'p' * 60}{n}" for n in range(500)]
    text = comment("prod", diff(changed(), changed(add)), plan, engine_diff="d" * 90_000, changed=changes)
    assert len(text) < MAX_COMMENT + 500
    assert text.index("Touches what judges it") < text.index("The engine refuses") < text.index("Against policy")
    assert text.index("Against policy") < text.index("### Deleted") < text.index("### Levels")
    assert "- aws:x/y:Z n0" in text
    assert "**Cost**: 2 → 6002 people" in text
    assert "**The engine's plan**: 900 delete" in text
    assert text.count("```") % 2 == 0


def test_a_row_names_twenty_people_and_how_many_more() -> None:
    def add(document: Document) -> None:
        members = {f"p{n:02}@acme.example": {"name": "P", "team": "backend"} for n in range(25)}
        document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": members}

    text = comment("prod", diff(changed(), changed(add)))
    assert "`p19@acme.example`, and 5 more |" in text
    assert "p20@" not in text


def written(folder: Path, document: Document) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "Pulumi.prod.yaml"
    config: dict[str, Any] = {f"claude-code-rollout:{key}": value for key, value in document.items()}
    path.write_text(yaml.safe_dump({"config": {"aws:region": "us-east-1", **config}}), encoding="utf-8")
    return path


def test_an_exception_that_expired_in_the_base_hides_nothing_of_what_changes(tmp_path: Path) -> None:
    base, head = stacks.small(), stacks.small()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    base["policy_exceptions"] = {"cost-tags": {"resource": "x", "reason": "r", "expires": yesterday}}
    leave(head)
    text = review(written(tmp_path / "base", base), written(tmp_path, head))
    assert "## `prod`: **1 lose access**\n" in text
    assert "gain" not in text
    refused = review(written(tmp_path / "base", head), written(tmp_path, base))
    assert "it cannot be carried out" in refused
    assert f"policy_exceptions.cost-tags.expires: expired: {yesterday}" in refused


def test_of_a_base_that_cannot_be_read_nobody_is_said_to_gain_anything(tmp_path: Path) -> None:
    base = stacks.small()
    base["cohorts"]["pilot"]["level"] = "activ"
    text = review(written(tmp_path / "base", base), written(tmp_path, stacks.small()))
    assert "**the base cannot be read**, so nobody knows what changes" in text.splitlines()[2]
    assert "cohorts.pilot.level: not one of planned" in text
    assert "gain" not in text
    assert "### People" not in text
    (tmp_path / "base" / "Pulumi.prod.yaml").write_text("config: [", encoding="utf-8")
    assert "the base cannot be read" in review(tmp_path / "base" / "Pulumi.prod.yaml", tmp_path / "Pulumi.prod.yaml")


def test_a_cohort_under_a_new_name_shows_what_of_it_is_not_the_default() -> None:
    def rename(document: Document) -> None:
        cohorts = document["cohorts"]
        cohorts["pilot2"] = {**cohorts.pop("pilot"), "claude": {"allow": ["Bash"]}}

    found = diff(changed(pilot(claude={"deny": ["Bash(curl *)"]})), changed(rename)).settings
    assert found == {
        "cohorts.pilot.claude.deny": (("Bash(curl *)",), None),
        "cohorts.pilot2.claude.allow": (None, ("Bash",)),
    }


def test_a_stack_that_is_new_shows_rules_that_are_not_the_default() -> None:
    def allow(document: Document) -> None:
        document["claude"] = {"allow": ["Bash"]}

    found = diff(None, changed(allow)).settings
    assert found["claude.allow"] == (None, ("Bash",))
    assert "session_minutes" not in found


def test_of_a_long_list_only_what_comes_and_goes_is_shown() -> None:
    def rules(*entries: str) -> Change:
        return lambda document: document.update(claude={"allow": entries})

    kept = [f"Bash(make target-{n} *)" for n in range(30)]
    text = comment("prod", diff(changed(rules(*kept)), changed(rules(*kept[1:], "Bash(curl *)"))))
    assert "| `claude.allow` | - `Bash(make target-0 *)` | + `Bash(curl *)` |" in text
    order = comment("prod", diff(changed(), changed(pilot(models=["haiku", "sonnet"]))))
    assert "| `cohorts.pilot.models` | `sonnet`, `haiku` | `haiku`, `sonnet` |" in order


def test_another_manager_team_and_login_of_a_member_are_shown() -> None:
    head = changed(alice(manager="mallory@acme.example", team="platform", github="mallory"))
    assert diff(changed(), head).members == {
        (ALICE, "github"): (None, "mallory"),
        (ALICE, "manager"): (None, "mallory@acme.example"),
        (ALICE, "team"): ("backend", "platform"),
    }
    assert f"| `{ALICE}: team` | `backend` | `platform` |" in comment("prod", diff(changed(), head))


def test_whoever_moves_takes_what_is_said_of_them_along() -> None:
    def move(document: Document) -> None:
        member = document["cohorts"]["pilot"]["members"].pop(ALICE)
        members = {ALICE: {**member, "manager": "mallory@acme.example"}}
        document["cohorts"]["wave2"] = {"level": "active", "models": ["sonnet", "haiku"], "members": members}

    assert diff(changed(), changed(move)).members == {(ALICE, "manager"): (None, "mallory@acme.example")}


def test_one_more_in_a_cohort_that_is_only_planned_is_shown_without_any_access() -> None:
    def plan(*emails: str) -> Change:
        members = {email: {"name": "P", "team": "backend"} for email in emails}
        cohort = {"level": "planned", "models": ["haiku"], "members": members}
        return lambda document: document["cohorts"].update(wave2=cohort)

    found = diff(changed(plan("p1@acme.example")), changed(plan("p1@acme.example", "p2@acme.example")))
    assert found.people == ()
    assert found.members == {("p2@acme.example", "cohort"): (None, "wave2")}


@given(st.text(max_size=400))
def test_words_in_a_span_of_code_stay_in_it_and_are_not_changed_beyond_need(words: str) -> None:
    try:
        head = changed(alice(role=words.strip() or "x"))
    except ValueError:
        return
    [row] = [line for line in comment("prod", diff(changed(), head)).splitlines() if ": role` |" in line]
    assert row.count("`") == 4
    assert row.replace("\\|", "").count("|") == 3


def test_marks_of_html_are_shown_as_they_were_written() -> None:
    text = comment("prod", diff(changed(), changed(alice(role="<b> & `x` | y_z @acme"))))
    assert r"| `<b> & 'x' \| y_z @acme` |" in text


def test_a_level_of_ones_own_that_gives_way_to_the_cohorts_is_no_change_of_level() -> None:
    base = changed(alice(level="suspended", incident=INCIDENT))
    found = diff(base, changed(pilot(level="suspended", incident=INCIDENT)))
    assert [change.email for change in found.levels] == [None]
    assert found.members[ALICE, "level"] == ("suspended", None)


def test_a_request_that_touches_what_judges_it_is_told_so() -> None:
    paths = ["README.md", "policies/rules/trust.py", "ci/preview", "rollout/review/comment.py", "Pulumi.prod.yaml"]
    text = comment("prod", diff(changed(), changed()), changed=paths)
    assert "**Touches what judges it**: `policies/rules/trust.py`, `ci/preview`, `rollout/review/comment.py`." in text
    assert "judges" not in comment("prod", diff(changed(), changed()), changed=["README.md", "Pulumi.prod.yaml"])


def test_owners_are_asked_for_whatever_judges_a_request() -> None:
    lines = (stacks.PROJECT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = [line.split()[0] for line in lines if not line.startswith("#")]
    assert owned == [f"/{path}" for path in JUDGES]
    assert all((stacks.PROJECT / path).exists() for path in JUDGES)
