"""Training a model for one's own labels, without torch: the core does the arithmetic.

examples.py    texts and labels from lists, tables and files
start.py       the model that training begins with
loop.py        epochs, batches, the best state so far
saving.py      the result: a delta file, a whole file, or a folder in Hugging Face's form
classifier.py  TextClassifier
trainer.py     Trainer and TrainingArguments under the names that transformers uses
"""
