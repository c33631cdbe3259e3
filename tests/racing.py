"""Several people who do the same in the same moment, in one server or in several."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Flask

T = TypeVar("T")


def at_once(servers: Sequence[Flask], work: Callable[[int], T]) -> list[T]:
    """What `work(number)` answered in each server, in threads that start together."""
    start = threading.Barrier(len(servers))
    answers: dict[int, T] = {}
    failures: list[BaseException] = []

    def run(number: int) -> None:
        with servers[number].app_context():
            start.wait()
            try:
                answers[number] = work(number)
            except BaseException as problem:  # noqa: BLE001 - told to the test below
                failures.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(servers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return [answers[number] for number in range(len(servers))]
