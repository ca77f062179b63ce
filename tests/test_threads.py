"""Lists and iterables of texts that are shared among threads."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import bertlite_fast as bf
from bertlite_fast import cores, pipeline

TEXTS = [
    f"{'Anna, ' * (i % 3)}turn on light {i} in Paris{' and play some jazz' * (i % 5)}"
    for i in range(300)
]
TEXTS[70] *= 60  # of several windows, or truncated
QUESTIONS = [{"question": "Which light?", "context": text} for text in TEXTS]
PAIRS: list[Any] = [{"text": text, "text_pair": text[::-1]} if i % 2 else text
                    for i, text in enumerate(TEXTS)]  # fmt: skip

CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("text-classification", TEXTS, {}),
    ("text-classification", PAIRS, {"top_k": 2}),
    ("text-classification", TEXTS[:9], {"tokenizer_kwargs": {"max_length": 5}}),
    ("token-classification", TEXTS, {}),
    ("ner", TEXTS, {"aggregation_strategy": "none", "ignore_labels": []}),
    ("ner", [text.split() for text in TEXTS], {"is_split_into_words": True}),
    ("intent-classification", PAIRS, {}),
    ("intent-classification", TEXTS[:90], {"slots": True, "several": True, "top_k": 2}),
    ("fill-mask", [f"{text} [MASK]." * (1 + i % 2) for i, text in enumerate(TEXTS[:69])], {}),
    ("fill-mask", ["[MASK] is here"] * 9, {"targets": ["he", "she"]}),
    ("feature-extraction", TEXTS[:60], {}),
    ("feature-extraction", TEXTS, {"pooling": "cls", "normalize": True}),
    ("zero-shot-classification", TEXTS[:99], {"candidate_labels": ["light", "music"]}),
    ("question-answering", QUESTIONS, {"top_k": 2}),
]
IDS = [f"{i}-{case[0]}" for i, case in enumerate(CASES)]


def opened(task: str, **settings: Any) -> Any:
    return cast(Any, pipeline)(task, **settings)


@pytest.mark.parametrize("task,inputs,settings", CASES, ids=IDS)
@pytest.mark.filterwarnings("ignore")
def test_answers_do_not_depend_on_threads(
    task: str, inputs: list[Any], settings: dict[str, Any]
) -> None:
    alone = opened(task)
    want = alone(inputs, **settings)
    assert repr(alone(inputs, threads=3, **settings)) == repr(want)
    assert repr(opened(task, threads=2)(tuple(inputs), **settings)) == repr(want)
    stream = alone((text for text in inputs), threads=2, **settings)
    assert repr(list(stream)) == repr(list(want))


def test_vectors_do_not_depend_on_threads() -> None:
    alone = opened("sentence-similarity")
    want = alone.embed(TEXTS).tolist()
    assert alone.embed(TEXTS, threads=3).tolist() == want
    assert opened("sentence-similarity", threads=2).embed(TEXTS).tolist() == want
    assert alone(TEXTS, "a lamp", threads=2) == alone(TEXTS, "a lamp")
    with pytest.raises(bf.InputError, match="surrogate"):
        alone.embed([*TEXTS, "\ud800"], threads=2)
    assert alone.embed([], threads=2).tolist() == []


def test_sentence_transformers_share_texts() -> None:
    alone, shared = (bf.SentenceTransformer("bertlite/vectors", threads=n) for n in (1, 3))
    settings: dict[str, Any] = {"convert_to_numpy": False, "show_progress_bar": True}
    want, found = (model.encode(TEXTS, **settings) for model in (alone, shared))
    assert [list(row) for row in want] == [list(row) for row in found]


@pytest.mark.parametrize("bad", [17, "\ud800", None])
def test_what_is_before_an_invalid_text_is_answered(bad: Any) -> None:
    pipe = opened("ner")
    inputs = [*TEXTS[:123], bad, *TEXTS]
    for shared in (pipe(iter(inputs), threads=threads) for threads in (1, 3)):
        assert list(itertools.islice(shared, 123)) == pipe(TEXTS[:123])
        with pytest.raises(bf.InputError):
            next(shared)
    with pytest.raises(bf.InputError):
        pipe(inputs, threads=3)


def test_what_is_before_a_failure_of_the_source_is_answered() -> None:
    def source() -> Iterator[str]:
        yield from TEXTS[:100]
        raise OSError("the file ended")

    stream = opened("ner")(source(), threads=2)
    assert len(list(itertools.islice(stream, 100))) == 100
    with pytest.raises(OSError, match="the file ended"):
        next(stream)


def test_only_some_texts_are_read_ahead() -> None:
    read: list[int] = []

    def source() -> Iterator[str]:
        for i in itertools.count():
            read.append(i)
            yield f"text number {i}"

    stream = opened("ner")(source(), threads=2)
    next(stream)
    assert len(read) <= 16, "the first answer has to come soon"
    for _ in range(5000):
        next(stream)
    assert len(read) <= 5001 + 2 * 2 * 256
    stream.close()


def test_warnings_come_in_order() -> None:
    texts = ["word " * n for n in (3, 800, 5, 900, 4)]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        opened("text-classification")(texts, threads=2)
    assert ["802" in str(found[0].message), "902" in str(found[1].message)] == [True, True]


def test_threads_survive_pickling() -> None:
    pipe = opened("intent-classification", threads=3, threshold=0.7)
    copied = pickle.loads(pickle.dumps(pipe))
    assert (copied.threads, copied.settings) == (3, pipe.settings)
    assert opened("ner", threads="auto").threads == cores.available()


@pytest.mark.parametrize("threads", [0, -1, 1.5, "many", True])
def test_threads_are_checked(threads: Any) -> None:
    with pytest.raises(bf.InputError, match="threads"):
        opened("ner", threads=threads)
    with pytest.raises(bf.InputError, match="threads"):
        opened("ner")("a text", threads=threads)


LEFT = """
import os, signal, sys
from bertlite_fast import pipeline
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell may ignore it
texts = [f"turn on light {i} in the kitchen" * 20 for i in range(2000)]
pipe = pipeline("ner", threads=4)
count = lambda: len(os.listdir("/proc/self/task"))
before = count()
pipe(texts[:500])
assert count() == before, "after a list"
stream = pipe(iter(texts))
next(stream)
stream.close()
assert count() == before, "after an iterable that was closed"
def source():
    for i, text in enumerate(texts):
        if i == 900:
            os.kill(os.getpid(), signal.SIGINT)
        yield text
