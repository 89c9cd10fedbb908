"""The table in docs/macs.md is the one that the attacks' own tests hold the clients to."""

from __future__ import annotations

from tests.client.attacks import ATTACKS, OWN
from tests.client.attacks_page import expected, on_page, section
from tests.client.installed import VERSIONS


def test_the_page_has_each_attack_and_both_versions_as_the_tests_hold_them() -> None:
    assert on_page() == section(expected()), "run `make attacks-page`, and commit what it wrote"
    assert all(version in on_page() for version in VERSIONS.values())


def test_each_attack_has_a_name_and_words_of_its_own_and_ten_at_least_are_ours() -> None:
    assert len({attack.name for attack in ATTACKS}) == len({attack.does for attack in ATTACKS}) == len(ATTACKS)
    assert len(OWN) >= 10
