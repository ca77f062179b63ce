"""Outputs against transformers' (fp32) and against themselves on every instruction set (int8)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import checkpoints
import numpy as np
import pytest

import bertlite_fast as bf

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import make

HERE = Path(__file__).parent / "reference"
FP32 = np.load(HERE / "fp32.npz")
INT8: dict[str, str] = json.loads((HERE / "int8.json").read_text())
specs = pytest.mark.parametrize("spec", checkpoints.SPECS, ids=lambda s: s.name)


@specs
@pytest.mark.parametrize("precision", ["fp32", "fp32-fast"])
def test_fp32_is_what_transformers_returns(
    spec: checkpoints.Spec, folders: dict[str, Path], precision: str
) -> None:
    model = bf.Model(folders[spec.name], spec.task, precision=precision)
    tolerance = 2e-5 if spec.hidden <= 256 else 2e-4
    compared = 0
    for name, case in checkpoints.inputs(spec):
        output = model(**case)
        for key in output.keys():  # noqa: SIM118
            want = checkpoints.unmasked(FP32[f"{spec.name}/{name}/{key}"], case)
            got = checkpoints.unmasked(checkpoints.sample(key, output[key]), case)
            np.testing.assert_allclose(got, want, rtol=0, atol=tolerance, err_msg=f"{name} {key}")
            compared += want.size
    assert compared > 0


@specs
def test_int8_stays_close_to_fp32(spec: checkpoints.Spec, folders: dict[str, Path]) -> None:
    exact, quick = (bf.Model(folders[spec.name], spec.task, precision=p) for p in ("fp32", "int8"))
    for name, case in checkpoints.inputs(spec):
        a, b = exact(**case), quick(**case)
        for key in a.keys():  # noqa: SIM118
            x, y = (checkpoints.unmasked(v[key], case).astype(np.float64) for v in (a, b))
            rows = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
            if rows[0].shape[1] >= 32:
                cosine = (rows[0] * rows[1]).sum(1) / np.sqrt(
                    (rows[0] ** 2).sum(1) * (rows[1] ** 2).sum(1)
                )
                assert cosine.min() > 0.998, (name, key)
            else:
                assert abs(x - y).max() < 0.15 * (1 + abs(x).max()), (name, key)


@specs
def test_int8_bytes_are_the_committed_ones(
    spec: checkpoints.Spec, folders: dict[str, Path]
) -> None:
    model = bf.Model(folders[spec.name], spec.task)
    for name, case in checkpoints.inputs(spec):
        assert make.digest(model(**case)) == INT8[f"{spec.name}/{name}"], name


@pytest.mark.parametrize("isa", bf.available_isas())
def test_every_instruction_set_returns_the_same_bytes(isa: str, folders: dict[str, Path]) -> None:
    program = """
import sys, json, pathlib
sys.path[:0] = sys.argv[1:3]
import checkpoints, make
import bertlite_fast as bf
found = {"isa": bf.active_isa()}
for spec in checkpoints.SPECS:
    if spec.hidden > 320: continue
    for precision in ("int8", "fp32"):
        model = bf.Model(pathlib.Path(sys.argv[3]) / spec.name, spec.task, precision=precision)
        for name, case in checkpoints.inputs(spec):
            found[f"{spec.name}/{name}/{precision}"] = make.digest(model(**case))
print(json.dumps(found))
"""
    for spec in checkpoints.SPECS:
        assert folders[spec.name]
    root = folders["L2H64-encoder"].parent
    run = subprocess.run(
        [sys.executable, "-c", program, str(HERE.parent.parent / "tools"), str(HERE), str(root)],
        env=os.environ | {"BERTLITE_ISA": isa},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert found.pop("isa") == isa
    for key, value in found.items():
        spec, case, precision = key.split("/")
        if precision == "int8":
            assert value == INT8[f"{spec}/{case}"], key
        else:
            model = bf.Model(
                folders[spec],
                next(s.task for s in checkpoints.SPECS if s.name == spec),
                precision="fp32",
            )
            inputs = dict(checkpoints.inputs(next(s for s in checkpoints.SPECS if s.name == spec)))[
                case
            ]
            assert value == make.digest(model(**inputs)), key


def test_forcing_an_absent_instruction_set_is_a_clear_error(tiny: Path) -> None:
    program = """
import sys
import bertlite_fast as bf
try:
    bf.AutoModel.from_pretrained(sys.argv[1])
except bf.InstructionSetError as error:
    print(error)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(tiny)],
        env=os.environ | {"BERTLITE_ISA": "z80"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "BERTLITE_ISA" in run.stdout and "available" in run.stdout


@specs
def test_live_transformers(spec: checkpoints.Spec, folders: dict[str, Path]) -> None:
    pytest.importorskip("torch", reason="compares with transformers where it is installed")
    pytest.importorskip("transformers")
    if spec.hidden > 320:
        return
    for key, want in make.torch_outputs(spec, folders[spec.name]).items():
        np.testing.assert_allclose(want, FP32[key], rtol=0, atol=2e-5)
