"""What a model finds after many tokens of ordinary text; questions about a text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from bertlite_fast import AutoTokenizer, Tokenizer, embedded

from .case import Case
from .grammar import fields, generator, lines

BUCKETS = ((0, 64), (64, 128), (128, 256), (256, 512))
POSITIONS = 512
MARKED = re.compile(r"\[(PER|LOC|ORG) ([^\]]+)\]")
NOT_HERE = ""  # the answer to a question that a text does not answer


def bucket_name(bucket: tuple[int, int]) -> str:
    return f"{bucket[0]}-{bucket[1]}"


@functools.cache
def token_count(text: str) -> int:
    tokenizer = _tokenizer()
    return len(tokenizer.encode(text, add_special_tokens=False))


@functools.cache
def _tokenizer() -> Tokenizer:
    return AutoTokenizer.from_pretrained(embedded.path_of("base"))


def before(bucket: tuple[int, int], needed: int, seed: str) -> str:
    """Ordinary text of as many tokens as the bucket says, with space for the needed ones."""
    r = generator(seed)
    low, high = bucket
    high = min(high, POSITIONS - needed)
    wanted = r.randrange(low, high)
    sentences = [line for _, line in lines("fillers")]
    r.shuffle(sentences)
    found: list[str] = []
    total = 0
    for sentence in sentences:
        count = token_count(sentence)
        if total + count < high and total < wanted:
            found.append(sentence)
            total += count
    if total < low:
        raise ValueError(f"the ordinary text has {total} tokens, expected {low}.")
    return "".join(f"{sentence} " for sentence in found)


def after(seed: str) -> str:
    """A sentence behind what is looked for."""
    return " " + generator(seed + "after").choice([line for _, line in lines("fillers")])


def placed(text: str, bucket: tuple[int, int], more: int = 0) -> tuple[str, str]:
    """What stands before and after a text."""
    seed = f"{bucket[0]} {text}"
    behind = after(seed)
    return before(bucket, token_count(text) + token_count(behind) + more + 4, seed), behind


@functools.cache
def names(bucket: tuple[int, int]) -> list[Case]:
    """right: "PER start end" for each name."""
    found = []
    for _, line in lines("names"):
        front, behind = placed(MARKED.sub(r"\2", line), bucket)
        text, spans = front, []
        at = 0
        for match in MARKED.finditer(line):
            text += line[at : match.start()]
            spans.append(f"{match[1]} {len(text)} {len(text) + len(match[2])}")
            text += match[2]
            at = match.end()
        found.append(Case(text + line[at:] + behind, tuple(spans)))
    return found


@functools.cache
def tags(bucket: tuple[int, int]) -> list[Case]:
    """right: "start tag" for each word."""
    found = []
    for _, line in lines("tags"):
        words = [word.rsplit("/", 1) for word in line.split()]
        target = ""
        starts = []
        for word, _ in words:
            glue = "" if not target or word in ".,?!" else " "
            starts.append(len(target) + len(glue))
            target += glue + word
        front, behind = placed(target, bucket)
        right = [f"{len(front) + s} {tag}" for s, (_, tag) in zip(starts, words)]
        found.append(Case(front + target + behind, tuple(right)))
    return found


@functools.cache
def masks_alone() -> list[Case]:
    """The sentences without others around them."""
    rows = (fields(line) for _, line in lines("masks"))
    return [Case(text, tuple(words.split())) for text, words in rows]


@functools.cache
def masks(bucket: tuple[int, int]) -> list[Case]:
    found = []
    for _, line in lines("masks"):
        text, words = fields(line)
        front, behind = placed(text, bucket)
        found.append(Case(front + text + behind, tuple(words.split())))
    return found


@functools.cache
def asked() -> list[tuple[str, str, tuple[str, ...]]]:
    """Text, question, answers; no answers if the text does not have one."""
    found = []
    context = ""
    for _, line in lines("questions"):
        if line[:2] in ("+ ", "- "):
            question, *answers = fields(line[2:])
            found.append((context, question, tuple(answers)))
        else:
            context = line
    return found


def _cases(items: Iterable[tuple[str, str, tuple[str, ...]]]) -> list[Case]:
    return [Case(question, right or (NOT_HERE,), (text,)) for text, question, right in items]


@functools.cache
def answerable() -> list[Case]:
    """Each question on its text, and on its text between other sentences."""
    items = [one for one in asked() if one[2]]
    longer = []
    for text, question, right in items:
        front, behind = placed(text, BUCKETS[0])
        longer.append((front + text + behind, question, right))
    return _cases(items + longer)


@functools.cache
def unanswerable() -> list[Case]:
    """Questions that the text does not answer, and the questions on other texts."""
    texts = list(dict.fromkeys(text for text, _, _ in asked()))
    items = [one for one in asked() if not one[2]]
    others = []
    for text, question, right in asked():
        if right:
            wrong = texts[(texts.index(text) + 7) % len(texts)]
            others.append((wrong, question, ()))
    return _cases([*items, *others])


@functools.cache
def answers(bucket: tuple[int, int]) -> list[Case]:
    """Two questions on each text, which stands behind ordinary text."""
    chosen: dict[str, list[tuple[str, str, tuple[str, ...]]]] = {}
    for one in asked():
        if one[2]:
            chosen.setdefault(one[0], []).append(one)
    found = []
    for text, items in chosen.items():
        r = generator(f"{bucket[0]} {text}")
        for _, question, right in r.sample(items, 2):
            front, behind = placed(text, bucket, token_count(question))
            found.append((front + text + behind, question, right))
    return _cases(found)
