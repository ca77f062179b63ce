"""Training a model for one's own labels, without torch: the core does the arithmetic.

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
trainer.py     Trainer and TrainingArguments under the names that transformers uses
"""
