"""Make the fuzzer's corpus: python tests/fuzz/make_corpus.py (needs torch for the two torch files)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import checkpoints

import bertlite_fast as bf


def main() -> None:
    import torch

    spec = checkpoints.Spec("fuzz", "encoder", layers=1, hidden=16, heads=2, intermediate=16, vocabulary=20)
    tensors = checkpoints.arrays(spec)
    tensors["embeddings.position_embeddings.weight"] = tensors["embeddings.position_embeddings.weight"][:8]
    out = HERE / "corpus"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "config.json").write_text(json.dumps(spec.config | {"max_position_embeddings": 8}))
        checkpoints.save_safetensors(folder / "model.safetensors", tensors)
        bf.convert(folder, folder / "converted")
        state = {name: torch.from_numpy(a.copy()) for name, a in list(tensors.items())[:6]}
        torch.save(state, folder / "zip")
        torch.save(state, folder / "legacy", _use_new_zipfile_serialization=False)
        for kind, source in (
            ("s", "model.safetensors"),
            ("b", "converted"),
            ("t", "zip"),
            ("t", "legacy"),
            ("c", "config.json"),
            ("j", "config.json"),
        ):
            (out / f"{kind}-{source}").write_bytes(kind.encode() + (folder / source).read_bytes())


if __name__ == "__main__":
    main()
