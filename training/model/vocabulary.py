"""Ids of BERT's uncased vocabulary that the network and its masks refer to."""

from __future__ import annotations

PAD, CLS, SEP, MASK = 0, 101, 102, 103
FIRST_WORD = 999  # the ids before are special tokens and unused ones
