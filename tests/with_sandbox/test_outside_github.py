"""The sandbox's GitHub: held to its schema, in pages, within a limit."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from rollout.success import github_queries
from sandbox.outside.github import Github, NotKnownError, qualifiers
from sandbox.settings import GITHUB_TOKEN

MONDAY = date(2026, 11, 2)
SPAN = [MONDAY, MONDAY - timedelta(weeks=1), MONDAY - timedelta(weeks=2), MONDAY - timedelta(weeks=3)]
SEARCH = github_queries.pull_requests("acme", "alice-chen", SPAN)


def ask(
    github: Github, query: str = github_queries.PULL_REQUESTS, token: str = GITHUB_TOKEN, **variables: Any
) -> tuple[int, Any, Any]:
    asked = {"search": SEARCH, "login": "alice-chen", "after": None, **variables}
    body = json.dumps({"query": query, "variables": asked}).encode()
    status, headers, content = github.answer("POST", "/graphql", {"authorization": f"Bearer {token}"}, body)
    return status, headers, json.loads(content)


def test_a_search_comes_in_pages_that_end() -> None:
    github, found, after, pages = Github(), [], None, 0
    while True:
        _, _, answer = ask(
            github, github_queries.PULL_REQUESTS.replace(f"first: {github_queries.PAGE}", "first: 10"), after=after
        )
        search = answer["data"]["search"]
        found += search["nodes"]
        pages, after = pages + 1, search["pageInfo"]["endCursor"]
        if not search["pageInfo"]["hasNextPage"]:
            break
    assert len(found) == search["issueCount"] > 30
    assert pages == -(-len(found) // 10)
    assert len({(one["createdAt"], one["mergedAt"]) for one in found}) == len(found)
    assert {one["author"]["login"] for one in found} == {"alice-chen"}


def test_the_same_is_found_each_time_and_it_gets_better_when_it_is_told_to() -> None:
    counts = []
    for better in (0.0, 0.5, 0.5):
        github = Github()
        github.tell({"better_from": "2026-10-01", "better_by": better})
        counts.append(ask(github)[2]["data"]["search"]["issueCount"])
    assert counts[1] == counts[2] > 1.3 * counts[0]


def test_points_are_counted_and_used_up() -> None:
    github = Github()
    github.tell({"points": 2})
    assert ask(github)[1]["X-RateLimit-Remaining"] == "1"
    assert ask(github)[1]["X-RateLimit-Remaining"] == "0"
    status, headers, answer = ask(github)
    assert (status, headers["X-RateLimit-Remaining"]) == (200, "0")
    assert answer["errors"][0]["type"] == "RATE_LIMITED"


def test_what_githubs_schema_has_not_is_refused_and_a_login_nobody_has_is_not_found() -> None:
    _, _, answer = ask(Github(), github_queries.PULL_REQUESTS.replace("mergedAt", "mergedOn"))
    assert "Cannot query field 'mergedOn' on type 'PullRequest'." in answer["errors"][0]["message"]
    _, _, answer = ask(Github(), login="nobody-here")
    assert [error["type"] for error in answer["errors"]] == ["NOT_FOUND"]
    assert answer["data"]["user"] is None
    assert ask(Github(), token="another")[0] == 401


@pytest.mark.parametrize(
    "search", ["org:acme is:pr author:alice-chen", "org:acme is:pr is:merged author:a team:b", "free text"]
)
def test_a_search_that_is_not_known_is_no_empty_answer(search: str) -> None:
    assert ask(Github(), search=search)[0] == 501


def test_bugs_carry_their_events_since_a_time() -> None:
    search = github_queries.bugs("acme", "alice-chen", ["bug", "defect"], SPAN)
    assert qualifiers(search)["label"] == ['"bug","defect"']
    _, _, answer = ask(Github(), github_queries.BUGS, search=search, since=f"{SPAN[-1]}T00:00:00Z")
    nodes = answer["data"]["search"]["nodes"]
    assert len(nodes) >= 6
    assert all(item["createdAt"] >= str(SPAN[-1]) for node in nodes for item in node["timelineItems"]["nodes"])
    with pytest.raises(NotKnownError):
        qualifiers('label:"unclosed')
