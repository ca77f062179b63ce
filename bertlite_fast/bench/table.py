"""The results for people: a table for a terminal, and one Markdown row to paste."""

from __future__ import annotations

from . import cases, machine
from .derived import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Document = dict[str, Any]

COLUMNS = ("min", "p5", "median", "p95", "p99")
MOST_MISSING = 10  # reasons that are shown; the file has all


def number(value: float | None, unit: str = "") -> str:
    """Three digits that matter: 1.23, 12.3, 123, 1234."""
    if value is None:
        return "-"
    digits = max(0, 2 - (len(str(int(abs(value)))) - 1)) if abs(value) >= 1 else 3
    return f"{value:.{digits}f}{unit}"


def verdict(document: Document) -> str:
    """Right or wrong first, then stable or not."""
    correctness = document["correctness"]
    if not correctness["correct"]:
        wrong = [
            f"{isa}: {entry['problem']}"
            for isa, entry in correctness["isas"].items()
            if not entry["correct"]
        ]
        return f"WRONG, so its speed means nothing: {'; '.join(wrong)}"
    stability = document["stability"]
    if stability["stable"]:
        return f"correct; stable: ± {100 * stability['disagreement']:.1f} %"
    return f"correct; unstable: {', '.join(stability['reasons'])}"


def _header(document: Document) -> list[str]:
    found = document["machine"]
    cores = ", ".join(f"{count} x {name}" for name, count in found["cpu_cores"].items())
    memory = f"{found['mem_bytes'] / 2**20:.0f} MB" if found["mem_bytes"] else "memory unknown"
    facts = [f"{found['system']} {found['kernel']}", found["libc"], f"{found['bits']} bits"]
    facts.append(f"Python {found['python_version']}")
    lines = [
        f"{machine.title(found)}: {cores or found['machine']}, {memory}",
        ", ".join(str(fact) for fact in facts if fact),
    ]
    before, after = document["sensors"]["before"], document["sensors"]["after"]
    seen = [f"governor {found['cpu_config'] or 'unknown'}"]
    for name, unit in (("cpu_temp", "°C"), ("cpu_freq_mhz", "MHz")):
        first, last = (
            max(s[name], default=None) if isinstance(s[name], list) else s[name]
            for s in (before, after)
        )
        if first is not None and last is not None:
            seen.append(f"{first:.0f} to {last:.0f} {unit}")
    if after["throttled"] is not None:
        seen.append(f"throttled: {', '.join(after['throttled']) or 'never'}")
    return [*lines, ", ".join(seen), verdict(document)]


def _answers(document: Document, isa: str) -> list[dict[str, Any]]:
    """The latencies from text to answer on an instruction set, task by task."""
    order = {task: i for i, task in enumerate(cases.TASKS)}
    found = [
        record
        for record in document["results"]
        if record["metric"] == "latency"
        and record["stage"] == cases.ANSWER
        and record["isa"] == isa
    ]
    return sorted(found, key=lambda record: order.get(record["task"], len(order)))


def _latencies(document: Document) -> list[str]:
    best = document["settings"]["isa"]
    title = f"from a text to the answer, {best}, microseconds"
    lines = ["", f"{title:50}{'tokens':>8}" + "".join(f"{c:>10}" for c in COLUMNS)]
    for record in _answers(document, best):
        cells = "".join(f"{number(record['summary'][c]):>10}" for c in COLUMNS)
        lines.append(f"  {record['task']:48}{record['length']!s:>8}{cells}")
    for isa in reversed(document["settings"]["isas"]):
        if isa != best:
            lines += _medians(document, isa)
    return lines


def _medians(document: Document, isa: str) -> list[str]:
    """A row for each task, a column for each length."""
    medians: dict[str, dict[str, float]] = {}
    for record in _answers(document, isa):
        of_task = medians.setdefault(record["task"], {})
        of_task[str(record["length"])] = record["summary"]["median"]
    if not medians:
        return []
    lengths = list(dict.fromkeys(length for row in medians.values() for length in row))
    title = f"medians on {isa}, microseconds"
    lines = ["", f"{title:50}" + "".join(f"{length:>10}" for length in lengths)]
    for task, row in medians.items():
        lines.append(f"  {task:48}" + "".join(f"{number(row.get(n)):>10}" for n in lengths))
    return lines


