"""What int8 costs: the sets' scores by the shipped weights, and by the floats that they were rounded from.

python training/fidelity.py DATA RUN
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import score
import torch
from export import write_folder

from bertlite_fast import pipeline

MOST = 1500  # items of a set
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


def in_floats(folder: Path) -> Callable[..., Any]:
    """Opens that folder in fp32, whatever model is asked for."""

    def opened(task: str, *_: Any, **more: Any) -> Any:
        return pipeline(task, str(folder), precision="fp32", **more)

    return opened


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    for model, name in PAIRS:
        state = torch.load(
            args.run / ("vectors-alone.pt" if model == "vectors" else f"{model}.pt"),
            weights_only=True,
        )
        items = score.validation(name, args.data)[:MOST]
        int8 = score.SETS[name][0](items)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write_folder(
                folder,
                args.data / "vocab.txt",
                state.get("kind", model),
                state["encoder"],
                state.get("head", {}),
                state.get("labels", []),
                {},
            )
            score.open_pipeline = in_floats(folder)
            fp32 = score.SETS[name][0](items)
            score.open_pipeline = pipeline
        print(
            f"{name}: "
            + ", ".join(
                f"{k} {v:.2f} (fp32 {fp32[k]:.2f}, {v - fp32[k]:+.2f})" for k, v in int8.items()
            ),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
