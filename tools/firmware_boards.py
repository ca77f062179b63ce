"""Processors and emulated boards that firmware is written for and checked on.

`bertlite-fast firmware` writes a program for each of TARGETS, tools/firmware_check.py runs it, and
the core, on the boards among them. Needs nothing but Python.
"""

from __future__ import annotations

from dataclasses import dataclass

ARM = "arm-none-eabi-"
RISCV = "riscv64-unknown-elf-"


@dataclass(frozen=True)
class Board:
    """A machine of QEMU's: where its memories are. code: where it starts; model: read-only, too."""

    machine: str
    code: int
    code_size: int
    ram: int
    ram_size: int
    model: int
    model_size: int = 8 << 20
    clock: int = 25_000_000

    @property
    def qemu(self) -> list[str]:
        if self.machine == "virt":
            return ["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-m", "32M"]
        return ["qemu-system-arm", "-M", self.machine]


@dataclass(frozen=True)
class Target:
    """A processor: its tools' prefix, what gcc and clang compile for it with, and a board."""

    tools: str
    flags: str
    board: Board | None = None

    @property
    def specs(self) -> list[str]:
        """The C library of gcc's packages for it."""
        return ["--specs=picolibc.specs"] if self.tools == RISCV else ["--specs=nano.specs"]


def cortex(name: str, options: str, board: Board | None = None) -> Target:
    return Target(ARM, f"-mcpu={name} -mthumb {options}", board)


SINGLE = "-mfloat-abi=hard -mfpu=fpv4-sp-d16"
DOUBLE = "-mfloat-abi=hard -mfpu=fpv5-sp-d16"
TARGETS = {
    "cortex-m4": cortex(
        "cortex-m4", SINGLE,
        Board("mps2-an386", 0, 512 << 10, 0x20000000, 1 << 20, 0x21000000),
    ),
    "cortex-m7": cortex(
        "cortex-m7", DOUBLE,
        Board("mps2-an500", 0, 512 << 10, 0x20000000, 1 << 20, 0x60000000),
    ),
    "cortex-m33": cortex(
        "cortex-m33", DOUBLE,
        Board("mps2-an505", 0x10000000, 512 << 10, 0x38000000, 1 << 20, 0x80000000,
              clock=20_000_000),
    ),
    "cortex-m55": cortex(
        "cortex-m55", "-mfloat-abi=hard",
        Board("mps3-an547", 0x10000000, 512 << 10, 0x31000000, 1 << 20, 0x60000000,
              clock=32_000_000),
    ),
    "rv32": Target(
        RISCV, "-march=rv32imafc -mabi=ilp32f",
        Board("virt", 0x80000000, 512 << 10, 0x80400000, 1 << 20, 0x81000000),
    ),
    "any": Target("", ""),
}  # fmt: skip
