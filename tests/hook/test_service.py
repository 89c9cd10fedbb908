"""The hook's parts together: waits, tokens, sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.identity import Identity
from gateway.keys import Keys
from gateway.levels import standing
from gateway.refusals import Refused
from gateway.service import MOST_WAITING_EACH, Service, again
from gateway.sessions import LEAST_SECONDS, REFUSED_SECONDS, DeniedError, Session, Sessions
from gateway.settings import OnSilence
from gateway.source import STALE_SECONDS, Levels
from gateway.tokens import Caller
from tests.hook.parts import ALICE, ARN, SETTINGS, Answers, Clock, item, jwks, pilot

CALLER = Caller(session=ALICE, cohorts=("pilot",), issued_at=datetime.now(UTC).timestamp())
DATA = {"model": "haiku", "messages": [], "max_tokens": 1}
THROTTLED = item(level="throttled", says="Claude Code is throttled (INC-7)")


def session(got: float = 0.0, ends: float = 10_000.0) -> Session:
    return Session(access_key_id="id", secret_access_key="secret", session_token="token", got=got, ends=ends)


@dataclass
class Bench:
    """A service whose every surroundings are here. `slept`: the waits that began."""

    items: Answers = field(default_factory=lambda: Answers({"pilot": item()}))
    ledger: Answers = field(default_factory=lambda: Answers({}))
    sts: Answers = field(default_factory=lambda: Answers(session()))
    clock: Clock = field(default_factory=Clock)
    slept: list[float] = field(default_factory=list[float])
    meanwhile: Any = None

    def service(self, silence: OnSilence = OnSilence.REFUSE) -> Service:
        settings = replace(SETTINGS, on_silence=silence)
        keys = Keys(Answers(jwks("one")), silence, self.clock)
        return Service(
            settings=settings,
            keys=keys,
            identity=Identity(settings, keys, Answers({}), self.clock),
            levels=Levels(self.items, silence, self.clock),
            sessions=Sessions(self.sts, settings.ask, self.clock),
            today=self.ledger,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.meanwhile:
            await self.meanwhile()

    def admitted(self, silence: OnSilence = OnSilence.REFUSE, **data: Any) -> dict[str, Any]:
        return asyncio.run(self.service(silence).admitted(CALLER, {**DATA, **data}))

    def refused(self, silence: OnSilence = OnSilence.REFUSE, **data: Any) -> str:
        with pytest.raises(Refused) as caught:
            self.admitted(silence, **data)
        return f"{caught.value.status} {caught.value.why.value}: {caught.value.sentence}"


def counted(tokens: int) -> Mapping[str, Decimal]:
    return {"input": Decimal(tokens)}


def test_at_active_a_call_goes_on_at_once_and_the_ledger_is_not_asked() -> None:
    bench = Bench()
    found = bench.admitted()
    assert (found["model_id"], found["aws_session_token"]) == (f"{ARN}hai", "token")
    assert (bench.slept, bench.ledger.asked) == ([], [])
    assert bench.sts.asked == [("arn:aws:iam::123456789012:role/claude-code-pilot", ALICE, 3600)]


def test_at_throttled_each_call_waits_and_the_day_s_tokens_are_looked_up_before_and_after() -> None:
    bench = Bench(items=Answers({"pilot": THROTTLED}), ledger=Answers(counted(49_999)))
    bench.admitted()
    assert (bench.slept, bench.ledger.asked) == ([5.0], [(ALICE,), (ALICE,)])


def test_who_has_used_them_up_is_refused_without_a_wait() -> None:
    bench = Bench(items=Answers({"pilot": THROTTLED}), ledger=Answers(counted(50_000)))
    assert bench.refused().startswith("403 tokens: your 50,000 tokens of today are used up")
    assert (bench.slept, bench.sts.asked) == ([], [])


def test_what_changes_during_the_wait_counts() -> None:
    bench = Bench(items=Answers({"pilot": THROTTLED}))
    service = bench.service()

    async def meanwhile() -> None:
        bench.items.answer = {"pilot": item(level="suspended", says="Claude Code is suspended (INC-7)")}
        await service.levels.refresh()

    bench.meanwhile = meanwhile
    with pytest.raises(Refused, match="suspended"):
        asyncio.run(service.admitted(CALLER, DATA))
    assert bench.sts.asked == []


@pytest.mark.parametrize("silence", list(OnSilence))
def test_a_ledger_that_is_away_shuts_or_opens_as_the_file_says_and_it_is_said(
    silence: OnSilence, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(items=Answers({"pilot": THROTTLED}), ledger=Answers(TimeoutError()))
    if silence is OnSilence.REFUSE:
        assert bench.refused(silence) == (
            "503 ledger-away: your tokens of today cannot be looked up now (on_silence: refuse)"
        )
    else:
        assert bench.admitted(silence)["model_id"] == f"{ARN}hai"
        assert '"what": "ledger", "did": "served uncounted"' in capsys.readouterr().out


def test_requests_that_wait_are_bounded_for_each_person_and_leave_their_room() -> None:
    bench = Bench(items=Answers({"pilot": THROTTLED}))
    service, gate = bench.service(), asyncio.Event()
    bench.meanwhile = gate.wait

    async def tried() -> None:
        waiting = [asyncio.create_task(service.admitted(CALLER, DATA)) for _ in range(MOST_WAITING_EACH)]
        while len(bench.slept) < MOST_WAITING_EACH:
            await asyncio.sleep(0)
        with pytest.raises(Refused) as caught:
            await service.admitted(CALLER, DATA)
        assert (caught.value.status, caught.value.headers) == (429, {"retry-after": "5"})
        waiting[0].cancel()  # whoever hangs up
        await asyncio.gather(waiting[0], return_exceptions=True)
        gate.set()
        await service.admitted(CALLER, DATA)
        await asyncio.gather(*waiting[1:])
        assert not service.waiting.people

    asyncio.run(tried())


def test_many_requests_of_a_person_ask_sts_once_and_a_session_is_replaced_before_its_end() -> None:
    async def tried() -> None:
        clock, sts = Clock(), Answers(session(got=1000, ends=4600))
        sessions, found = Sessions(sts, "ask", clock), standing(ALICE, [pilot()])
        assert found
        await asyncio.gather(*(sessions.of(found) for _ in range(50)))
        clock.at = 4600 - LEAST_SECONDS
        await sessions.of(found)
        assert len(sts.asked) == 1
        clock.at += 1
        await sessions.of(found)
        assert len(sts.asked) == 2

    asyncio.run(tried())


def test_a_session_from_before_a_resume_is_not_used_again() -> None:
    async def tried() -> None:
        clock, sts = Clock(), Answers(session(got=1000))
        sessions = Sessions(sts, "ask", clock)
        before, after = standing(ALICE, [pilot()]), standing(ALICE, [pilot(valid_from="1970-01-01T00:20:00+00:00")])
        assert before
        assert after
        await sessions.of(before)
        clock.at = 1300
        await sessions.of(after)
        assert len(sts.asked) == 2

    asyncio.run(tried())


def test_what_sts_refuses_is_said_and_not_asked_at_once_again() -> None:
    async def tried() -> None:
        clock, sts = Clock(), Answers(DeniedError())
        sessions, found = Sessions(sts, "ask in #help", clock), standing(ALICE, [pilot()])
        assert found
        for _ in range(5):
            with pytest.raises(Refused, match="AWS gives no session in your name; ask in #help"):
                await sessions.of(found)
        assert len(sts.asked) == 1
        clock.at += REFUSED_SECONDS + 1
        sts.answer = TimeoutError()
        with pytest.raises(Refused) as caught:
            await sessions.of(found)
        assert (caught.value.status, len(sts.asked)) == (503, 2)

    asyncio.run(tried())


def test_reading_goes_on_whatever_one_reading_meets_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    times: list[int] = []

    async def work() -> None:
        times.append(1)
        raise OverflowError("cannot convert float infinity to integer")

    async def tried() -> None:
        task = asyncio.create_task(again(work, 0.001))
        while len(times) < 3 and not task.done():
            await asyncio.sleep(0.001)
        assert not task.done()
        task.cancel()

    asyncio.run(tried())
    assert '"what": "refresh", "error": "OverflowError"' in capsys.readouterr().out


def test_it_is_not_ready_once_levels_are_stale() -> None:
    async def tried() -> None:
        bench = Bench()
        service = bench.service()
        service.levels.refresh = Answers(OverflowError())
        service.away()
        await asyncio.sleep(0)
        bench.clock.at += STALE_SECONDS + 1
        assert "levels cannot be read" in service.away()

    asyncio.run(tried())


def test_nobody_prints_a_session() -> None:
    assert "secret" not in repr(session())
    assert "token" not in repr(session()).replace("session_token", "")
