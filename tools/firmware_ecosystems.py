"""What `bertlite-fast firmware` writes, built by the systems that firmware is made with.

    python tools/firmware_ecosystems.py --esp-idf esp-idf
    python tools/firmware_ecosystems.py --zephyr zephyr --module modules/hal/cmsis
    python tools/firmware_ecosystems.py --platformio native
    python tools/firmware_ecosystems.py --arduino hardware --fqbn PACKAGE:ARCHITECTURE:BOARD:OPTIONS

--esp-idf: a checkout with its Python requirements installed for this interpreter; built for the
target `linux` (needs libbsd-dev) and run. --zephyr: a checkout, its Python requirements, a
device-tree compiler (dtc) and gcc-arm-none-eabi; --board: one of QEMU's, in which it is run.
--platformio: pio, and the platform that it knows or a file:// address of one; packed, built and
run. --arduino: a folder that has PACKAGE/ARCHITECTURE with a core (boards.txt), and
arduino-builder; built for a board, not run. Where a program is run, it has to answer as the same
model does in a program for this machine.

docs/microcontrollers.md says with which versions this has been done.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bertlite_fast import firmware

MODEL = "intent"
LINES = ["turn on the lights", "set an alarm for six", "pls dimm thelamp", ""]
BOOTED, ANSWERED = 60, 60  # seconds that an emulated board may take


def call(command: list[str | Path], **options: Any) -> str:
    """A command's output; what it printed is shown if it fails."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout[-6000:]}\n{' '.join(map(str, command))}: failed")
    return str(done.stdout)


def write(out: Path, array: bool = False) -> Path:
    firmware.write(MODEL, str(out), target="any", array=array)
    return out


def answers_here(out: Path) -> list[str]:
    project = write(out)
    compiler = [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O1", "-Isrc"]
    call([*compiler, "main.c", "src/bertlite.c", "src/model.S", "-lm", "-o", "here"], cwd=project)
    return ask([project / "here"])


def ask(program: list[str | Path]) -> list[str]:
    """What a program prints of LINES, without what else its system prints."""
    text = "".join(line + "\n" for line in LINES)
    return answers_in(call(program, input=text, timeout=ANSWERED))


def answers_in(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.endswith("%") or "no answer" in line]


# ---- the systems --------------------------------------------------------------------------------

ESP_MAIN = """\
#include <stdlib.h>
#define main read_lines
#include "../components/bertlite/main.c"
void app_main(void) { exit(read_lines()); }
"""
ESP_FILES = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.16)\n"
    "include($ENV{IDF_PATH}/tools/cmake/project.cmake)\n"
    "set(COMPONENTS main)\nproject(answer)\n",
    "main/CMakeLists.txt": "idf_component_register(SRCS main.c REQUIRES bertlite)\n",
    "main/main.c": ESP_MAIN,
}


def esp_idf(args: argparse.Namespace, out: Path) -> list[str]:
    for name, text in ESP_FILES.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    write(out / "components/bertlite")
    folder = args.esp_idf.resolve()
    environment = {**os.environ, "IDF_PATH": str(folder), "IDF_SKIP_CHECK_SUBMODULES": "1"}
    options = ["-DIDF_TARGET=linux", "-DPYTHON_DEPS_CHECKED=1", f"-DPYTHON={sys.executable}"]
    call(["cmake", "-GNinja", "-S", out, "-B", out / "build", *options], env=environment)
    call(["cmake", "--build", out / "build"], env=environment)
    return ask([out / "build/answer.elf"])


def zephyr(args: argparse.Namespace, out: Path) -> list[str]:
    project = write(out / "bertlite")
    base = args.zephyr.resolve()
    environment = {
        "ZEPHYR_TOOLCHAIN_VARIANT": "gnuarmemb",
        "GNUARMEMB_TOOLCHAIN_PATH": "/usr",
        **os.environ,
        "ZEPHYR_BASE": str(base),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    modules = ";".join(str(path.resolve()) for path in args.module)
    call(
        ["cmake", "-GNinja", "-S", project / "zephyr/sample", "-B", out / "build",
         f"-DBOARD={args.board}", f"-DZEPHYR_MODULES={modules};{project.resolve()}",
         f"-DPython3_EXECUTABLE={sys.executable}", "-DBUILD_VERSION=answer"],
        env=environment,
    )  # fmt: skip
    call(["cmake", "--build", out / "build"], env=environment)
    machine = args.board.replace("/", "-").replace("_", "-")
    return ask_console(
        ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none",
         "-serial", "stdio", "-kernel", out / "build/zephyr/zephyr.elf"],
        out / "console",
    )  # fmt: skip


