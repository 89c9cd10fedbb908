"""Searches that come in pages."""

from __future__ import annotations

from typing import Any

import pytest

from providers.jamf.client import Client
from tests.jamf.harness import ALICE, Engine


def test_each_paged_search_has_an_order_so_that_no_page_slips_while_things_change(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, set[str]] = {}
    get = Client.get

    def seen(client: Client, path: str, params: Any = None) -> Any:
        if params and "page" in params:
            asked.setdefault(path, set()).add(params.get("sort", "none"))
        return get(client, path, params)

    monkeypatch.setattr(Client, "get", seen)
    engine.fault("POST /api/v1/scripts")
    group = engine.group(ALICE)
    engine.profile(group)
    engine.files(group, contents="root=\n")
    assert asked == {
        "/api/v2/mdm/commands": {"dateSent:asc"},
        "/api/v1/scripts": {"id:asc"},
        "/api/v3/computers-inventory": {"id:asc"},
    }
