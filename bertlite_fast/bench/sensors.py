"""What changes during a run: frequencies, temperatures, throttling, load.

Every value is optional: a system without /proc, /sys or a sensor gives None, never an error.
"""

from __future__ import annotations

import os
import re
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bits of the Raspberry Pi firmware's get_throttled; the same, 16 higher: since the board started.
THROTTLED = ("undervoltage", "frequency capped", "throttled", "soft temperature limit")
PROCESSOR_SENSOR = re.compile(
    "cpu|soc|pkg|core|x86|bcm|package|tctl|tdie|thermal-fan|mpu|littlecluster|bigcore", re.I
)
FAR = 0.05  # a change of frequency that is worth a word


class Files:
    """Small text files of the system, below a root that tests replace."""

    def __init__(self, root: str = "/") -> None:
        self.root = root

    def path(self, *parts: str) -> str:
        return os.path.join(self.root, *parts)

    def text(self, *parts: str) -> str | None:
        """A file's text without surrounding blanks; None if it cannot be read or is empty."""
        try:
            with open(self.path(*parts), "rb") as file:
                data = file.read(1 << 20)
        except (OSError, ValueError):
            return None
        return data.decode("utf-8", "replace").strip("\0 \t\r\n") or None

    def number(self, *parts: str) -> int | None:
        text = self.text(*parts)
        try:
            return int(text) if text else None
        except ValueError:
            return None

    def names(self, *parts: str) -> list[str]:
        try:
            return sorted(os.listdir(self.path(*parts)))
        except (OSError, ValueError):
            return []


def cores(files: Files) -> list[str]:
    """The folders of the cores, cpu0 first."""
    found = [n for n in files.names("sys/devices/system/cpu") if re.fullmatch(r"cpu\d+", n)]
    return [f"sys/devices/system/cpu/{n}" for n in sorted(found, key=lambda n: int(n[3:]))]


def frequencies(files: Files) -> list[float] | None:
    """Each core's frequency now, in MHz."""
    found = [files.number(core, "cpufreq/scaling_cur_freq") for core in cores(files)]
    known = [round(value / 1000, 1) for value in found if value]
    if known:
        return known
    text = files.text("proc/cpuinfo") or ""
    return [round(float(v), 1) for v in re.findall(r"(?m)^cpu MHz\s*: ([\d.]+)", text)] or None


def temperature(files: Files) -> float | None:
    """The hottest sensor of the processor, in degrees Celsius; of any part, if none is named so."""
    found: list[tuple[bool, float]] = []
    for zone in files.names("sys/class/thermal"):
        value = files.number("sys/class/thermal", zone, "temp")
        kind = files.text("sys/class/thermal", zone, "type") or ""
        if zone.startswith("thermal_zone") and value is not None:
            found.append((bool(PROCESSOR_SENSOR.search(kind)), value / 1000))
    for chip in files.names("sys/class/hwmon"):
        kind = files.text("sys/class/hwmon", chip, "name") or ""
        for name in files.names("sys/class/hwmon", chip):
            if re.fullmatch(r"temp\d+_input", name):
                value = files.number("sys/class/hwmon", chip, name)
                if value is not None:
                    found.append((bool(PROCESSOR_SENSOR.search(kind)), value / 1000))
    sane = [item for item in found if -40 < item[1] < 150]
    of_processor = [degrees for named, degrees in sane if named]
    return max(of_processor or [degrees for _, degrees in sane], default=None)


def throttled(files: Files, ask: bool = True) -> list[str] | None:
    """What the Raspberry Pi's firmware says of now and of before; None on other boards."""
    text = files.text("sys/devices/platform/soc/soc:firmware/get_throttled")
    if text is None and ask:
        text = _vcgencmd()
    if text is None:
        return None
    try:
        bits = int(text.rpartition("=")[2].removeprefix("0x"), 16)
    except ValueError:
        return None
    now = [name for i, name in enumerate(THROTTLED) if bits >> i & 1]
    before = [f"{name} before" for i, name in enumerate(THROTTLED) if bits >> (i + 16) & 1]
    return now + [name for name in before if name.removesuffix(" before") not in now]


def _vcgencmd() -> str | None:
    try:
        run = subprocess.run(
            ["vcgencmd", "get_throttled"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() if run.returncode == 0 and "=" in run.stdout else None


def load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def stolen(files: Files) -> list[int] | None:
    """Ticks that a hypervisor gave to others, and all ticks, since the system started."""
    match = re.match(r"cpu +((?:\d+ ?)+)", files.text("proc/stat") or "")
    values = [int(v) for v in match[1].split()] if match else []
    return [values[7], sum(values[:8])] if len(values) >= 8 else None


def state(files: Files, ask: bool = True) -> dict[str, Any]:
    """All of it now. Names are pyperf's where it has one."""
    return {
        "cpu_freq_mhz": frequencies(files),
        "cpu_temp": temperature(files),
        "throttled": throttled(files, ask),
        "load_avg_1min": load(),
        "steal_ticks": stolen(files),
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What may have disturbed the run, in words."""
    found = []
    first, last = (max(s["cpu_freq_mhz"] or [0]) for s in (before, after))
    if first and last and abs(last / first - 1) > FAR:
        found.append(f"frequency {first:.0f} to {last:.0f} MHz")
    now = [name for name in after["throttled"] or [] if not name.endswith(" before")]
    new = [name for name in after["throttled"] or [] if name not in (before["throttled"] or [])]
    found += sorted({name.removesuffix(" before") for name in now + new})
    return found