try:
    pipe(source()) and list(pipe(source()))
    raise SystemExit("was not interrupted")
except KeyboardInterrupt:
    pass
assert count() == before, "after an interrupt"
if hasattr(os, "fork"):
    stream = pipe(iter(texts))
    next(stream)
    child = os.fork()
    if child == 0:
        os._exit(0 if pipeline("ner", threads=2)(texts[:9]) == pipe(texts[:9], threads=1) else 1)
    assert os.waitpid(child, 0)[1] == 0, "in a child"
print("none left")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads through /proc")
def test_no_thread_is_left() -> None:
    run = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, timeout=300)
    assert (run.stdout, run.returncode) == ("none left\n", 0), run.stderr


@pytest.mark.parametrize(
    "groups,files,quota",
    [
        ("0::/\n", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "300000 100000"}, 3.0),
        ("0::/hidden/outside\n", {"cpu.max": "50000 100000"}, 0.5),
        ("4:cpu,cpuacct:/job\n3:memory:/job\n",
         {"cpu,cpuacct/job/cpu.cfs_quota_us": "200000",
          "cpu,cpuacct/job/cpu.cfs_period_us": "100000"}, 2.0),
        ("4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ("nonsense\n::\n", {}, None),
    ],
)  # fmt: skip
def test_quotas_of_control_groups_are_read(
    tmp_path: Path, groups: str, files: dict[str, str], quota: float | None
) -> None:
    (tmp_path / "groups").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert cores._quota(str(tmp_path / "groups"), str(tmp_path / "tree")) == quota
    assert cores._quota(str(tmp_path / "none"), str(tmp_path / "none")) is None
    assert 1 <= cores.available() <= cores.MOST_THREADS
