"""precision="fp32-fast": products with fused multiply-add."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bertlite_fast as bf

NAME = "L6H384"
# Instruction sets of processors that all have fused multiply-add.
FUSED = {"avx512vnni", "neon", "dotprod", "i8mm"} if sys.maxsize > 2**32 else set()
PROGRAM = """
import json, sys
import bertlite_fast as bf
found = {}
for precision in ("fp32", "fp32-fast"):
    model = bf.AutoModel.from_pretrained(sys.argv[1], precision=precision)
    found[precision] = bytes(model([[5, 6, 7] * 9, [8]], threads=2).tensor).hex()
print(json.dumps([found["fp32"], found["fp32-fast"], model.info["fused"], model.precision]))
"""


@pytest.fixture(scope="module")
def by_isa(folders: dict[str, Path]) -> dict[str, tuple[str, str, bool, str]]:
    """For each instruction set: bytes in fp32 and fp32-fast, and what the model says of itself."""
    found = {}
    for isa in bf.available_isas():
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(folders[NAME])],
            env=os.environ | {"BERTLITE_ISA": isa}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found[isa] = json.loads(run.stdout)
    return found


def test_where_there_is_none_it_is_fp32(by_isa: dict[str, tuple[str, str, bool, str]]) -> None:
    for isa, (exact, fast, fused, precision) in by_isa.items():
        assert precision == "fp32-fast"
        assert (exact == fast) == (not fused), isa
    assert not by_isa["generic"][2]
    assert all(by_isa[isa][2] for isa in FUSED & set(by_isa))


def test_instruction_sets_that_have_it_agree(by_isa: dict[str, tuple[str, str, bool, str]]) -> None:
    assert len({fast for _, fast, fused, _ in by_isa.values() if fused}) <= 1


def test_a_text_has_the_same_bytes_in_any_batch(folders: dict[str, Path]) -> None:
    model = bf.AutoModel.from_pretrained(folders[NAME], precision="fp32-fast")
    rows = [[i + 1 for i in range(n)] for n in (1, 2, 7, 8, 9, 16, 17, 40)]
    together = model(rows).last_hidden_state
    for row, found in zip(rows, together):
        alone = model(row, threads=3).last_hidden_state
        assert np.array_equal(found[: len(row)], alone[0])


def test_it_is_fp32_but_for_rounding(folders: dict[str, Path]) -> None:
    exact, fast = (
        bf.AutoModel.from_pretrained(folders[NAME], precision=p) for p in ("fp32", "fp32-fast")
    )
    ids = list(range(1, 200))
    assert np.abs(exact(ids).last_hidden_state - fast(ids).last_hidden_state).max() < 1e-5


def test_pipelines_and_converted_files_take_it(tmp_path: Path, folders: dict[str, Path]) -> None:
    bf.convert(folders[NAME], tmp_path / "model.bertlite")
    converted = bf.AutoModel.from_pretrained(tmp_path / "model.bertlite", precision="fp32-fast")
    assert converted.precision == "fp32-fast" and "fp32-fast" in repr(converted)
    pipe = bf.pipeline("sentiment-analysis", precision="fp32-fast")
    exact = bf.pipeline("sentiment-analysis", precision="fp32")
    assert abs(pipe("fine")[0]["score"] - exact("fine")[0]["score"]) < 1e-5


def test_another_precision_is_an_error_that_names_all(folders: dict[str, Path]) -> None:
    with pytest.raises(bf.ModelConfigError, match="'int8', 'fp32', 'fp32-fast'"):
        bf.AutoModel.from_pretrained(folders[NAME], precision="fp16")
