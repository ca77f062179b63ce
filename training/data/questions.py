"""Questions made from plain text: a phrase is the answer, and words around it ask for it.

They teach what small layers learn last from a few thousand real questions: to find in the context
the words that the question repeats, and to answer with the phrase of the right kind next to them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ..recipe import Questions
from .held_out import is_held_out
from .sets import SENTENCE, Data, Item
from .words import ARTICLES, GRAMMAR, MONTHS, YEAR, Word, phrases, words_of

# What asks for each kind of answer; a more frequent one is listed more than once.
FOR_YEAR = ("when", "when", "what year", "in what year")
FOR_DATE = ("when", "when", "what day", "on what date")
FOR_PLACE = ("where", "where", "from where", "what place", "which city", "what country")
FOR_AGENT = ("who", "who", "by whom", "what person")
FOR_PERSON = ("who", "who", "what", "which person")
FOR_NAME = ("who", "who", "what", "what", "which", "what is the name of what")
FOR_KIND = ("what", "which", "what kind of", "what type of", "what sort of")
FOR_THING = ("what", "what", "what", "which", "what thing", "who")
AUXILIARIES: tuple[list[str], ...] = (["did"], ["was"], ["is"], ["does"], ["the"], [], [])
ENDINGS = (("ied", "y"), ("ies", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", ""))


@dataclass
class Asked:
    """An answer, words [first, last), and what asks for it.

    `used` words behind the answer are in the question already.
    """

    first: int
    last: int
    ask: list[str]
    used: int = 0


class QuestionMaker:
    def __init__(self, numbers: Questions, r: random.Random) -> None:
        self.numbers = numbers
        self.r = r

    def question(self, words: list[Word]) -> tuple[str, int, int] | None:
        """A question about a sentence, and where its answer begins and ends in the text."""
        r, most = self.r, self.numbers.most_words_around
        runs = [(a, b) for a, b in phrases(words) if b - a <= self.numbers.longest_answer]
        if len(runs) < 2:
            return None
        found = self._asked(words, *r.choice(runs))
        behind = found.last + found.used
        low = max(0, found.first - r.randint(0, most))
        high = min(len(words), behind + r.randint(1, most))
        drop_grammar = r.choice(self.numbers.drop_grammar)
        drop_content = r.choice(self.numbers.drop_content)
        before = self._kept(words[low : found.first], drop_grammar, drop_content)
        after = self._kept(words[behind:high], drop_grammar, drop_content)
        text = self._ordered(found.ask, before, after)
        if all(word in GRAMMAR for word in (*before, *after)):
            return None
        return text, words[found.first].start, words[found.last - 1].end

    def _kept(self, part: list[Word], drop_grammar: float, drop_content: float) -> list[str]:
        return [
            self._changed(w)
            for w in part
            if w.is_word and self.r.random() >= (drop_content if w.is_content else drop_grammar)
        ]

    def _ordered(self, ask: list[str], before: list[str], after: list[str]) -> str:
        how = self.r.random()
        if how < self.numbers.in_place:
            out = [*before, *ask, *after]
        elif how < self.numbers.question_first:
            out = [*ask, *self.r.choice(AUXILIARIES), *before, *after]
        else:
            out = [*ask, *after, *before]
        return " ".join(out).lower() + "?"

    def _changed(self, word: Word) -> str:
        """A word as a question might have it: "moved" is asked for by "move"."""
        low = word.low
        if word.is_name or len(low) < self.numbers.shortest_changed:
            return low
        if self.r.random() < self.numbers.unchanged:
            return low
        for ending, other in ENDINGS:
            if low.endswith(ending) and not low.endswith("ss"):
                third = "e" if ending in ("ing", "ed") else other
                return low[: -len(ending)] + self.r.choice([other, other, third])
        return low

    def _asked(self, words: list[Word], first: int, last: int) -> Asked:
        """What to ask for in a phrase."""
        for at in range(first, last):
            if words[at].is_date:
                return self._date(words, first, last, at)
            if words[at].is_number:
                return self._amount(words, last, at)
        if first > 0 and all(word.is_name for word in words[first:last]):
            return self._name(words, first, last)
        if last - first >= 2 and self.r.random() < self.numbers.kind_of_thing:
            return self._kind(words, first, last)
        return self._thing(words, first, last)

    def _date(self, words: list[Word], first: int, last: int, at: int) -> Asked:
        """A date and the numbers around it."""
        end = at + 1
        while end < last and (words[end].is_number or words[end].low in MONTHS):
            end += 1
        while at > first and (words[at - 1].is_number or words[at - 1].low in MONTHS):
            at -= 1
        is_year = end - at == 1 and YEAR.match(words[at].text)
        return Asked(at, end, self.r.choice(FOR_YEAR if is_year else FOR_DATE).split())

    def _amount(self, words: list[Word], last: int, at: int) -> Asked:
        """A number, with or without what it counts."""
        end = at + 1
        while end < last and words[end].is_number:
            end += 1
        many = "much" if self.r.random() < self.numbers.how_much else "many"
        if end == last or words[end].is_name:
            return Asked(at, end, ["how", many])
        if self.r.random() < self.numbers.bare_how_many:
            return Asked(at, end + 1, ["how", many])
        return Asked(at, end, ["how", many, words[end].text], 1)

    def _name(self, words: list[Word], first: int, last: int) -> Asked:
        before = words[first - 1].low
        after = words[last].low if last < len(words) else ""
        asks: tuple[str, ...] = FOR_NAME
        if before in ("in", "at", "near", "from", "to"):
            asks = FOR_PLACE
        elif before == "by":
            asks = FOR_AGENT
        elif before == "and" or after in ("he", "she", "who"):
            asks = FOR_PERSON
        return Asked(first, last, self.r.choice(asks).split())

    def _kind(self, words: list[Word], first: int, last: int) -> Asked:
        """The first words of a phrase, asked for by the rest: what kind of thing."""
        end = self.r.randint(first + 1, last - 1)
        ask = self.r.choice(FOR_KIND).split()
        return Asked(first, end, [*ask, *(w.text for w in words[end:last])], last - end)

    def _thing(self, words: list[Word], first: int, last: int) -> Asked:
        numbers, r = self.numbers, self.r
        before = words[first - 1].low if first else ""
        if last - first == 1 and words[first].low.endswith("ly"):
            return Asked(first, last, ["how"])
        is_place = before in ("in", "at", "on", "near", "inside", "outside")
        if is_place and r.random() < numbers.with_preposition:
            return Asked(first - (r.random() < numbers.with_preposition), last, ["where"])
        with_article = before in ARTICLES and r.random() < numbers.with_article
        end = last
        if last < len(words) and words[last].low == "of" and r.random() < numbers.with_of:
            end = self._behind_of(words, first, last)
        return Asked(first - with_article, end, r.choice(FOR_THING).split())

    def _behind_of(self, words: list[Word], first: int, last: int) -> int:
        """The end of "the end of the war" when `last` is that of "the end"."""
        end = last + 1
        while (
            end < len(words)
            and (words[end].is_content or words[end].low in ARTICLES)
            and end - first < self.numbers.longest_answer
        ):
            end += 1
        return end if words[end - 1].is_content else last


def _paragraph(text: str, numbers: Questions, r: random.Random) -> str:
    """A paragraph, or a window of a very long one."""
    if len(text) <= numbers.longest_paragraph:
        return text
    begin = r.randrange(len(text) - numbers.paragraph_window)
    return text[begin : begin + numbers.paragraph_window].partition(" ")[2]


def _item(
    sentences: list[str], at: int, maker: QuestionMaker, numbers: Questions, r: random.Random
) -> Item | None:
    """A question about one of the sentences, in it alone or among some around it."""
    found = maker.question(words_of(sentences[at]))
    if found is None:
        return None
    asking, start, end = found
    context = sentences[at]
    if r.random() < numbers.longer_contexts:
        most = numbers.most_sentences_around
        begin, stop = max(0, at - r.randint(0, most)), at + 1 + r.randint(0, most)
        lead = "".join(s + " " for s in sentences[begin:at])
        context = lead + " ".join(sentences[at:stop])
        start, end = start + len(lead), end + len(lead)
        if len(context) > numbers.longest_context:
            return None
    answers = {"text": [context[start:end]], "answer_start": [start]}
    return {"question": asking, "context": context, "answers": answers}


def questions(data: Data) -> Iterator[Item]:
    """Items as those of the sets of questions: most about one sentence, some about a few."""
    numbers = data.recipe.questions
    r = random.Random(numbers.seed)
    maker = QuestionMaker(numbers, r)
    texts = {name: data.paragraphs(name) for name, _ in numbers.source_weights}
    names = [name for name, weight in numbers.source_weights for _ in range(weight)]
    shortest, longest = numbers.sentence_lengths
    made = 0
    while made < numbers.count:
        paragraph = _paragraph(r.choice(texts[r.choice(names)]), numbers, r)
        sentences = [s for s in SENTENCE.split(paragraph) if shortest <= len(s) <= longest]
        if not sentences or is_held_out(paragraph):
            continue
        for _ in range(numbers.per_paragraph):
            item = _item(sentences, r.randrange(len(sentences)), maker, numbers, r)
            if item is not None:
                yield item
                made += 1
