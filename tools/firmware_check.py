"""The core without an operating system, on emulated microcontrollers, beside the hosted one.

    python tools/firmware_check.py [--full] [--fuzz SECONDS] [--board NAME]... [--table FILE]

For each board, the firmware of tests/firmware is built and run in QEMU's system emulation with the
blocks of each model of the package. Its transcript (every bit of every answer) has to equal that of
the hosted core, which opens the converted files. Stack and memory are painted and measured, and
instructions counted: an estimate of speed at most, never a time. Needs
    apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
    apt-get install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc cmake
and nothing else. Without --full, a few texts, and of the models those that differ most. --fuzz: the
hosted core, under gcc's sanitizers, opens damaged blocks too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import core
import firmware_project
from firmware_boards import RISCV, TARGETS, Board, Target

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "bertlite_fast/weights"
SOURCES = ROOT / "tests/firmware"

# What the core may ask of a C library: nothing that allocates, prints or keeps state.
LIBRARY = {
    "memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strlen",
    "sqrt", "sqrtf", "floor",
}  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """An emulated board: its short name, its processor, and how to compile for it."""

    name: str
    core: str

    @property
    def target(self) -> Target:
        return TARGETS[self.core]

    @property
    def board(self) -> Board:
        assert self.target.board
        return self.target.board

    @property
    def compiler(self) -> list[str]:
        return [self.target.tools + "gcc", *self.target.specs, *self.target.flags.split()]

    @property
    def base(self) -> int:
        return self.board.model

    @property
    def task(self) -> int:
        return self.board.model + self.board.model_size


MACHINES = [
    Machine("m4", "cortex-m4"),
    Machine("m7", "cortex-m7"),
    Machine("m33", "cortex-m33"),
    Machine("m55", "cortex-m55"),
    Machine("rv32", "rv32"),
]

LINKER = """\
ENTRY({entry})
MEMORY {{
    CODE (rx) : ORIGIN = {code:#x}, LENGTH = {code_size:#x}
    RAM (rwx) : ORIGIN = {ram:#x}, LENGTH = {size:#x}
}}
SECTIONS {{
    .text : {{
        KEEP(*(.vectors)) KEEP(*(.start)) *(.text*) *(.rodata*) *(.srodata*) . = ALIGN(16);
    }} > CODE
    board_data_load = LOADADDR(.data);
    .data : {{
        board_data = .; *(.data*) *(.sdata*) . = ALIGN(16); board_data_end = .;
    }} > RAM AT > CODE
    __global_pointer$ = ADDR(.data) + 0x800;
    .bss (NOLOAD) : {{
        board_bss = .; *(.sbss*) *(.bss*) *(COMMON) . = ALIGN(16); board_bss_end = .;
    }} > RAM
    .stack (NOLOAD) : {{ board_stack_low = .; . += 64K; board_stack_top = .; }} > RAM
    .memory (NOLOAD) : {{ board_memory = .; . += 512K; board_memory_end = .; }} > RAM
    /DISCARD/ : {{ *(.ARM.exidx*) *(.eh_frame*) *(.comment*) }}
}}
board_base = {base:#x};
board_task = {task:#x};
end = board_memory_end;
"""


def freestanding(compiler: list[str], out: Path) -> list[Path]:
    """The core's objects for a machine without an operating system."""
    files = [
        (path, [] if path.startswith("csrc/kernels/isa_") else ["-Os"])
        for path in core.FREESTANDING
    ]
    return core.compile_files(compiler, core.FREESTANDING_FLAGS, out, files)


def check_symbols(board: Machine, objects: list[Path]) -> None:
    """The core may not use more of a C library than LIBRARY, but for the compiler's arithmetic."""
    nm = board.compiler[0].replace("gcc", "nm")
    text = subprocess.run([nm, "-g", *objects], capture_output=True, text=True, check=True).stdout
    defined = set(re.findall(r" [TRDBVW] (\w+)", text))
    wanted = set(re.findall(r" U (\w+)", text)) - defined - LIBRARY
    unexpected = {name for name in wanted if not name.startswith("__")}
    if unexpected or any("atomic" in name for name in wanted):
        raise SystemExit(f"{board.name}: the core uses {', '.join(sorted(wanted))}")


def build(board: Machine, out: Path) -> tuple[Path, int]:
    """The firmware, and the bytes of the core in it."""
    out.mkdir(parents=True, exist_ok=True)
    objects = freestanding(board.compiler, out)
    check_symbols(board, objects)
    own = [(f"tests/firmware/{name}.c", ["-Os"]) for name in ("firmware", "transcript")]
    own.append(("tests/firmware/board.c", ["-Os", f"-DCLOCK_HZ={board.board.clock}u"]))
    objects += core.compile_files(board.compiler, core.FREESTANDING_FLAGS, out, own)
    script = out / "link.ld"
    entry = "_start" if board.target.tools == RISCV else "board_start_address"
    script.write_text(
        LINKER.format(
            entry=entry, code=board.board.code, code_size=board.board.code_size,
            ram=board.board.ram, size=board.board.ram_size, base=board.base, task=board.task,
        )
    )  # fmt: skip
    program = out / "firmware.elf"
    subprocess.run(
        [*board.compiler, "-nostartfiles", "-Wl,--gc-sections", "-T", script,
         "-Wl,--no-warn-rwx-segments", *objects, "-lm", "-o", program],
        check=True,
    )  # fmt: skip
    size = subprocess.run(
        [board.compiler[0].replace("gcc", "size"), program],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return program, int(size.splitlines()[1].split()[0])


@dataclass
class Run:
    """What a run printed: the transcript and what was measured."""

    lines: list[str]
    measured: dict[str, list[int]]


def emulate(
    board: Machine, program: Path, blocks: tuple[Path, Path], request: str, out: Path
) -> Run:
    (out / "request").write_bytes(request.encode())
    (out / "reply").unlink(missing_ok=True)
    command = [
        *board.board.qemu, "-nographic", "-monitor", "none", "-serial", "none",
        "-semihosting-config", "enable=on,target=native", "-icount", "shift=0",
        "-kernel", str(program),
        "-device", f"loader,file={blocks[0]},addr={board.base:#x},force-raw=on",
        "-device", f"loader,file={blocks[1]},addr={board.task:#x},force-raw=on",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, timeout=600)
    if not (out / "reply").exists():
        raise SystemExit(f"{board.name}: no reply: {done.stdout[-500:]}{done.stderr[-500:]}")
    lines: list[str] = []
    measured: dict[str, list[int]] = {}
    for line in (out / "reply").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            what, _, number = line[2:].rpartition(" ")
            measured.setdefault(what, []).append(int(number, 16))
        else:
            lines.append(line)
    return Run(lines, measured)


# ---- texts ----------------------------------------------------------------------------------

TEXTS = [
    "turn on the lights in the kitchen",
    "",
    "I was NOT happy with the café's naïve Zürich waiter — 中文 e\u0301 \U0001f600!",
    "Angela Merkel met Tim Cook in New York City on Monday, said Reuters. " * 2,
    "unbelievablyantidisestablishmentarianistically " * 12,
    "\x01\x7f\xa0 [SEP] [CLS] ##ing don't",
]
PAIR = "Where does she live?\tAngela Merkel was born in Hamburg. She lives in Berlin, not Paris."
MASKS = ["The [MASK] is very hot today .", "[MASK] [MASK]"]
PROJECT_TEXTS = {
    "entities": ["Angela Merkel met Tim Cook in Zürich on Monday.", "", "no one " * 90, "x"],
    "answers": [PAIR, "no tab", PAIR[:300]],
    "words": MASKS,
}
MODELS = ["intent", "emotion", "sentiment", "ner", "pos", "slots", "qa", "vectors", "base"]
SHOWN = (("intent", 32), ("ner", 32))  # in the document, of boards but the first
SAMPLED = ["intent", "ner", "qa", "vectors", "base"]
PROJECTS_SAMPLED = ("m7", "rv32")
SANITIZE = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all".split()


def texts_for(model: str, full: bool) -> list[str]:
    if model == "qa":
        return [PAIR, "Who?\t" + TEXTS[3], *(["no context", PAIR * 2] if full else [])]
    if model == "base":
        return MASKS[: None if full else 1]
    return TEXTS if full else TEXTS[:4]


def hosted_program(out: Path, flags: list[str]) -> Path:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    objects = core.compile_core(compiler, flags, out)
    files = [("tests/firmware/hosted.c", ["-D_GNU_SOURCE"]), ("tests/firmware/transcript.c", [])]
    mains = core.compile_files(compiler, flags, out, files)
    program = out / "hosted"
    objects = [*mains, *objects]
    linked = [*compiler, *flags, *map(str, objects), "-lm", "-lpthread", "-o", str(program)]
    subprocess.run(linked, check=True)
    return program


def fuzz(seconds: int, out: Path) -> None:
    program = hosted_program(out, SANITIZE)
    for seed, model in enumerate(SAMPLED):
        blocks = (out / "base.block", out / f"{model}.task")
        hosted(program, "--write", WEIGHTS / f"{model}.bertlite", 32, 256, *blocks)
        share = max(1, seconds // len(SAMPLED))
        print(f"{model}: {hosted(program, '--fuzz', *blocks, share, seed).strip()}", flush=True)


def hosted(program: Path, *arguments: object, text: str = "") -> str:
    done = subprocess.run(
        [program, *map(str, arguments)], input=text.encode(), capture_output=True, check=True
    )
    return done.stdout.decode()


def check(
    board: Machine, program: Path, host: Path, model: str, full: bool, length: int, out: Path
) -> dict[str, int]:
    """Compare one model; what was measured. Raises SystemExit where a line differs."""
    texts = texts_for(model, full)
    most = max(len(text.encode()) for text in texts)
    blocks = (out / "base.block", out / f"{model}.task")
    file = WEIGHTS / f"{model}.bertlite"
    base, task, memory, _ = map(int, hosted(host, "--write", file, length, most, *blocks).split())
    lines = "".join(text + "\n" for text in texts)
    expected = hosted(host, file, length, text=lines).splitlines()
    found = emulate(board, program, blocks, f"{memory} {length} 0\n{lines}", out)
    if found.lines != expected:
        for text, a, b in zip(texts, expected, found.lines):
            if a != b:
                print(f"  {text!r}\n  hosted {a[-200:]}\n  board  {b[-200:]}")
        raise SystemExit(f"{board.name}, {model}: the answers differ ({found.measured})")
    return {
        "base": base, "task": task, "memory": memory, "used": found.measured["memory"][0],
        "stack": found.measured["stack"][0], "open": found.measured["instructions to open"][0],
        "instructions": found.measured["instructions"][0],
    }  # fmt: skip


def check_project(board: Machine, host: Path, full: bool, out: Path) -> str:
    """What `bertlite-fast firmware` writes around a model, built by its CMakeLists.txt: the program
    answers in emulation what it answers when it is compiled for this machine. What was built."""
    made = []
    for model, text in (
        ("ner", "latin1"),
        *([("qa", "unicode"), ("base", "unicode")] if full else []),
    ):
        folder = out / f"project-{model}"
        (folder / "src").mkdir(parents=True)
        file, blocks = (
            WEIGHTS / f"{model}.bertlite",
            [folder / f"src/{n}.bin" for n in ("base", "task")],
        )
        base, task, memory, head = map(int, hosted(host, "--write", file, 48, 512, *blocks).split())
        values = {"length": 48, "most_bytes": 512, "base_bytes": base, "task_bytes": task,
                  "memory_bytes": memory}  # fmt: skip
        kind = ("vectors", "labels", "entities", "answers", "words")[head]
        for path, content in firmware_project.files(
            board.core, model, kind, text, False, values
        ).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
        lines = "".join(line + "\n" for line in PROJECT_TEXTS[kind]).encode()
        toolchain = f"-DCMAKE_TOOLCHAIN_FILE={folder}/emulate/toolchain.cmake"
        for command in (f"-S {folder} -B {folder}/build {toolchain}", f"--build {folder}/build"):
            subprocess.run(["cmake", *command.split()], check=True, stdout=subprocess.DEVNULL)
        sources = [folder / name for name in ("main.c", "src/bertlite.c", "src/model.S")]
        compiler = [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O1"]
        subprocess.run(
            [*compiler, f"-I{folder}/src", *sources, "-lm", "-o", folder / "here"], check=True
        )
        emulator = [*firmware_project.emulator(board.board), "-kernel", f"{folder}/build/firmware"]
        answers = [
            subprocess.run(  # QEMU writes single characters to its standard error
                program,
                input=lines,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=300,
                check=True,
            ).stdout.decode()
            for program in (emulator, [str(folder / "here")])
        ]
        if answers[0] != answers[1] or not answers[0]:
            raise SystemExit(f"{board.name}, {model}: the program answers {answers[0]!r}, here "
                             f"{answers[1]!r}")  # fmt: skip
        made.append(f"{model} ({text})")
    return " and ".join(made)


def models_for(board: Machine, full: bool) -> list[str]:
    if full:
        return MODELS
    return SAMPLED if board is MACHINES[0] else ["ner", "vectors"]


def write_docs(rows: list[dict[str, Any]]) -> None:
    """What was measured becomes the table of docs/microcontrollers.md."""
    page = ROOT / "docs/microcontrollers.md"
    table = [
        "| core | model | tokens | task in flash | memory | stack | instructions, first text |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for r in rows:
        if r["board"] != MACHINES[0].name and (r["model"], r["length"]) not in SHOWN:
            continue
        table.append(
            f"| {r['core']} | {r['model']} | {r['length']} | {r['task']:,} | {r['used']:,} | "
            f"{r['stack']:,} | {r['instructions']:,} |"
        )
    sizes = {row["core"]: row["code"] for row in rows}
    code = ["| core | code of all tasks, with all of Unicode |", "|---|---:|"]
    code += [f"| {name} | {size:,} |" for name, size in sizes.items()]
    text = page.read_text(encoding="utf-8")
    for begin, end, found in (("code", "code end", code), ("table", "end", table)):
        before, _, rest = text.partition(f"<!-- {begin} -->\n")
        after = rest[rest.index(f"<!-- {end} -->") :]
        text = "\n".join([f"{before}<!-- {begin} -->", *found, after])
    page.write_text(text, encoding="utf-8")


def missing(board: Machine) -> list[str]:
    return [
        tool for tool in (board.compiler[0], board.board.qemu[0], "cmake") if not shutil.which(tool)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="all models, texts and boards")
    parser.add_argument("--fuzz", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--board", action="append", choices=[b.name for b in MACHINES])
    parser.add_argument("--model", action="append", choices=MODELS)
    parser.add_argument("--length", type=int, action="append")
    parser.add_argument("--table", type=Path, help="write what was measured as JSON")
    parser.add_argument("--docs", action="store_true", help="write the table of the document")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        host = hosted_program(scratch / "hosted", [])
        for board in MACHINES:
            if args.board and board.name not in args.board:
                continue
            if missing(board):
                raise SystemExit(f"{board.name}: needs {' and '.join(missing(board))}; see --help")
            program, size = build(board, scratch / board.name)
            print(f"{board.name}: {board.core}, {size:,} bytes of code and tables", flush=True)
            if args.full or board.name in PROJECTS_SAMPLED:
                projects = check_project(board, host, args.full, scratch / board.name)
                print(f"  the project of firmware: {projects} answer as here", flush=True)
            for model in args.model or models_for(board, args.full):
                for length in args.length or ([32, 128] if args.full else [32]):
                    out = scratch / board.name
                    found = check(board, program, host, model, args.full, length, out)
                    row = {"board": board.name, "core": board.core, "code": size}
                    rows.append({**row, "model": model, "length": length, **found})
                    print(
                        f"  {model} at {length} tokens: equal; {found['used']:,} of "
                        f"{found['memory']:,} bytes of memory, {found['stack']:,} of stack, "
                        f"{found['instructions']:,} instructions for the first text",
                        flush=True,
                    )
        if args.fuzz:
            fuzz(args.fuzz, scratch / "fuzz")
    if args.table:
        args.table.write_text(json.dumps(rows, indent=1) + "\n")
    if args.docs:
        write_docs(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
