"""Models: batches, threads, positions, valid and invalid input, memory."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import threading
import zlib
from array import array
from pathlib import Path
from typing import Any

import checkpoints
import numpy as np
import pytest

import bertlite_fast as bf


def bytes_of(output: bf.Output) -> bytes:
    return b"".join(np.ascontiguousarray(output[k]).tobytes() for k in output.keys())  # noqa: SIM118


@pytest.fixture
def model(tiny: Path) -> bf.Model:
    return bf.AutoModel.from_pretrained(tiny)


TEXTS = [[5, 900, 17, 3], [1], list(range(100, 170)), [7] * 33, [2, 3]]


def test_a_batch_returns_what_its_texts_return_alone(model: bf.Model) -> None:
    together = model(TEXTS).last_hidden_state
    for i, text in enumerate(TEXTS):
        alone = model([text]).last_hidden_state[0]
        assert np.array_equal(together[i, : len(text)], alone)
        assert not together[i, len(text) :].any()


def test_a_large_batch_is_run_in_chunks(model: bf.Model) -> None:
    ids = np.random.RandomState(0).randint(0, 1000, (40, 90))
    whole = model(ids).last_hidden_state
    for i in (0, 11, 39):
        assert np.array_equal(whole[i], model(ids[i]).last_hidden_state[0])


def test_padding_may_be_at_any_position(model: bf.Model, tiny: Path) -> None:
    ids = [[9, 8, 7, 6]]
    holes = model(ids, [[1, 0, 1, 1]]).last_hidden_state
    assert not holes[0, 1].any() and holes[0, 0].any()
    mean = bf.Model(tiny, "embedding")
    left, right = (
        mean([[0, 9, 8]], [[0, 1, 1]]).embeddings,
        mean([[9, 8, 0]], [[1, 1, 0]]).embeddings,
    )
    assert not np.array_equal(left, right)  # positions differ
    assert np.allclose(mean([[9, 8]]).embeddings, right)


@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("precision", ["int8", "fp32", "fp32-fast"])
def test_bytes_do_not_depend_on_threads(tiny: Path, threads: int, precision: str) -> None:
    model = bf.AutoModel.from_pretrained(tiny, precision=precision)
    for ids in (TEXTS, [[4]], np.arange(512) % 1000):
        assert bytes_of(model(ids)) == bytes_of(model(ids, threads=threads))


@pytest.mark.parametrize(
    "task", ["masked-lm", "sequence-classification", "token-classification", "question-answering"]
)
def test_bytes_of_heads_do_not_depend_on_threads(folders: dict[str, Path], task: str) -> None:
    model = bf.Model(folders[f"L2H64-{task}"], task)
    assert bytes_of(model(TEXTS)) == bytes_of(model(TEXTS, threads=3))


def test_many_threads_share_a_model(model: bf.Model) -> None:
    want = [bytes_of(model([t])) for t in TEXTS]
    wrong: list[int] = []

    def work() -> None:
        for _ in range(60):
            for i, text in enumerate(TEXTS):
                if bytes_of(model([text])) != want[i]:
                    wrong.append(i)

    crowd = [threading.Thread(target=work) for _ in range(8)]
    for t in crowd:
        t.start()
    for t in crowd:
        t.join()
    assert not wrong


def test_no_thread_outlives_its_call(tiny: Path) -> None:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("counts threads through /proc")
    program = """
import sys, json, os, time, bertlite_fast as bf
model = bf.AutoModel.from_pretrained(sys.argv[1])
before = len(os.listdir("/proc/self/task"))
for _ in range(20): model([[1, 2, 3]] * 8, threads=4)
time.sleep(0.2)  # the system may still list a joined thread for a moment
print(json.dumps([before, len(os.listdir("/proc/self/task"))]))
"""
    before, after = in_fresh_python(program, str(tiny))
    assert after == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_works_after_fork(tiny: Path) -> None:
    program = """
