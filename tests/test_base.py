"""Converted files that stand on a base: the embeddings and the tokenizer are stored once."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import checkpoints
import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast.cli import main as command

SPECS = {s.name: s for s in checkpoints.SPECS}
WORDS = [
    "[PAD]",
    *(f"[unused{i}]" for i in range(99)),
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *(f"word{i}" for i in range(896)),
]


def write(name: str, folder: Path, seed_of: str) -> Path:
    """A checkpoint whose embeddings are those of another."""
    spec, other = SPECS[name], SPECS[seed_of]
    arrays, theirs = checkpoints.arrays(spec), checkpoints.arrays(other)
    ours = {k.partition("embeddings.")[2]: v for k, v in theirs.items() if "embeddings." in k}
    arrays = {
        k: ours[k.partition("embeddings.")[2]] if "embeddings." in k else v
        for k, v in arrays.items()
    }
    checkpoints.write(spec, folder)
    checkpoints.save_safetensors(folder / "model.safetensors", arrays)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with base.bertlite, and small.bertlite that stands on it; their checkpoints beside."""
    for name, spec in (("base", "L2H64-masked-lm"), ("small", "L2H64-sequence-classification")):
        write(spec, tmp_path / f"{name}-folder", "L2H64-masked-lm")
    bf.convert(tmp_path / "base-folder", tmp_path / "base.bertlite")
    bf.convert(
        tmp_path / "small-folder", tmp_path / "small.bertlite", base=tmp_path / "base.bertlite"
    )
    return tmp_path


def output(path: Path) -> bytes:
    return np.asarray(
        bf.Model(path, "sequence-classification")([[101, 110, 120, 102], [101, 7, 102]]).tensor
    ).tobytes()


def test_it_gives_the_same_bytes_as_a_whole_file(files: Path) -> None:
    bf.convert(files / "small-folder", files / "whole.bertlite")
    assert (
        output(files / "small.bertlite")
        == output(files / "whole.bertlite")
        == output(files / "small-folder")
    )
    assert (files / "small.bertlite").stat().st_size < 0.6 * (
        files / "whole.bertlite"
    ).stat().st_size
    text = "word7 word8 unknown"
    assert (
        bf.Tokenizer(files / "small.bertlite")(text).input_ids
        == bf.Tokenizer(files / "small-folder")(text).input_ids
    )
    assert bf.pipeline("text-classification", str(files / "small.bertlite"))(text)[0][
        "label"
    ].startswith("LABEL_")


def test_the_base_has_to_be_there_and_the_same(files: Path, tmp_path: Path) -> None:
    other = files / "elsewhere"
    other.mkdir()
    shutil.copy(files / "small.bertlite", other)
    for opened in (
        lambda: bf.Model(other / "small.bertlite"),
        lambda: bf.Tokenizer(other / "small.bertlite"),
    ):
        with pytest.raises(
            bf.ModelFileError,
            match=r"stands on base\.bertlite, (which was not found|but the one found is another)",
        ):
            opened()
    write("L2H64-masked-lm", files / "stranger", "L2H64-encoder")
    bf.convert(files / "stranger", other / "base.bertlite")
    with pytest.raises(bf.ModelFileError, match="the one found is another"):
        bf.Model(other / "small.bertlite")
    (other / "base.bertlite").write_bytes(b"no model at all")
    with pytest.raises(bf.ModelFileError, match="the one found is another"):
        bf.Model(other / "small.bertlite")
    with pytest.raises(bf.ModelFileError, match="open it by its path"):
        bf.Model((files / "small.bertlite").read_bytes())


def test_only_the_base_it_was_trained_on_will_do(files: Path) -> None:
    write("L2H64-masked-lm", files / "stranger", "L2H64-encoder")
    bf.convert(files / "stranger", files / "stranger.bertlite")
    with pytest.raises(bf.ModelConfigError, match="is not that of"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "stranger.bertlite")
    with pytest.raises(bf.ModelConfigError, match="cannot be a base"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "small.bertlite")
    with pytest.raises(bf.ModelFileError, match="cannot be read"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "absent.bertlite")
    with pytest.raises(bf.ModelFileError):
        bf.convert(
            files / "small-folder", files / "x.bertlite", base=files / "small-folder/vocab.txt"
        )
    assert not (files / "x.bertlite").exists()


@pytest.mark.parametrize("name", ["../base.bertlite", "/etc/passwd", "", "a\\\\b", "c:x"])
def test_a_base_is_a_name_and_no_path(files: Path, name: str) -> None:
    data = (files / "small.bertlite").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"]["base"] = name
    text = json.dumps(header).encode()
    (files / "bad.bertlite").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])
    with pytest.raises(bf.ModelFileError, match="names no proper file"):
        bf.Model(files / "bad.bertlite")


def test_the_command_converts_on_a_base_too(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        command(
            [
                "convert",
                str(files / "small-folder"),
                str(files / "again.bertlite"),
                "--base",
                str(files / "base.bertlite"),
            ]
        )
        == 0
    )
    assert "with its tokenizer" in capsys.readouterr().out
    assert (files / "again.bertlite").read_bytes() == (files / "small.bertlite").read_bytes()