def _row(words: str, value: str, unit: str = "") -> str:
    return f"  {words:56}{value:>10} {unit}".rstrip()


def _start(document: Document) -> list[str]:
    rows = (
        ("python_start", "Python alone, to its first line", "ms", 1.0),
        ("cold_start", "a fresh process to its first answer", "ms", 1.0),
        ("import", "import bertlite_fast", "ms", 1.0),
        ("memory", "memory after the first answer", "MB", 1e6),
    )
    found = [
        (words, find(document["results"], metric=m), unit, size) for m, words, unit, size in rows
    ]
    return [_row(words, number(value / size), unit) for words, value, unit, size in found if value]


def _rates(document: Document) -> list[str]:
    """What is done in a second: texts, steps of training, products, bytes."""
    lines = []
    for record in document["results"]:
        value: float = record["summary"]["median"]
        if record["metric"] == "throughput":
            plural = "s" if record["threads"] > 1 else ""
            words = f"texts a second, {record['threads']} thread{plural}, {record['caller']}"
            lines.append(_row(words, number(value)))
        if record["metric"] == "training":
            batch = f"{record['texts']} texts of {record['length']} tokens"
            words = f"fine-tuning steps a second, {batch}, {record['trained']}"
            lines.append(_row(words, number(value)))
        if record["metric"] == "products":
            words = f"int8 products a second in the cache, {record['isa']}"
            lines.append(_row(words, number(value / 1e9), "G"))
        if record["metric"] == "read":
            words = f"bytes a second read from {record['bytes'] / 1e6:.0f} MB"
            lines.append(_row(words, number(value / 1e9), "G"))
    return lines


def _shares(document: Document) -> list[str]:
    lines = []
    where = {"task": "feature-extraction", "stage": cases.IDS, "length": 128}
    ids = find(document["results"], metric="latency", isa=document["settings"]["isa"], **where)
    if ids is not None:
        lines.append(_row("the tokenizer alone, 128 tokens", number(ids), "µs"))
    for entry in document["derived"]["limit"]:
        words = f"of those products, in an encoder, {entry['length']} tokens"
        lines.append(_row(words, f"{100 * entry['share']:.0f}", "%"))
    for entry in document["derived"]["stages"]:
        if entry["task"] == "sentiment-analysis":
            words = f"tokenizer, model, rest of an answer, {entry['length']} tokens"
            parts = " ".join(f"{100 * entry[k]:.0f}" for k in ("ids", "model", "rest"))
            lines.append(_row(words, parts, "%"))
    return lines


def _missing(document: Document) -> list[str]:
    found = document["missing"]
    if not found:
        return []
    shown = [f"    {entry['what']}: {entry['why']}" for entry in found[:MOST_MISSING]]
    more = [f"    and {len(found) - MOST_MISSING} more"] if len(found) > MOST_MISSING else []
    return [f"  not measured: {len(found)}", *shown, *more]


ROW_HEADER = (
    "| board | processor | instruction set | sentiment, 16 tokens | 128 | names, 128 | answer, 128 "
    "| fill-mask, 16 | first answer | memory | run |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
)


def markdown_row(document: Document) -> str:
    """One row for a page that compares boards."""
    results, isa = document["results"], document["settings"]["isa"]

    def cell(task: str, length: int) -> str:
        where = {"task": task, "length": length, "stage": cases.ANSWER, "isa": isa}
        value = find(results, metric="latency", **where)
        return "-" if value is None else f"{number(value)} µs"

    cold, memory = (find(results, metric=m) for m in ("cold_start", "memory"))
    found = document["machine"]
    cores = ", ".join(f"{n} x {name}" for name, n in found["cpu_cores"].items())
    cells = [
        machine.title(found),
        cores or found["machine"] or "-",
        isa,
        cell("sentiment-analysis", 16),
        cell("sentiment-analysis", 128),
        cell("ner", 128),
        cell("question-answering", 128),
        cell("fill-mask", 16),
        "-" if cold is None else f"{number(cold)} ms",
        "-" if memory is None else f"{number(memory / 1e6)} MB",
        verdict(document),
    ]
    return "| " + " | ".join(str(c).replace("|", "/") for c in cells) + " |"


def lines(document: Document) -> list[str]:
    """Everything that is shown at the end of a run."""
    others = [*_start(document), *_rates(document), *_shares(document), *_missing(document)]
    return [*_header(document), *_latencies(document), "", *others]
