"""The C core without Python: the kernels' test program, the examples, memory, exported symbols."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bertlite_fast as bf

ROOT = Path(__file__).resolve().parent.parent
COMPILER = os.environ.get("CC", "cc").split()[0]

pytestmark = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="needs a C compiler")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("core")
    command = [
        sys.executable,
        "tools/core.py",
        "--out",
        str(out),
        "tests/checkkernels.c",
        "tests/null_errors.c",
        "examples/classify.c",
        "examples/names.c",
        "examples/answer.c",
        "bench/forward.c",
        "bench/tokenize.c",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    return out


def test_every_kernel_of_every_instruction_set(programs: Path) -> None:
    run = subprocess.run(
        [programs / "checkkernels", "--rounds", os.environ.get("BERTLITE_ROUNDS", "300")],
        capture_output=True,
        text=True,
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout[-3000:]
    for isa in bf.available_isas():
        assert f"\n{isa} " in run.stdout


def test_errors_may_be_null(programs: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    """Every function that can fail reports the same status without an error to fill in."""
    model = ROOT / "bertlite_fast/weights/intent.bertlite"
    folder = tmp_path / "sentences"
    shutil.copytree(folders["L2H64-sequence-classification"], folder)
    modules = [("Transformer", ""), ("Unheard", "1_Unheard")]
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {
                    "idx": i,
                    "name": str(i),
                    "path": path,
                    "type": f"sentence_transformers.models.{kind}",
                }
                for i, (kind, path) in enumerate(modules)
            ]
        )
    )
    run = subprocess.run([programs / "null_errors", model, folder], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    header = (ROOT / "include/bertlite.h").read_text()
    declared = {
        part.split("(")[0].split("*")[-1].split()[-1]
        for part in header.split("BL_API ")[1:]
        if "bl_error *error" in part.split(";")[0]
    }
    assert declared == {line.split()[0] for line in run.stdout.splitlines()}


def test_the_example_without_python(
    programs: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    """One C call from text to labels agrees with tokenizer and model called from Python."""
    import compare_tokenizers

    folder = tmp_path / "model"
    shutil.copytree(folders["L2H64-sequence-classification"], folder)
    words = bf.AutoModelForSequenceClassification.from_pretrained(folder).info["vocabulary"]
    (folder / "vocab.txt").write_text(
        "".join(f"{token}\n" for token in list(compare_tokenizers.vocabulary())[:words]),
        encoding="utf-8",
    )
    bf.convert(folder, tmp_path / "file")
    model, tokenizer = (
        bf.AutoModelForSequenceClassification.from_pretrained(folder),
        bf.AutoTokenizer.from_pretrained(folder),
    )
    longest = model.info["positions"]
    for texts in (
        ["a b c"],
        ["[MASK] x,", "y 1"],
        ["é" * 3 + " z"],
        ["a " * 2000],
        ["a " * 2000, "b"],
        ["a " * 901, "b " * 900],
        ["a " * 900, "b " * 901],
        [""],
    ):
        first, second = texts[0], texts[1] if len(texts) > 1 else None
        logits = model(
            **tokenizer(first, second, truncation=True, max_length=longest)
        ).tensor.tolist()[0]
        powers = [math.exp(x - max(logits)) for x in logits]
        best = sorted(range(len(logits)), key=lambda i: -powers[i])[:5]
        for source in (folder, tmp_path / "file"):
            run = subprocess.run(
                [programs / "classify", source, *texts], capture_output=True, text=True, check=True
            )
            lines = [line.split() for line in run.stdout.splitlines()]
            assert [label for label, _ in lines] == [f"LABEL_{i}" for i in best], texts
            assert [float(score) for _, score in lines] == pytest.approx(
                [powers[i] / sum(powers) for i in best], abs=2e-6
            ), texts
    failed = subprocess.run(
        [programs / "classify", folder.parent / "absent", "1"], capture_output=True, text=True
    )
    assert failed.returncode == 1 and "neither a folder" in failed.stderr


def test_the_examples_for_names_and_answers(programs: Path) -> None:
    weights = Path(bf.__file__).parent / "weights"

    def run(program: str, model: str, *texts: str) -> list[list[str]]:
        command = [str(programs / program), str(weights / f"{model}.bertlite"), *texts]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line.split(None, 2) for line in done.stdout.splitlines()]

    names = run("names", "ner", "Angela Merkel lives in New York City.")
    assert [(kind, name) for kind, _, name in names] == [
        ("PERSON", "Angela Merkel"),
        ("LOCATION", "New York City"),
    ]
    ((score, *answer),) = run(
        "answer", "qa", "Where does Angela live?", "Angela Merkel lives in New York City."
    )
    assert " ".join(answer) == "New York City" and 0 < float(score) <= 1
    assert run("classify", "sentiment", "I love it")[0][0] == "POSITIVE"
    failed = subprocess.run(
        [programs / "answer", weights / "ner.bertlite", "Where?", "Here."],
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 1 and "token classification" in failed.stderr


def test_calls_allocate_nothing(programs: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    """Under valgrind, 12 calls of the model or the tokenizer allocate as often as 2 calls."""
    import compare_tokenizers

    if shutil.which("valgrind") is None:
        pytest.skip("needs valgrind")
    (tmp_path / "vocab.txt").write_text(
        "\n".join(compare_tokenizers.vocabulary()), encoding="utf-8"
    )
    r = random.Random(9)
    texts = [
        compare_tokenizers.random_text(r, ["light", "kitchen"]).replace("\n", " ")
        for _ in range(200)
    ]
    (tmp_path / "texts").write_text("\n".join(texts), encoding="utf-8")
    for command in (
        ["forward", folders["L2H64-sequence-classification"], "9", "{}"],
        ["tokenize", tmp_path / "vocab.txt", "{}", tmp_path / "texts"],
    ):
        counts = []
        for calls in ("2", "12"):
            line = [
                "valgrind",
                "--error-exitcode=9",
                str(programs / str(command[0])),
                *(str(word).format(calls) for word in command[1:]),
            ]
            run = subprocess.run(
                line, capture_output=True, text=True, env=os.environ | {"BERTLITE_ISA": "generic"}
            )
            assert run.returncode != 9, run.stderr
            if run.returncode:
                pytest.skip("valgrind does not run here")
            counts.append(run.stderr.split("total heap usage: ")[1].split(" allocs")[0])
        assert counts[0] == counts[1], command


def test_a_workspace_may_start_anywhere_and_may_be_too_small(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    program = tmp_path / "workspace.c"
    program.write_text(
        """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bertlite.h"

