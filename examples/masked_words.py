"""Count how many of ten masked words a model finds, with code written for transformers.

    python examples/masked_words.py MODEL

Only what uses torch is changed.
"""

import sys
from typing import Any

from bertlite_fast import AutoModelForMaskedLM, AutoTokenizer, top

if len(sys.argv) != 2:
    sys.exit(__doc__)

# Load model and tokenizer
model_name = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(model_name)
model = AutoModelForMaskedLM.from_pretrained(model_name)
model.eval()

# Test data
tests = [
    ("She is a [MASK] at the local hospital.", "nurse"),
    ("Please [MASK] the door before leaving.", "shut"),
    ("The drone collects data using onboard [MASK].", "sensors"),
    ("The fan will turn [MASK] when the room is empty.", "off"),
    ("Turn [MASK] the coffee machine at 7 AM.", "on"),
    ("The hallway light switches on during the [MASK].", "night"),
    ("The air purifier turns on due to poor [MASK] quality.", "air"),
    ("The AC will not run if the door is [MASK].", "open"),
    ("Turn off the lights after [MASK] minutes.", "five"),
    ("The music pauses when someone [MASK] the room.", "enters"),
]

results: list[dict[str, Any]] = []
for text, answer in tests:
    inputs = tokenizer(text, return_tensors="np")
    mask_pos = (inputs.input_ids == tokenizer.mask_token_id).nonzero()[1]
    outputs = model(**inputs)
    logits = outputs.logits[0, mask_pos, :]
    guesses = [(tokenizer.decode([i]).strip().lower(), score) for i, score in top(logits[0], 5)]
    results.append(
        {
            "sentence": text,
            "expected": answer,
            "predictions": guesses,
            "pass": answer.lower() in [g[0] for g in guesses],
        }
    )

for r in results:
    print(f"\n{r['sentence']}")
    print(f"Expected: {r['expected']}")
    print("Top-5 predictions (word : confidence):")
    for word, score in r["predictions"]:
        print(f"   - {word:12} | {score:.4f}")
    print("PASS" if r["pass"] else "FAIL")

pass_count = sum(r["pass"] for r in results)
print(f"\nTotal passed: {pass_count}/{len(tests)}")
