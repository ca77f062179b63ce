"""The stages of the recipe in their order, each with the files that say it is done."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ..data import corpus
from ..data.sets import paragraphs
from ..recipe import Pass, Tuning
from ..release.card import write_card
from ..release.document import write_tables
from ..release.export import export
from ..release.models import in_folders
from ..release.scores import score_sets
from ..tasks.build import build_classes
from ..teacher.answers import answers_file, write_answers
from ..teacher.classes import write_taught
from ..teacher.guesses import write_guesses
from ..teacher.meanings import KINDS, meanings_files, write_meanings
from ..teacher.silver import silver_file, write_silver
from ..teacher.vectors import write_vectors
from .alone import tune
from .pooled import tune_pooled
from .pretrain import pretrain
from .run import Run, tuning_name
from .together import train_together
from .vectors import train_vectors


@dataclass(frozen=True)
class Stage:
    name: str
    work: Callable[[Run], None]
    outputs: tuple[Path, ...] = ()  # none for a stage that is quick, and run each time

    @property
    def is_done(self) -> bool:
        return bool(self.outputs) and all(path.exists() for path in self.outputs)


def write_corpus(run: Run) -> None:
    run.corpus.mkdir(parents=True, exist_ok=True)
    for source in corpus.SOURCES:
        file = run.corpus / f"{source}.ids"
        if not file.exists():
            texts = corpus.texts_of(run.data, source)
            run.say(corpus.write_ids(run.tokenizer, texts, file))


def teach_vectors(run: Run) -> None:
    run.teacher.mkdir(parents=True, exist_ok=True)
    write_vectors(run.data, run.teacher, run.say)


def teach_meanings(run: Run) -> None:
    run.teacher.mkdir(parents=True, exist_ok=True)
    write_meanings(run.data, run.teacher, run.say)


def teach_tokens(run: Run, name: str) -> None:
    packaged = run.outputs.weights / f"{name}.bertlite"
    earlier = packaged if packaged.exists() else None
    write_silver(run.tokenizer, run.data, name, run.teacher, run.say, earlier)


def teach_texts(run: Run, name: str) -> None:
    task = build_classes(run.tokenizer, run.data, name)
    write_taught(task, run.tokenizer, run.data, run.teacher, run.say)


def teach_answers(run: Run) -> None:
    write_answers(run.tokenizer, run.data, "qa", run.teacher, run.say)


def teach_words(run: Run) -> None:
    write_guesses(run.tokenizer, run.data, run.corpus, run.teacher, run.say)


def write_expected(run: Run) -> None:
    """The answers that the package's self-test expects."""
    if run.outputs.is_package:
        command = [sys.executable, "-m", "bertlite_fast.selftest", "--write"]
        subprocess.run(command, check=True)


def score(run: Run) -> None:
    """Scores, with baselines, to the card and to the tables of the document."""
    outputs = run.outputs
    opened = in_folders(outputs.models, outputs.weights)
    found = score_sets(run.data, opened, None, run.recipe.release.baselines, run.say)
    write_card(found, outputs.card, outputs.document)
    if outputs.document:
        write_tables(found, outputs.weights, outputs.document, opened)


def tuning_stage(run: Run, one: Pass, tuning: Tuning) -> Stage:
    name = tuning_name(one, tuning)
    work = tune_pooled if tuning.pooled else tune
    return Stage(name, functools.partial(work, one=one, tuning=tuning), (run.tuned_file(name),))


def tunings(run: Run, table: str) -> list[Stage]:
    return [
        tuning_stage(run, one, tuning)
        for one in run.recipe.passes
        if one.table == table
        for tuning in one.tunings
    ]


def plan(run: Run) -> list[Stage]:
    ids = tuple(run.corpus / f"{source}.ids" for source in corpus.SOURCES)
    together = functools.partial(train_together, again=False)
    again = functools.partial(train_together, again=True)
    return [
        Stage("corpus", write_corpus, ids),
        Stage("pretrain", pretrain, (run.base_file,)),
        Stage("teacher-vectors", teach_vectors, (run.teacher / "vectors.npy",)),
        Stage(
            "teacher-meanings",
            teach_meanings,
            tuple(file for kind in KINDS for file in meanings_files(run.teacher, kind)),
        ),
        *(
            Stage(
                f"teacher-{name}",
                functools.partial(teach_tokens, name=name),
                (silver_file(run.teacher, name),),
            )
            for name, task in run.recipe.tasks.items()
            if task.silver
        ),
        Stage("teacher-words", teach_words, (run.teacher / "guesses.npz",)),
        *(
            Stage(
                f"teacher-{name}",
                functools.partial(teach_texts, name=name),
                (run.teacher / f"{name}.jsonl",),
            )
            for name in run.recipe.taught.steps
        ),
        Stage("teacher-qa", teach_answers, (answers_file(run.teacher, "qa"),)),
        Stage("vectors", train_vectors, (run.stage_file("vectors"),)),
        Stage("together", together, (run.stage_file("together"),)),
        *tunings(run, "together"),
        Stage("again", again, (run.stage_file("again"),)),
        *tunings(run, "again"),
        Stage("export", export),
        Stage("answers", write_expected),
        Stage("score", score),
    ]


def run_stage(run: Run, stage: Stage) -> None:
    run.say(f"-- {stage.name}")
    stage.work(run)
    paragraphs.cache_clear()  # half a gigabyte that the next stage may not need


def run_all(run: Run) -> None:
    """The recipe; stages whose files are there are not run again."""
    for stage in plan(run):
        if stage.is_done:
            run.say(f"-- {stage.name}: done before")
        else:
            run_stage(run, stage)


def chosen(stages: Sequence[Stage], name: str) -> list[Stage]:
    """The stage of that name, or all tunings of a pass of that name."""
    found = [s for s in stages if s.name == name or s.name.startswith(f"{name}/")]
    if not found:
        names = ", ".join(stage.name for stage in stages)
        raise ValueError(f"the stage {name} is unknown: expected one of {names}.")
    return found
