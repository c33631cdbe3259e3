"""Guessing is slowed down for who guesses, and nobody else is shut out of their account."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.web.conftest import PASSWORD, World
from tests.web.guessing import OFFICE, WRONG, attempt, employ, hour
from tracker.web.frame.guesses import BY_ACCOUNT, BY_STRANGER, UNDER_ATTACK
from tracker.web.frame.limits import limiter

ALICE = "alice@example.org"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def guarded(settled: Callable[..., World]) -> Iterator[World]:
    """A server behind one proxy, with its limits."""
    yield settled(RATE_LIMITS=True, TRUSTED_PROXIES=1)
    limiter.limiter.storage.reset()


# The library's thread that sweeps its counters may meet one that a clock of ours has just ended.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_hour_of_guesses_shuts_out_nobody_who_has_a_password(guarded: World) -> None:
    told = hour(guarded, guesses=700, addresses=35, people=12, seed=2026)
    assert told.refused == []
    assert told.guesses[302] == 0
    assert told.guesses.total() == 700


def test_who_guesses_at_an_account_is_slowed_down_and_another_client_is_not(
    guarded: World,
) -> None:
    client = guarded.client()
    answers = [attempt(client, ELSEWHERE, ALICE, WRONG) for _ in range(BY_ACCOUNT.amount + 3)]
    assert answers == [200] * BY_ACCOUNT.amount + [429] * 3
    assert attempt(client, ELSEWHERE, ALICE, PASSWORD) == 429, "the guesser learns nothing more"
    assert attempt(guarded.client(), OFFICE, ALICE, PASSWORD) == 302


def test_guessing_at_all_accounts_is_slowed_down_too(guarded: World) -> None:
    client = guarded.client()
    answers = [
        attempt(client, ELSEWHERE, f"nobody-{number}@example.org", WRONG) for number in range(62)
    ]
    assert answers == [200] * 60 + [429] * 2


def test_an_account_under_attack_allows_strangers_fewer_guesses(guarded: World) -> None:
    for number in range(UNDER_ATTACK.amount):
        attempt(guarded.client(), f"203.0.{number}.1", ALICE, WRONG)
    client = guarded.client()
    answers = [attempt(client, ELSEWHERE, ALICE, WRONG) for _ in range(BY_STRANGER.amount + 1)]
    assert answers == [200] * BY_STRANGER.amount + [429]
    assert attempt(guarded.client(), OFFICE, ALICE, PASSWORD) == 302


def test_a_neighbour_who_guesses_does_not_shut_out_a_browser_that_is_known(guarded: World) -> None:
    at_work, guesser = guarded.client(), guarded.client()
    assert attempt(at_work, OFFICE, ALICE, PASSWORD) == 302
    at_work.delete_cookie("kittrail")
    for number in range(70):
        attempt(guesser, OFFICE, f"nobody-{number}@example.org", WRONG)
    for _ in range(BY_ACCOUNT.amount):
        attempt(guesser, OFFICE, ALICE, WRONG)
    assert attempt(guesser, OFFICE, ALICE, PASSWORD) == 429
    assert attempt(at_work, OFFICE, ALICE, WRONG) == 200
    assert attempt(at_work, OFFICE, ALICE, PASSWORD) == 302


def test_a_shared_computer_is_known_to_all_who_sign_in_at_it(guarded: World) -> None:
    shared, people = guarded.client(), employ(guarded, 3)
    for email in people:
        assert attempt(shared, OFFICE, email, PASSWORD) == 302
        shared.delete_cookie("kittrail")
    for _ in range(70):
        attempt(guarded.client(), OFFICE, people[0], WRONG)
    assert [attempt(shared, OFFICE, email, PASSWORD) for email in people[:1]] == [302]


def test_a_known_browser_is_none_for_other_accounts_and_not_without_limit(guarded: World) -> None:
    known = guarded.client()
    assert attempt(known, OFFICE, ALICE, PASSWORD) == 302
    known.delete_cookie("kittrail")
    for name in (ALICE, "bob@example.org"):
        answers = [attempt(known, OFFICE, name, WRONG) for _ in range(BY_ACCOUNT.amount + 1)]
        assert answers == [200] * BY_ACCOUNT.amount + [429]


def test_a_cookie_that_was_made_up_makes_nobody_known(guarded: World) -> None:
    client = guarded.client()
    for cookie in ("", "x", "WyJhIixbXV0.aaa.bbb"):
        client.set_cookie("kittrail-known", cookie, path="/login")
        assert attempt(client, ELSEWHERE, ALICE, WRONG) == 200


def test_without_a_trusted_proxy_nobody_says_who_they_are(settled: Callable[..., World]) -> None:
    world = settled(RATE_LIMITS=True)
    client = world.client()
    answers = [attempt(client, f"203.0.113.{number}", ALICE, WRONG) for number in range(1, 23)]
    assert answers == [200] * 20 + [429] * 2
    limiter.limiter.storage.reset()


def test_of_a_forged_chain_only_what_the_proxy_added_counts(guarded: World) -> None:
    client = guarded.client()
    answers = [
        attempt(client, f"192.0.2.{number}, {ELSEWHERE}", ALICE, WRONG) for number in range(1, 23)
    ]
    assert answers == [200] * 20 + [429] * 2


def test_a_network_of_ipv6_is_one_guesser(guarded: World) -> None:
    client = guarded.client()
    answers = [attempt(client, f"2001:db8::{number}", ALICE, WRONG) for number in range(1, 23)]
    assert answers == [200] * 20 + [429] * 2
    assert attempt(client, "2001:db8:0:1::1", ALICE, PASSWORD) == 302
