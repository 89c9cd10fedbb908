"""Which sandbox a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.settings import DEFAULT_AWS_PORT, PROJECT, from_environment


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SANDBOX_HOME", "SANDBOX_PROJECT", "SANDBOX_AWS_PORT", "SANDBOX_OKTA_PORT", "SANDBOX_JAMF_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_a_home_that_a_person_chose_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "chosen"))
    assert from_environment().home == tmp_path / "chosen"


def test_what_another_clone_s_make_env_left_in_the_shell_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_PROJECT", str(tmp_path))
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "theirs"))
    monkeypatch.setenv("SANDBOX_AWS_PORT", "9999")
    settings = from_environment()
    assert (settings.home, settings.aws_port) == (PROJECT / ".sandbox", DEFAULT_AWS_PORT)


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"SANDBOX_AWS_PORT": "http"}, "SANDBOX_AWS_PORT: not a port: http"),
        (
            {"SANDBOX_AWS_PORT": "7000", "SANDBOX_OKTA_PORT": "7000"},
            "SANDBOX_AWS_PORT and SANDBOX_OKTA_PORT are both 7000",
        ),
        ({"SANDBOX_HOME": "/proc/foo"}, "SANDBOX_HOME: cannot make /proc/foo"),
    ],
)
def test_a_wrong_setting_is_one_line(variables: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        from_environment()
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
