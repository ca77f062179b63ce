"""What a training ended in, as one page: curves, the ladder, confusions, labels, mistakes."""

from __future__ import annotations

from collections import Counter
from html import escape

from .. import pages
from ..errors import InputError
from ..pages import Chart, axis, tooltip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    # (the text, what is right, what the model says, how sure it is)
    Answer = tuple[str, str, str, float]

MOST_IN_MATRIX = 24  # labels; of more, those that are confused most
MOST_CONFUSIONS, MOST_MISTAKES = 200, 50
MOST_CHARACTERS = 300  # of a text
NO_LIBRARY = (
    "Tables stand in the place of charts, since the chart library was not installed "
    "(pip install 'bertlite-fast[report]')."
)
RUNGS = {"ngrams": "n-grams (tf-idf)", "names": "label names"}


def page(
    title: str,
    facts: Sequence[tuple[str, str]],
    *,
    history: Sequence[dict[str, Any]],
    ladder: Sequence[dict[str, Any]] = (),
    answers: Sequence[Answer] = (),
    where: str = "",
    has_labels: bool = False,
    labels: dict[str, dict[str, Any]] | None = None,
) -> str:
    """The HTML. facts: what stands first. answers: of texts that were not learned, and `where`
    these are from; has_labels: they are labels, which can be confused. labels: precision, recall,
    F1 and a count for each, if they are not to be counted from the answers."""
    try:
        script = pages.library()
    except InputError:
        script = ""
    intro = pages.table(("", ""), [(_plain(a), _plain(b)) for a, b in facts])
    intro = intro.replace("<thead><tr>", '<thead hidden=""><tr>')
    if not script:
        intro += f'<p class="note">{escape(NO_LIBRARY)}</p>'
    made = [_loss(history), _score(history), _ladder(ladder)]
    after = ""
    if has_labels and answers:
        made.append(_matrix(answers, where))
        after += _confusions(answers, where)
    if labels is None and has_labels and answers:
        labels = counted(answers)
    after += _labels(labels or {}, where) + _mistakes(answers, where, has_labels=has_labels)
    return pages.page(
        _plain(title), intro, [chart for chart in made if chart.rows], script, cell=_cell,
        after=after,
    )  # fmt: skip


def _plain(value: Any) -> str:
    """Text that can be written: a half of a character from a broken file cannot."""
    text = str(value)
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1] + "…"
    return text.encode("utf-8", "replace").decode("utf-8")


