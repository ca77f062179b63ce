"""A reader of converted files in pure Python, by docs/format.md alone, compared with the engine."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checkpoints
import numpy as np
import pytest

import bertlite_fast as bf

EMBEDDED = Path(bf.__file__).parent / "weights"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "light", "lights", "##s", "##ing", "é", "中"]
WORDS += ["turn", "on", "##中", "electroencephalogram", "##electroencephalographical", "a"]
CHARACTERS = [chr(c) for c in range(98, 122)]
DTYPES = {"F32": "<f4", "I8": "<i1", "I32": "<u4"}
MASK = (1 << 64) - 1


class ConvertedFile:
    """What the sections Container, Metadata and Tensors say."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        (size,) = struct.unpack_from("<Q", self.data)
        assert (8 + size) % 64 == 0
        self.start = 8 + size
        self.entries = json.loads(self.data[8 : self.start])
        self.metadata: dict[str, str] = self.entries.pop("__metadata__")
        assert self.metadata["bertlite"] == "1"

    def tensor(self, name: str) -> np.ndarray:
        entry = self.entries[name]
        begin, end = entry["data_offsets"]
        values = np.frombuffer(
            self.data[self.start + begin : self.start + end], DTYPES[entry["dtype"]]
        )
        return values.reshape(entry["shape"])

    def matrix(self, name: str, balance: str = "") -> np.ndarray:
        weights = self.tensor(name) * self.tensor(f"{name}.scale")[:, None]
        return np.asarray(weights * self.tensor(balance) if balance else weights)


def rotate(h: int, bits: int) -> int:
    return (h << bits | h >> (64 - bits)) & MASK


