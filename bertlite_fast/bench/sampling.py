"""Calls and their times, for a given time.

A sample is the time of one call. Where the clock is too coarse for that, a sample is the mean of
several calls, and the document says of how many. The clock may jump or stand still: a call that
seems to end before it began gives no sample and is counted, and the number of calls is limited.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Clock = Callable[[], int]

CLOCK = time.perf_counter_ns
MOST_CALLS = 100_000  # in a slice, should the clock stand still
COARSE = 20  # steps of the clock that a sample needs at least


def clock_facts(clock: Clock = CLOCK) -> dict[str, Any]:
    """The clock's smallest step and what reading it costs, in nanoseconds."""
    steps = []
    for _ in range(200):
        first = last = clock()
        for _ in range(1000):
            last = clock()
            if last != first:
                break
        if last > first:
            steps.append(last - first)
    reads = 1000
    begun = clock()
    for _ in range(reads):
        clock()
    cost = max(0, clock() - begun) / reads
    return {
        "name": "time.perf_counter",
        "step_ns": min(steps) if steps else None,
        "cost_ns": round(cost, 1),
    }


def calls_per_sample(call: Callable[[], object], step_ns: int | None, clock: Clock = CLOCK) -> int:
    """How many calls a sample needs, so that the clock's step is a small part of it."""
    if not step_ns:
        return 100
    shortest = min(_timed(call, clock) for _ in range(5))
    return max(1, min(1000, -(-COARSE * step_ns // max(1, shortest))))


def _timed(call: Callable[[], object], clock: Clock) -> int:
    begun = clock()
    call()
    return clock() - begun


def sample(
    calls: Iterator[Callable[[], object]],
    seconds: float,
    most: int,
    per_sample: int = 1,
    clock: Clock = CLOCK,
) -> tuple[list[float], int]:
    """Times of calls in microseconds, one at least, and how often the clock went back.

    calls: one after the other, without end. `most` samples are taken at most.
    """
    samples: list[float] = []
    backward = done = 0
    end = clock() + int(seconds * 1e9)
    while len(samples) < most and done < MOST_CALLS:
        call = next(calls)
        begun = clock()
        for _ in range(per_sample):
            call()
        ended = clock()
        done += 1
        if ended < begun:
            backward += 1
            end -= begun - ended  # what is left of the slice stays what it was
        else:
            samples.append((ended - begun) / (1000 * per_sample))
        if ended >= end and samples:
            break
    return samples, backward