def _cell(field: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{100 * value:.1f} %" if field in ("share", "accuracy") else f"{value:.4f}"
    return str(value)


# ---- charts -------------------------------------------------------------------------------------


def _curve(
    history: Sequence[dict[str, Any]], field: str, title: str, note: str, color: int
) -> Chart:
    rows = [{"epoch": e["epoch"], field: float(e[field])} for e in history if field in e]
    ticks = [row["epoch"] for row in rows][:: max(1, len(rows) // 10)]
    spec = {
        "height": 260,
        "mark": {"type": "line", "point": {"size": 50, "filled": True}},
        "encoding": {
            "x": axis("epoch", "epoch", axis={"format": "d", "values": ticks, "grid": False}),
            "y": axis(field, field, scale={"zero": False, "nice": True}),
            "color": {"datum": title, "legend": None, "scale": {"domain": _before(title, color)}},
            "tooltip": tooltip(("epoch", "epoch", ""), (field, field, ".4f")),
        },
    }
    return Chart(field, title, note, rows, {"epoch": "epoch", field: field}, spec)


def _before(title: str, color: int) -> list[str]:
    """A domain in which a title has the color of a number."""
    return [*(f"{i}" for i in range(color)), title]


def _loss(history: Sequence[dict[str, Any]]) -> Chart:
    return _curve(history, "loss", "Loss", "The mean loss of an epoch of the last training.", 0)


def _score(history: Sequence[dict[str, Any]]) -> Chart:
    note = "After each epoch, on examples that were not learned; more is better."
    return _curve(history, "score", "Score", note, 2)


def _ladder(ladder: Sequence[dict[str, Any]]) -> Chart:
    rows = [
        {
            "rung": RUNGS.get(rung["trained"], rung["trained"].replace("+ngrams", " + n-grams")),
            "accuracy": float(rung["held_out_accuracy"]),
            "taken": "taken" if rung["chosen"] else "tried",
        }
        for rung in ladder
        if rung.get("held_out_accuracy") is not None
    ]
    spec = {
        "height": {"step": 28},
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {"field": "rung", "type": "nominal", "title": None, "sort": None,
                  "axis": {"labelLimit": 160}},
            "x": axis("accuracy", "right answers", axis={"format": "%"}, scale={"domain": [0, 1]}),
            "color": {"field": "taken", "type": "nominal", "title": None, "legend": pages.LEGEND,
                      "scale": {"domain": ["taken", "tried"]}},
            "tooltip": tooltip(("rung", "rung", ""), ("accuracy", "right", ".1%")),
        },
    }  # fmt: skip
    note = "Each way to learn, on texts that were held out. n-grams need no model."
    columns = {"rung": "rung", "accuracy": "right", "taken": ""}
    return Chart("ladder", "The ladder", note, rows, columns, spec)


def _matrix(answers: Sequence[Answer], where: str) -> Chart:
    """The share of each label's texts that each label is given; of many labels, those with the most
    mistakes."""
    pairs = Counter((wanted, given) for _, wanted, given, _ in answers)
    totals = Counter(wanted for _, wanted, _, _ in answers)
    wrong: Counter[str] = Counter()
    for (wanted, given), count in pairs.items():
        wrong[wanted] += count * (wanted != given)
        wrong[given] += count * (wanted != given)
    order = sorted(wrong, key=lambda label: (-wrong[label], label))
    shown = sorted(order[:MOST_IN_MATRIX])
    names = {label: _plain(label) for label in shown}
    rows = [
        {"right": names[wanted], "given": names[given], "texts": count,
         "share": count / totals[wanted]}
        for (wanted, given), count in sorted(pairs.items()) if wanted in names and given in names
    ]  # fmt: skip
    domain = list(dict.fromkeys(names[label] for label in shown))

    def side(field: str, title: str, **more: Any) -> dict[str, Any]:
        return {"field": field, "type": "nominal", "title": title, "scale": {"domain": domain},
                "axis": {"labelLimit": 130, "grid": False, **more}}  # fmt: skip

    spec = {
        "height": {"step": 22},
        "mark": {"type": "rect"},
        "encoding": {
            "y": side("right", "the right label"),
            "x": side("given", "the label that was given", labelAngle=-60),
            "color": axis("share", "share of the label's texts", scale={"domain": [0, 1]},
                          legend={"orient": "top", "format": "%", "gradientLength": 160}),
            "tooltip": tooltip(("right", "right", ""), ("given", "given", ""),
                               ("texts", "texts", ""), ("share", "share", ".1%")),
        },
    }  # fmt: skip
    note = f"Which labels are given for which, on {where}."
    if len(order) > len(shown):
        note += f" Of {len(order)} labels, the {len(shown)} that are confused most."
    columns = {"right": "right", "given": "given", "texts": "texts", "share": "share"}
    return Chart("matrix", "Confusion matrix", note, rows, columns, spec, wide=True,
                 least_width=180 + 22 * len(shown))  # fmt: skip


# ---- tables -------------------------------------------------------------------------------------


def counted(answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """Precision, recall and F1 of each label."""
    right = Counter(wanted for _, wanted, given, _ in answers if wanted == given)
    wanted_of = Counter(wanted for _, wanted, _, _ in answers)
    given_of = Counter(given for _, _, given, _ in answers)
    return {
        label: {
            "precision": right[label] / given_of[label] if given_of[label] else 0.0,
            "recall": right[label] / wanted_of[label] if wanted_of[label] else 0.0,
            "f1": 2 * right[label] / (wanted_of[label] + given_of[label]),
            "texts": wanted_of[label],
        }
        for label in sorted(wanted_of | given_of)
    }


def _labels(labels: dict[str, dict[str, Any]], where: str) -> str:
    if not labels:
        return ""
    rows = []
    for label, values in sorted(labels.items(), key=lambda item: (item[1]["f1"], str(item[0]))):
        count = next((values[n] for n in ("texts", "entities", "words") if n in values), "")
        shares = [f"{100 * values[n]:.1f}" for n in ("f1", "precision", "recall")]
        rows.append((_plain(label), *shares, str(count)))
    heads = ("label", "F1", "precision", "recall", "number")
    note = f"On {where}, the worst first; in percent."
    return pages.section("Labels", note, pages.table(heads, rows))


def _confusions(answers: Sequence[Answer], where: str) -> str:
    found = Counter((wanted, given) for _, wanted, given, _ in answers if wanted != given)
    if not found:
        return ""
    totals = Counter(wanted for _, wanted, _, _ in answers)
    rows = [
        (_plain(wanted), _plain(given), str(count), f"{100 * count / totals[wanted]:.1f} %")
        for (wanted, given), count in found.most_common(MOST_CONFUSIONS)
    ]
    note = f"Which labels are taken for which, on {where}, the most frequent first."
    if len(found) > len(rows):
        note += f" {len(found) - len(rows)} more are not listed."
    heads = ("right", "given", "number", "of the right label's")
    return pages.section("Confusions", note, pages.table(heads, rows))


def _mistakes(answers: Sequence[Answer], where: str, *, has_labels: bool) -> str:
    wrong = [answer for answer in answers if answer[1] != answer[2]]
    if not wrong:
        return ""
    wrong.sort(key=lambda answer: -answer[3])
    rows = [(_plain(text), _plain(wanted), _plain(given), f"{score:.3f}")
            for text, wanted, given, score in wrong[:MOST_MISTAKES]]  # fmt: skip
    title = "The most confident mistakes" if has_labels else "Where it is most wrong"
    note = f"{len(wrong)} of {len(answers)} answers on {where} are not what was expected."
    if has_labels:
        note += " A confident mistake is often a wrong label in the data."
    heads = ("text", "right", "given", "probability" if has_labels else "score")
    return pages.section(title, note, pages.table(heads, rows))
