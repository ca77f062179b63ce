"""Run sentence-transformers' own tests with its classes, and with those here.

    python tools/sentence_transformers_tests.py TESTS VOCABULARY

TESTS: the folder `tests` of sentence-transformers' source, of the version that is installed;
VOCABULARY: a vocab.txt of an uncased BERT. The models that the tests name are replaced, for both,
by small ones with random weights. A test counts once, whatever its parameters. It needs
sentence-transformers, datasets and pytest, and prints what passes with the original only.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from peer_tests import Outcomes, compare, run_pytest
from small_models import save, snapshot

# Of version 5 and, where they are called otherwise, of version 6.
FILES = """test_sentence_transformer.py test_compute_embeddings.py
cross_encoder/test_cross_encoder.py sentence_transformer/test_model.py
sentence_transformer/test_compute_embeddings.py cross_encoder/test_model.py util/test_retrieval.py
util/test_similarity.py util/test_tensor.py util/test_quantization.py""".split()
ALSO = ["conftest.py", "utils.py", "__init__.py"]
ALSO += ["cross_encoder/conftest.py", "cross_encoder/__init__.py"]
ALSO += ["sentence_transformer/__init__.py", "util/__init__.py"]
# Tests of functions of version 6 for matrices of vectors, which are not here: nothing of it runs.
INSIDE = ("maxsim", "multi_vector", "select_max_active", "chunk_ranges", "_hps_", "survives")
REPLACED = """
import os
if os.environ.get("OURS"):
    import bertlite_fast
    import sentence_transformers
    from sentence_transformers import util
    for name in ("SentenceTransformer", "CrossEncoder", "SimilarityFunction", "InputExample"):
        setattr(sentence_transformers, name, getattr(bertlite_fast, name))
    # where a conftest.py imports it from
    sentence_transformers.cross_encoder.CrossEncoder = bertlite_fast.CrossEncoder
    parts = ("retrieval", "similarity", "tensor", "quantization")
    for place in (util, *(getattr(util, part) for part in parts if hasattr(util, part))):
        for name in dir(bertlite_fast.util):
            own = getattr(bertlite_fast.util, name)
            if hasattr(place, name) and getattr(own, "__module__", "") == "bertlite_fast.util":
                setattr(place, name, own)
    for kind in (bertlite_fast.SentenceTransformer, bertlite_fast.CrossEncoder):
        kind.__init__.__kwdefaults__["precision"] = "fp32"  # in which the original computes
"""


def cache(root: Path, vocabulary: list[str], names: set[str]) -> None:
    """A cache of Hugging Face in which all of these names are small models."""
    for name in names:
        folder = snapshot(root, name)
        wide = 768 if "-base-v1" in name else 128  # which the tests expect
        scorer = name.startswith("cross-encoder") or "reranker" in name
        heads = ["ForSequenceClassification"] if scorer else ["Model"]
        save(folder, vocabulary, "Bert", heads, labels=3 if "nli-" in name else 1, wide=wide)
        if scorer or name.startswith("prajjwal1"):
            continue
        modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
        listed = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ]
        (folder / "modules.json").write_text(json.dumps(listed))
        (folder / "1_Pooling").mkdir()
        pooling = {"word_embedding_dimension": wide, "pooling_mode_mean_tokens": True}
        (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
        (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 128}))


def outcomes(root: Path, ours: bool) -> Outcomes:
    options = ["-p", "replaced", "-o", "markers=slow", "-k", "not performance"]
    return run_pytest(root, ours, "tests", options, {})


def prepare(root: Path, source: Path, vocabulary: list[str]) -> None:
    """The tests, what they import, and the models that they name."""
    names = {"sentence-transformers/paraphrase-distilroberta-base-v1"}
    for name in filter(lambda name: (source / name).is_file(), (*FILES, *ALSO)):
        (root / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        text = (source / name).read_text("utf-8")
        # the card's text is not the model's
        text = re.sub(r"\n.*\.model_card_data\..*", "", text)
        (root / "tests" / name).write_text(text, "utf-8")
        names |= set(re.findall(r'"([\w-]+/[\w.-]*(?:bert|MiniLM|reranker|roberta)[\w.-]*)"', text))
    (root / "replaced.py").write_text(REPLACED)
    cache(root, vocabulary, names)


if __name__ == "__main__":
    compare(prepare, outcomes, INSIDE)
