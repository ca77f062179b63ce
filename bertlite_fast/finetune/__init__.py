"""Training a model for one's own data, without torch: the core does the arithmetic.

finetune(task, train) trains any of the tasks; the package itself can be called the same way.

examples.py    texts and labels from lists, tables and files
start.py       the model that training begins with
loop.py        epochs, batches, the best state so far
saving.py      the result: a delta file, a whole file, or a folder in Hugging Face's form
rungs.py       one rung of the ladder, trained on some of the texts
ladder.py      every rung on held-out texts; the best on all
refusal.py     below which probability an answer is refused; everyday.py: texts to tell it by
checkpoint.py  what a training has reached, to go on from there
continuing.py  partial_fit
classifier.py  TextClassifier
learner.py     what the estimators share; a training of one stage or two
report.py      a training as a page
tagger.py      TokenTagger; its data: tagged.py, its counting: tags.py
pairs.py       PairScorer; its data: paired.py
answerer.py    QuestionAnswerer; its data: questions.py
filler.py      WordFiller
tables.py      rows of tables, data sets and files
intents.py     files of Rasa, Snips and Home Assistant (templates.py), in YAML (markup.py)
tasks.py       finetune()
trainer.py     Trainer and TrainingArguments under the names that transformers uses
"""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .tasks import finetune as finetune


class _Package(ModuleType):
    """This package, which can be called: `from bertlite_fast import finetune` gives it."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return __getattr__("finetune")(*arguments, **settings)


def __getattr__(name: str) -> Any:
    if name != "finetune":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .tasks import finetune

    return finetune


package = sys.modules[__name__]
package.__class__ = _Package
