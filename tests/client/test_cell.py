"""What this folder rests on: the client is the one our facts are about, and is alone with the sandbox."""

from __future__ import annotations

import socket

from rollout.levels import Level
from rollout.macs import facts
from sandbox.settings import HOST
from tests.client import installed, told
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop


def test_the_clients_are_of_the_versions_that_our_facts_were_tried_on():
    assert installed.VERSIONS == {Client.FLOOR: facts.FLOOR, Client.NEWEST: facts.NEWEST}


def test_its_lock_file_has_a_digest_for_each_package_and_names_no_registry():
    text = (installed.FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert text.count('"integrity": "sha512-') == text.count('"node_modules/')
    assert "resolved" not in text


def test_in_its_cell_the_client_is_not_root_and_reaches_no_other_port_of_this_machine(
    pilot: Deployed, alice: Laptop
) -> None:
    pilot.give(alice, Level.ACTIVE)
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        asked = told.bash(
            "id -u", f"(: < /dev/tcp/{HOST}/{port}) 2>&1", "ls /etc/claude-code; cat /proc/net/route | wc -l"
        )
        user, reached, seen = alice.asks(asked, "--dangerously-skip-permissions").tool_results
    assert user != "0"
    assert "Connection refused" in reached
    assert "managed-settings.json" in seen
    assert seen.endswith("\n1")  # the heading of a table without routes
