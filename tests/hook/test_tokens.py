"""Whose call it is, by what Okta signed and answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest

from gateway.identity import ASKED_SECONDS, Identity, RevokedError
from gateway.keys import ASKED_AGAIN_SECONDS, OLD_SECONDS, Keys
from gateway.refusals import Refused
from gateway.settings import OnSilence
from gateway.tokens import access_hash
from tests.hook.parts import ALICE, AUDIENCE, PREFIX, SETTINGS, Answers, Clock, claims, jwks, private_key, token


def identity(answers: Answers, clock: Clock, **changes: Any) -> Identity:
    settings = replace(SETTINGS, **changes)
    keys = Keys(Answers(jwks("one", "two")), settings.on_silence, clock)
    return Identity(settings, keys, answers, clock)


def caller(key: str, answers: Answers | None = None) -> Any:
    return asyncio.run(identity(answers or Answers({}), Clock()).caller(key))


def refused(key: str, answers: Answers | None = None) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        caller(key, answers)
    return caught.value.status, caught.value.sentence


def pair(access: str = "opaque", **changes: Any) -> str:
    """As Okta's own authorization server gives them: the ID token says next to nothing."""
    thin: dict[str, Any] = {
        "email": None,
        "email_verified": None,
        "groups": None,
        "at_hash": access_hash("opaque"),
        **changes,
    }
    return behind(token(**thin), access)


def behind(identity: str, access: str = "opaque") -> str:
    return f"{identity}~{access}"


def test_an_id_token_without_its_access_token_is_refused_whatever_it_says_itself() -> None:
    """Whoever has left would be served until it ends: nobody could be asked."""
    for key in (token(), f"Bearer {token()}", f"{token()}~"):
        answers = Answers(claims())
        assert "without the access token (ID~ACCESS)" in refused(key, answers)[1]
        assert answers.asked == []


def test_what_the_id_token_says_of_a_person_counts_for_nothing_beside_okta_s_answer() -> None:
    full = pair(email="bob.kim@acme.example", groups=[f"{PREFIX}second"])
    found = caller(f"Bearer {full}", Answers(claims(email="Alice.Chen@acme.example")))
    assert (found.session, found.cohorts) == (ALICE, ("pilot",))
    assert "takes its token no more" in refused(full, Answers(RevokedError()))[1]


def test_of_a_thin_id_token_okta_is_asked_for_address_and_groups_once_a_minute() -> None:
    async def tried() -> None:
        clock, answers = Clock(), Answers(claims())
        found = identity(answers, clock)
        assert (await found.caller(pair())).cohorts == ("pilot",)
        clock.at += ASKED_SECONDS
        await found.caller(pair())
        assert answers.asked == [("opaque",)]
        clock.at += 1
        answers.answer = claims(groups=[])
        assert (await found.caller(pair())).cohorts == ()

    asyncio.run(tried())


def test_many_requests_of_a_person_ask_okta_one_question() -> None:
    async def tried() -> None:
        answers = Answers(claims())
        found = identity(answers, Clock())
        key = pair()
        await asyncio.gather(*(found.caller(key) for _ in range(50)))
        assert len(answers.asked) == 1

    asyncio.run(tried())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "there is no token"),
        ("sk-ant-api03-something", "no token of Okta's"),
        ("x" * 20_000, "no token of Okta's"),
        (behind(jwt.encode(claims(), "secret" * 8, "HS256", {"kid": "one"})), "in another way"),
        (behind(jwt.encode(claims(), "", "none", {"kid": "one"})), "in another way"),
        (behind(jwt.encode(claims(), private_key("stranger"), "RS256", {"kid": "one"})), "InvalidSignatureError"),
        (pair(kid="stranger"), "none of Okta's keys"),
        (pair(aud="another-app"), "InvalidAudienceError"),
        (pair(aud=[AUDIENCE, "another-app"]), "for others too"),
        (pair(iss="https://evil.okta.com"), "InvalidIssuerError"),
        (pair(exp=int(time.time()) - 61), "has run out"),
        (lambda: pair(iat=int(time.time()) + 120), "ImmatureSignatureError"),
        (pair(iat=int(time.time()) - 25 * 3600), "has run out"),
        (pair(exp=None), "MissingRequiredClaimError"),
        (pair(sub=None), "MissingRequiredClaimError"),
    ],
)
def test_what_is_not_okta_s_word_on_a_person_is_refused_without_a_word_of_it(
    key: str | Callable[[], str], said: str
) -> None:
    """`key`: made when it is sent, where it would become good while other tests run."""
    key = key if isinstance(key, str) else key()
    status, sentence = refused(key)
    assert status == 401
    assert said in sentence
    assert not key or key not in sentence


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (claims(email=None), "names no e-mail address"),
        (claims(email="alice chen@acme.example"), "names no e-mail address"),
        (claims(email="alice"), "names no e-mail address"),
        (claims(email=f"{'a' * 60}@acme.example"), "names no e-mail address"),
        (claims(email_verified=False), "not verified"),
        (claims(email_verified="true"), "not verified"),
        (claims(email="\u212aelly.ng@acme.example"), "names no e-mail address"),
        (claims(email="alice.chen@acme.\u017fite"), "names no e-mail address"),
    ],
)
def test_whom_okta_s_answer_does_not_name_as_aws_takes_it_is_refused(answered: dict[str, Any], said: str) -> None:
    status, sentence = refused(pair(), Answers(answered))
    assert (status, said in sentence) == (401, True)


