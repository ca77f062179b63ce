"""A model and a program for a microcontroller, in a folder (docs/microcontrollers.md)."""

from __future__ import annotations

import os
import sys

from . import embedded
from ._native import write_blocks
from .errors import InputError, ModelFileError
from .files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_TOKENS = 512
BYTES_PER_TOKEN = 8

# What gcc or clang compiles for.
TARGETS = {
    "cortex-m4": "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16",
    "cortex-m7": "-mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16",
    "cortex-m33": "-mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16",
    "cortex-m55": "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard",
    "rv32": "-march=rv32imafc -mabi=ilp32f",
    "any": "",
}

MODEL_HEADER = """\
/* model.h: the model's blocks and what they take. Made by bertlite-fast firmware. */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>

#define MODEL_TOKENS     {length} /* of the longest text, special tokens included */
#define MODEL_BYTES      {most_bytes}
#define MODEL_MEMORY     {memory} /* for bl_flash_open and a call with default options */
#define MODEL_BASE_SIZE  {base_bytes}
#define MODEL_TASK_SIZE  {task_bytes}

extern const unsigned char model_base[], model_task[];

#endif
"""

MODEL_ASSEMBLY = """\
/* model.S: the blocks, in read-only memory. Instead, base.bin and task.bin can be written to flash
 * at addresses of your own, multiples of 16: each has its size and a checksum at its start. */
    .section .rodata.model, "a"
    .balign 16
    .global model_base
model_base:
    .incbin "base.bin"
    .balign 16
    .global model_task
model_task:
    .incbin "task.bin"
#ifdef __linux__
    .section .note.GNU-stack, "", %progbits
#endif
"""

CMAKE = """\
cmake_minimum_required(VERSION 3.13)
project(bertlite_firmware C ASM)

# The core rounds every product and every sum by itself: never add -ffast-math.
add_library(bertlite STATIC bertlite.c model.S)
target_include_directories(bertlite PUBLIC ${{CMAKE_CURRENT_SOURCE_DIR}})
target_compile_options(bertlite PRIVATE
    $<$<COMPILE_LANGUAGE:C>:-std=c11 -O2 -ffp-contract=off -fno-math-errno>
    -ffunction-sections -fdata-sections)
target_compile_options(bertlite PUBLIC {flags})
set_source_files_properties(model.S PROPERTIES
    OBJECT_DEPENDS "${{CMAKE_CURRENT_SOURCE_DIR}}/base.bin;${{CMAKE_CURRENT_SOURCE_DIR}}/task.bin"
    COMPILE_OPTIONS "-I${{CMAKE_CURRENT_SOURCE_DIR}}")
target_link_libraries(bertlite PUBLIC m)

add_executable(firmware main.c)
target_link_libraries(firmware bertlite)
target_link_options(firmware PRIVATE {flags} -Wl,--gc-sections ${{BERTLITE_LINK}})
"""

MAIN = """\
/* main.c: reads a line and prints its answer. Replace fgets and printf by what your board has. */
#include <stdio.h>
#include <string.h>

#include "bertlite.h"
#include "model.h"

static _Alignas(16) unsigned char memory[MODEL_MEMORY];
static char line[MODEL_BYTES + 2];

static bl_status answer(const bl_session *session, bl_text text)
{{
{answer}
    return BL_OK;
}}

int main(void)
{{
    const bl_flash flash = {{ model_base, MODEL_BASE_SIZE, model_task, MODEL_TASK_SIZE, 0 }};
    bl_session session;
    bl_status status = bl_flash_open(&flash, memory, sizeof memory, &session, NULL);
    if (status != BL_OK) {{
        printf("the model cannot be opened: %d\\n", (int)status);
        return 1;
    }}
    session.max_tokens = MODEL_TOKENS;
    while (fgets(line, sizeof line, stdin)) {{
        const bl_text text = {{ .data = line, .size = strcspn(line, "\\r\\n") }};
        if (!strchr(line + text.size, '\\n')) /* longer than a line may be: the rest is not read */
            for (int c = getchar(); c != '\\n' && c != EOF; c = getchar()) {{}}
        status = answer(&session, text);
        if (status != BL_OK) printf("no answer: %d\\n", (int)status);
    }}
    return 0;
}}
"""

