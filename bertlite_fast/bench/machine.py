"""The board, its processor, system and Python. Names are pyperf's where it has one.

Nothing here identifies a person or a single machine: no host name, user, address, path or serial
number is read.
"""

from __future__ import annotations

import os
import platform
import re
import sys

from .sensors import Files, cores

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ARM = {  # part numbers of Arm's own cores, as /proc/cpuinfo has them
    0xB76: "ARM1176", 0xC05: "Cortex-A5", 0xC07: "Cortex-A7", 0xC08: "Cortex-A8",
    0xC09: "Cortex-A9", 0xC0D: "Cortex-A17", 0xC0E: "Cortex-A17", 0xC0F: "Cortex-A15",
    0xD01: "Cortex-A32", 0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD05: "Cortex-A55",
    0xD07: "Cortex-A57", 0xD08: "Cortex-A72", 0xD09: "Cortex-A73", 0xD0A: "Cortex-A75",
    0xD0B: "Cortex-A76", 0xD0C: "Neoverse-N1", 0xD0D: "Cortex-A77", 0xD40: "Neoverse-V1",
    0xD41: "Cortex-A78", 0xD44: "Cortex-X1", 0xD46: "Cortex-A510", 0xD47: "Cortex-A710",
    0xD48: "Cortex-X2", 0xD49: "Neoverse-N2", 0xD4D: "Cortex-A715", 0xD4F: "Neoverse-V2",
    0xD80: "Cortex-A520", 0xD81: "Cortex-A720",
}  # fmt: skip
ARM_IMPLEMENTER = 0x41


def board(files: Files) -> str | None:
    """The board's name, as its device tree or its firmware has it."""
    for path in (
        "proc/device-tree/model",
        "sys/firmware/devicetree/base/model",
        "sys/class/dmi/id/product_name",
    ):
        name = files.text(path)
        if name and name.lower() not in ("to be filled by o.e.m.", "system product name"):
            return " ".join(re.sub(r"[^\x20-\x7e]", " ", name).split())[:100]
    return None


def core_types(files: Files) -> dict[str, int]:
    """The kinds of cores, and how many there are of each."""
    found: dict[str, int] = {}
    for block in re.split(r"\n\s*\n", files.text("proc/cpuinfo") or ""):
        fields = dict(re.findall(r"(?m)^([^:\t]+?)\s*: (.*)$", block))
        if "processor" not in fields:
            continue
        name = _arm_core(fields) or fields.get("model name") or fields.get("uarch")
        if name:
            name = " ".join(name.split())
            found[name] = found.get(name, 0) + 1
    return found


def _arm_core(fields: dict[str, str]) -> str | None:
    try:
        maker, part = int(fields["CPU implementer"], 16), int(fields["CPU part"], 16)
    except (KeyError, ValueError):
        return None
    known = ARM.get(part) if maker == ARM_IMPLEMENTER else None
    return known or f"implementer {maker:#x} part {part:#x}"


def governor(files: Files) -> str | None:
    """The governors of the cores, one if all have the same."""
    found = {files.text(core, "cpufreq/scaling_governor") for core in cores(files)} - {None}
    return ", ".join(sorted(name for name in found if name)) or None


def highest_frequencies(files: Files) -> dict[int, int]:
    """The highest frequency of each core in kHz, as far as the system tells."""
    found = {}
    for core in cores(files):
        value = files.number(core, "cpufreq/cpuinfo_max_freq")
        if value:
            found[int(core.rpartition("cpu")[2])] = value
    return found


def fastest_cores(files: Files) -> list[int] | None:
    """The cores to measure on, where this process may run on cores that differ; None: on any."""
    try:
        allowed = os.sched_getaffinity(0)
    except (AttributeError, OSError):
        return None
    known = {c: f for c, f in highest_frequencies(files).items() if c in allowed}
    if len(set(known.values())) < 2:
        return None
    return sorted(core for core, value in known.items() if value == max(known.values()))


def usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def memory_bytes(files: Files) -> int | None:
    match = re.search(r"MemTotal:\s+(\d+) kB", files.text("proc/meminfo") or "")
    if match:
        return int(match[1]) * 1024
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None


def libc() -> str | None:
    """The C library: "glibc 2.36"; musl has no version that Python can ask for."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or None
    except (AttributeError, OSError, ValueError):
        pass
    import sysconfig

    return "musl" if "musl" in str(sysconfig.get_config_var("SOABI") or "") else None


def facts(files: Files) -> dict[str, Any]:
    """Everything about the machine that does not change during a run."""
    kinds = core_types(files)
    top = highest_frequencies(files)
    found_model = ", ".join(kinds) or platform.processor() or None
    return {
        "board": board(files),
        "cpu_model_name": found_model,
        "cpu_cores": kinds,
        "cpu_count": os.cpu_count(),
        "cpu_usable": usable_cores(),
        "cpu_max_freq_mhz": max(top.values()) // 1000 if top else None,
        "cpu_config": governor(files),
        "machine": platform.machine() or None,
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "mem_bytes": memory_bytes(files),
        "system": platform.system() or None,
        "kernel": platform.release() or None,
        "libc": libc(),
        "python_implementation": platform.python_implementation(),
        "python_version": platform.python_version(),
        "python_compiler": platform.python_compiler(),
    }


def title(found: dict[str, Any]) -> str:
    """The machine's name in tables."""
    return str(found["board"] or found["cpu_model_name"] or found["machine"] or "unknown")
