"""How the embedded models behave: sets of cases in the manner of CheckList, and their scores.

    python -m tests.behavior              the scores of the models of the package
    python -m tests.behavior --failures   also every case that fails

A case tests the minimum that a model has to do, the invariance of its answer to what does not
matter, or the direction of a difference. `texts/` holds what the cases are made of; nothing in it
may be used in training, which tests/test_behavior.py checks.
"""
