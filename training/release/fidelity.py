"""The loss of accuracy by int8: scores of the exported models, and of the unrounded floats."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..model import checkpoints
from ..stages.run import Run
from .huggingface import write_folder
from .metrics import Scores
from .models import in_floats, in_folders
from .scores import SETS, validation

# The models, and the sets that they are compared on.
PAIRS = (
    ("words", "fill-mask"),
    ("words", "home"),
    ("clinc150", "clinc150"),
    ("hwu_slurp_home_subset", "hwu_slurp_home_subset"),
    ("snips", "snips"),
    ("sentiment", "uci_sentiment_sentences"),
    ("sentiment", "nltk_pros_cons"),
    ("emotion", "goemotions"),
    ("pos", "ud_ewt"),
    ("ner", "uner_ewt"),
    ("ner", "wikigold"),
    ("slots", "hwu64_slots"),
    ("vectors", "stsb_en"),
    ("qa", "qamr"),
)


def compared(int8: Scores, fp32: Scores) -> str:
    return ", ".join(
        f"{k} {v:.2f} (fp32 {fp32[k]:.2f}, {v - fp32[k]:+.2f})" for k, v in int8.items()
    )


def fidelity(run: Run) -> None:
    tuned = run.last_tuned("again")
    exported = in_folders(run.outputs.models, run.outputs.weights)
    for model, name in PAIRS:
        items = validation(name, run.data)[: run.recipe.release.fidelity_items]
        metric = SETS[name].metric
        int8 = metric(items, exported)
        state = checkpoints.load(run.tuned_file(tuned[model]))
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            write_folder(folder, run.data.vocabulary, run.recipe.shape, state)
            fp32 = metric(items, in_floats(folder))
        run.say(f"{name}: {compared(int8, fp32)}")
