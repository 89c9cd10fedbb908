"""`rollout cut` in this process, on moto's AWS: whatever is wrong elsewhere, the Deny is put and read back."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.cutting.lenient import Known
from cli.cutting.next_step import lines, stacks_of
from cli.live import also_called, engine
from rollout import names
from rollout.access import emergency
from rollout.incidents.cut_record import NAME, STASH, CohortRecord, PersonRecord, Record
from rollout.levels import Level
from tests.cli.conftest import Command

ALICE = "alice.chen@acme.example"
LONG_AGO = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture(autouse=True)
def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine and no Okta, unless a test brings one."""
    for name in ("OKTA_API_TOKEN", "OKTA_HTTP_PROXY", "OKTA_ORG_NAME", "OKTA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def iam(moto_aws: None, _away: None) -> Any:  # noqa: ARG001  nothing else is in reach
    made: Any = boto3.client("iam")
    for cohort in ("pilot", "early"):
        made.create_role(RoleName=names.role(cohort), AssumeRolePolicyDocument="{}")
    return made


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, Any]]:
    """An Okta of one answer: `status` and `people`; it keeps what it was asked."""
    answer: dict[str, Any] = {"status": 200, "people": [], "asked": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer["asked"].append(self.path)
            body = json.dumps(answer["people"]).encode()
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OKTA_API_TOKEN", "token")
    monkeypatch.setenv("OKTA_HTTP_PROXY", f"http://127.0.0.1:{server.server_port}")
    yield answer
    server.shutdown()
    server.server_close()
    thread.join()


def held(iam: Any, cohort: str, policy: str) -> Any:
    return iam.get_role_policy(RoleName=names.role(cohort), PolicyName=policy)["PolicyDocument"]["Statement"][0]


def denied(iam: Any, cohort: str, policy: str) -> list[str]:
    return held(iam, cohort, policy)["Condition"]["StringLike"]["aws:userid"]


def policies(iam: Any, cohort: str) -> list[str]:
    return iam.list_role_policies(RoleName=names.role(cohort))["PolicyNames"]


def put(iam: Any, cohort: str, policy: str, document: Any) -> None:
    iam.put_role_policy(RoleName=names.role(cohort), PolicyName=policy, PolicyDocument=json.dumps(document))


def test_a_cohort_is_cut_from_an_empty_folder(rollout: Command, iam: Any, tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    ended = rollout("cut", "pilot", "--incident", "INC-7", folder=empty)
    assert ended.code == 0, ended.err
    first, second, third = ended.out.splitlines()
    assert first.startswith("in force in IAM since ")
    assert first.endswith(" UTC: role claude-code-pilot denies everybody everything")
    assert second.startswith("by arn:aws:sts::123456789012:")
    assert 'set-level -s STACK pilot suspended --incident INC-7 --reason "..."' in third
    assert policies(iam, "pilot") == ["cut"]
    assert policies(iam, "early") == []


def test_the_next_step_names_the_person_and_the_stack(rollout: Command, iam: Any) -> None:
    assert (
        f'set-level -s sandbox {ALICE} suspended --incident ID --reason "..."'
        in rollout("cut", ALICE, "-s", "sandbox").out
    )
    by_login = rollout("cut", "achen", "--cohort", "pilot", "-s", "sandbox").out
    assert "set-level -s sandbox pilot suspended --member achen --incident ID" in by_login
    assert policies(iam, "pilot")


def test_of_stacks_that_have_the_cohort_those_of_the_account_are_named() -> None:
    files = [
        Known(stack="dev", cohorts=("pilot",), config={"aws:allowedAccountIds": '["111111111111"]'}),
        Known(stack="prod", cohorts=("pilot", "early"), config={"aws:allowedAccountIds": ["222222222222"]}),
        Known(stack="odd", cohorts=("pilot",), config={"aws:allowedAccountIds": "{"}),
        Known(stack="other", cohorts=("beta",)),
    ]
    assert stacks_of(files, {"pilot"}, {"222222222222"}) == ["prod"]
    assert stacks_of(files, {"pilot"}, {"333333333333"}) == ["dev", "prod", "odd"]
    *_, last = lines(ALICE, ["dev", "prod"], ["pilot"], "INC-7")
    assert last == "STACK is the one that is in this account: dev or prod"


def test_a_repeated_cut_keeps_the_first_time(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", "cut", emergency.document(None, LONG_AGO))
    ended = rollout("cut", "pilot", "--json")
    [found] = ended.document["in_force"]
    assert found["since"] == LONG_AGO.replace(microsecond=0).isoformat()


def test_a_person_is_cut_in_every_cohort_of_every_file_here_as_typed_and_in_lower_case(
    rollout: Command, iam: Any, project: Path
) -> None:
    ended = rollout("cut", "Alice.Chen@acme.example")
    assert ended.code == 0, ended.err
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == ["*:Alice.Chen@acme.example", f"*:{ALICE}"]
    assert "role claude-code-pilot denies sessions called Alice.Chen@acme.example or " in ended.out
    assert "nothing to deny: there is no role claude-code-" in ended.out
    assert "not known: Okta: not asked: there is no OKTA_API_TOKEN" in ended.out
    assert "if their Okta login differs from Alice.Chen@acme.example, cut the login too" in ended.out
    assert project.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace("level: active", "level: aktive"),
        lambda text: text + "\n  claude-code-rollout:cohorts: [\n<<<<<<< HEAD\n",
        lambda text: text.replace("claude-code-rollout:models:", "claude-code-rollout:modles:"),
        lambda text: f'{text}\n  aws:allowedAccountIds: "{{"\n  claude-code-rollout:colour: blue\n',
    ],
)
def test_a_stack_file_with_mistakes_still_says_where_a_person_may_be(
    rollout: Command, iam: Any, project: Path, wrong: Any
) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        file.write_text(wrong(file.read_text("utf-8")), "utf-8")
    assert rollout("check", "-s", "sandbox").code == 1
    ended = rollout("cut", ALICE, "-s", "sandbox")
    assert ended.code == 0, ended.err
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_without_any_file_the_cohort_must_be_named(rollout: Command, iam: Any, tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    ended = rollout("cut", ALICE, folder=empty)
    assert (ended.code, "say which by --cohort" in ended.err) == (1, True)
    ended = rollout("cut", "achen", "--cohort", "pilot", "--cohort", "early", folder=empty)
    assert ended.code == 0, ended.err
    assert denied(iam, "early", "cut-achen") == denied(iam, "pilot", "cut-achen") == ["*:achen"]


def test_a_mistyped_cohort_denies_nothing_and_suggests_a_cohort(rollout: Command, iam: Any) -> None:
    ended = rollout("cut", "pilto")
    assert ended.code == 1
    assert "nothing was denied\nnot there, in account 123456789012: claude-code-pilto" in ended.err
    assert "did you mean pilot?" in ended.err
    assert policies(iam, "pilot") == []


def test_what_is_no_sessions_name_is_refused_before_anything(rollout: Command, iam: Any) -> None:
    for wrong in ("*@acme.example", "a b@acme.example", "${aws:username}@x", f"{'x' * 65}@acme.example"):
        ended = rollout("cut", wrong, "--cohort", "pilot")
        assert (ended.code, "no session can be called so" in ended.err) == (1, True)
    assert rollout("cut", "Pilot!").code == 1
    assert policies(iam, "pilot") == []


def test_the_names_of_every_okta_account_are_added(rollout: Command, iam: Any, okta: dict[str, Any]) -> None:
    okta["people"] = [
        {"id": "00u1", "status": "ACTIVE", "profile": {"login": "achen", "email": ALICE}},
        {"id": "00u2", "status": "DEPROVISIONED", "profile": {"login": "Alice.Chen@old.example", "email": ALICE}},
        {"id": "00u3", "status": "ACTIVE", "profile": {"login": "evil*", "email": ALICE}},
    ]
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    assert ended.code == 0, ended.err
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == [
        f"*:{name}" for name in sorted(["00u1", "00u2", "00u3", "achen", "Alice.Chen@old.example", ALICE])
    ]
    lines = ended.out.splitlines()
    assert lines[0].startswith("in force in IAM since")
    assert lines[2] == (
        "also in force for: 00u1 (their Okta id), 00u2 (their Okta id), 00u3 (their Okta id), "
        "Alice.Chen@old.example, achen"
    )
    [asked] = okta["asked"]
    assert asked.startswith("/api/v1/users?search=profile.email+eq+%22alice.chen%40acme.example%22")


@pytest.mark.parametrize("status", [401, 503])
def test_an_okta_that_refuses_takes_nothing_from_the_deny(
    rollout: Command, iam: Any, okta: dict[str, Any], status: int
) -> None:
    okta["status"] = status
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    assert ended.code == 0, ended.err
    assert "not known: Okta: " + {401: "refuses OKTA_API_TOKEN", 503: "answers 503"}[status] in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_names_that_the_stack_has_on_record_are_added(
    rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {ALICE: PersonRecord(names=("achen",)), "bob@acme.example": PersonRecord(names=("bob",))}
    record = Record(cohorts={"pilot": CohortRecord(level=Level.ACTIVE, people=people)})
    kept = {"type": STASH, "urn": f"urn:pulumi:sandbox::x::{STASH}::{NAME}", "outputs": {"input": record.document()}}
    monkeypatch.setattr(engine, "pulumi", lambda *_, **__: json.dumps({"deployment": {"resources": [kept]}}))
    assert rollout("cut", ALICE, "-s", "sandbox").code == 0
    assert denied(iam, "pilot", names.cut_policy(ALICE)) == ["*:achen", f"*:{ALICE}"]


def test_a_source_that_hangs_is_left_behind(rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(also_called, "SECONDS", 0.2)
    monkeypatch.setattr(also_called, "okta_names", lambda *_: never.wait())
    ended = rollout("cut", ALICE, "--cohort", "pilot")
    never.set()
    assert "not known: Okta: did not answer within 0.2 s" in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_somebody_whom_nobody_knows_is_cut_and_the_spelling_is_doubted(rollout: Command, iam: Any) -> None:
    ended = rollout("cut", "alice.chen@acme.exmaple")
    assert ended.code == 0
    assert policies(iam, "pilot") == ["cut-alice.chen@acme.exmaple"]
    assert "CHECK THE SPELLING: nobody called alice.chen@acme.exmaple is" in ended.out
    assert "CHECK THE SPELLING" not in rollout("cut", ALICE).out


def test_credentials_of_another_account_are_said_and_are_not_done(rollout: Command, iam: Any, project: Path) -> None:
    file = project / "Pulumi.sandbox.yaml"
    text = file.read_text("utf-8")
    assert 'aws:allowedAccountIds: ["123456789012"]' in text
    file.write_text(
        text.replace('aws:allowedAccountIds: ["123456789012"]', "aws:allowedAccountIds: ['999999999999']"), "utf-8"
    )
    ended = rollout("cut", "pilot", "-s", "sandbox")
    assert ended.code == 3
    assert "NOT SURE: these credentials are of account 123456789012, and the stack is in 999999999999" in ended.out
    assert policies(iam, "pilot") == ["cut"]


def test_what_one_role_refuses_keeps_no_other_from_being_cut(
    rollout: Command, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.cutting import cutting
    from cli.terminal.errors import CommandError

    real = cutting.deny

    def refusing(clients: Any, cohort: str, *rest: Any) -> Any:
        if cohort == "early":
            raise CommandError("claude-code-early: AWS refuses")
        return real(clients, cohort, *rest)

    monkeypatch.setattr(cutting, "deny", refusing)
    ended = rollout("cut", ALICE, "--cohort", "pilot", "--cohort", "early")
    assert ended.code == 3
    assert "NOT denied: claude-code-early: AWS refuses" in ended.out
    assert policies(iam, "pilot") == [names.cut_policy(ALICE)]


def test_a_member_is_given_back_by_set_level_and_not_by_lift(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", names.cut_policy(ALICE), emergency.document([ALICE], LONG_AGO))
    ended = rollout("cut", ALICE, "--lift", "-s", "sandbox")
    assert ended.code == 1
    assert f"give access back by `rollout set-level -s sandbox pilot active --member {ALICE}`" in ended.err
    put(iam, "pilot", "cut", emergency.document(None, LONG_AGO))
    ended = rollout("cut", "pilot", "--lift", "-s", "sandbox")
    assert "give access back by `rollout set-level -s sandbox pilot active`" in ended.err
    assert set(policies(iam, "pilot")) == {"cut", names.cut_policy(ALICE)}


def test_a_member_elsewhere_is_lifted_on_the_role_of_a_cohort_they_are_not_in(rollout: Command, iam: Any) -> None:
    for cohort in ("pilot", "early"):
        put(iam, cohort, names.cut_policy(ALICE), emergency.document([ALICE], LONG_AGO))
    assert rollout("cut", ALICE, "--cohort", "early", "--lift").code == 0
    assert (policies(iam, "early"), policies(iam, "pilot")) == ([], [names.cut_policy(ALICE)])


def test_a_cohorts_name_is_never_taken_for_a_persons(rollout: Command, iam: Any) -> None:
    assert rollout("cut", "pilot", "--cohort", "pilot").code == 0
    assert policies(iam, "pilot") == ["cut"]
    ended = rollout("cut", "pilot", "--cohort", "early")
    assert ended.code == 1
    assert "pilot: a cohort's name, and --cohort is for a person; `rollout cut pilot` cuts it" in ended.err
    assert policies(iam, "early") == []


def test_a_part_of_a_members_address_is_doubted_as_well(rollout: Command, iam: Any) -> None:  # noqa: ARG001
    for typed in (ALICE[1:], ALICE[:-1]):
        assert f"CHECK THE SPELLING: nobody called {typed} is" in rollout("cut", typed).out


def test_somebody_in_no_file_is_lifted_once_their_sessions_have_ended(rollout: Command, iam: Any) -> None:
    gone = "left.us@acme.example"
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], datetime.now(UTC)))
    ended = rollout("cut", gone, "--lift")
    assert (ended.code, "may live until" in ended.err) == (1, True)
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], None))
    assert "IAM does not say since when" in rollout("cut", gone, "--lift").err
    put(iam, "pilot", names.cut_policy(gone), emergency.document([gone], LONG_AGO))
    assert rollout("cut", gone, "--lift").code == 0
    assert policies(iam, "pilot") == []
    assert "nothing to lift" in rollout("cut", gone, "--lift").err


def test_somebody_denied_by_a_members_name_is_not_lifted(rollout: Command, iam: Any) -> None:
    put(iam, "pilot", "cut-achen", emergency.document(["achen", ALICE], LONG_AGO))
    ended = rollout("cut", "achen", "--cohort", "pilot", "--lift")
    assert (ended.code, "is a member by Pulumi." in ended.err) == (1, True)


def test_nothing_slow_is_loaded_before_the_deny(project: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, cli.app, cli.run, cli.commands.cut\n"
        "heavy = {'pydantic', 'pulumi', 'ruamel.yaml', 'httpx', 'rich', 'yaml', 'rollout.model.rollout'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or None)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert project.exists()
