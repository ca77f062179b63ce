"""Code as strangers write it, run with the original and, the import changed, with this package.

Both have to give the same answer: numbers to 1e-4, in fp32; what fails has to fail in both.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

import sentence_folders as made

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = "turn on the light in kitchen please play music is it lamp red this was great bad".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *LETTERS, *".,!?:'-#",
              *(f"##{letter}" for letter in LETTERS)]  # fmt: skip
NER = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}
NLI = {
    "id2label": {0: "contradiction", 1: "neutral", 2: "entailment"},
    "label2id": {"contradiction": 0, "neutral": 1, "entailment": 2},
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "SEQ": ("BertForSequenceClassification", {"id2label": {0: "NEGATIVE", 1: "POSITIVE"}}),
    "FIVE": ("DistilBertForSequenceClassification", {"num_labels": 5}),
    "MULTI": ("BertForSequenceClassification",
              {"num_labels": 3, "problem_type": "multi_label_classification"}),
    "STARS": ("BertForSequenceClassification", {"num_labels": 1, "problem_type": "regression"}),
    "TAGS": ("BertForTokenClassification", {"id2label": NER}),
    "ANSWERS": ("BertForQuestionAnswering", {}),
    "MASKED": ("BertForMaskedLM", {}),
    "BASE": ("BertModel", {}),
    "NLI": ("BertForSequenceClassification", NLI),
    "RERANK": ("BertForSequenceClassification", {"num_labels": 1}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def same_verbosity() -> Iterator[None]:
    """What a snippet tells loggers is forgotten behind it."""
    import transformers

    both: Any = (bf.logging, transformers.logging)
    levels = [module.get_verbosity() for module in both]
    yield
    for module, level in zip(both, levels):
        module.set_verbosity(level)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small random model for each name that the snippets use."""
    import torch
    import transformers

    root = tmp_path_factory.mktemp("snippets")
    torch.manual_seed(2)
    found = {}
    for name, (kind, more) in KINDS.items():
        family = kind.split("For")[0].removesuffix("Model")
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                 "intermediate_size": 64}  # fmt: skip
        if family == "DistilBert":
            shape = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
        make = getattr(transformers, f"{family}Config")
        size = len(VOCABULARY)
        config = make(
            vocab_size=size, initializer_range=0.3, max_position_embeddings=64, **shape, **more
        )
        getattr(transformers, kind)(config).save_pretrained(root / name)
        (root / name / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
        settings = {"tokenizer_class": f"{family}Tokenizer", "model_max_length": 64}
        (root / name / "tokenizer_config.json").write_text(json.dumps(settings))
        found[name] = str(root / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found["VECTORS"] = str(made.save(root / "VECTORS", "mean"))
    return found


@pytest.fixture
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let fp32 be the default."""
    openers: list[Any] = [
        vars(bf.AutoModel)["from_pretrained"].__func__,
        bf.Pipeline.__init__,
        bf.SentenceTransformer.__init__,
        bf.CrossEncoder.__init__,
    ]
    for function in openers:
        monkeypatch.setitem(function.__kwdefaults__, "precision", "fp32")


def plain(value: Any) -> Any:
    """A value as numbers, texts, lists and dicts."""
    if hasattr(value, "items"):
        return {str(key): plain(one) for key, one in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        return [plain(one) for one in value]
    return value


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, atol=1e-4, rtol=1e-4, equal_nan=True))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def answer_of(code: str, names: dict[str, str], folder: Path) -> Any:
    """A snippet's answer, or the kinds of error that it ends with."""
    folder.mkdir()
    space: dict[str, Any] = {**names, "FOLDER": str(folder)}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "snippet", "exec"), space)
    return plain(space["answer"])


def ours(code: str) -> str:
    code = code.replace("transformers.pipelines.pt_utils", "bertlite_fast.datasets")
    return re.sub(r"\b(sentence_)?transformers\b(?= import|\.)", "bertlite_fast", code)


SNIPPETS: dict[str, str] = {}
here = Path(__file__).with_name("snippets")
for path in sorted(here.glob("*.txt")):
    for part in f"\n{path.read_text('utf-8')}".split("\n# ---- ")[1:]:
        title, code = part.split("\n", 1)
        assert title not in SNIPPETS, title
        SNIPPETS[title] = code


@pytest.mark.usefixtures("fp32")
@pytest.mark.parametrize("title", SNIPPETS)
def test_a_snippet_gives_the_same_with_the_import_changed(
    names: dict[str, str], title: str, tmp_path: Path
) -> None:
    code = SNIPPETS[title]
    expected = answer_of(code, names, tmp_path / "theirs")
    found = answer_of(ours(code), names, tmp_path / "ours")
    assert same(found, expected), f"\nours:   {found}\ntheirs: {expected}"
