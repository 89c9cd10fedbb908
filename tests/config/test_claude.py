"""What a stack file may say of Claude Code itself, and what is refused of it."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.model.macs import ClaudeMode
from tests.config.stack_files import changed, loaded, mistakes


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "minimum_version",
            "2.1.99",
            "claude.minimum_version: older than 2.1.197, the oldest that these settings were tried on: 2.1.99",
        ),
        (
            "minimum_version",
            "latest",
            "claude.minimum_version: not a version of Claude Code such as 2.1.332: latest",
        ),
        ("mode", "yolo", "claude.mode: not one of ask, auto: yolo"),
        (
            "mcp_servers",
            [{"name": "x", "url": "https://x.example"}],
            "claude.mcp_servers.0: give one of command, url, name",
        ),
        ("mcp_servers", [{}], "claude.mcp_servers.0: give one of command, url, name"),
        ("mcp_servers", [{"command": []}], "claude.mcp_servers.0.command: empty; name at least one"),
        (
            "mcp_servers",
            [{"url": "http://x.example"}],
            "claude.mcp_servers.0.url: not an https:// address such as https://mcp.acme.example/*: http://x.example",
        ),
    ],
)
def test_a_mistake_is_said_with_its_place(key: str, value: object, line: str) -> None:
    assert mistakes(changed(value, "claude", key)) == [line]


@pytest.mark.parametrize("seconds", [-1, 31])
def test_the_delay_has_bounds(seconds: int) -> None:
    [line] = mistakes(changed(seconds, "throttle", "delay_seconds"))
    assert line.startswith("throttle.delay_seconds: must be at")


@pytest.mark.parametrize("version", ["2.1.197", "2.1.332", "2.2.0", "3.0.0"])
def test_a_version_is_compared_by_its_numbers(version: str) -> None:
    assert loaded(changed(version, "claude", "minimum_version")).claude.minimum_version == version


def test_what_is_left_out_asks_and_lists_no_server() -> None:
    said: dict[str, Any] = loaded(changed([], "claude", "deny")).claude.model_dump()
    assert (said["mode"], said["mcp_servers"]) == (ClaudeMode.ASK, None)
