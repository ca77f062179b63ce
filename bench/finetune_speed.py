"""Steps of training a second, interleaved with PyTorch's; memory; seconds of whole fits.

    python bench/finetune_speed.py [--shapes 2x64 6x384] [--rounds 7] [--cpu]
    python bench/finetune_speed.py --fits DATA

Batches of 32 texts of 32 tokens, two threads, AdamW, gradients clipped at 1, from the same weights
and without dropout, so that losses can be compared: they have to agree within 1 %. What is trained:
encoder (the table of words frozen) or all. PyTorch runs eagerly; a round times each in turn, and
ratios are medians over the rounds. On a machine that is busy with other work, --cpu compares the
processor time of one thread instead. Memory is a process's peak above Python's own.

--fits DATA: only the seconds to learn intent/snips (all texts) and intent/banking77 (5 of each
label), beside fastText and model2vec where they are installed; writes the table in
docs/finetuning.md. Processor time is that of all threads: on a machine that is busy with other
work, only it says something.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BATCH, LENGTH, LABELS, THREADS, VOCABULARY = 32, 32, 8, 2, 30522
SHAPES = {"2x64": (2, 64, 2), "6x384": (6, 384, 12), "2x128": (2, 128, 2), "12x768": (12, 768, 12)}
RATE, BETAS, EPSILON, DECAY = 1e-4, (0.9, 0.999), 1e-8, 0.01
AGREE = 0.01
OURS = ("exact", "fused")


def make(folder: str, shape: str) -> None:
    """A folder with random weights, and nothing of a tokenizer: batches are ids."""
    import torch
    import transformers

    layers, hidden, heads = SHAPES[shape]
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=4 * hidden, num_labels=LABELS,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)


def batches() -> list[tuple[list[list[int]], list[int]]]:
    random.seed(0)
    return [
        ([[random.randrange(1, VOCABULARY) for _ in range(LENGTH)] for _ in range(BATCH)],
         [random.randrange(LABELS) for _ in range(BATCH)])
        for _ in range(8)
    ]  # fmt: skip


def ours(folder: str, trained: str, threads: int, *, fused: bool) -> Callable[[int], Any]:
    """A function that does step number i and gives its loss."""
    from bertlite_fast import models
    from bertlite_fast._training import Texts, Trainer

    model = models.Model(folder, "encoder", precision="fp32")
    made = batches()
    texts = Texts([row for rows, _ in made for row in rows])
    texts.set_labels([label for _, labels in made for label in labels])
    trainer = Trainer(
        model, trained=trained, labels=LABELS, betas=BETAS, epsilon=EPSILON, decay=DECAY,
        tokens=BATCH * LENGTH, texts=BATCH, length=LENGTH, threads=threads, fused=fused,
    )  # fmt: skip
    from safetensors.torch import load_file

    for name, values in load_file(Path(folder) / "model.safetensors").items():
        if name.startswith(("classifier", "bert.pooler")):
            trainer.write(name, values.numpy().tobytes())

    def step(number: int) -> Any:
        first = number % len(made) * BATCH
        return trainer.step(texts, range(first, first + BATCH), number=number, rate=RATE)

    return step


def eager(folder: str, trained: str, threads: int) -> Callable[[int], Any]:
    import torch
    import transformers

    torch.set_num_threads(threads)
    network = transformers.BertForSequenceClassification.from_pretrained(folder).train()
    for name, parameter in network.named_parameters():
        parameter.requires_grad = trained == "all" or "embeddings" not in name
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.ndim > 1], "weight_decay": DECAY},
         {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}],
        lr=RATE, betas=BETAS, eps=EPSILON,
    )  # fmt: skip
    made = [(torch.tensor(rows), torch.tensor(labels)) for rows, labels in batches()]

    def step(number: int) -> Any:
        rows, labels = made[number % len(made)]
        optimizer.zero_grad()
        loss = network(input_ids=rows, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.item()

    return step


def compare(shape: str, trained: str, rounds: int, *, cpu: bool) -> dict[str, Any]:
    threads, clock = (1, time.process_time) if cpu else (THREADS, time.perf_counter)
    with tempfile.TemporaryDirectory() as folder:
        make(folder, shape)
        steps = {kind: ours(folder, trained, threads, fused=kind == "fused") for kind in OURS}
        steps["torch"] = eager(folder, trained, threads)
        times: dict[str, list[float]] = {name: [] for name in steps}
        losses: dict[str, list[float]] = {name: [] for name in steps}
        number = 0
        count = 40 if SHAPES[shape][1] < 200 else 3
        for turn in range(rounds + 1):  # the first warms up
            for name, step in steps.items():
                began = clock()
                losses[name] += [step(number + i) for i in range(count)]
                if turn:
                    times[name].append((clock() - began) / count)
            number += count
        for kind in OURS:
            worst = max(abs(a - b) / b for a, b in zip(losses[kind], losses["torch"]))
            if trained == "encoder" and worst > AGREE:  # a dense AdamW decays every row of a table
                raise SystemExit(f"{shape}, {trained}: losses differ by {100 * worst:.1f} %")
        ratio = {
            kind: statistics.median(t / o for t, o in zip(times["torch"], times[kind]))
            for kind in OURS
        }
        return {
            "shape": shape, "trained": trained, "threads": threads,
            **{f"{name} ms": round(1000 * statistics.median(t), 2) for name, t in times.items()},
            **{f"torch / {kind}": round(value, 2) for kind, value in ratio.items()},
            "last loss": {name: round(found[-1], 5) for name, found in losses.items()},
        }  # fmt: skip


PEAK = """
import json, sys
sys.path[:0] = {path!r}
def peak():  # getrusage() would tell the parent's
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) / 1024
before = peak()
{code}
print(json.dumps(peak() - before))
"""
LEARN = """
import bertlite_fast
texts = ["word %d and %d of many more in this long text of about thirty words" % (i, i * i)
         for i in range(640)]