import os, sys, bertlite_fast as bf
model = bf.AutoModel.from_pretrained(sys.argv[1])
want = model([[1, 2, 3]]).tensor.tolist()
pid = os.fork()
if pid == 0:
    os._exit(0 if model([[1, 2, 3]], threads=2).tensor.tolist() == want else 1)
print(os.waitpid(pid, 0)[1])
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tiny)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "0"


def test_only_the_requested_positions(folders: dict[str, Path]) -> None:
    model = bf.AutoModelForMaskedLM.from_pretrained(folders["L2H64-masked-lm"])
    full = model(TEXTS).logits
    some = model(TEXTS, positions=[(2, 69), (0, 1)]).logits
    assert np.array_equal(some, np.stack([full[0, 1], full[2, 69]]))
    assert np.array_equal(model(TEXTS[0], positions=[3]).logits[0], full[0, 3])
    tokens = bf.AutoModel.from_pretrained(folders["L2H64-encoder"])
    assert np.array_equal(
        tokens(TEXTS, positions=[(1, 0)]).last_hidden_state[0],
        tokens(TEXTS).last_hidden_state[1, 0],
    )


def test_ids_may_be_lists_arrays_or_buffers(model: bf.Model) -> None:
    want = bytes_of(model([[1, 2, 300]]))
    forms: list[Any] = [
        [1, 2, 300],
        ((1, 2, 300),),
        (1, 2, 300),
        np.array([[1, 2, 300]]),
        np.array([1, 2, 300], np.int32),
        np.array([1, 2, 300], np.uint16),
        array("q", [1, 2, 300]),
    ]
    forms += [[np.int32(1), np.int64(2), np.uint16(300)], [np.array([1, 2, 300])]]
    forms += [
        np.array([[1, 9, 2, 9, 300]])[:, ::2],
        np.asfortranarray(np.array([[1, 2, 300]])),
        memoryview(array("i", [1, 2, 300])),
    ]
    for ids in forms:
        assert bytes_of(model(ids)) == want, repr(ids)
    assert bytes_of(model([[1, 2, 300]], np.array([[True] * 3]), [[0, 0, 0]])) == want


BAD: list[tuple[Any, Any, Any, str]] = [
    ([[1, 1000]], None, None, "vocabulary has 1000"),
    ([[-1]], None, None, "vocabulary"),
    ([[2**70]], None, None, "vocabulary"),
    (np.array([[2**40]]), None, None, "vocabulary"),
    (np.array([[2**63]], np.uint64), None, None, "vocabulary"),
    ([], None, None, "0 ids"),
    ([[]], None, None, "0 ids"),
    (np.zeros((0, 3), int), None, None, "0 ids"),
    ([1] * 513, None, None, "too long"),
    ("hello", None, None, "list or an array"),
    (7, None, None, "list or an array"),
    (None, None, None, "list or an array"),
    ([["a"]], None, None, "integers"),
    ([[1.5]], None, None, "integers"),
    (np.array([[1.0]]), None, None, "integers"),
    (np.zeros((1, 1, 1), int), None, None, "two-dimensional"),
    ([[1, 2]], [[1]], None, "attention_mask"),
    ([[1, 2]], [[1, 2]], None, "0 or 1"),
    ([[1, 2]], [[0.5, 1.0]], None, "integers"),
    ([[1, 2]], np.array([[1.0, 2.0]]), None, "integers"),
    ([[1, 2]], [[0, 0]], None, "leaves no token"),
    ([[1, 2]], [[0, 1]], None, "first token"),
    ([[1, 2]], None, [[0]], "token_type_ids"),
    ([[1, 2]], None, [[0, 2]], "2 types"),
    ([[1, 2], [3]], [[1, 1], [1]], None, "as long as"),
]


