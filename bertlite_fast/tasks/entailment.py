"""Labels as hypotheses: what a model of natural language inference says of each."""

from __future__ import annotations

from .._native import softmax
from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..models import Model
    from ..tokenizer import Tokenizer

TEMPLATE = "This example is {}."


def entailment_of(label2id: dict[str, int]) -> int:
    """The index of the label that stands for entailment; -1 if none does."""
    for label, index in label2id.items():
        if str(label).lower().startswith("entail"):
            return int(index)
    return -1


class Entailment:
    """A classifier of pairs that says how likely a text entails a hypothesis."""

    def __init__(self, model: Model, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer

    def scores(self, text: str, hypotheses: list[str], entails: int, several: bool) -> list[float]:
        """A probability for each hypothesis: of all (their sum is 1), or of each by itself.

        Of a text that is too long, the end is left out, never a hypothesis.
        """
        logits = self._logits(text, hypotheses)
        if several or len(hypotheses) == 1:
            against = -1 if entails == 0 else 0
            return [softmax([row[against], row[entails]])[1] for row in logits]
        found: list[float] = softmax([row[entails] for row in logits])
        return found

    def _logits(self, text: str, hypotheses: list[str]) -> list[list[float]]:
        positions: int = self.model.info["positions"]
        longest = min(self.tokenizer.model_max_length, positions)
        longest_hypothesis = max(len(self.tokenizer.encode(one)) for one in hypotheses) + 1
        if longest_hypothesis >= longest:
            raise InputError(
                f"a label's sentence has {longest_hypothesis} tokens, but the model takes "
                f"{longest} with the text; shorten it."
            )
        rows = self.tokenizer(
            [text] * len(hypotheses),
            hypotheses,
            padding=True,
            truncation="only_first",
            max_length=longest,
            return_token_type_ids=True,
        )
        found = self.model(rows["input_ids"], rows["attention_mask"], rows["token_type_ids"])
        logits: list[list[float]] = found.tensor.tolist()
        return logits
