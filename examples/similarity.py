"""Compare two texts with code written for transformers; only what uses torch is changed.

python examples/similarity.py MODEL "I want to book a flight" "Reserve a plane ticket"
"""

import sys

from numpy.linalg import norm

from bertlite_fast import AutoModel, AutoTokenizer

if len(sys.argv) != 4:
    sys.exit(__doc__)
model_name, text1, text2 = sys.argv[1:]

# Load model
tokenizer = AutoTokenizer.from_pretrained(model_name)
model = AutoModel.from_pretrained(model_name)
model.eval()

inputs1 = tokenizer(text1, return_tensors="np", padding=True, truncation=True)
inputs2 = tokenizer(text2, return_tensors="np", padding=True, truncation=True)

# Get embeddings
outputs1 = model(**inputs1).last_hidden_state.mean(axis=1)[0]
outputs2 = model(**inputs2).last_hidden_state.mean(axis=1)[0]
similarity = (outputs1 @ outputs2) / (norm(outputs1) * norm(outputs2))
print(f"Similarity score: {similarity:.4f}")
