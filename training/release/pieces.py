"""The word pieces that a small vocabulary keeps: those that people's commands are made of.

`bertlite-fast firmware --small` reads them. Each group of texts counts by its share, whatever its
size; characters are kept too, so that every word can be spelled.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Callable

from bertlite_fast import Tokenizer, embedded
from bertlite_fast.files import write_atomically

from ..data.sets import Data

KEPT = 6400
# What a group's texts weigh together, and how many lines of a file of texts are read.
WEIGHTS = {"intent": 6.0, "iot": 4.0, "modern": 2.0, "ner": 1.0, "wikipedia": 0.3}
LINES = {"modern": 200_000, "wikipedia": 30_000}
LETTERS = 0x250  # characters below: Latin
LONGEST = 2000  # letters of a paragraph that count
