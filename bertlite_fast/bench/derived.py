"""What follows from the samples: summaries, shares of stages and of limits, stability."""

from __future__ import annotations

from . import cases
from .sensors import changes
from .statistics import disagreement, median, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Results = list[dict[str, Any]]

UNSTABLE = 0.05  # a disagreement of rounds from which on a run is not to be relied on
BUSY = 0.5  # of the cores' time, taken by others before the run began
STOLEN = 0.01  # of the time, taken by other virtual machines


def summarize(results: Results) -> Results:
    """The records that have samples, with what they amount to."""
    found = []
    for record in results:
        samples = [sample for one in record["rounds"] for sample in one]
        if samples:
            entry = {**record, "summary": summary(samples)}
            entry["disagreement"] = disagreement(record["rounds"])
            found.append(entry)
    return found


def find(results: Results, **dimensions: Any) -> float | None:
    """The median of the first record with these dimensions."""
    for record in results:
        if all(record.get(name) == value for name, value in dimensions.items()):
            value: float = record["summary"]["median"]
            return value
    return None


def stages(results: Results, isa: str) -> list[dict[str, Any]]:
    """How an answer's time is divided: the tokenizer, the model, and the rest."""
    found = []
    for record in results:
        if (record["metric"], record.get("stage"), record.get("isa")) != ("latency", "answer", isa):
            continue
        where = {"metric": "latency", "task": record["task"], "length": record["length"]}
        ids, model = (
            find(results, **where, isa=isa, stage=stage) for stage in (cases.IDS, cases.MODEL)
        )
        if ids is None or model is None or record["length"] == cases.MIXTURE:
            continue
        whole = record["summary"]["median"]
        # Measured apart, with calls of their own from Python, the parts can exceed the whole.
        total = max(whole, ids + model)
        found.append(
            {
                "task": record["task"],
                "length": record["length"],
                "ids": ids / total,
                "model": model / total,
                "rest": max(0.0, (whole - ids - model) / total),
            }
        )
    return found


def limit_shares(results: Results, isa: str, shape: dict[str, int]) -> list[dict[str, Any]]:
    """The products a second of a model's whole pass, as a share of the kernel's in the cache."""
    limit = find(results, metric="products", isa=isa)
    found = []
    for record in results:
        if (
            not limit
            or record["metric"] != "latency"
            or record["task"] != "feature-extraction"
            or record["stage"] != cases.MODEL
            or record["length"] == cases.MIXTURE
        ):
            continue
        made = cases.products(**shape, tokens=record["length"])
        rate = made / (record["summary"]["median"] * 1e-6)
        found.append(
            {"length": record["length"], "products_per_s": rate, "share": rate / limit, "isa": isa}
        )
    return found


def stability(
    results: Results,
    isa: str,
    machine: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    backward: int,
) -> dict[str, Any]:
    """Whether the figures can be relied on, and why not."""
    values = [
        record["disagreement"]
        for record in results
        if record["metric"] == "latency"
        and record["stage"] == cases.ANSWER
        and record["length"] != cases.MIXTURE
        and record["isa"] == isa
        and record["disagreement"] is not None
    ]
    spread = median(values) if values else None
    reasons = changes(before, after)
    if backward:
        reasons.append(f"the clock went back {backward} times")
    cores = machine["cpu_usable"] or 1
    if before["load_avg_1min"] is not None and before["load_avg_1min"] > BUSY * cores:
        reasons.append(f"load {before['load_avg_1min']:.1f} on {cores} cores before the run")
    share = stolen_share(before, after)
    if share is not None and share > STOLEN:
        reasons.append(f"{100 * share:.0f} % of the time taken by other virtual machines")
    if spread is None:
        reasons.append("fewer than three rounds")
    elif spread > UNSTABLE:
        if machine["cpu_config"] not in (None, "performance"):
            reasons.append(f"governor {machine['cpu_config']}")
        reasons.append(f"± {100 * spread:.0f} %")
    return {"stable": not reasons, "disagreement": spread, "reasons": reasons}


def stolen_share(before: dict[str, Any], after: dict[str, Any]) -> float | None:
    first: list[int] | None = before["steal_ticks"]
    last: list[int] | None = after["steal_ticks"]
    if not first or not last or last[1] <= first[1]:
        return None
    return max(0.0, (last[0] - first[0]) / (last[1] - first[1]))
