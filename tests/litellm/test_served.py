"""The real LiteLLM with the hook, at `active`."""

from __future__ import annotations

from tests.litellm.world import ALICE, Proxy, World


def test_a_person_is_answered_in_their_own_name_by_their_cohorts_profile(world: World, gateway: Proxy) -> None:
    answer = gateway.ask(world.okta.key(ALICE))
    assert answer.status_code == 200, answer.text