class Table:
    """What the section on the tokenizer's table says."""

    def __init__(self, block: bytes) -> None:
        words = struct.unpack_from("<16I", block)
        assert words[:2] == (0x31564C42, 0x01020304) and block[:4] == b"BLV1"
        assert words[9] == len(block) and words[3] == 64 and words[15] == 0
        self.block = block
        self.pieces, self.records, self.last_offset = words[2:5]
        self.by_id, self.lengths, self.filter, self.slots = words[5:9]
        self.slot_bits, self.filter_bits, self.offset_bits, self.prefix, self.longest = words[10:15]

    def word(self, offset: int) -> int:
        return int.from_bytes(self.block[offset : offset + 4], "little")

    def record(self, offset: int) -> tuple[int, bool, bytes]:
        """Id, whether it begins with the prefix, and text."""
        assert 0 < offset <= self.last_offset
        at = self.records + 4 * offset
        length = self.word(at + 4)
        size = length & 0x7FFFFFFF
        return self.word(at), length != size, self.block[at + 8 : at + 8 + size]

    def hash(self, key: bytes, continuing: bool) -> int:
        parts = [key[i : i + 16].ljust(16, b"\0") for i in range(0, len(key), 16)] or [b"\0" * 16]
        h = 0
        for i, part in enumerate(parts):
            a, b = struct.unpack("<QQ", part)
            h = rotate(h, 29) ^ (a * 0x9E3779B97F4A7C15 + b * 0xD6E8FEB86659FD93) & MASK
            if i + 1 < len(parts):
                h = (h + (h >> 31)) & MASK
        return h ^ 0x5851F42D4C957F2D if continuing else h

    def find(self, key: bytes, continuing: bool = False) -> int | None:
        h = self.hash(key, continuing)
        low = (1 << self.offset_bits) - 1
        index = h >> (64 - self.slot_bits)
        for _ in range(1 << self.slot_bits):
            slot = self.word(self.slots + 4 * index)
            if not slot:
                return None
            if slot & ~low == (h >> 16) & 0xFFFFFFFF & ~low:
                number, has_prefix, text = self.record(slot & low)
                if text[self.prefix :] == key and has_prefix if continuing else text == key:
                    return number
            index = (index + 1) % (1 << self.slot_bits)
        return None

    def in_filter(self, key: bytes, continuing: bool) -> bool:
        bit = self.hash(key, continuing) >> (64 - self.filter_bits)
        return bool(self.block[self.filter + bit // 8] >> bit % 8 & 1)

    def in_lengths(self, key: bytes, continuing: bool) -> bool:
        t = int.from_bytes(key[:3], "little")
        index = ((t * 2 + continuing) * 0x9E3779B1 & 0xFFFFFFFF) >> 19
        return bool(self.word(self.lengths + 4 * index) >> (len(key) - 1) & 1)

    def __iter__(self) -> Iterator[tuple[int, bool, bytes]]:
        for n in range(self.pieces):
            yield self.record(self.word(self.by_id + 4 * n))


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    """A converted file, and the checkpoint that it was made from. Its only layer changes nothing:
    what comes out is the embeddings after two LayerNorms."""
    folder = tmp_path_factory.mktemp("format")
    spec = checkpoints.Spec("format", "encoder", layers=1, vocabulary=len(WORDS + CHARACTERS))
    tensors: dict[str, np.ndarray] = {}
    for name, values in checkpoints.arrays(spec).items():
        if "output.dense" in name:
            values = np.zeros_like(values)
        elif "LayerNorm" in name and "embeddings" not in name:
            values = np.full_like(values, "weight" in name)
        tensors[name] = values
    checkpoints.write(spec, folder)
    checkpoints.save_safetensors(folder / "model.safetensors", tensors)
    (folder / "vocab.txt").write_text("\n".join(WORDS + CHARACTERS) + "\n", encoding="utf-8")
    bf.convert(folder, folder / "file.bertlite")
    return folder / "file.bertlite", tensors


def test_the_container(converted: tuple[Path, Any]) -> None:
    file = ConvertedFile(converted[0])
    assert json.loads(file.metadata["config"])["model_type"] == "bert"
    assert len(file.metadata["id"]) == 16 and int(file.metadata["id"], 16)
    settings = json.loads(file.metadata["tokenizer"])
    assert settings["model"]["type"] == "WordPiece" and "vocab" not in settings["model"]
    end = 0
    seen_int8 = False
    for name, entry in file.entries.items():
        begin, stop = entry["data_offsets"]
        size = math.prod(entry["shape"]) * np.dtype(DTYPES[entry["dtype"]]).itemsize
        assert (begin, stop) == (end, end + size), name
        end = stop
        assert entry["dtype"] == "I8" or not seen_int8, "what is wider than int8 comes first"
        seen_int8 |= entry["dtype"] == "I8"
        if entry["dtype"] != "I8":
            assert (file.start + begin) % 4 == 0
        else:
            assert file.tensor(name).min() >= -127
            assert file.entries[f"{name}.scale"]["shape"] == entry["shape"][:1]
    assert file.start + end == len(file.data)


def test_values(converted: tuple[Path, dict[str, np.ndarray]]) -> None:
    file, tensors = ConvertedFile(converted[0]), converted[1]
    words = "embeddings.word_embeddings.weight"
    most = np.abs(tensors[words]).max(1, keepdims=True)
    assert (file.tensor(words) == np.round(tensors[words] * (np.float32(127) / most))).all()
    assert (file.tensor(f"{words}.scale") == most[:, 0] * np.float32(1 / 127)).all()
    layer = "encoder.layer.0.attention.self."
    for name in (f"{layer}query.weight", f"{layer}key.weight"):
        balance = f"{layer}query.weight.balance"
        half_step = file.tensor(f"{name}.scale")[:, None] * file.tensor(balance) / 2
        assert (np.abs(file.matrix(name, balance) - tensors[name]) <= half_step * 1.001).all()
    assert f"{layer}key.weight.balance" not in file.entries
    scaled = np.concatenate(
        [tensors[f"{layer}{n}.weight"] / np.abs(tensors[f"{layer}{n}.weight"]).max(1, keepdims=True)
         for n in ("query", "key")]
    )  # fmt: skip
    gain, bias = (tensors[f"embeddings.LayerNorm.{n}"] for n in ("weight", "bias"))
    channel = np.maximum(np.abs(bias) + 3 * np.abs(gain), 1e-5)
    weight = np.maximum(np.sqrt((scaled.astype(np.float64) ** 2).mean(0)), 1e-5)
    expected = 1 / np.sqrt(channel / weight)
    assert file.tensor(f"{layer}query.weight.balance") == pytest.approx(expected, rel=1e-5)


def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
    x = x - x.mean(-1, keepdims=True)
    return np.asarray(x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12) * gain + bias)


def test_embeddings_are_those_of_the_engine(converted: tuple[Path, Any]) -> None:
    file = ConvertedFile(converted[0])
    ids = [2, 5, 7, 11, 12, 3]
    rows = file.matrix("embeddings.word_embeddings.weight")[ids].astype(np.float64)
    rows = rows + file.tensor("embeddings.position_embeddings.weight")[: len(ids)]
    rows = rows + file.tensor("embeddings.token_type_embeddings.weight")[0]
    norm = "embeddings.LayerNorm"
    rows = layer_norm(rows, file.tensor(f"{norm}.weight"), file.tensor(f"{norm}.bias"))
    ones, zeros = np.ones(rows.shape[1]), np.zeros(rows.shape[1])
    rows = layer_norm(layer_norm(rows, ones, zeros), ones, zeros)
    hidden = bf.AutoModel.from_pretrained(converted[0])(ids).last_hidden_state[0]
    assert hidden == pytest.approx(rows, abs=1e-5)


@pytest.mark.parametrize("path", ["converted", "embedded"])
def test_every_word_piece_is_found(path: str, converted: tuple[Path, Any]) -> None:
    name = converted[0] if path == "converted" else EMBEDDED / "base.bertlite"
    table = Table(ConvertedFile(name).tensor("tokenizer.table").tobytes())
    pieces = list(table)
    numbers = [number for number, _, _ in pieces]
    assert numbers == sorted(numbers) and len(set(numbers)) == table.pieces
    if path == "converted":
        assert [text.decode() for _, _, text in pieces] == WORDS + CHARACTERS
    assert table.longest == max(len(text) for _, _, text in pieces)
    for number, has_prefix, text in pieces:
        assert has_prefix == text.startswith(b"##")
        keys = [(text, False)] + [(text[2:], True)] * has_prefix
        for key, continuing in keys:
            assert table.find(key, continuing) == number
            assert table.in_filter(key, continuing)
            assert not 3 <= len(key) <= 16 or table.in_lengths(key, continuing)
    tokenizer = bf.Tokenizer(name)
    for number, _, text in pieces[::97]:
        assert tokenizer.convert_tokens_to_ids(text.decode()) == number
    assert table.find(b"[CLS][SEP]") is None
    assert table.find(b"[CLS]", True) is None


def test_a_delta_file_shares_the_embeddings(
    converted: tuple[Path, dict[str, np.ndarray]], tmp_path: Path
) -> None:
    base, tensors = converted
    spec = checkpoints.Spec("delta", "encoder", layers=1, vocabulary=len(WORDS + CHARACTERS))
    other = {**checkpoints.arrays(spec), **{k: v for k, v in tensors.items() if "embeddings" in k}}
    checkpoints.write(spec, tmp_path)
    checkpoints.save_safetensors(tmp_path / "model.safetensors", other)
    bf.convert(tmp_path, tmp_path / "delta.bertlite", base=base)
    file = ConvertedFile(tmp_path / "delta.bertlite")
    assert file.metadata["base"] == base.name
    assert file.metadata["base_id"] == ConvertedFile(base).metadata["id"]
    assert "tokenizer" not in file.metadata and "tokenizer.table" not in file.entries
    assert not any("embeddings." in name for name in file.entries)
    assert any("embeddings." in name for name in ConvertedFile(base).entries)
