"""A reader of index files in pure Python, by docs/index-format.md alone, compared with Index."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertlite_fast import Index

MASK = (1 << 64) - 1


def step(lane: int, word: int) -> int:
    product = ((lane ^ word) * 0x9E3779B97F4A7C15) & MASK
    return (product << 29 | product >> 35) & MASK


def checksum(data: bytes, number: int | None) -> int:
    lanes = list(range(1, 9))
    if number is not None:
        lanes[0] ^= number
        lanes[1] ^= len(data)
        data += bytes(64 - len(data) % 64)
    for at in range(0, len(data), 64):
        lanes = [step(*pair) for pair in zip(lanes, struct.unpack_from("<8Q", data, at))]
    every = 0
    for lane in lanes:
        every = step(every, lane)
    return every ^ every >> 32


class IndexFile:
    def __init__(self, data: bytes) -> None:
        head = struct.unpack_from("<8s8Q48sQ", data)
        (
            magic,
            version,
            self.rows,
            self.width,
            self.next_id,
            flags,
            size,
            check,
            total,
            zero,
            own,
        ) = head
        assert magic == b"BLINDEX\0" and version == 1 and zero == bytes(48) and total == len(data)
        assert own == checksum(data[:120], 0)
        n, padded, group = self.rows, -(-self.width // 16) * 16, -(-self.rows // 16) * 16
        self.floats_kept, self.ascending = bool(flags & 1), bool(flags & 2)
        self.data, self.at = data, 128
        values = self.section("<i1", group * padded).reshape(group, padded)
        scales, sums = self.section("<f4", group), self.section("<i4", group)
        self.ids = self.section("<i8", n).tolist()
        assert checksum(data[128 : self.at], None) == check
        assert not values[n:].any() and not values[:, self.width :].any()
        assert values.min(initial=0) >= -127 and (values.sum(1, dtype=np.int32) == sums).all()
        self.values, self.scales = values[:n, : self.width], scales[:n]
        self.checks, offsets = self.section("<u4", n), self.section("<u8", 2 * n + 1).tolist()
        if self.floats_kept:
            self.float_checks = self.section("<u4", n)
            self.floats = self.section("<f4", n * self.width).reshape(n, self.width)
        assert self.at + size == total
        texts = data[self.at :]
        self.texts: list[Any] = []
        self.metadata = []
        for r in range(n):
            a, b, c = offsets[2 * r : 2 * r + 3]
            has_text = not a >> 63
            text = texts[a & MASK >> 1 : b]
            self.metadata.append(texts[b : c & MASK >> 1])
            self.texts.append(text.decode() if has_text else None)
            first = checksum(text, 2 * self.ids[r] + has_text)
            assert self.checks[r] == checksum(self.metadata[r], first) & 0xFFFFFFFF
            if self.floats_kept:
                own = checksum(self.floats[r].tobytes(), self.ids[r])
                assert self.float_checks[r] == own & 0xFFFFFFFF

    def section(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.at)
        end = self.at + found.nbytes
        self.at = -(-end // 64) * 64
        assert not any(self.data[end : self.at])
        return found


@pytest.mark.parametrize("count", [0, 1, 15, 16, 50])
@pytest.mark.parametrize("keep_floats", [False, True])
@pytest.mark.parametrize("ascending", [False, True])
def test_the_file_is_as_described(
    tmp_path: Path, count: int, keep_floats: bool, ascending: bool
) -> None:
    vectors = np.random.default_rng(count).standard_normal((count + 1, 21)).astype(np.float32)
    ids = list(range(100, 101 + count))
    if not ascending:
        ids.reverse()
    index = Index(width=21, keep_floats=keep_floats)
    texts = [f"text {i} é" if i % 3 else None if i % 2 else "" for i in range(count + 1)]
    index.add(
        texts,
        vectors=vectors,
        ids=ids,
        metadata=[None, {"a": 1}] * (count // 2) + [1] * (count % 2 + 1),
    )
    index.remove(ids[0])
    index.save(tmp_path / "index")
    file = IndexFile((tmp_path / "index").read_bytes())
    assert (file.rows, file.width, file.next_id) == (count, 21, 101 + count)
    assert file.ids == ids[1:] and file.floats_kept == keep_floats
    assert file.ascending == (ascending or not count)
    assert file.texts == texts[1:]
    for r, metadata in enumerate(file.metadata):
        assert metadata == [b"", b'{"a":1}', b"1"][2 if r + 1 >= count // 2 * 2 else (r + 1) % 2]
    most = np.abs(vectors[1:]).max(1, keepdims=True, initial=0)
    assert (file.values == np.round(vectors[1:] * (np.float32(127) / most))).all()
    assert (file.scales == most[:, 0] * np.float32(1 / 127)).all()
    if keep_floats:
        assert (file.floats == vectors[1:]).all()
