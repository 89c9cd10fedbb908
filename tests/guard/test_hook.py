"""The guard as Claude Code runs it, on a real repository: what it stops, what it lets through, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guard.world import CLEAN, PLANTED, Answer, Machine, secret_of

LET, STOP = 0, 2


@pytest.mark.parametrize("kind", PLANTED)
def test_a_staged_credential_stops_the_commit_with_where_and_what_and_never_which(mac: Machine, kind: str) -> None:
    mac.stage("settings/app.env", f"# ours\n{PLANTED[kind]}\n")
    answer = mac.bash("git commit -m 'add settings'")
    assert answer.code == STOP
    assert f"settings/app.env, line 2: {kind}" in answer.error
    assert "git restore --staged" in answer.error
    assert "revoked" in answer.error
    assert secret_of(PLANTED[kind]) not in answer.said + mac.left_behind()


@pytest.mark.parametrize("what", CLEAN)
def test_a_clean_look_alike_is_committed(mac: Machine, what: str) -> None:
    mac.stage("notes.py", CLEAN[what] + "\n")
    assert mac.bash("git commit -m notes") == Answer(LET, "", "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_that_git_takes_for_binary_is_looked_at_line_by_line(mac: Machine, encoding: str) -> None:
    file = mac.home / "repository" / "old settings.txt"
    key = PLANTED["github_token"]
    file.write_bytes(f"one\n{key}\n".encode(encoding))
    assert mac.bash("git add --all && git commit -m x").code == STOP
    mac.git("add", "--all")
    assert "old settings.txt, line 2: github_token" in mac.bash("git commit -m x").error
    mac.git("commit", "-qm", "x")
    assert mac.bash("git push").code == STOP
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    file.write_bytes(f"one\n{key}\nthree\n".encode(encoding))
    assert mac.bash("git commit -am more").code == LET
    file.write_bytes(f"one\n{key}\nthree\n{PLANTED['slack_token']}\n".encode(encoding))
    assert "line 4: slack_token" in mac.bash("git commit -am more").error


def test_what_gitattributes_calls_no_text_is_looked_at(mac: Machine) -> None:
    mac.commit(".gitattributes", "*.lock -diff\n*.bin binary\n")
    mac.commit("a.lock", "one\n")
    mac.stage("a.lock", f"one\n{PLANTED['slack_token']}\n")
    mac.stage("b.bin", PLANTED["github_token"] + "\n")
    answer = mac.bash("git commit -m x")
    assert "a.lock, line 2: slack_token" in answer.error
    assert "b.bin, line 1: github_token" in answer.error


def test_a_picture_or_a_large_file_is_let_through(mac: Machine) -> None:
    folder = mac.home / "repository"
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    (folder / "b.bin").write_bytes(bytes(40 * 1024 * 1024))
    mac.git("add", "--all")
    assert mac.bash("git commit -m pictures") == Answer(LET, "", "")


def test_only_added_lines_count(mac: Machine) -> None:
    key = PLANTED["github_token"]
    mac.commit("old.txt", f"one\n{key}\nthree\n")
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    mac.stage("old.txt", f"one\n{key}\nthree\nfour\n")
    assert mac.bash("git commit -m more").code == LET
    mac.stage("old.txt", "one\nthree\n")
    assert mac.bash("git commit -m less").code == LET
    assert mac.bash("git push").code == LET


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("git commit -m x", LET),
        ("git commit -am x", STOP),
        ("git commit -m x README.md", STOP),
        ("git add README.md && git commit -m x", STOP),
        ("git add -u && git commit -m x", STOP),
        ("git add other.txt && git commit -m x", LET),
    ],
)
def test_a_change_that_is_not_staged_counts_where_the_command_takes_it_along(
    mac: Machine, command: str, code: int
) -> None:
    mac.write("README.md", f"hello\n{PLANTED['anthropic_api_key']}\n")
    mac.write("other.txt", "other\n")
    assert mac.bash(command).code == code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("git commit -am x", LET),
        ("git add -A && git commit -m x", STOP),
        ("git add . && git commit -m x && git push", STOP),
        ("git add src && git commit -m x", STOP),
        ("git add README.md && git commit -m x", LET),
        ("git add -f ignored.env && git commit -m x", STOP),
    ],
)
def test_a_new_file_counts_where_the_command_adds_it(mac: Machine, command: str, code: int) -> None:
    mac.write(".gitignore", "ignored.env\n")
    mac.write("ignored.env", PLANTED["slack_token"] + "\n")
    assert mac.bash("git add -A && git commit -m x").code == LET
    mac.write("src/new file.py", PLANTED["slack_token"] + "\n")
    assert mac.bash(command).code == code


def test_a_repository_that_the_command_begins_is_looked_at(mac: Machine) -> None:
    fresh = mac.home / "fresh"
    fresh.mkdir()
    (fresh / ".gitignore").write_text("ignored\n")
    (fresh / "ignored").write_text(PLANTED["github_token"])
    assert mac.bash("git init && git add . && git commit -m one", cwd=str(fresh)).code == LET
    (fresh / "key").write_text(PLANTED["github_token"])
    assert mac.bash("git init && git add . && git commit -m one", cwd=str(fresh)).code == STOP


def test_a_commits_message_and_a_file_written_by_the_command_count(mac: Machine) -> None:
    for command in (
        f"git commit --allow-empty -m 'key {PLANTED['aws_access_key_id']}'",
        f"echo {PLANTED['github_token']} > .env && git add .env && git commit -m env",
    ):
        answer = mac.bash(command)
        assert answer.code == STOP
        assert "the command itself, line 1" in answer.error


def test_what_would_be_pushed_counts_even_if_a_later_commit_takes_it_back(mac: Machine) -> None:
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    mac.commit("a.txt", "fine\n")
    assert mac.bash("git push origin main").code == LET
    mac.commit("a.txt", f"fine\n{PLANTED['aws_access_key_id']}\n")
    mac.commit("a.txt", "fine\n")
    answer = mac.bash("git push origin main")
    assert answer.code == STOP
    assert "a.txt, line 2: aws_access_key_id" in answer.error
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert mac.bash("git push origin main").code == LET


def test_a_branch_that_is_pushed_by_name_counts_and_another_does_not(mac: Machine) -> None:
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    mac.git("checkout", "-qb", "topic")
    mac.commit("a.txt", PLANTED["slack_token"] + "\n")
    mac.git("checkout", "-q", "main")
    assert mac.bash("git push origin main").code == LET
    assert mac.bash("git push origin topic").code == STOP
    assert mac.bash("git push --all").code == STOP


def test_what_a_merge_adds_by_itself_is_seen_in_a_push(mac: Machine) -> None:
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    mac.git("checkout", "-qb", "topic")
    mac.commit("a.txt", "a\n")
    mac.git("checkout", "-q", "main")
    mac.commit("b.txt", "b\n")
    mac.git("merge", "-q", "--no-commit", "topic")
    mac.stage("a.txt", f"a\n{PLANTED['github_token']}\n")
    mac.git("commit", "-qm", "merge")
    answer = mac.bash("git push")
    assert "a.txt, line 2: github_token" in answer.error


def test_names_of_files_and_remotes_tell_nothing_either(mac: Machine) -> None:
    key = PLANTED["github_token"]
    mac.git("remote", "add", "origin", f"https://alice:{key}@github.example/acme/app.git")
    mac.stage(f"{key} ä\n.txt", key + "\n")
    answer = mac.bash("git commit -m x")
    assert answer.code == STOP
    assert key not in answer.said + mac.left_behind()
    assert "commit in github.example/acme/app:" in answer.error


def test_the_repositorys_own_configuration_runs_nothing_and_changes_no_answer(mac: Machine) -> None:
    mac.stage("key.txt", PLANTED["github_token"] + "\n")
    (mac.home / "run.sh").write_text(f"#!/bin/sh\ntouch {mac.home}/ran\n")
    (mac.home / "run.sh").chmod(0o755)
    (mac.home / "repository/.gitattributes").write_text("*.txt diff=x\n")
    for key in ("diff.external", "diff.x.textconv", "diff.x.command", "core.fsmonitor", "core.pager"):
        mac.git("config", key, str(mac.home / "run.sh"))
    for key in ("diff.noprefix", "diff.mnemonicPrefix", "color.ui"):
        mac.git("config", key, "always" if key == "color.ui" else "true")
    answer = mac.bash("git commit -m x")
    assert "key.txt, line 1: github_token" in answer.error
    assert not (mac.home / "ran").exists()


# One machine for all examples: each stages its own file.
@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_planted_secret_is_ever_said_or_written_down(mac: Machine, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(PLANTED)), min_size=1, max_size=3))
    before = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30))
    name = data.draw(st.sampled_from(["a.env", "dir/b c.py", "ünï.txt", 'quo"te', "{}.txt"]))
    secrets = [PLANTED[kind] for kind in kinds]
    mac.stage(name.format(secret_of(secrets[0])[:40].replace("/", "_")), before + "\n" + "\n".join(secrets) + "\n")
    command = data.draw(
        st.sampled_from(
            ["git commit -m '{}'", "git add . && git commit -m {}", "git commit -am x; git push", "git commit # {}"]
        )
    )
    answer = mac.bash(command.format(secrets[-1]))
    assert answer.code == STOP
    for secret in secrets:
        assert secret_of(secret) not in answer.said + mac.left_behind()
    mac.git("reset", "-q", "--hard")


@pytest.mark.parametrize(
    "command",
    ["cd .\ngh pr create --fill", "true;gh repo create x --source=. --push", "true&&gh pr create", "(gh pr create)"],
)
def test_gh_reaches_the_guard_wherever_it_stands_in_the_line(mac: Machine, command: str) -> None:
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert mac.bash(command).code == LET
    mac.commit("a.txt", PLANTED["slack_token"] + "\n")
    assert mac.bash(command).code == STOP


def test_an_amended_commit_counts_for_all_that_it_adds_and_not_for_what_it_takes_back(mac: Machine) -> None:
    mac.git("update-ref", "refs/remotes/origin/main", "HEAD")
    mac.commit("a.txt", PLANTED["slack_token"] + "\n")
    assert mac.bash("git commit --amend --no-edit").code == STOP
    mac.write("a.txt", "taken out\n")
    assert mac.bash("git commit -a --amend --no-edit").code == LET
    assert mac.bash("git add a.txt && git commit --amend --no-edit").code == LET
