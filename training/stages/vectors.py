"""The encoder learns the teacher's vectors, and masked words along with them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..model import checkpoints
from ..model.batches import Batches
from ..model.steps import optimizer_for, run_steps
from ..tasks.words import Words
from .run import Run


def train_vectors(run: Run) -> None:
    recipe, numbers = run.recipe, run.recipe.vectors
    torch.manual_seed(recipe.seed)
    words, word_head = run.base()
    meaning = words.shared()
    first = nn.Linear(recipe.shape.hidden, recipe.shape.hidden)
    vectors = run.vectors
    text = Words(run.tokenizer, run.corpus, run.data)
    sorted_batches = recipe.data.sorted_batches
    rows = Batches(vectors.rows, numbers.batch, recipe.seed, sorted_batches).forever()
    modules = [words, meaning, word_head, first]
    optimizer, parameters = optimizer_for(modules, numbers.rate, recipe.optimizer)

    def loss(step: int) -> Tensor:
        found = vectors.loss(meaning, next(rows), first)
        if step % numbers.words_every == 0:
            is_single = step % numbers.single_every == 0
            found = found + numbers.words * text.loss(words, word_head, is_single, full=False)
        return found

    def log(step: int, average: float) -> None:
        run.log(stage="vectors", step=step, loss=average, stsb=vectors.score(meaning))

    run_steps(optimizer, parameters, numbers.steps, loss, log, numbers.log_every, recipe.optimizer)
    state = {
        "words": words.state_dict(),
        "head": word_head.state_dict(),
        "meaning": meaning.state_dict(),
    }
    checkpoints.save(state, run.stage_file("vectors"))
