"""partial_fit: a few more steps on more texts, from where a training ended."""

from __future__ import annotations

from .ladder import UNMIXED, Result, file_of
from .rungs import Rungs
from .saving import metadata_of, ngrams_of
from .start import Start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

EPOCHS = 10  # times through the texts of one call
THRESHOLD = "intent_threshold"


def continued(
    settings: Any,
    known: list[Any],
    texts: list[str],
    labels: Sequence[int],
    *,
    before: Result | None,
    path: str | None,
) -> Result:
    """Learn from these texts as well.

    before: the floats of the training so far; without them they are read from the file at path.
    path: the file that the training so far ended in, None if there is none.
    """
    start = Start(path) if path is not None and before is None else settings._begin()
    rungs = Rungs(settings, texts, list(labels), known, start=start)
    result = Result()
    result.trained = before.trained if before else settings.trained
    kind = result.trained if result.trained in ("encoder", "all") else "head"
    if kind == "head" and before is None:
        result.trained = kind
    trainer = rungs.trainer(kind)
    own = {name for name, _, _ in trainer.tensors()}
    for name, values in (before.tensors if before else {}).items():
        if name in own:
            trainer.write(name, values)
    if texts:
        rungs.learn(trainer, kind, range(len(texts)), settings.epochs or EPOCHS)
    result.tensors = dict(before.tensors) if before else {}
    result.tensors |= {n: trainer.read(n) for n, _, is_trained in trainer.tensors() if is_trained}
    result.factors = before.factors if before else UNMIXED
    if result.factors[0] == 0.0:  # n-grams alone: what is learned now has to count
        result.factors = (1.0, result.factors[1])
    config = start.config_for([str(label) for label in known], from_mean=start.from_mean)
    is_whole = result.trained == "all"
    if path is not None:
        written = Start(path)
        if THRESHOLD in written.config:
            config[THRESHOLD] = written.config[THRESHOLD]
        is_whole = is_whole or "base" not in metadata_of(path)
    ngrams = ngrams_of(path) if path is not None else []
    result.file = file_of(trainer, config, rungs, result.factors[0], ngrams, is_whole=is_whole)
    return result
