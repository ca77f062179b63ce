"""Make the reference outputs: python tests/reference/make.py [--only-int8]

fp32.npz: what transformers and torch return for the checkpoints of tools/checkpoints.py.
int8.json: a digest of what this library returns in int8, which is the same on every
instruction set. Run it again only when the arithmetic is changed on purpose.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

import checkpoints

import bertlite_fast as bf


def digest(output: bf.Output) -> str:
    """Of all bytes of an output."""
    h = hashlib.sha256()
    for key in output.keys():  # noqa: SIM118 (an Output is no dict)
        h.update(np.ascontiguousarray(output[key]).tobytes())
    return h.hexdigest()


def torch_outputs(spec: checkpoints.Spec, folder: Path) -> dict[str, np.ndarray]:
    import torch
    import transformers

    name = ("DistilBert" if spec.distil else "Bert") + checkpoints.FAMILY_HEADS[spec.task]
    model: Any = getattr(transformers, name).from_pretrained(folder).eval()
    made: dict[str, np.ndarray] = {}
    for case, values in checkpoints.inputs(spec):
        with torch.no_grad():
            result = model(**{k: torch.from_numpy(v.astype(np.int64)) for k, v in values.items()})
        for key in ("last_hidden_state", "pooler_output", "logits", "start_logits", "end_logits"):
            if result.get(key) is not None:
                made[f"{spec.name}/{case}/{key}"] = checkpoints.sample(
                    key, result[key].numpy()
                ).astype(np.float32)
    return made


def main() -> None:
    fp32: dict[str, Any] = {}
    int8: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for spec in checkpoints.SPECS:
            folder = checkpoints.write(spec, Path(scratch) / spec.name)
            if "--only-int8" not in sys.argv:
                fp32 |= torch_outputs(spec, folder)
            model = bf.Model(folder, spec.task)
            for case, values in checkpoints.inputs(spec):
                int8[f"{spec.name}/{case}"] = digest(model(**values))
    if fp32:
        np.savez_compressed(HERE / "fp32.npz", **fp32)
    (HERE / "int8.json").write_text(json.dumps(int8, indent=1) + "\n")


if __name__ == "__main__":
    main()
