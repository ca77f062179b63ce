"""The contracts of the instruction sets' headers (csrc/kernels/README.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bertlite_fast as bf

KERNELS = Path(__file__).resolve().parent.parent / "csrc/kernels"
NAME = r"(?:vf|vi|dot|DOT|VL)\w*"
ISAS = sorted(path.stem[4:] for path in KERNELS.glob("isa_*.c"))

# What the headers of the contract need for themselves, and what others may define.
OWN = {"dot_one", "vf_load_s8"}
CHOICES = {
    "DOT_ROWS_BESIDE",
    "VF_ROW",
    "VF_SCALES", "vf_fraction", "vf_scale2",
    "VF_TOGETHER", "vf_sum_together", "vf_min_together", "vf_max_together",
    "DOT_PUT_ROW64", "dot_put_row64",
    "DOT_PUT_COLUMNS", "dot_put_columns16",
}  # fmt: skip


def source(path: Path) -> str:
    """A header without comments, and with the kernel headers that it includes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    for included in re.findall(r'#include "(\w+\.h)"', text):
        text += source(path.parent / included)
    return text


def defined(path: Path) -> set[str]:
    """The macros, types and functions of the contract that a header defines."""
    text = source(path)
    found = set(re.findall(rf"^#define ({NAME})", text, re.M))
    found |= set(re.findall(rf"^(?:typedef .*|\}}) ({NAME});", text, re.M))
    found |= set(re.findall(rf"^(?:static|BL_INLINE)\b[^;{{=]*?\b({NAME})\(", text, re.M))
    return found


def headers(isa: str) -> tuple[str, str]:
    text = (KERNELS / f"isa_{isa}.c").read_text()
    floats, dots = re.findall(r'#define BL_(?:VECTORS|DOTS) +"(\w+\.h)"', text)
    return floats, dots


def used() -> set[str]:
    """What the kernels' source uses of the contracts, and does not define itself."""
    text = "".join(
        re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S) for path in KERNELS.glob("*.inc")
    )
    definition = rf"^#define ({NAME})\(.*"
    own = set(re.findall(definition, text, re.M))
    return set(re.findall(rf"\b{NAME}", re.sub(definition, "", text, flags=re.M))) - own


def test_the_contracts_define_what_the_kernels_use() -> None:
    contract = defined(KERNELS / "vec_generic.h") | defined(KERNELS / "dot_generic.h")
    assert {"VL", "vf", "vi", "vf_rows", "vi_shift_left", "DOT_MR", "dot_tile"} <= contract
    assert used() - contract - CHOICES == set()
    assert contract - used() - OWN == set(), "the contract asks for what nothing uses"


@pytest.mark.parametrize("isa", ISAS)
def test_every_instruction_set_fulfills_the_contracts(isa: str) -> None:
    floats, dots = headers(isa)
    assert defined(KERNELS / "vec_generic.h") - OWN - defined(KERNELS / floats) == set()
    assert defined(KERNELS / "dot_generic.h") - OWN - defined(KERNELS / dots) == set()


@pytest.mark.parametrize("isa", bf.available_isas())
def test_the_library_checks_an_instruction_set(isa: str) -> None:
    from bertlite_fast import _native

    _native.check_isa(isa)


def test_an_unknown_instruction_set_is_an_error() -> None:
    from bertlite_fast import _native
    from bertlite_fast.errors import InstructionSetError

    with pytest.raises(InstructionSetError, match='"sse9" is not an instruction set'):
        _native.check_isa("sse9")