classifier = bertlite_fast.TextClassifier(trained={trained!r}, epochs=1, threads=2, random_state=0)
classifier.fit([text + " " + text for text in texts], [str(i % 8) for i in range(640)])
"""


def peak(trained: str) -> dict[str, Any]:
    """Megabytes that a fit of the embedded model takes at batches of 32."""
    root = str(Path(__file__).resolve().parent.parent)
    code = PEAK.format(path=[root], code=LEARN.format(trained=trained))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {"trained": trained, "MB over bare Python": round(json.loads(run.stdout), 1)}


FIT_COLUMNS = ("seconds", "processor, s", "processor, s, with folds", "right")


# ---- whole fits ---------------------------------------------------------------------------------


class Clock:
    """Seconds since it was made, and those of all threads of the process."""

    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self.began[0], time.process_time() - self.began[1]


def fits(data: Path) -> None:
    from finetune import some, split
    from finetune_parity import write_part
    from turns import processor

    rows = []
    for name, per_label in (("intent/snips", 0), ("intent/banking77", 5)):
        train, validation = split(data / name)
        given = some(train, per_label, 0)
        labels = [label for _, label in given]
        for learn in (with_ours, with_fasttext, with_model2vec):
            found = learn([text for text, _ in given], labels, validation)
            print(json.dumps({"set": name, "texts": len(given), **found}), flush=True)
            what = f"{name.split('/')[1]}, {len(given):,} texts, {len(set(labels))} labels"
            rows.append([what, found["who"], *map(_shown, map(found.get, FIT_COLUMNS))])
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    head = ["set", "who", *FIT_COLUMNS]
    lines = [head, ["---", "---", *["---:"] * len(FIT_COLUMNS)], *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    write_part("fits", f"{processor()}; {THREADS} threads, {load:.1f} runnable processes for each "
               f"core.\n\n{table}")  # fmt: skip


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)


def seconds(took: tuple[float, float]) -> dict[str, float]:
    return {"seconds": round(took[0], 1), "processor, s": round(took[1], 1)}


def share(found: list[Any], rows: list[tuple[str, str]]) -> float:
    right: int = sum(str(a) == label for a, (_, label) in zip(found, rows))
    return round(100 * right / max(1, len(rows)), 2)


def with_ours(texts: list[str], labels: list[str], rows: list[tuple[str, str]]) -> dict[str, Any]:
    """All rungs on folds, then what they choose once more by itself, which needs no folds."""
    import bertlite_fast as bf

    def fit(trained: str) -> tuple[Any, tuple[float, float]]:
        clock = Clock()
        made = bf.TextClassifier(trained=trained, threads=THREADS, random_state=0)
        return made.fit(texts, labels), clock.read()

    classifier, with_folds = fit("auto")
    chosen = next(rung["trained"] for rung in classifier.ladder_ if rung["chosen"])
    parts = [fit(part)[1] for part in chosen.split("+")]
    final = sum(wall for wall, _ in parts), sum(own for _, own in parts)
    return {"who": f"bertlite_fast ({chosen})", **seconds(final),
            "processor, s, with folds": round(with_folds[1], 1),
            "right": share(list(classifier.predict([text for text, _ in rows])), rows)}  # fmt: skip


def with_fasttext(
    texts: list[str], labels: list[str], rows: list[tuple[str, str]]
) -> dict[str, Any]:
    try:
        import fasttext
    except ImportError:
        return {"who": "fastText", "missing": "pip install fasttext-wheel"}
    names = {label: f"__label__{i}" for i, label in enumerate(sorted(set(labels)))}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for text, label in zip(texts, labels):
            file.write(f"{names[label]} {' '.join(text.lower().split())}\n")
        file.flush()
        clock = Clock()
        model = fasttext.train_supervised(
            file.name, epoch=25, lr=0.5, wordNgrams=2, thread=THREADS, verbose=0
        )
        took = clock.read()
    label_of = {name: label for label, name in names.items()}
    found = [  # predict() of the package needs an old NumPy
        label_of[model.f.predict(" ".join(text.lower().split()) + "\n", 1, 0.0, "strict")[0][1]]
        for text, _ in rows
    ]
    return {"who": "fastText", **seconds(took), "right": share(found, rows)}


def with_model2vec(
    texts: list[str], labels: list[str], rows: list[tuple[str, str]]
) -> dict[str, Any]:
    """Its classifier on vectors of words from this package's own table: its published models are
    downloads, and the time is the training's."""
    try:
        from model2vec.train import (
            StaticModelForClassification,
        )
    except ImportError:
        return {"who": "model2vec", "missing": "pip install 'model2vec[train]'"}
    import torch
    from tokenizers import Tokenizer

    import bertlite_fast as bf
    from bertlite_fast._training import Trainer
    from bertlite_fast.finetune.saving import WORDS, Folder
    from bertlite_fast.finetune.start import Start

    torch.set_num_threads(THREADS)
    start, folder = Start(), Folder()
    bf.Tokenizer(start.path).save_pretrained(folder.path)
    tokenizer = Tokenizer.from_file(str(Path(folder.path) / "tokenizer.json"))
    trainer = Trainer(start.model, labels=2, from_mean=True, tokens=8, texts=1, length=8)
    name = next(name for name, _, _ in trainer.tensors() if name.endswith(WORDS))
    count = tokenizer.get_vocab_size()
    vectors = torch.frombuffer(bytearray(trainer.read(name)), dtype=torch.float32)
    model = StaticModelForClassification(
        vectors=vectors.reshape(count, -1).clone(), tokenizer=tokenizer
    )
    clock = Clock()
    model.fit(texts, labels)
    return {"who": "model2vec", **seconds(clock.read()),
            "right": share(list(model.predict([text for text, _ in rows])), rows)}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["2x64", "6x384"])
    parser.add_argument("--trained", nargs="+", choices=("encoder", "all"),
                        default=["encoder", "all"])  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cpu", action="store_true", help="processor time of one thread")
    parser.add_argument("--fits", type=Path, metavar="DATA")
    args = parser.parse_args()
    if args.fits:
        fits(args.fits)
        return 0
    for shape in args.shapes:
        for trained in args.trained:
            print(json.dumps(compare(shape, trained, args.rounds, cpu=args.cpu)), flush=True)
    for trained in args.trained:
        print(json.dumps(peak(trained)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
