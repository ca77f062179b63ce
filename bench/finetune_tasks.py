"""Scores of models that finetune() trains, and of PyTorch with the same recipe.

    python bench/finetune_tasks.py DATA [SET ...] [--torch] [--seeds N]

SET: clinc150, snips, uci, wikigold, ud_ewt, snips_slots, stsb_en, qamr. DATA: a folder of sets,
NAME/train.jsonl.xz and NAME/validation.jsonl.xz (where there is none, a tenth of train is held out
by its number). Each line: the set, who trained, the seconds, the scores of the int8 model; with
several seeds, their means follow. With --torch, PyTorch trains the same rows from the same weights:
the head first, then the layers, AdamW, linear decay after a tenth of warm-up, gradients clipped at
1; order and dropout are its own. Its model is converted to int8 and scored in the same way.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bertlite_fast import PairScorer, QuestionAnswerer, TextClassifier, TokenTagger, convert
from bertlite_fast.finetune import learner as common
from bertlite_fast.finetune import saving
from bertlite_fast.finetune.paired import paired_of
from bertlite_fast.finetune.questions import questions_of
from bertlite_fast.finetune.rungs import RECIPES
from bertlite_fast.finetune.tagged import tagged_of
from bertlite_fast.finetune.tagger import _labels, _Rows

SETS: dict[str, tuple[str, type[Any]]] = {
    "clinc150": ("intent/clinc150", TextClassifier),
    "snips": ("intent/snips", TextClassifier),
    "uci": ("sentiment/uci_sentiment_sentences", TextClassifier),
    "wikigold": ("ner/wikigold", TokenTagger),
    "ud_ewt": ("pos/ud_ewt", TokenTagger),
    "snips_slots": ("intent/snips_slots", TokenTagger),
    "stsb_en": ("similarity/stsb_en", PairScorer),
    "qamr": ("qa/qamr", QuestionAnswerer),
}
UNKNOWN = "oos"  # texts of clinc150 that have no label are left out
WHO = ("bertlite_fast", "PyTorch")
HELD_OUT = 10  # of a set without a validation part, one in so many


def rows_of(path: Path) -> list[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if row.get("label") != UNKNOWN]


def parts_of(data: Path, name: str) -> tuple[list[Any], list[Any]]:
    folder = data / SETS[name][0]
    train = rows_of(folder / "train.jsonl.xz")
    validation = folder / "validation.jsonl.xz"
    if validation.exists():
        return train, rows_of(validation)
    return (
        [row for i, row in enumerate(train) if i % HELD_OUT],
        train[::HELD_OUT],
    )


# ---- PyTorch ------------------------------------------------------------------------------------


class Torch:
    """The recipe of Learner._train in PyTorch."""

    def __init__(self, model: Any, settings: Any, seed: int) -> None:
        import torch

        torch.manual_seed(seed)
        torch.set_num_threads(settings.threads or torch.get_num_threads())
        self.torch, self.settings, self.seed = torch, settings, seed
        self.start = model._begin()
        self.model = model

    def open(self, kind: str, head: str, labels: list[str] | None, **options: Any) -> Any:
        """A transformers model with the weights that our training begins with."""
        import transformers

        from bertlite_fast._training import Trainer

        trainer = Trainer(
            self.start.model, head=head, labels=len(labels or [""]), tokens=8, texts=1, length=8,
            seed=self.seed, **options,
        )  # fmt: skip
        self.folder = saving.Folder()
        config = self.start.config_as(kind, labels)
        config["hidden_dropout_prob"] = config["attention_probs_dropout_prob"] = 0.1
        saving.save_folder(trainer, config, self.folder.path)
        opened = getattr(transformers, f"BertFor{kind}" if kind else "BertModel")
        return opened.from_pretrained(self.folder.path)

    def run(
        self,
        network: Any,
        count: int,
        loss: Any,
        *,
        with_head: bool,
        stages: list[tuple[str, int, float]] | None = None,
    ) -> None:
        """loss: of the network on some rows. stages: (head or encoder, epochs, rate)."""
        torch, model = self.torch, self.model
        if stages is None:
            stages = [("head", common.EPOCHS_OF_HEAD, common.RATE_OF_HEAD)] if with_head else []
            stages.append(("encoder", model._epochs(count), model._rate))
        of_vectors = isinstance(model, TextClassifier)  # its head learns from vectors without noise
        for stage, epochs, rate in stages:
            network.train()
            if stage == "head" and of_vectors:
                network.bert.eval()
            for name, parameter in network.named_parameters():
                of_head = not name.startswith("bert.") if with_head else False
                parameter.requires_grad = "embeddings" not in name and (
                    of_head if stage == "head" else True
                )
            decayed = [p for n, p in network.named_parameters() if p.requires_grad and p.ndim > 1]
            others = [p for n, p in network.named_parameters() if p.requires_grad and p.ndim < 2]
            optimizer = torch.optim.AdamW(
                [{"params": decayed, "weight_decay": 0.01},
                 {"params": others, "weight_decay": 0.0}],
                lr=rate, betas=(0.9, 0.98), eps=1e-6,
            )  # fmt: skip
            size = model._texts_of_batch
            steps = epochs * -(-count // size)
            warmup, step = steps // 10, 0
            for _ in range(epochs):
                order = torch.randperm(count).tolist()
                for at in range(0, count, size):
                    share = (step + 1) / (warmup + 1) if step < warmup else (
                        1 - (step - warmup) / (steps - warmup))  # fmt: skip
                    for group in optimizer.param_groups:
                        group["lr"] = rate * share
                    optimizer.zero_grad()
                    loss(network, order[at : at + size]).backward()
                    torch.nn.utils.clip_grad_norm_(decayed + others, 1.0)
                    optimizer.step()
                    step += 1

    def keep(self, network: Any, config: dict[str, Any]) -> None:
        """Converted as ours is, with the tokenizer of the base."""
        network.save_pretrained(self.folder.path)
        self.convert(config)

    def convert(self, config: dict[str, Any]) -> None:
        (Path(self.folder.path) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        self.start.tokenizer.save_pretrained(self.folder.path)
        path = Path(self.folder.path) / "model.bertlite"
        convert(self.folder.path, path)
        self.model._file = path.read_bytes()
        self.model.__dict__.pop("_open", None)

    def padded(self, rows: list[list[int]], fill: int = 0) -> Any:
        longest = max(map(len, rows))
        return self.torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def train_tagger(torch: Torch, train: list[Any]) -> None:
    model, start = torch.model, torch.start
    words, wanted = tagged_of(train)
    labels = _labels(wanted)
    rows = _Rows(start.tokenizer, words, wanted, labels, model._length(start))
    network = torch.open("TokenClassification", "token", labels)

    def loss(network: Any, batch: list[int]) -> Any:
        ids = [rows.ids[i] for i in batch]
        mask = torch.padded([[1] * len(row) for row in ids])
        tags = [[-100 if tag < 0 else tag for tag in rows.tags[i]] for i in batch]
        labels = torch.padded(tags, -100)
        return network(input_ids=torch.padded(ids), attention_mask=mask, labels=labels).loss

    torch.run(network, len(rows.ids), loss, with_head=True)
    longest = max(48, max(map(len, rows.ids)))
    torch.keep(network, start.config_as(
        "TokenClassification", labels, window=longest, window_overlap=longest // 2))  # fmt: skip
    model.labels_ = labels


def train_pairs(torch: Torch, train: list[Any]) -> None:
    start = torch.start
    pairs, scores = paired_of(train)
    assert scores is not None
    most = max(scores)
    network = torch.open("", "none", None, from_mean=True, loss="cosine")
    flat = [text for pair in pairs for text in pair]
    ids = start.tokenizer(flat, truncation=True, max_length=torch.model._length(start))["input_ids"]

    def loss(network: Any, batch: list[int]) -> Any:
        rows = [ids[2 * i + k] for i in batch for k in (0, 1)]
        mask = torch.padded([[1] * len(row) for row in rows])
        hidden = network(input_ids=torch.padded(rows), attention_mask=mask).last_hidden_state
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        unit = torch.torch.nn.functional.normalize(mean)
        found = (unit[::2] * unit[1::2]).sum(1)
        return (found - torch.torch.tensor([scores[i] / most for i in batch])).square().mean()

    torch.run(network, len(pairs), loss, with_head=False)
    torch.keep(network, start.config_as("", pooling="mean"))


def train_answers(torch: Torch, train: list[Any]) -> None:
    start = torch.start
    ids, types, spans = torch.model._windows(start, questions_of(train))
    network = torch.open("QuestionAnswering", "answer", ["start", "end"], loss="span")

    def loss(network: Any, batch: list[int]) -> Any:
        rows = [ids[i] for i in batch]
        mask = torch.padded([[1] * len(row) for row in rows])
        found = network(input_ids=torch.padded(rows), attention_mask=mask,
                        token_type_ids=torch.padded([types[i] for i in batch]))  # fmt: skip
        entropy, hidden = torch.torch.nn.functional.cross_entropy, mask == 0
        begins, ends = torch.torch.tensor([spans[i] for i in batch]).T
        return (entropy(found.start_logits.masked_fill(hidden, -1e30), begins)
                + entropy(found.end_logits.masked_fill(hidden, -1e30), ends)) / 2  # fmt: skip

    torch.run(network, len(ids), loss, with_head=True)
    length = torch.model._length(start)
    torch.keep(network, start.config_as(
        "QuestionAnswering", window=length, window_overlap=length // 4))  # fmt: skip
    torch.model.may_have_none_ = False


def train_classifier(torch: Torch, train: list[Any]) -> None:
    model, start, of = torch.model, torch.start, torch.torch.nn
    labels = sorted({str(row["label"]) for row in train})
    wanted = torch.torch.tensor([labels.index(str(row["label"])) for row in train])
    ids = start.tokenizer(
        [row["text"] for row in train], truncation=True, max_length=model._length(start)
    )["input_ids"]
    network = of.Module()
    network.bert = torch.open("", "none", None, from_mean=True, loss="cosine")
    network.classifier = of.Linear(network.bert.config.hidden_size, len(labels))
    dropout = of.Dropout(0.1)

    def loss(network: Any, batch: list[int]) -> Any:
        rows = [ids[i] for i in batch]
        mask = torch.padded([[1] * len(row) for row in rows])
        hidden = network.bert(input_ids=torch.padded(rows), attention_mask=mask).last_hidden_state
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return of.functional.cross_entropy(network.classifier(dropout(mean)), wanted[batch])

    stages = [
        (stage, model.epochs if model.epochs and stage == "encoder" else
         RECIPES[stage].epochs(len(ids), model._texts_of_batch), RECIPES[stage].rate)
        for stage in ("head", "encoder")
    ]  # fmt: skip
    torch.run(network, len(ids), loss, with_head=True, stages=stages)
    path = Path(torch.folder.path)
    tensors = {n: v for n, v in network.state_dict().items() if "pooler" not in n}
    saving._write_tensors(str(path / "model.safetensors"), [
        (name, "F32", list(values.shape), values.contiguous().numpy().tobytes())
        for name, values in tensors.items() if values.dtype == torch.torch.float32
    ])  # fmt: skip
    torch.convert(start.config_for(labels, from_mean=True))
    model.classes_, model.threshold_ = labels, 0.0


TRAINERS = {
    TextClassifier: train_classifier,
    TokenTagger: train_tagger,
    PairScorer: train_pairs,
    QuestionAnswerer: train_answers,
}


def given_of(kind: type[Any], rows: list[Any]) -> tuple[Any, ...]:
    """What fit() and evaluate() take."""
    if kind is not TextClassifier:
        return (rows,)
    return [row["text"] for row in rows], [str(row["label"]) for row in rows]


def shown(scores: dict[str, float]) -> str:
    return ", ".join(f"{key} {100 * value:.2f}" for key, value in scores.items())


def trained(
    data: Path, name: str, who: str, seed: int, settings: Any
) -> tuple[dict[str, float], float]:
    """The scores of one training, and its seconds. settings: epochs, threads, base, most."""
    train, validation = parts_of(data, name)
    train = train[: settings.most]
    kind = SETS[name][1]
    model = kind(epochs=settings.epochs, threads=settings.threads, base=settings.base,
                 random_state=seed, trained="encoder")  # fmt: skip
    began = time.monotonic()
    if who == "PyTorch":
        TRAINERS[kind](Torch(model, settings, seed), train)
    else:
        model.fit(*given_of(kind, train))
    seconds = time.monotonic() - began
    report = model.evaluate(*given_of(kind, validation))
    return {key: value for key, value in report.items() if isinstance(value, float)}, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="*", default=list(SETS), metavar="SET")
    parser.add_argument("--torch", action="store_true", help="train with PyTorch, too")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--base")
    parser.add_argument("--most", type=int, help="examples of a set, at most")
    args = parser.parse_args()
    for name in args.sets:
        means: dict[str, list[dict[str, float]]] = {}
        for seed in range(args.seeds):
            for who in WHO[: 1 + args.torch]:
                scores, seconds = trained(args.data, name, who, seed, args)
                means.setdefault(who, []).append(scores)
                print(f"{name:12} {who:14} seed {seed}  {seconds:6.1f} s  {shown(scores)}",
                      flush=True)  # fmt: skip
        for who, found in means.items():
            if len(found) > 1:
                mean = {key: sum(one[key] for one in found) / len(found) for key in found[0]}
                print(f"{name:12} {who:14} mean of {len(found)}        {shown(mean)}", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory():
        main()
