"""Every activation that a config.json may name, beside transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

NAMES = "gelu gelu_python gelu_new gelu_pytorch_tanh gelu_fast quick_gelu relu silu swish tanh"
ROWS = [[2, *range(5, 25), 3], [2, 7, 7, 3], [2, 3]]


def made(folder: Path, name: str) -> Any:
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=64, num_attention_heads=2, intermediate_size=176,
        num_hidden_layers=2, hidden_act=name, max_position_embeddings=32, initializer_range=0.2,
        attn_implementation="eager",
    )  # fmt: skip
    model = transformers.BertForMaskedLM(config).eval()
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("name", NAMES.split())
def test_an_activation(name: str, tmp_path: Path) -> None:
    theirs = made(tmp_path, name)
    exact = bf.AutoModelForMaskedLM.from_pretrained(tmp_path, precision="fp32")
    quick = bf.AutoModelForMaskedLM.from_pretrained(tmp_path)
    for row in ROWS:
        with torch.no_grad():
            expected = theirs(torch.tensor([row])).logits.numpy()
        found = np.asarray(exact([row]).tensor)
        assert np.abs(found - expected).max() < 2e-5 * max(1.0, np.abs(expected).max())
        rough = np.asarray(quick([row]).tensor)
        assert np.corrcoef(rough.ravel(), expected.ravel())[0, 1] > 0.99


def test_another_activation_is_refused_by_name(tmp_path: Path) -> None:
    made(tmp_path, "mish")
    with pytest.raises(bf.ModelConfigError, match=r'"mish", not one of gelu, .*silu and tanh'):
        bf.AutoModel.from_pretrained(tmp_path)