ANSWERS = {
    "labels": """\
    bl_labels out;
    const bl_status status = bl_classify(session, &text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    printf("%s %d%%\\n", bl_label_name(session->model, out.items[0].label),
           (int)(100 * out.items[0].score));""",
    "entities": """\
    bl_entities out;
    const bl_status status = bl_find_entities(session, &text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.count; i++)
        printf("%s: %.*s\\n", bl_entity_type(session->model, out.items[i].label),
               (int)(out.items[i].end - out.items[i].start), text.data + out.items[i].start);""",
    "answers": """\
    /* The line is a question, a tab, and the text that may answer it. */
    char *tab = memchr(line, '\\t', text.size);
    bl_answers out;
    if (!tab) return BL_INPUT_ERROR;
    text.pair = tab + 1;
    text.pair_size = (size_t)(line + text.size - text.pair);
    text.size = (size_t)(tab - line);
    const bl_status status = bl_answer_question(session, &text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.count; i++)
        printf("%.*s\\n", (int)(out.items[i].end - out.items[i].start),
               text.pair + out.items[i].start);""",
    "words": """\
    bl_filled out;
    const bl_status status = bl_fill_mask(session, &text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.mask_count * out.words_per_mask; i++) {
        size_t size;
        const char *word = bl_token_text(session->tokenizer, out.words[i].id, &size);
        if (word) printf("%.*s\\n", (int)size, word);
    }""",
    "vectors": """\
    bl_vectors out;
    const bl_status status = bl_embed(session, &text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.width; i++) printf("%d ", (int)(1000 * out.rows[i]));
    printf("thousandths\\n");""",
}


def _model_path(name: str) -> str:
    short = name[len(embedded.PREFIX) :] if name.startswith(embedded.PREFIX) else name
    if os.path.exists(name):
        return name
    if short in embedded.names():
        return embedded.path_of(short)
    raise ModelFileError(
        f"{name} is not a file, a folder, or an embedded model; those are "
        f"{', '.join(embedded.names()) or 'none in this build'}."
    )


def _amalgamation(sources: str | None) -> Any:
    """tools/amalgamate.py of a checkout or of the source package; wheels are without C."""
    root = sources or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tools = os.path.join(root, "tools")
    if not os.path.isfile(os.path.join(tools, "amalgamate.py")):
        raise InputError(
            f"{root} has no C sources (a wheel is without them): give --sources the folder of the "
            "unpacked source package ('pip download --no-deps --no-binary :all: bertlite-fast') or "
            "of a checkout."
        )
    from importlib.util import module_from_spec, spec_from_file_location

    path = list(sys.path)
    sys.path.insert(0, tools)
    try:
        spec = spec_from_file_location("bertlite_amalgamate", os.path.join(tools, "amalgamate.py"))
        assert spec and spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path[:] = path


def _array(name: str, data: bytes) -> str:
    rows = (",".join(map(str, data[i : i + 32])) for i in range(0, len(data), 32))
    return f"_Alignas(16) const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "\n};\n"


def write(
    model: str,
    out: str,
    *,
    target: str,
    length: int = 32,
    most_bytes: int | None = None,
    array: bool = False,
    sources: str | None = None,
) -> dict[str, Any]:
    """Writes the folder `out`; the sizes of what is in it."""
    if target not in TARGETS:
        raise InputError(f"{target} is not a target; choose one of {', '.join(TARGETS)}.")
    path = _model_path(model)
    amalgamation = _amalgamation(sources)
    try:
        os.makedirs(out, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be made a folder: {error.strerror}.") from None
    base = embedded.path_of("base") if "base" in embedded.names() else path
    blocks = [os.path.join(out, name) for name in ("base.bin", "task.bin")]
    most_bytes = most_bytes or BYTES_PER_TOKEN * length
    base_bytes, task_bytes, memory, answers = write_blocks(
        path, base, length, most_bytes, None, *blocks
    )
    values = {
        "target": target,
        "length": length,
        "most_bytes": most_bytes,
        "base_bytes": base_bytes,
        "task_bytes": task_bytes,
        "memory_bytes": memory,
        "answers": answers,
    }
    texts = {
        "bertlite.c": amalgamation.make(),
        "bertlite.h": amalgamation.header(),
        "model.h": MODEL_HEADER.format(**values, memory=memory),
        "model.S": MODEL_ASSEMBLY,
        "main.c": MAIN.format(answer=ANSWERS[answers]),
        "CMakeLists.txt": CMAKE.format(flags=TARGETS[target]),
    }
    if array:
        arrays = []
        for name, block in zip(("model_base", "model_task"), blocks):
            with open(block, "rb") as file:
                arrays.append(_array(name, file.read()))
        texts["model.c"] = '#include "model.h"\n\n' + "\n".join(arrays)
    for name, text in texts.items():
        write_atomically(os.path.join(out, name), text)
    return values
