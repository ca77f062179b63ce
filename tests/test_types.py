"""Type checkers know what tasks take and answer: what is wrong is an error."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bertlite_fast as bf
from bertlite_fast import _native

ROOT = Path(__file__).resolve().parent.parent
# Each line is checked by itself. "# error" ends those that must be refused.
CALLS = """
pipeline("text-classification")("a")[0]["label"].upper()
pipeline("text-classification", "folder", top_k=2)(["a", "b"], batch_size=8)
pipeline("text-classification", device=-1, model_kwargs={})("a", truncation=True, max_length=8)
pipeline("sentiment-analysis")("a")[0]["score"] + 1.0
pipeline("ner", aggregation_strategy="simple")("a")[0]["entity_group"].upper()
pipeline("intent-classification", threshold=0.2)("a")["margin"] + 1.0
pipeline("fill-mask")("[MASK]", targets=["a"])[0]["token_str"].upper()
pipeline("question-answering")(question="a", context="b")["answer"].upper()
pipeline("question-answering")("a", "b")["start"] + 1
pipeline("zero-shot-classification")("a", ["b", "c"])["labels"][0].upper()
pipeline("zero-shot-classification")(["a"], candidate_labels=["b"])[0]["scores"][0] + 1.0
pipeline("sentence-similarity")("a", "b") + 1.0
pipeline("sentence-similarity")("a", ["b"])[0] + 1.0
pipeline("sentence-similarity").search("a", ["b"])[0]["text"].upper()
pipeline("feature-extraction")("a", pooling="mean")
pipeline(model="folder")("a")
next(pipeline("text-classification")(text for text in ["a"]))
AutoModelForSequenceClassification.from_pretrained("a", labels=["b"]).eval()
BertForMaskedLM.from_pretrained("a", num_labels=2).config.num_labels
pipeline("nonsense")  # error
pipeline("text-clasification")  # error
pipeline()  # error
pipeline("text-classification", top_q=2)  # error
pipeline("text-classification", top_k="two")  # error
pipeline("text-classification", threads="two")  # error
pipeline("ner", agregation_strategy="simple")  # error
pipeline("text-classification")("a", top_q=2)  # error
pipeline("text-classification")("a", max_length="long")  # error
pipeline("text-classification")(5)  # error
pipeline("text-classification")("a")[0]["labell"]  # error
pipeline("intent-classification")("a", minimum=0.5)  # error
pipeline("intent-classification")("a")[0]  # error
pipeline("question-answering")(question="a", contxt="b")  # error
pipeline("question-answering")(question="a", context="b")["text"]  # error
pipeline("fill-mask")("a", target="b")  # error
pipeline("fill-mask")("a")[0]["word"]  # error
pipeline("zero-shot-classification")("a", ["b"], multilabel=True)  # error
pipeline("zero-shot-classification")("a", ["b"]).labels  # error
pipeline("sentence-similarity")("a", "b", poolign="mean")  # error
pipeline("feature-extraction")("a", pool="mean")  # error
softmaxx([1.0])  # error
""".strip().splitlines()
START = """from bertlite_fast import (
    AutoModelForSequenceClassification, BertForMaskedLM, argmax, pipeline, softmax,
)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("types") / "program.py"
    path.write_text(START + "\n".join(CALLS) + "\n")
    return path


def check(wrong: set[int]) -> None:
    first = START.count("\n") + 1
    expected = {i for i, line in enumerate(CALLS, first) if line.endswith("# error")}
    missed = [CALLS[i - first] for i in sorted(expected - wrong)]
    refused = [CALLS[i - first] for i in sorted(wrong - expected)]
    assert (missed, refused) == ([], [])


def test_mypy_refuses_what_is_wrong_and_nothing_else(program: Path) -> None:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    command += ["--cache-dir", str(program.parent / "cache"), str(program)]
    env = {**os.environ, "MYPYPATH": str(ROOT)}
    ran = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=program.parent, check=False
    )
    assert ran.stderr == ""
    check({int(n) for n in re.findall(r"program\.py:(\d+): error", ran.stdout)})


