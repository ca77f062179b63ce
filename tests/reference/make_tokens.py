"""Write tokens.json: results of Hugging Face's tokenizers, for machines that do not have them.

python tests/reference/make_tokens.py
"""

import json
import random
import sys
from pathlib import Path

import tokenizers

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compare_tokenizers


def main() -> None:
    r = random.Random(5)
    vocab = compare_tokenizers.vocabulary()
    words = [p for p in vocab if p.isalpha()]
    cases = []
    for name, settings, reference in compare_tokenizers.settings(vocab):
        without = json.loads(settings)
        without["model"]["vocab"] = {}
        results = []
        for _ in range(48):
            text = compare_tokenizers.random_text(r, words)
            e = reference.encode(text)
            results.append(
                [
                    text,
                    e.ids,
                    [x for pair in e.offsets for x in pair],
                    [-1 if w is None else w for w in e.word_ids],
                ]
            )
        cases.append({"name": name, "tokenizer": without, "results": results})
    made = {"tokenizers": tokenizers.__version__, "vocab": list(vocab), "cases": cases}
    (HERE / "tokens.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
