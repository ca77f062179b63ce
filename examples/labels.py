"""Classify a text with code written for transformers; only what uses torch is changed.

python examples/labels.py MODEL "Play some music" LABEL ...
"""

import sys

from bertlite_fast import AutoModelForSequenceClassification, AutoTokenizer, top

if len(sys.argv) < 5:
    sys.exit(__doc__)
model_name, text, *labels = sys.argv[1:]

# Load model
tokenizer = AutoTokenizer.from_pretrained(model_name)
model = AutoModelForSequenceClassification.from_pretrained(model_name, num_labels=len(labels))
model.eval()

# Example
inputs = tokenizer(text, return_tensors="np")
outputs = model(**inputs)
pred, score = top(outputs.logits[0], 1)[0]
print(f"Predicted label: {labels[pred]} ({score:.2f})")
