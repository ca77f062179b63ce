"""What the processor and its memory reach without a model, to compare models with.

`products`: the int8 kernel of an instruction set on data in the first-level cache, so that it
never waits for memory. It is what this package's kernel can reach on this core, not the figure of
a data sheet. `read`: bytes a second that a loop reads, from as many bytes as the table of word
pieces has (which fill-mask reads for every answer), and from more than caches hold.

Samples are short, as calls of a model are, so that the system interrupts both equally often.
"""

from __future__ import annotations

import time

from .._native import multiply_in_cache, read_all

TABLE = 30522 * 64  # bytes of the embedded models' word embeddings
LARGE = 64 << 20
CHUNK = 1 << 18  # bytes of a sample
LEAST = 5e-4  # seconds of a sample, so that the clock and the preparation do not matter
MOST = 100  # samples

_buffers: dict[int, bytearray] = {}
_rounds: dict[str, int] = {}
_position: dict[int, int] = {}


def products_per_second(isa: str, seconds: float) -> list[float]:
    """Products a second of an instruction set's kernel."""
    rounds = _rounds.get(isa) or _rounds.setdefault(isa, _calibrated(isa))
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while len(samples) < MOST:
        begun = time.perf_counter()
        made = multiply_in_cache(isa, rounds)
        ended = time.perf_counter()
        samples.append(made / max(ended - begun, 1e-9))
        if ended >= end:
            break
    return samples


def _calibrated(isa: str) -> int:
    """How often the kernel has to run for a sample."""
    rounds = 1
    while rounds < 1 << 24:
        shortest = float("inf")
        for _ in range(3):
            begun = time.perf_counter()
            multiply_in_cache(isa, rounds)
            shortest = min(shortest, time.perf_counter() - begun)
        if shortest >= LEAST:
            break
        rounds *= 2
    return rounds


def bytes_per_second(size: int, seconds: float) -> list[float]:
    """Bytes a second that are read from a buffer of this size, chunk by chunk, over and over."""
    buffer = _buffers.get(size)
    if buffer is None:
        # not zeros: the system may give all pages of those the same memory
        buffer = _buffers[size] = bytearray(b"\x01") * size
    chunks, position = max(1, size // CHUNK), _position.get(size, 0)
    view = memoryview(buffer)
    if size <= CHUNK * MOST:
        read_all(buffer)  # into the caches, as far as they hold it
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while len(samples) < MOST:
        part = view[position * CHUNK : (position + 1) * CHUNK]
        begun = time.perf_counter()
        read_all(part)
        ended = time.perf_counter()
        samples.append(len(part) / max(ended - begun, 1e-9))
        position = (position + 1) % chunks
        if ended >= end:
            break
    _position[size] = position
    return samples


def large_size(memory: int | None) -> int:
    """How many bytes to read beyond the caches: at most a sixteenth of the memory."""
    return LARGE if memory is None else max(TABLE, min(LARGE, memory // 16))