def test_an_access_token_of_another_sign_in_or_another_person_is_refused() -> None:
    assert "of another sign-in" in refused(pair(access="of-another-app"))[1]
    assert "of another sign-in" in refused(pair(at_hash=None))[1]
    assert "somebody else's" in refused(pair(), Answers(claims(sub="00u2")))[1]
    assert refused(pair(), Answers(RevokedError())) == (
        401,
        "Claude Code is not signed in: Okta takes its token no more",
    )


def test_groups_of_other_accounts_and_other_forms_give_no_cohort() -> None:
    groups = [
        f"{PREFIX}pilot",
        f"{PREFIX}Pilot",
        f"{PREFIX}pilot/../x",
        "aws_999999999999_claude-code-x",
        7,
        f"{PREFIX}",
    ]
    assert caller(pair(), Answers(claims(groups=groups))).cohorts == ("pilot",)
    assert caller(pair(), Answers(claims(groups="aws_123456789012_claude-code-pilot"))).cohorts == ()


@pytest.mark.parametrize(("silence", "served"), [(OnSilence.REFUSE, False), (OnSilence.SERVE, True)])
def test_while_okta_is_silent_whom_it_knew_is_served_or_refused_as_the_file_says(
    silence: OnSilence, served: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    async def tried() -> str:
        clock, answers = Clock(), Answers(claims())
        found = identity(answers, clock, on_silence=silence)
        await found.caller(pair())
        answers.answer = TimeoutError()
        clock.at += ASKED_SECONDS + 1
        try:
            await found.caller(pair())
        except Refused as refused:
            return f"{refused.status} {refused.why.value}"
        return "served"

    assert asyncio.run(tried()) == ("served" if served else "503 okta-away")
    assert ('"gateway": "on-silence", "what": "okta"' in capsys.readouterr().out) is served


def test_a_person_okta_never_spoke_of_is_not_served_while_it_is_silent() -> None:
    for silence in OnSilence:
        with pytest.raises(Refused) as caught:
            asyncio.run(identity(Answers(TimeoutError()), Clock(), on_silence=silence).caller(pair()))
        assert caught.value.status == 503


def test_a_new_key_of_okta_s_is_found_and_a_stranger_s_does_not_have_it_asked_each_time() -> None:
    async def tried() -> None:
        clock, fetch = Clock(), Answers(jwks("one"))
        keys = Keys(fetch, OnSilence.REFUSE, clock)
        await keys.key("one")
        clock.at += ASKED_AGAIN_SECONDS
        fetch.answer = jwks("one", "two")
        await keys.key("two")
        for _ in range(10):
            with pytest.raises(Refused):
                await keys.key("stranger")
        assert len(fetch.asked) == 2

    asyncio.run(tried())


@pytest.mark.parametrize(("silence", "served"), [(OnSilence.REFUSE, False), (OnSilence.SERVE, True)])
def test_keys_that_are_a_day_old_count_as_the_file_says(silence: OnSilence, served: bool) -> None:
    async def tried() -> str:
        clock, fetch = Clock(), Answers(jwks("one"))
        keys = Keys(fetch, silence, clock)
        await keys.key("one")
        fetch.answer = {"keys": []}
        await keys.refresh()
        clock.at += OLD_SECONDS
        await keys.key("one")
        clock.at += 1
        try:
            await keys.key("one")
        except Refused as refused:
            return f"{refused.status} {refused.why.value}"
        return "served"

    assert asyncio.run(tried()) == ("served" if served else "503 keys-away")


def test_before_any_key_was_read_nobody_is_served() -> None:
    for silence in OnSilence:
        with pytest.raises(Refused) as caught:
            asyncio.run(Keys(Answers(TimeoutError()), silence, Clock()).key("one"))
        assert caught.value.status == 503
