"""Delta files: converted files that share the embeddings and the tokenizer of a base file."""

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


def write(name: str, folder: Path, embeddings_of: str) -> Path:
    """Write the checkpoint called `name`, with the embeddings of the one called `embeddings_of`."""
    spec = SPECS[name]

    def after_prefix(tensor: str) -> str:
        return tensor.partition("embeddings.")[2]

    others = checkpoints.arrays(SPECS[embeddings_of])
    embeddings = {after_prefix(k): v for k, v in others.items() if "embeddings." in k}
    arrays = {k: embeddings.get(after_prefix(k), v) for k, v in checkpoints.arrays(spec).items()}
    checkpoints.write(spec, folder)
    checkpoints.save_safetensors(folder / "model.safetensors", arrays)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with base.bertlite, its delta file small.bertlite, and the checkpoints of both."""
    for name, spec in (("base", "L2H64-masked-lm"), ("small", "L2H64-sequence-classification")):
        write(spec, tmp_path / f"{name}-folder", "L2H64-masked-lm")
    bf.convert(tmp_path / "base-folder", tmp_path / "base.bertlite")
    bf.convert(
        tmp_path / "small-folder", tmp_path / "small.bertlite", base=tmp_path / "base.bertlite"
    )
    return tmp_path


def output(path: Path) -> bytes:
    model = bf.Model(path, "sequence-classification")
    return np.asarray(model([[101, 110, 120, 102], [101, 7, 102]]).tensor).tobytes()


def test_a_delta_file_gives_the_same_bytes_as_a_whole_file(files: Path) -> None:
    folder, small, whole = (
        files / name for name in ("small-folder", "small.bertlite", "whole.bertlite")
    )
    bf.convert(folder, whole)
    assert output(small) == output(whole) == output(folder)
    assert small.stat().st_size < 0.6 * whole.stat().st_size
    text = "word7 word8 unknown"
    assert bf.Tokenizer(small)(text).input_ids == bf.Tokenizer(folder)(text).input_ids
    answer = bf.pipeline("text-classification", str(small))(text)[0]
    assert answer["label"].startswith("LABEL_")


def test_the_base_file_must_be_present_and_unchanged(files: Path) -> None:
    other = files / "elsewhere"
    other.mkdir()
    shutil.copy(files / "small.bertlite", other)
    for opened in (
        lambda: bf.Model(other / "small.bertlite"),
        lambda: bf.Tokenizer(other / "small.bertlite"),
    ):
        found = "which was not found|but the one found is another"
        with pytest.raises(bf.ModelFileError, match=rf"delta file of base\.bertlite, ({found})"):
            opened()
    write("L2H64-masked-lm", files / "different", "L2H64-encoder")
    bf.convert(files / "different", other / "base.bertlite")
    with pytest.raises(bf.ModelFileError, match="the one found is another"):
        bf.Model(other / "small.bertlite")
    (other / "base.bertlite").write_bytes(b"not a model")
    with pytest.raises(bf.ModelFileError, match="the one found is another"):
        bf.Model(other / "small.bertlite")
    with pytest.raises(bf.ModelFileError, match="open it by its path"):
        bf.Model((files / "small.bertlite").read_bytes())


def test_only_a_base_file_with_the_same_embeddings_is_accepted(files: Path) -> None:
    write("L2H64-masked-lm", files / "different", "L2H64-encoder")
    bf.convert(files / "different", files / "different.bertlite")
    with pytest.raises(bf.ModelConfigError, match="is not that of"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "different.bertlite")
    with pytest.raises(bf.ModelConfigError, match="cannot be a base file"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "small.bertlite")
    with pytest.raises(bf.ModelFileError, match="cannot be opened: No such file"):
        bf.convert(files / "small-folder", files / "x.bertlite", base=files / "absent.bertlite")
    with pytest.raises(bf.ModelFileError):
        bf.convert(
            files / "small-folder", files / "x.bertlite", base=files / "small-folder/vocab.txt"
        )
    assert not (files / "x.bertlite").exists()


@pytest.mark.parametrize("name", ["../base.bertlite", "/etc/passwd", "", "a\\\\b", "c:x"])
def test_the_name_of_a_base_file_must_not_be_a_path(files: Path, name: str) -> None:
    data = (files / "small.bertlite").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"]["base"] = name
    text = json.dumps(header).encode()
    (files / "bad.bertlite").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])
    with pytest.raises(bf.ModelFileError, match="other than a plain file name"):
        bf.Model(files / "bad.bertlite")


def test_the_command_line_writes_delta_files(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, again, base = (
        str(files / name) for name in ("small-folder", "again.bertlite", "base.bertlite")
    )
    assert command(["convert", folder, again, "--base", base]) == 0
    assert "with its tokenizer" in capsys.readouterr().out
    assert (files / "again.bertlite").read_bytes() == (files / "small.bertlite").read_bytes()