@pytest.mark.parametrize("mask", [[[1.0, 1.0, 0.0]], np.array([[1, 1, 0]], np.float32)])
def test_a_mask_may_hold_floats(model: bf.Model, mask: Any) -> None:
    expected = model([[1, 2, 3]], [[1, 1, 0]]).tensor.tolist()
    assert model([[1, 2, 3]], mask).tensor.tolist() == expected


@pytest.mark.parametrize(("ids", "mask", "types", "message"), BAD)
def test_invalid_input_is_reported_in_one_sentence(
    model: bf.Model, ids: Any, mask: Any, types: Any, message: str
) -> None:
    with pytest.raises(bf.InputError, match=message) as caught:
        model(ids, mask, types)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([99], "outside"),
        ([0, 0], "not behind"),
        ([-1], "0 or more"),
        ([], "empty"),
        ([2], "hidden"),
        ([(0, 3)], "outside"),
        ([(1, 0)], "outside"),
    ],
)
def test_bad_positions(model: bf.Model, positions: list[Any], message: str) -> None:
    with pytest.raises(bf.InputError, match=message):
        model([[1, 2, 3]], [[1, 1, 0]], positions=positions)


def test_a_model_without_the_head_says_so(tiny: Path, folders: dict[str, Path]) -> None:
    for auto in (
        bf.AutoModelForMaskedLM,
        bf.AutoModelForTokenClassification,
        bf.AutoModelForQuestionAnswering,
    ):
        with pytest.raises(bf.ModelConfigError, match="no head"):
            auto.from_pretrained(tiny)
    with pytest.raises(bf.ModelConfigError, match="task"):
        bf.Model(tiny, "poetry")
    with pytest.raises(bf.ModelConfigError, match="precision"):
        bf.AutoModel.from_pretrained(tiny, precision="int4")
    with pytest.raises(bf.InputError, match="threads"):
        bf.AutoModel.from_pretrained(tiny, threads=0)
    with pytest.raises(bf.BertliteError, match="open already"):
        bf.Model.__init__(bf.Model(tiny), tiny)


def test_outputs_read_like_transformers(folders: dict[str, Path]) -> None:
    out = bf.AutoModel.from_pretrained(folders["L2H64-encoder"]).eval()([[1, 2]])
    assert out.keys() == ["last_hidden_state", "pooler_output"]
    assert out[0] is not None and out["pooler_output"].shape == (1, 64) and out.logits is None
    with pytest.raises(KeyError):
        out["logits"]
    qa = bf.AutoModelForQuestionAnswering.from_pretrained(folders["L2H64-question-answering"])(
        [[1, 2, 3]]
    )
    assert qa.start_logits.shape == qa.end_logits.shape == (1, 3)
    assert np.array_equal(np.stack([qa.start_logits, qa.end_logits], -1), np.asarray(qa.tensor))
    model = bf.AutoModelForSequenceClassification.from_pretrained(
        folders["L2H64-sequence-classification"]
    )
    assert model.config.id2label[4] == "LABEL_4" and model.info["labels"] == 5
    assert model([[1]]).tensor.tolist() == model([[1]]).logits.tolist()


def test_pickle_and_copy(model: bf.Model) -> None:
    want = bytes_of(model([[1, 2]]))
    for other in (pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):
        assert bytes_of(other([[1, 2]])) == want


@pytest.mark.parametrize("name", ["L2H64-encoder", "L2H64-question-answering"])
def test_outputs_pickle_and_copy(folders: dict[str, Path], name: str) -> None:
    spec = next(s for s in checkpoints.SPECS if s.name == name)
    out = bf.Model(folders[name], spec.task)([[1, 2, 3], [4, 5, 6]])
    for other in (pickle.loads(pickle.dumps(out)), copy.copy(out), copy.deepcopy(out)):
        assert other.keys() == out.keys()
        assert other.tensor.tolist() == out.tensor.tolist()
        for key in out:
            assert np.array_equal(other[key], out[key])
    empty = pickle.loads(pickle.dumps(bf.Tensor()))
    assert empty.shape == (0,) and pickle.loads(pickle.dumps(bf.Output())).keys() == []
    reduced: Any = out.__reduce__()
    restore, (kind, tensor, pooled) = reduced
    if spec.task == "question-answering":
        for damaged in (None, bf.Tensor()):
            with pytest.raises(ValueError, match="two columns"):
                restore(kind, damaged, pooled)
    restore, (_, values) = tensor.__reduce__()
    for wrong in ((), (2,), (-1, -6), (1, 1, 1, 6), (2**62, 2**62)):
        with pytest.raises(ValueError, match="shape"):
            restore(wrong, values)