def has_answers(count: int, output: str) -> bool:
    return len(answers_in(output)) == count


def ask_console(command: list[str | Path], log: Path) -> list[str]:
    """The same of an emulated board that never ends: a line when it has answered the one before."""
    with log.open("wb") as output:
        board = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output)

        def wait(done: Callable[[str], bool], seconds: float) -> None:
            end = time.monotonic() + seconds
            while not done(log.read_text(encoding="utf-8", errors="replace")):
                if board.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{log.read_text(errors='replace')}\nno answer")
                time.sleep(0.1)

        try:
            assert board.stdin
            wait(lambda text: "ready" in text, BOOTED)
            for count, line in enumerate(LINES, 1):
                board.stdin.write(f"{line}\r".encode())
                board.stdin.flush()
                wait(partial(has_answers, count), ANSWERED)
        finally:
            board.kill()
            board.wait()
    return answers_in(log.read_text(encoding="utf-8", errors="replace"))


def platformio(args: argparse.Namespace, out: Path) -> list[str]:
    library = write(out / "Bertlite", array=True)
    call(["pio", "pkg", "pack", library, "-o", out / "packed.tar.gz"])
    (out / "src").mkdir()
    (out / "src/main.c").write_text((library / "main.c").read_text(encoding="utf-8"))
    (out / "platformio.ini").write_text(
        f"[env:here]\nplatform = {args.platformio}\nlib_deps = symlink://{library}\n"
    )
    call(["pio", "run", "-d", out])
    return ask([out / ".pio/build/here/program"])


def arduino(args: argparse.Namespace, out: Path) -> list[str]:
    library = write(out / "libraries/Bertlite", array=True)
    sketch = out / "Answer/Answer.ino"
    sketch.parent.mkdir()
    sketch.write_text((library / "examples/Answer/Answer.ino").read_text(encoding="utf-8"))
    (out / "build").mkdir()
    (out / "tools").mkdir()
    text = call(
        ["arduino-builder", "-compile", "-hardware", args.arduino.resolve(),
         "-hardware", "/usr/share/arduino-builder", "-tools", out / "tools",
         "-libraries", out / "libraries", "-fqbn", args.fqbn, "-build-path", out / "build",
         "-warnings", "all", sketch],
    )  # fmt: skip
    for line in text.splitlines():
        if "Bertlite" in line or "Answer.ino" in line or line.startswith("Sketch uses"):
            print(f"  {line}")
    return []


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--esp-idf", type=Path, metavar="FOLDER")
    parser.add_argument("--zephyr", type=Path, metavar="FOLDER")
    parser.add_argument("--module", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--board", default="mps2_an385", help="mps2/an385 since Zephyr 3.7")
    parser.add_argument("--platformio", metavar="PLATFORM")
    parser.add_argument("--arduino", type=Path, metavar="FOLDER")
    parser.add_argument("--fqbn", default="", metavar="BOARD")
    args = parser.parse_args()
    systems = [one for one in (esp_idf, zephyr, platformio, arduino) if getattr(args, one.__name__)]
    if not systems:
        parser.error("name at least one system; see --help")
    with tempfile.TemporaryDirectory() as folder:
        expected = answers_here(Path(folder) / "here")
        for system in systems:
            out = Path(folder) / system.__name__
            out.mkdir()
            found = system(args, out)
            if found and found != expected:
                raise SystemExit(f"{system.__name__}: answers {found}, here {expected}")
            what = f"built; {len(found)} answers as here" if found else "built"
            print(f"{system.__name__}: {what}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