def test_pyright_refuses_what_is_wrong_and_nothing_else(program: Path) -> None:
    pytest.importorskip("basedpyright")  # pyright, with all that it needs
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}
    (program.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "basedpyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            program.name,
        ],
        capture_output=True,
        text=True,
        cwd=program.parent,
        check=False,
    )
    found = json.loads(ran.stdout)["generalDiagnostics"]
    check({d["range"]["start"]["line"] + 1 for d in found if d["severity"] == "error"})


def test_the_types_can_be_imported() -> None:
    code = "import bertlite_fast.task_types as t; assert t.Label.__annotations__"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_nothing_imports_the_types_when_it_runs() -> None:
    code = (
        "import sys, bertlite_fast as bf\n"
        "from bertlite_fast.pipelines import TASKS\n"
        "from importlib import import_module\n"
        "for file, _ in TASKS.values(): import_module('bertlite_fast.tasks.' + file)\n"
        "found = {'typing', 'typing_extensions', 'bertlite_fast.task_types'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("text_classification.TextClassification", ["top_k", "function_to_apply", "max_length"]),
        ("token_classification.TokenClassification", ["aggregation_strategy", "stride"]),
        ("question_answering.QuestionAnswering", ["question", "max_answer_len"]),
        ("fill_mask.FillMask", ["targets"]),
        ("zero_shot_classification.ZeroShotClassification", ["multi_label"]),
        ("feature_extraction.FeatureExtraction", ["pooling", "tokenize_kwargs"]),
    ],
)
def test_help_lists_the_settings(task: str, settings: list[str]) -> None:
    import pydoc
    from importlib import import_module

    module, name = task.split(".")
    kind = getattr(import_module(f"bertlite_fast.tasks.{module}"), name)
    text = pydoc.render_doc(kind)
    assert all(setting in text for setting in settings)
    assert kind.__call__.__doc__ and "self as a function" not in kind.__call__.__doc__


def test_a_signature_lists_the_settings(folders: dict[str, Path]) -> None:
    import pydoc

    for task, folder in TASKS_AND_FOLDERS:
        words = folders[folder] / "vocab.txt"
        words.write_text(
            "\n".join("[PAD] [UNK] [CLS] [SEP] [MASK] turn on the light".split()) + "\n"
        )
        pipe = bf.pipeline(task, folders[folder])  # type: ignore[call-overload]
        found = inspect.signature(pipe).parameters
        assert next(iter(found)) == "inputs" and "batch_size" in found and "settings" not in found
        assert "top_k" not in found or found["top_k"].annotation == "int | None"
        taken = {name for name in found if name not in POSITIONAL}
        pipe.call_settings(dict.fromkeys(taken))  # each is known to the task
        assert "precision" in inspect.signature(type(pipe)).parameters
        assert task in repr(pipe) and type(pipe).__name__ in pydoc.render_doc(pipe)


# of their own parameters, or for the call as a whole
POSITIONAL = {"inputs", "candidate_labels", "question", "context", "data", "X"}
POSITIONAL |= {"hypothesis_template", "sharpness"}  # which None is no value for
POSITIONAL |= {"threads"}  # which a call takes before the task's settings
TASKS_AND_FOLDERS = [
    ("text-classification", "L2H64-sequence-classification"),
    ("token-classification", "L2H64-token-classification"),
    ("question-answering", "L2H64-question-answering"),
    ("fill-mask", "L2H64-masked-lm"),
    ("feature-extraction", "L2H64-encoder"),
    ("zero-shot-classification", "L2H64-encoder"),
]


def test_functions_in_c_have_signatures() -> None:
    """Help, notebooks and editors show them."""
    kinds = [kind for kind in vars(_native).values() if isinstance(kind, type)]
    owners = [_native, *(kind for kind in kinds if kind.__module__ == _native.__name__)]
    functions = [
        function
        for owner in owners
        for name, function in vars(owner).items()
        if not name.startswith("_")
        and inspect.isroutine(function)
        and getattr(function, "__module__", _native.__name__) == _native.__name__
        and not inspect.isdatadescriptor(function)
    ]
    assert len(functions) > 70
    for function in functions:
        assert inspect.signature(function) is not None, function
    assert list(inspect.signature(bf.top).parameters) == ["logits", "k"]
