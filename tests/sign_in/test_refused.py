"""What a person reads who is not let in, and how often they are asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.sign_in.world import Answer, Machine, answered, machine, rollout

# The words of okta-aws-cli 2.6.0 (webssoauth.go, apierror.go; AWS STS).
WORDS = {
    "not in Okta's group": "Error: Okta API returned an error: User is not assigned to the client application.",
    "not in the AWS app's groups": "Error: Okta API returned an error: You do not have permission to perform the action.\nUsage:\n  okta-aws-cli web",
    "refused on Okta's page": 'Error: fetching access token polling received unexpected API polling error "access_denied" - "The resource owner denied the request."',
    "not in the AWS app": 'Error: fetching SAML assertion received API response "403 Forbidden"',
    "no group that gives a role": 'Error: provider "arn:aws:iam::123456789012:saml-provider/Okta" has no roles to choose from',
    "denied by AWS": 'Error: STS Assume Role With SAML API error; given idp: "x", role: "y", error: AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML\n\tstatus code: 403',
}
SENTENCE = (
    "You are not let in to Claude Code: Okta or AWS refused claude-code-pilot, as it does while access is cut or not "
    "given{}; ask whoever runs Claude Code at acme\n"
)


@pytest.mark.parametrize("why", WORDS)
def test_a_person_who_is_cut_reads_one_sentence_and_not_okta_aws_clis(mac: Machine, why: str) -> None:
    mac.tells(says=WORDS[why])
    answer = mac.asks()
    assert (answer.code, answer.out, answer.error) == (1, "", SENTENCE.format(""))


def test_it_says_what_the_managed_settings_announce(mac: Machine) -> None:
    announced = "Claude Code is suspended (INC-7)."
    (mac.folder / "managed-settings.json").write_text(json.dumps({"companyAnnouncements": [announced]}))
    mac.tells(says=WORDS["denied by AWS"])
    assert mac.asks().error == SENTENCE.format(f" ({announced})")


def test_the_channel_is_named_where_the_stack_file_has_one(tmp_path: Path) -> None:
    notify = {
        "slack": {
            "workspace_id": "T0123ABCD",
            "channels": {
                name: {"id": "C0123ABCD", "name": "claude"} for name in ("engineering", "security", "leadership")
            },
        }
    }
    made = machine(tmp_path, rollout(notify=notify))
    made.tells(says=WORDS["denied by AWS"])
    assert made.asks().error.endswith("; ask in #claude\n")


def test_fifty_processes_of_a_person_who_is_cut_open_one_browser(mac: Machine) -> None:
    mac.tells(says=WORDS["not in Okta's group"], seconds=1)
    answers = [answered(process) for process in [mac.starts() for _ in range(50)]]
    assert {(answer.code, answer.error) for answer in answers} == {(1, SENTENCE.format(""))}
    assert mac.asks().code == 1
    assert mac.opened == 1


def test_after_five_minutes_or_by_their_own_wish_they_are_asked_again(mac: Machine) -> None:
    mac.tells(says=WORDS["not in Okta's group"])
    mac.asks()
    [mark] = mac.cache.glob("*.refused")
    until = json.loads(mark.read_text())["until"] - time.time()
    assert 240 < until <= 300
    assert mac.asks("again").code == 1
    assert mac.opened == 2
    mark.write_text(json.dumps({"until": time.time() - 1, "said": "x"}))
    mac.tells(says=None)
    assert mac.asks().code == 0
    assert list(mac.cache.glob("*.refused")) == []


@pytest.mark.parametrize("mark", ["", "[]", "{", '{"until": 1e12, "said": "for ever"}', '{"until": "x"}', "[" * 9000])
def test_a_broken_mark_holds_nobody_up(mac: Machine, mark: str) -> None:
    mac.tells(says="Error: no route to host")
    mac.asks()
    [path] = mac.cache.glob("*.refused")
    path.write_text(mark)
    mac.tells(says=None)
    assert mac.asks().code == 0


@pytest.mark.parametrize(
    "why",
    [
        "Okta API returned an error: API call exceeded rate limit",
        "Okta API returned an unknown error",
        'authorize received API response "500 Internal Server Error"',
    ],
)
def test_a_fault_of_oktas_is_not_a_cut(mac: Machine, why: str) -> None:
    mac.tells(says=f"Error: {why}\nUsage:")
    assert mac.asks().error == f"Claude Code is not signed in: okta-aws-cli says: Error: {why}\n"


def test_any_other_failure_is_said_in_its_first_words_without_a_token(mac: Machine) -> None:
    mac.tells(says=f"Error: dial tcp: lookup acme.okta.com: no such host token {'e' * 300}\nUsage:\n  okta-aws-cli web")
    assert mac.asks().error == (
        "Claude Code is not signed in: okta-aws-cli says: Error: dial tcp: lookup acme.okta.com: no such host token ...\n"
    )


@pytest.mark.parametrize("prints", ["", "{}", "null", "[1]", '{"AccessKeyId": "A"}', "[" * 9000, "x" * 100_000])
def test_what_is_no_session_is_neither_printed_nor_kept(mac: Machine, prints: str) -> None:
    mac.tells(prints=prints)
    answer = mac.asks()
    assert (answer.code, answer.out) == (1, "")
    assert answer.error == "Claude Code is not signed in: okta-aws-cli printed no session\n"
    assert mac.kept == []


def test_whoever_does_not_answer_the_browser_is_not_waited_for_for_ever(mac: Machine) -> None:
    mac.configure(sign_in_seconds=1)
    mac.tells(seconds=60)
    answers = [answered(process) for process in [mac.starts(), mac.starts()]]
    assert {answer.code for answer in answers} == {1}
    assert all("nobody finished signing in to Okta within 1 seconds" in answer.error for answer in answers)
    assert mac.opened == 1


def test_a_program_that_cannot_be_run_is_a_sentence(mac: Machine) -> None:
    program = mac.tools / "okta-aws-cli"
    program.write_bytes(b"\x7fELF nothing")
    assert mac.asks().error == f"Claude Code cannot sign in: {program}: Exec format error\n"


def test_where_there_is_no_okta_aws_cli_it_says_where_it_was_looked_for(mac: Machine) -> None:
    (mac.tools / "okta-aws-cli").unlink()
    said = mac.asks().error
    assert f"there is no okta-aws-cli in /opt/homebrew/bin, /usr/local/bin, {mac.home}/go/bin" in said
    assert said.endswith(
        "; or on PATH; install it (brew install okta-aws-cli), or ask whoever runs Claude Code at acme\n".removeprefix(
            ";"
        )
    )


@pytest.mark.parametrize("text", ["", "key = ../../x\n", "key = 00\n"])
def test_a_broken_configuration_is_a_sentence(mac: Machine, text: str) -> None:
    path = mac.folder / "rollout-credentials.conf"
    path.write_text(text)
    answer = mac.asks()
    assert (answer.code, answer.out) == (1, "")
    assert answer.error.startswith(f"Claude Code cannot sign in: {path}: ")
    assert len(answer.error.splitlines()) == 1


def test_an_argument_that_is_none_is_refused(mac: Machine) -> None:
    said = "rollout-credentials: takes nothing, or one of: cached, sign-in, again\n"
    assert mac.asks("log-in") == Answer(2, "", said)


@pytest.fixture
def sts() -> Generator[tuple[str, list[str]]]:
    """An STS that says whose session it is: its address, and the role that it names next."""
    role = ["claude-code-pilot"]

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if role[0] == "rubbish":
                self.wfile.write(b"rubbish\r\n\r\n")
                return
            body = f"<Arn>arn:aws:sts::123456789012:assumed-role/{role[0]}/alice</Arn>".encode()
            self.send_response(int(role[0]) if role[0].isdigit() else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", role
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_only_role_that_okta_offers_is_not_taken_for_the_cohorts(mac: Machine, sts: tuple[str, list[str]]) -> None:
    """okta-aws-cli#296: an AWS app of the company's own still offers somebody who is cut their other role."""
    url, role = sts
    mac.configure(sts_url=url)
    assert mac.asks().code == 0
    role[0] = "Administrator"
    assert mac.asks("again").error == SENTENCE.format("")
    assert mac.kept != []  # the session from before, which AWS itself ends
    mac.kept[0].unlink()
    assert mac.asks().code == 1
    assert mac.kept == []


def test_a_session_that_aws_refuses_is_not_kept(mac: Machine, sts: tuple[str, list[str]]) -> None:
    url, role = sts
    mac.configure(sts_url=url)
    role[0] = "403"
    answer = mac.asks()
    assert (answer.code, answer.error) == (1, "Claude Code is not signed in: AWS does not know the session\n")
    assert mac.kept == []


@pytest.mark.parametrize("says", ["503", "rubbish"])
def test_an_aws_that_cannot_be_asked_whose_session_it_is_keeps_nobody_out(
    mac: Machine, sts: tuple[str, list[str]], says: str
) -> None:
    url, role = sts
    mac.configure(sts_url=url)
    role[0] = says
    assert mac.asks().code == 0
    assert len(mac.kept) == 1
