"""When scores are right: what counts as the right answer, and the error that is left."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("numpy")

from training.release.calibration import (
    Answers,
    are_right,
    expected_error,
    fitted_temperature,
)


@pytest.mark.parametrize(
    ("guess", "wanted", "is_right"),
    [
        ([3], [3], True),
        ([3], [2], False),
        ([4, 6], [4, 6], True),
        ([5, 6], [4, 6], True),  # two of three tokens
        ([6, 6], [4, 7], False),  # one of four
        ([4, 7], [4, 4], False),
        ([7, 9], [4, 6], False),
        ([6, 4], [4, 6], False),  # ends before it begins
        ([0, 0], [0, 0], True),
        ([0, 0], [4, 6], False),
        ([4, 6], [0, 0], False),
    ],
)
def test_most_of_a_span_has_to_be_right(
    guess: list[int], wanted: list[int], is_right: bool
) -> None:
    assert are_right(guess, wanted) is is_right


def test_a_span_of_which_most_is_right_counts_for_the_temperature() -> None:
    """Nine of ten spans are nearly right, with a probability of 0.5: too low a score."""
    sure, keys, logits, right = math.log(4.0), [], [], []
    for number in range(400):
        near, row = [0.0, 0.0, sure, 0.0], [0.0, sure, 0.0, 0.0]
        logits += [row, near]
        right += [1, 3] if number % 10 else [0, 0]
        keys += [str(number)] * 2
    answers = Answers(logits, right, keys, joined=2)
    temperature = fitted_temperature(answers)
    assert temperature < 0.8
    assert expected_error(answers, temperature) < 0.1 < expected_error(answers)