def test_top() -> None:
    x = np.random.RandomState(0).standard_normal(30522).astype(np.float32)
    x[[7, 5000]] = 6.0
    found = bf.top(x, 5)
    order = np.lexsort((np.arange(len(x)), -x))[:5]
    assert [i for i, _ in found] == order.tolist()
    softmax = np.exp(x.astype(np.float64)) / np.exp(x.astype(np.float64)).sum()
    assert np.allclose([p for _, p in found], softmax[order], rtol=1e-5)
    assert len(bf.top(x[:3].copy(), 64)) == 3
    for bad, k in ((x.astype(np.float64), 3), (x[::2], 3), (x, 0), (x, -1), ([1.0], 1)):
        with pytest.raises(bf.InputError):
            bf.top(bad, k)


def test_workspace_of_bert_lite_is_small(folders: dict[str, Path]) -> None:
    for name in ("L2H64-encoder", "L2H64-sequence-classification"):
        assert bf.Model(folders[name]).workspace_size(128) <= 256 * 1024


def in_fresh_python(program: str, *arguments: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_numpy_is_not_imported_before_arrays_are_requested(tiny: Path) -> None:
    program = """
import sys, json
import bertlite_fast as bf
model = bf.AutoModel.from_pretrained(sys.argv[1])
out = model([[1, 2, 3]])
out.tensor.tolist()
before = "numpy" in sys.modules
out.last_hidden_state
print(json.dumps([before, "numpy" in sys.modules]))
"""
    assert in_fresh_python(program, str(tiny)) == [False, True]


def test_memoryviews_where_numpy_is_missing(tiny: Path) -> None:
    program = """
import sys, json
sys.modules["numpy"] = None
import bertlite_fast as bf
out = bf.AutoModel.from_pretrained(sys.argv[1])([[1, 2, 3]])
view = out.last_hidden_state
print(json.dumps([type(view).__name__, view.shape, view.tolist() == out.tensor.tolist()]))
"""
    assert in_fresh_python(program, str(tiny)) == ["memoryview", [1, 3, 64], True]


def test_resident_memory(tmp_path: Path) -> None:
    """BERT-Lite with its vocabulary, without NumPy, peaks at most 8 MB above bare Python."""
    import checkpoints

    if not Path("/proc/self/status").exists():
        pytest.skip("reads /proc")
    spec = checkpoints.Spec("lite", "sequence-classification", vocabulary=30522)
    folder = checkpoints.write(spec, tmp_path / "lite")
    peak = "[l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0]"
    bare = int(in_fresh_python(f"import json; print(json.dumps({peak}))"))
    program = f"""
import sys, json, bertlite_fast as bf
bf.AutoModelForSequenceClassification.from_pretrained(sys.argv[1])([[1, 2, 3]]).tensor.tolist()
print(json.dumps({peak}))
"""
    used = int(in_fresh_python(program, str(folder)))
    assert used - bare <= 8 * 1024, f"{used - bare} KB"


def test_the_extension_is_small() -> None:
    if os.environ.get("BERTLITE_CFLAGS") or os.environ.get("BERTLITE_KEEP_SYMBOLS"):
        pytest.skip("built for debugging")
    assert (
        len(zlib.compress(Path(bf._native.__file__).read_bytes(), 9)) <= 460 * 1024
    )  # as it stands in a wheel
