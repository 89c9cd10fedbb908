"""The collector: every page, no faster than GitHub allows, and each week once, whatever happens to a run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from statistics import median

import boto3
import httpx
import pytest

from functions import delivery_state
from functions.github_reader import POINTS_LEFT, RefusedError
from rollout.success.github_delivery import mondays
from rollout.success.metrics import WEEKS_KEPT
from sandbox.outside import github_work
from tests.delivery.world import PILOT, WAVE2, Died, World, parameter


def wanted() -> list[date]:
    return mondays(datetime.now(UTC))


def everything() -> set[tuple[str, str]]:
    return {(cohort, str(monday)) for cohort in ("pilot", "wave2") for monday in wanted()}


def test_a_quarter_is_read_for_every_cohort_and_a_second_run_asks_nothing(world: World) -> None:
    answer = world.run()
    assert answer["paused"] is None
    assert sorted(world.weeks("pilot")) == sorted(wanted())
    assert set(world.week_lines()) == everything()
    assert len(world.week_lines()) == 2 * WEEKS_KEPT
    assert world.summary()["WeeksBehind"] == 0
    asked = len(world.searches)
    assert world.run() == {"new_weeks": {}, "paused": None, "requests": 0}
    assert len(world.searches) == asked
    assert len(world.week_lines()) == 2 * WEEKS_KEPT


def test_the_figures_are_those_of_an_independent_count(world: World) -> None:
    world.run()
    monday = wanted()[0]
    prs = [pr for login in PILOT for pr in github_work.pull_requests(login, monday, world.github.pace.at(monday))]
    cycles = [
        (datetime.fromisoformat(pr["mergedAt"]) - datetime.fromisoformat(pr["createdAt"])).total_seconds() for pr in prs
    ]
    found = world.weeks("pilot")[monday].observed
    assert found["prs_per_developer_week"].value == pytest.approx(len(prs) / 3, abs=1e-3)
    assert found["pr_cycle_days"].value == pytest.approx(median(cycles) / 86_400, abs=1e-3)
    assert found["pr_cycle_days"].samples == len(prs)
    waits: list[float] = []
    for pr in prs:
        humans = [
            i["submittedAt"]
            for i in pr["items"]
            if i["__typename"] == "PullRequestReview" and i["author"]["__typename"] == "User"
        ]
        if humans:
            waits.append(
                (datetime.fromisoformat(min(humans)) - datetime.fromisoformat(pr["createdAt"])).total_seconds()
            )
    assert found["review_turnaround_hours"].samples == len(waits)
    assert found["review_turnaround_hours"].value == pytest.approx(median(waits) / 3600, abs=1e-3)


@pytest.mark.slow
def test_a_run_that_is_not_let_any_further_goes_on_where_it_stopped(world: World) -> None:
    """GitHub's points run out in the midst, again and again."""
    world.github.tell({"points": POINTS_LEFT + 7})
    runs, requests = 0, 0
    while (answer := world.run())["paused"]:
        assert "GitHub's limit" in answer["paused"]
        assert answer["requests"] <= 7
        assert world.summary()["WeeksBehind"] > 0
        runs, requests = runs + 1, requests + answer["requests"]
        world.github.tell({"points": POINTS_LEFT + 7})
    assert runs > 3
    interrupted = world.weeks("pilot"), world.weeks("wave2")
    assert len(world.week_lines()) == len(everything())
    assert set(world.week_lines()) == everything()
    boto3.client("ssm").delete_parameters(Names=[parameter("pilot"), parameter("wave2")])
    for key in world.shares():
        boto3.client("dynamodb").delete_item(TableName="claude-code-delivery", Key={"id": {"S": key}})
    world.github.tell({"points": 5000})
    whole = world.run()
    assert (world.weeks("pilot"), world.weeks("wave2")) == interrupted
    assert requests + answer["requests"] - whole["requests"] <= 2 * runs  # a person's pages, begun and not ended


@pytest.mark.parametrize("deadly", [1, 4, 9, 14])
def test_a_run_that_dies_loses_nothing_and_counts_nothing_twice(world: World, deadly: int) -> None:
    def dies(_: httpx.Request) -> None:
        if len(world.searches) == deadly:
            raise Died

    world.respond = dies
    with pytest.raises(Died):
        world.run()
    kept = world.shares()
    world.respond = lambda _: None
    before = len(world.searches)
    world.run()
    assert kept <= world.shares()
    people = (len(PILOT) + len(WAVE2)) * WEEKS_KEPT
    assert len(world.shares()) == people
    assert set(world.week_lines()) == everything()
    assert len(world.week_lines()) == len(everything())
    undisturbed = World.weeks(world, "pilot")
    again = len(world.searches) - before
    assert again < deadly + 100
    assert all(week.observed["prs_per_developer_week"].samples == 3 for week in undisturbed.values())


def test_a_run_that_dies_between_a_week_and_its_line_is_repeated_and_no_week_is_there_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(delivery_state, "keep_weeks", dies)
        with pytest.raises(Died):
            world.run()
    said = world.week_lines()
    assert said
    assert world.weeks("pilot") == {}
    world.run()
    assert len(delivery_state.weeks(parameter("pilot"))) == WEEKS_KEPT
    assert set(world.week_lines()) == everything()
    assert len(world.week_lines()) == len(everything()) + len(said)  # a query takes the latest of each


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        (httpx.Response(502), [1.0]),
        (httpx.Response(403, headers={"retry-after": "7"}, json={"message": "secondary"}), [7.0]),
        (httpx.Response(403, json={"message": "You have exceeded a secondary rate limit"}), [60.0]),
        (httpx.Response(429, json={"message": "slow down"}), [60.0]),
    ],
)
def test_what_passes_is_waited_for(world: World, answer: httpx.Response, slept: list[float]) -> None:
    world.respond = lambda _: answer if len(world.searches) == 3 else None
    assert world.run()["paused"] is None
    assert world.slept == slept
    assert set(world.week_lines()) == everything()


