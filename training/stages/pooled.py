"""Tunings in large batches, of rows that are written first; here, or on a machine with a GPU."""

from __future__ import annotations

from typing import Any

from ..model import checkpoints
from ..model.network import State
from ..pooled.device import device_of_this_machine
from ..pooled.learn import TABLE, TEACHER, learn, rows_file, start_file, tuning_of
from ..pooled.teacher import pack
from ..pooled.write import write_rows
from ..recipe import Pass, Tuning
from ..teacher import minilm
from .alone import mean_of, shift_label
from .run import Run, tuning_name


def write_pools(run: Run, name: str) -> None:
    """All that a tuning learns from, in RUN/pools; rows that are there are not written again."""
    tuning = tuning_of(run.recipe, name)
    run.pools.mkdir(parents=True, exist_ok=True)
    if not rows_file(run.pools, tuning.task).exists():
        rows = rows_file(run.pools, tuning.task)
        write_rows(run.tokenizer, run.data, tuning.task, run.corpus, rows)
    if not (run.pools / TEACHER).exists():
        pack(minilm.folder(run.data), run.pools / TEACHER)
    begun = begun_with(run, tuning)
    encoder: State = begun["encoder"]
    own = {name: tensor for name, tensor in encoder.items() if name != "table"}
    checkpoints.save({"table": encoder["table"].half()}, run.pools / TABLE)
    start = {"encoder": own, "head": begun.get("head", {})}  # vectors have none
    checkpoints.save(start, start_file(run.pools, name))


def begun_with(run: Run, tuning: Tuning) -> dict[str, Any]:
    if tuning.start is None:
        raise ValueError(f"{tuning.task}: the recipe names no start.")
    return checkpoints.load(run.tuned_file(tuning.start))


def tune_pooled(run: Run, one: Pass, tuning: Tuning) -> None:
    """Learns, if that was not done elsewhere, and keeps the mean with the start."""
    name = tuning_name(one, tuning)
    learned = run.pools / "learned" / f"{name}.pt"
    if not learned.exists():
        write_pools(run, name)
        found = learn(run.pools, name, run.recipe, device_of_this_machine(), run.say)
        checkpoints.save(found, learned)
    found, begun = checkpoints.load(learned), begun_with(run, tuning)
    encoder: State = found["encoder"] | {"table": begun["encoder"]["table"]}
    head: State = found["head"]
    if tuning.mean:
        encoder = mean_of(begun["encoder"], encoder, tuning.mean_share)
        head = mean_of(begun.get("head", {}), head, tuning.mean_share)
    if tuning.mixed:
        other, share = tuning.mixed
        earlier = checkpoints.load(run.tuned_file(other))
        encoder = mean_of(earlier["encoder"], encoder, share)
        head = mean_of(earlier.get("head", {}), head, share)
    if tuning.label_shift:
        label, shift = tuning.label_shift
        head = shift_label(head, begun["labels"].index(label), shift)
    run.log(stage=name, steps=found["steps"])
    checkpoints.save(begun | {"encoder": encoder, "head": head}, run.tuned_file(name))
