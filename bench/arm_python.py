"""Instructions that Python programs take on emulated ARM cores: bench/arm_cost.py's second half.

A system's Python runs in QEMU with the counting plugin, from a root folder of tools/arm/rootfs,
without entering it. Counted are a fresh process until its first answer, steps of fine-tuning, and
calls of other programs from their wheels for that system. Several threads are counted together; a
process that a program starts is not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 900.0

# What /proc/cpuinfo says on a core: programs that read it must not find this machine's.
FEATURES = {
    "cortex-a53": ("8", "0xd03", "fp asimd aes pmull sha1 sha2 crc32"),
    "cortex-a72": ("8", "0xd08", "fp asimd aes pmull sha1 sha2 crc32"),
    "cortex-a76": (
        "8", "0xd0b", "fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm lrcpc "
        "dcpop asimddp"),
    "max,sve=off,sme=off": (
        "8", "0xd40", "fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm lrcpc "
        "dcpop asimddp i8mm bf16"),
    "cortex-a7": ("7", "0xc07", "half thumb fastmult vfp edsp vfpv3 neon vfpv4 idiva idivt vfpd32"),
    "arm1176": ("7", "0xb76", "half thumb fastmult vfp edsp java tls"),
}  # fmt: skip

NOTHING = "print(1)"
IMPORT = "import bertlite_fast"
FIRST_ANSWER = """
import bertlite_fast
pipe = bertlite_fast.pipeline("intent-classification")
print(pipe("Turn on the light in the kitchen.")["label"])
"""
# The benchmark's own worker, so that boards measure the time of what is counted here.
STEPS = """
from bertlite_fast.bench.worker import train
request = dict(trained={trained!r}, texts=16, length=32, seconds=1e9, most={calls})
print(len(train(request)["samples"]))
"""
RIVAL = """
import sys
from pathlib import Path
from rivals import worker
answer = worker.function({function!r})(Path({folder!r}), **{settings!r})
for _ in range({calls}):
    found = answer({text!r})
print(found)
"""


class Python:
    """A system's Python on one core, and what it can import."""

    def __init__(
        self, system: Path, emulator: str, core: str, plugin: Path, scratch: Path,
        paths: Sequence[Path],
    ) -> None:  # fmt: skip
        self.paths = paths
        view = scratch / f"view-{Path(emulator).name}-{core}"
        if not view.exists():
            self._view(system, core, view)
        python = (system / "usr/bin/python3").resolve()
        self.command = [emulator, "-cpu", core, "-L", str(view), "-plugin", str(plugin),
                        str(python)]  # fmt: skip

    @staticmethod
    def _view(system: Path, core: str, view: Path) -> None:
        """The system's folders as QEMU looks for them, and the core's /proc/cpuinfo."""
        view.mkdir()
        for name in ("usr", "lib", "lib64", "etc"):
            if (system / name).exists():
                (view / name).symlink_to((system / name).resolve())
        (view / "proc").mkdir()
        architecture, part, features = FEATURES[core]
        (view / "proc/cpuinfo").write_text(
            f"processor\t: 0\nFeatures\t: {features}\nCPU implementer\t: 0x41\n"
            f"CPU architecture: {architecture}\nCPU variant\t: 0x0\nCPU part\t: {part}\n"
            "CPU revision\t: 1\n\n"
        )

    def count(self, code: str) -> int:
        """The instructions of a process that runs this program."""
        surroundings = {
            "PATH": os.environ.get("PATH", ""), "PYTHONPATH": ":".join(map(str, self.paths)),
            "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "LANG": "C.UTF-8",
        }  # fmt: skip
        run = subprocess.run(
            [*self.command, "-c", code], env=surroundings, capture_output=True, text=True,
            timeout=TIMEOUT, cwd="/",  # from where "-c" imports first
        )  # fmt: skip
        found = re.search(r"executed (\d+)", run.stderr)
        if run.returncode or not found or not run.stdout.strip():
            lines = [line for line in run.stderr.splitlines() if not line.startswith("executed")]
            last = (lines or ["it printed nothing"])[-1]
            raise RuntimeError(f"ended with {run.returncode}: {last[:200]}")
        return int(found[1])

    def per_call(self, code: str, calls: int = 8, warm: int = 3, **settings: Any) -> int:
        """What one call more takes, after the first ones."""
        few = self.count(code.format(calls=warm, **settings))
        return (self.count(code.format(calls=warm + calls, **settings)) - few) // calls


def cold_start(python: Python) -> dict[str, int]:
    python.count(FIRST_ANSWER)  # after which all modules are compiled, as an installer leaves them
    nothing = python.count(NOTHING)
    return {
        "Python alone": nothing,
        "import": python.count(IMPORT + "\n" + NOTHING) - nothing,
        "to the first answer": python.count(FIRST_ANSWER),
    }


def steps(python: Python) -> dict[str, int]:
    """One step on 16 texts of 32 tokens, by what is trained."""
    kinds = ("head", "encoder", "all")
    python.count(STEPS.format(calls=1, trained=kinds[0]))  # as in cold_start
    return {kind: python.per_call(STEPS, calls=2, warm=1, trained=kind) for kind in kinds}


def build(system: Path, machine: str, out: Path) -> Path:
    """The package, compiled for the system; the folder to import it from."""
    command = [sys.executable, str(ROOT / "tools/emulate.py"), "--extension", str(system), machine]
    subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(out / "objects", ignore_errors=True)
    return out


# ---- other programs -------------------------------------------------------------------------


def rivals(python: Python, models: Path) -> dict[str, dict[str, int] | str]:
    """Of each rival of the case "classes" that needs no torch: a call with 16 and with 128 tokens,
    and a fresh process to its first answer; or why there is no count."""
    from rivals import cases

    case = next(c for c in cases.all_cases(models) if c.name == "classes")
    found: dict[str, dict[str, int] | str] = {}
    for rival in case.rivals:
        if "torch" in rival.packages:
            continue
        given: dict[str, Any] = {"function": rival.function, "settings": rival.settings,
                 "folder": str(models / case.model)}  # fmt: skip
        texts = {entry.name: entry.texts[0] for entry in case.inputs[:2]}
        try:
            counts = {name: python.per_call(RIVAL, text=t, **given) for name, t in texts.items()}
            first = RIVAL.format(calls=1, text=texts[case.inputs[0].name], **given)
            found[rival.name] = {**counts, "to the first answer": python.count(first)}
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            found[rival.name] = str(error)
    return found