def test_what_takes_longer_than_the_run_pauses_it(world: World) -> None:
    world.respond = lambda _: (
        httpx.Response(403, headers={"retry-after": "3600"}, json={}) if len(world.searches) > 6 else None
    )
    assert "3600 s of patience" in world.run()["paused"]
    world.respond = lambda _: None
    world.seconds = 20
    assert world.run()["paused"] == "the time of this run is used up"
    world.seconds = 900
    assert world.run()["paused"] is None


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(401, json={"message": "Bad credentials"}), "GitHub refuses the token (401)"),
        (httpx.Response(403, text="<html>no"), "HTTP 403: <html>no"),
        (httpx.Response(302, headers={"location": "https://evil.example"}), "HTTP 302"),
        (
            httpx.Response(200, json={"errors": [{"message": "no such field", "type": "undefinedField"}]}),
            "no such field",
        ),
    ],
)
def test_what_somebody_must_mend_fails_the_run_and_is_said(world: World, answer: httpx.Response, says: str) -> None:
    world.respond = lambda _: answer
    with pytest.raises(RefusedError) as caught:
        world.run()
    assert says in str(caught.value)
    assert world.summary()["WeeksBehind"] == WEEKS_KEPT
    assert len(world.searches) == 1


PAGE = {"hasNextPage": False, "endCursor": None}
USER = {"login": "x"}


def data(**search: object) -> bytes:
    return json.dumps(
        {"data": {"user": USER, "search": {"issueCount": 1, "pageInfo": PAGE, "nodes": [], **search}}}
    ).encode()


HOSTILE = [
    b"",
    b"[]",
    b"null",
    b"{}",
    b"\xff\xfe",
    b'{"data": []}',
    b"[" * 100_000,
    b'{"data": {"user": {"login": "x"}, "search": null}}',
    data(issueCount=100_000),
    data(issueCount="many"),
    data(pageInfo={"hasNextPage": True, "endCursor": "same"}),
    data(pageInfo={"hasNextPage": True, "endCursor": None}),
    b"x" * 9_000_000,
]


@pytest.mark.sampled("body", keep=4)
@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body[:20].decode("latin-1"))
def test_an_answer_of_another_shape_is_nobodys_figure_and_stops_nobody_elses(world: World, body: bytes) -> None:
    hostile = httpx.Response(200, headers={"content-type": "application/json"}, content=body)
    world.respond = lambda request: hostile if b"author:bob-kim" in request.content else None
    assert world.run()["paused"] is None
    assert world.weeks("pilot") == {}  # held up: nobody says a figure that lacks him
    assert sorted(world.weeks("wave2")) == sorted(wanted())
    summary = world.summary()
    assert (summary["UnreadableAnswers"], summary["WeeksBehind"]) == (1, WEEKS_KEPT)


@pytest.mark.parametrize(
    "node",
    [
        "text",
        {"createdAt": "never"},
        {"createdAt": "2026-11-02T00:00:00Z", "mergedAt": None},
        {"createdAt": "2026-11-02T00:00:00Z", "mergedAt": "2026-11-03T00:00:00Z", "author": "me"},
        {
            "createdAt": "2026-11-02T00:00:00Z",
            "mergedAt": "2026-11-03T00:00:00Z",
            "author": None,
            "timelineItems": {"nodes": 5},
        },
    ],
)
def test_a_pull_request_that_cannot_be_read_is_left_out_and_counted(world: World, node: object) -> None:
    answer = httpx.Response(200, headers={"content-type": "application/json"}, content=data(nodes=[node]))
    world.respond = lambda request: answer if b"author:bob-kim" in request.content else None
    world.run()
    assert sorted(world.weeks("pilot")) == sorted(wanted())
    assert world.summary()["UnreadableAnswers"] == 3  # once in each span of four weeks


def test_somebody_whom_github_does_not_know_is_no_developer_without_work(world: World) -> None:
    world.settings["cohorts"]["pilot"]["logins"] = [*PILOT, "nobody-here"]
    world.run()
    assert {w.observed["prs_per_developer_week"].samples for w in world.weeks("pilot").values()} == {3}
    assert world.summary()["UnknownLogins"] == 1


def test_nobody_is_named_in_what_is_written_down(world: World) -> None:
    world.run()
    text = json.dumps(world.lines())
    assert not [login for login in (*PILOT, *WAVE2) if login in text]
    gauges = [line for line in world.lines() if "PrCycleDays" in line]
    assert {line["cohort"] for line in gauges} == {"pilot", "wave2"}
    for line in gauges:
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["cohort"]]
        assert line["of_week"] == str(wanted()[0])


def test_only_the_named_repositories_count(world: World) -> None:
    world.settings["repositories"] = ["App"]
    world.run()
    monday = wanted()[0]
    prs = [
        pr
        for login in PILOT
        for pr in github_work.pull_requests(login, monday, world.github.pace.at(monday))
        if pr["repository"]["name"] == "app"
    ]
    assert world.weeks("pilot")[monday].observed["pr_cycle_days"].samples == len(prs)