static bl_model *model;
static const bl_request request = { BL_CLASSES, NULL, 0, NULL, NULL, NULL };

static bl_status run(int rows, float *logits, void *workspace, size_t size)
{
    int32_t ids[50];
    for (int i = 0; i < 50; i++) {
        ids[i] = i;
    }
    const bl_batch batch = { ids, NULL, NULL, rows, 10 };
    bl_error error;
    return bl_run(model, &batch, &request, logits, workspace, size, 1, &error);
}

static void check(int good, const char *what)
{
    if (!good) {
        puts(what);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    bl_error error;
    model = bl_open(argv[1], BL_INT8, &error);
    check(model != NULL, error.text);
    const size_t size = bl_workspace_size(model, 10, 1);
    unsigned char *workspace = malloc(size + 64);
    float first[25], logits[25];
    memset(workspace, 0xA5, size + 64);
    check(run(1, first, workspace, size) == BL_OK, "fails");
    for (size_t shift = 0; shift < 64; shift += 7) {
        check(run(1, logits, workspace + shift, size) == BL_OK, "fails if not aligned");
        check(memcmp(first, logits, 5 * sizeof *first) == 0, "differs if not aligned");
        for (size_t i = size + shift; i < size + 64; i++) {
            check(workspace[i] == 0xA5, "writes beyond the workspace");
        }
    }
    check(run(5, logits, workspace, size) == BL_OK, "fails with more rows than fit at once");
    check(memcmp(first, logits, 5 * sizeof *first) == 0, "differs with more rows");
    check(run(1, logits, workspace, size / 2) == BL_MEMORY_ERROR, "takes half the workspace");
    check(run(1, logits, NULL, 0) == BL_MEMORY_ERROR, "takes no workspace");
    free(workspace);
    bl_close(model);
    return 0;
}
"""
    )
    out = tmp_path / "out"
    subprocess.run(
        [sys.executable, "tools/core.py", "--out", str(out), str(program)], cwd=ROOT, check=True
    )
    run = subprocess.run(
        [out / "workspace", folders["L2H64-sequence-classification"]],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


def test_every_global_symbol_has_the_prefix(programs: Path) -> None:
    if shutil.which("nm") is None:
        pytest.skip("needs nm")
    objects = [str(p) for p in (programs / "objects").glob("csrc_*.o")]
    run = subprocess.run(
        ["nm", "-g", "--defined-only", *objects], capture_output=True, text=True, check=True
    )
    names = [line.split()[2] for line in run.stdout.splitlines() if len(line.split()) == 3]
    assert names and not [n for n in names if not n.startswith("bl_")]
