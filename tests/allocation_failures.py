"""Compile allocation_failures.c under the address and undefined sanitizers, and run it.

python tests/allocation_failures.py [FOLDER]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS.parent / "tools"))

import checkpoints  # noqa: E402

FLAGS = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -DBL_FAIL_ALLOCATIONS"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", *(f"word{i}" for i in range(14))]


def write_models(folder: Path) -> None:
    """The smallest models of each kind; one seed, so that both have the same embeddings."""
    kinds = {
        "words": "masked-lm",
        "classifier": "sequence-classification",
        "names": "token-classification",
        "answers": "question-answering",
    }
    for name, task in kinds.items():
        spec = checkpoints.Spec(
            "small", task, layers=1, hidden=16, intermediate=16, vocabulary=len(WORDS)
        )
        checkpoints.write(spec, folder / name)
        (folder / name / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    for name in ("zip", "legacy"):
        (folder / name).mkdir()
        shutil.copy(TESTS / f"fixtures/{name}.bin", folder / name / "pytorch_model.bin")
        shutil.copy(TESTS / "fixtures/config.json", folder / name)


def main(folder: Path) -> None:
    write_models(folder / "models")
    script = str(TESTS.parent / "tools/core.py")
    core = [sys.executable, script, "--cc", "gcc", f"--flags={FLAGS}", "--out"]
    source = str(TESTS / "allocation_failures.c")
    subprocess.run([*core, str(folder / "build"), source], check=True)
    program = folder / "build/allocation_failures"
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}
    subprocess.run([program, folder / "models"], check=True, env=environment)
    left = [path.name for path in (folder / "models").iterdir() if path.suffix == ".tmp"]
    if left:
        raise SystemExit(f"temporary files were left: {left}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
