"""The files of a firmware project around a model's blocks: `bertlite-fast firmware` writes them.

One folder is a CMake library, an ESP-IDF component and a Zephyr module; with the model as an array
it is an Arduino and a PlatformIO library, too. For a processor that QEMU has a board of, emulate/
has what the program needs to run there. Needs nothing but Python.
"""

from __future__ import annotations

from typing import Any

import amalgamate
from firmware_boards import RISCV, TARGETS, Board, Target

MODEL_HEADER = """\
/* model.h: the model's blocks and what they take. Made by bertlite-fast firmware. */
#ifndef MODEL_H
#define MODEL_H

#ifdef __cplusplus
extern "C" {{
#endif

#define MODEL_TOKENS     {length} /* of the longest text, special tokens included */
#define MODEL_BYTES      {most_bytes}
#define MODEL_MEMORY     {memory_bytes} /* for bl_flash_open and a call with default options */
#define MODEL_BASE_SIZE  {base_bytes}
#define MODEL_TASK_SIZE  {task_bytes}

extern const unsigned char model_base[], model_task[];

#ifdef __cplusplus
}}
#endif
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
# A library `bertlite` and a program `firmware` that reads lines and prints answers; within ESP-IDF
# a component, within Zephyr see zephyr/.
cmake_minimum_required(VERSION 3.13)
set(here "${{CMAKE_CURRENT_LIST_DIR}}")
# The core rounds every product and every sum by itself: never add -ffast-math.
set(options -std=gnu11 -Os -ffp-contract=off -fno-math-errno -fno-trapping-math
    -ffunction-sections -fdata-sections)

if(ESP_PLATFORM)
    # ESP-IDF reads this file twice: the first time as a script, which ends here.
    idf_component_register(SRCS src/bertlite.c src/{model} INCLUDE_DIRS src)
    set(library ${{COMPONENT_LIB}})
else()
    project(bertlite_firmware C ASM)
    add_library(bertlite STATIC src/bertlite.c src/{model})
    target_include_directories(bertlite PUBLIC src)
    target_compile_options(bertlite PUBLIC {flags})
    set(library bertlite)
endif()
set_source_files_properties("${{here}}/src/{model}" PROPERTIES
    OBJECT_DEPENDS "${{here}}/src/base.bin;${{here}}/src/task.bin"
    COMPILE_OPTIONS "-I${{here}}/src")
target_compile_options(${{library}} PRIVATE "$<$<COMPILE_LANGUAGE:C>:${{options}}>")

if(NOT ESP_PLATFORM)
    # BERTLITE_START: your board's start code; BERTLITE_LINK: its linker script and specs.
    target_link_libraries(bertlite PUBLIC m)
    add_executable(firmware main.c ${{BERTLITE_START}})
    target_link_libraries(firmware bertlite)
    target_link_options(firmware PRIVATE {flags} -Wl,--gc-sections ${{BERTLITE_LINK}})
endif()
"""

ZEPHYR = {
    "zephyr/module.yml": """\
name: bertlite
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
""",
    "zephyr/Kconfig": """\
config BERTLITE
    bool "Answers of a BERT encoder"
    depends on !MINIMAL_LIBC
    help
      bertlite.h and model.h. Needs a C library with math.h (PICOLIBC=y or NEWLIB_LIBC=y), and
      wants FPU=y where there is a float unit.
""",
    "zephyr/CMakeLists.txt": """\
if(CONFIG_BERTLITE)
    set(src "${{CMAKE_CURRENT_LIST_DIR}}/../src")
    zephyr_library_named(bertlite)
    zephyr_library_sources("${{src}}/bertlite.c" "${{src}}/{model}")
    zephyr_library_compile_options($<$<COMPILE_LANGUAGE:C>:-std=gnu11>
        $<$<COMPILE_LANGUAGE:C>:-ffp-contract=off>)
    set_source_files_properties("${{src}}/{model}" PROPERTIES COMPILE_OPTIONS "-I${{src}}")
    zephyr_include_directories("${{src}}")
endif()
""",
    "zephyr/sample/CMakeLists.txt": """\
# An application that reads lines and prints answers: west build -b BOARD zephyr/sample
cmake_minimum_required(VERSION 3.20)
set(EXTRA_ZEPHYR_MODULES "${{CMAKE_CURRENT_LIST_DIR}}/../..")
set(ZEPHYR_EXTRA_MODULES "${{EXTRA_ZEPHYR_MODULES}}") # its name before Zephyr 3.4
find_package(Zephyr REQUIRED HINTS "$ENV{{ZEPHYR_BASE}}")
project(answer C ASM)
target_sources(app PRIVATE main.c)
""",
    "zephyr/sample/prj.conf": """\
CONFIG_BERTLITE=y
CONFIG_NEWLIB_LIBC=y
CONFIG_CONSOLE_SUBSYS=y
CONFIG_CONSOLE_GETLINE=y
CONFIG_MAIN_STACK_SIZE=8192
""",
}

ESP_IDF = """\
version: "{version}"
description: "Answers of a BERT encoder on the device: {name}."
"""

ARDUINO = """\
name=Bertlite
version={version}
author=bertlite_fast
maintainer=bertlite_fast
sentence=Answers of a BERT encoder on the device: {name}.
paragraph=Made by bertlite-fast firmware; the model is in src/model.c.
category=Data Processing
url=https://pypi.org/project/bertlite-fast/
architectures=*
includes=bertlite.h,model.h
"""

SKETCH = """\
// Answers each line that comes over the serial line.
#include <bertlite.h>
#include <model.h>
#include <string.h>

alignas(16) static unsigned char memory[MODEL_MEMORY];
static char line[MODEL_BYTES + 2];
static bl_session session;

void setup() {{
  Serial.begin(115200);
  const bl_flash flash = {{model_base, MODEL_BASE_SIZE, model_task, MODEL_TASK_SIZE, 0}};
  if (bl_flash_open(&flash, memory, sizeof memory, &session, NULL) != BL_OK)
    Serial.println("the model cannot be opened");
  session.max_tokens = MODEL_TOKENS;
}}

static bl_status answer(const bl_session *session, bl_text text)
{{
{answer}
    return BL_OK;
}}

void loop() {{
  if (!session.model || !Serial.available()) return;
  bl_text text = bl_text();
  text.data = line;
  text.size = Serial.readBytesUntil('\\n', line, MODEL_BYTES);
  line[text.size] = 0;
  const bl_status status = answer(&session, text);
  if (status != BL_OK) {{
    Serial.print("no answer: ");
    Serial.println((int)status);
  }}
}}
"""

PLATFORMIO = """\
{{
  "name": "Bertlite",
  "version": "{version}",
  "description": "Answers of a BERT encoder on the device: {name}.",
  "build": {{"flags": ["-ffp-contract=off", "-lm"]}},
  "frameworks": "*",
  "platforms": "*"
}}
"""

# A program of C: how it begins, what holds the line, and how it reads lines and answers them.
PROGRAM = """\
{begin}
#include <stdio.h>
#include <string.h>

#include "bertlite.h"
#include "model.h"

static _Alignas(16) unsigned char memory[MODEL_MEMORY];
static char {line};

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
{loop}
        status = answer(&session, text);
        if (status != BL_OK) printf("no answer: %d\\n", (int)status);
    }}
    return 0;
}}
"""
MAIN = {
    "begin": "/* main.c: reads a line and prints its answer. Replace fgets and printf by what your "
    "board has. */",
    "line": "line[MODEL_BYTES + 2]",
    "loop": """\
    while (fgets(line, sizeof line, stdin)) {
        const bl_text text = { .data = line, .size = strcspn(line, "\\r\\n") };
        if (!strchr(line + text.size, '\\n')) /* longer than a line may be: the rest is not read */
            for (int c = getchar(); c != '\\n' && c != EOF; c = getchar()) {}""",
}
ZEPHYR_MAIN = {
    "begin": """\
/* main.c: answers each line that comes over the console. */
#if __has_include(<zephyr/console/console.h>)
#include <zephyr/console/console.h>
#else
#include <console/console.h>
#endif""",
    "line": "*line",
    "loop": """\
    console_getline_init();
    printf("ready\\n");
    while ((line = console_getline()) != NULL) {
        const bl_text text = { .data = line, .size = strlen(line) };""",
}

# {print} takes what printf does.
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
    char *tab = (char *)memchr(line, '\\t', text.size);
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

# ---- emulation ------------------------------------------------------------------------------

LINKER = """\
/* link.ld: {machine} of QEMU. */
ENTRY(start)
MEMORY {{
    CODE (rx) : ORIGIN = {code:#x}, LENGTH = {code_size:#x}
    MODEL (r) : ORIGIN = {model:#x}, LENGTH = {model_size:#x}
    RAM (rwx) : ORIGIN = {ram:#x}, LENGTH = {ram_size:#x}
}}
SECTIONS {{
    .model : {{ *(.rodata.model*) *(.rodata.model_base) *(.rodata.model_task) }} > MODEL
    .text : {{
        KEEP(*(.vectors)) KEEP(*(.start)) *(.text*) *(.rodata*) *(.srodata*)
        KEEP(*(.init)) KEEP(*(.fini)) . = ALIGN(16);
        __preinit_array_start = .; KEEP(*(.preinit_array)) __preinit_array_end = .;
        __init_array_start = .; KEEP(*(.init_array)) __init_array_end = .;
        __fini_array_start = .; KEEP(*(.fini_array)) __fini_array_end = .; . = ALIGN(16);
    }} > CODE
    .ARM.exidx : {{ __exidx_start = .; *(.ARM.exidx*) __exidx_end = .; }} > CODE
    .data : {{
        start_data = .; *(.data*) . = ALIGN(16);
        __global_pointer$ = . + 0x800; *(.sdata*) . = ALIGN(16); start_data_end = .;
    }} > RAM AT > CODE
    start_data_load = LOADADDR(.data);
    .bss (NOLOAD) : {{
        start_bss = .; __bss_start__ = .; *(.sbss*) *(.bss*) *(COMMON) . = ALIGN(16);
        start_bss_end = .; __bss_end__ = .;
    }} > RAM
    end = .; _end = .; __end__ = .; __heap_start = .;
    __heap_end = ORIGIN(RAM) + LENGTH(RAM) - 64K;
    start_stack = ORIGIN(RAM) + LENGTH(RAM); __StackTop = start_stack; __stack = start_stack;
}}
"""

START = """\
/* start.c: from reset to main, with a float unit; input and output over semihosting. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern unsigned char start_bss[], start_bss_end[], start_data[], start_data_end[], start_stack[];
extern const unsigned char start_data_load[];
int main(void);
void start(void);

static void begin(void)
{
    memcpy(start_data, start_data_load, (size_t)(start_data_end - start_data));
    memset(start_bss, 0, (size_t)(start_bss_end - start_bss));
#ifndef __riscv
    extern void initialise_monitor_handles(void);
    initialise_monitor_handles();
#endif
    exit(main());
}

/* For newlib's exit. */
void _init(void);
void _fini(void);
void _init(void) {}
void _fini(void) {}

#ifdef __riscv
/* Standard input that ends: picolibc's own, over semihosting, does not. */
#include <stdio.h>

enum { OPEN = 1, WRITE_CHARACTER = 3, READ = 6, EXIT = 0x20, APPLICATION_EXIT = 0x20026 };

__asm__(".text\\n.balign 16\\n.option push\\n.option norvc\\n.global semihost\\nsemihost:\\n"
        "slli x0, x0, 0x1f\\nebreak\\nsrai x0, x0, 7\\nret\\n.option pop\\n");
long semihost(long operation, const void *argument);

static int write_character(char c, FILE *file)
{
    (void)file;
    (void)semihost(WRITE_CHARACTER, &c);
    return 0;
}

static int read_character(FILE *file)
{
    static long in = -1;
    char c = 0;
    (void)file;
    if (in < 0) {
        const long open[3] = { (long)":tt", 0, 3 };
        in = semihost(OPEN, open);
    }
    const long block[3] = { in, (long)&c, 1 };
    return semihost(READ, block) ? _FDEV_EOF : (unsigned char)c;
}

static FILE line = FDEV_SETUP_STREAM(write_character, read_character, NULL, _FDEV_SETUP_RW);
FILE *const stdin = &line, *const stdout = &line, *const stderr = &line;

void _exit(int status)
{
    const long block[2] = { APPLICATION_EXIT, status };
    for (;;) (void)semihost(EXIT, block);
}

__attribute__((used)) static void start_c(void) { begin(); }
__asm__(".section .start,\\"ax\\"\\n.global start\\nstart:\\n"
        ".option push\\n.option norelax\\nla gp, __global_pointer$\\n.option pop\\n"
        "la sp, start_stack\\nli t0, 0x2000\\ncsrs mstatus, t0\\ncall start_c\\n");
#else
void start(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* CPACR: floating point */
    __asm__ volatile("dsb\\nisb");
    begin();
}

static void fault(void) { abort(); }

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(void *)start_stack, start, fault, fault, fault, fault, fault, fault,
};
#endif
"""

TOOLCHAIN = """\
# toolchain.cmake: builds the program for {machine} of QEMU, which reads lines and prints answers:
#     cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=emulate/toolchain.cmake && cmake --build build
#     {qemu} -kernel build/firmware
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR {name})
set(CMAKE_C_COMPILER {tools}gcc)
set(CMAKE_ASM_COMPILER {tools}gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "{specs}")
set(BERTLITE_START "${{CMAKE_CURRENT_LIST_DIR}}/start.c")
set(BERTLITE_LINK {link} -nostartfiles -T "${{CMAKE_CURRENT_LIST_DIR}}/link.ld"
    -Wl,--no-warn-rwx-segments)
"""


def emulator(board: Board) -> list[str]:
    """The command of an emulated board, without its program. Lines go in and out as they are."""
    quiet = ["-display", "none", "-serial", "none", "-monitor", "none"]
    return [*board.qemu, *quiet, "-semihosting-config", "enable=on,target=native"]


def emulated(name: str, target: Target) -> dict[str, str]:
    """The files of emulate/."""
    board = target.board
    if not board:
        return {}
    link = [] if target.tools == RISCV else ["--specs=rdimon.specs"]
    return {
        "emulate/link.ld": LINKER.format(**vars(board)),
        "emulate/start.c": START,
        "emulate/toolchain.cmake": TOOLCHAIN.format(
            machine=board.machine,
            qemu=" ".join(emulator(board)),
            name=name,
            tools=target.tools,
            specs=" ".join(target.specs),
            link=" ".join(link),
        ),
    }


def sketch_answer(text: str) -> str:
    """printf becomes the serial line's: a buffer, since not every core has Serial.printf."""
    return text.replace("printf(", "print_line(")


PRINT_LINE = """\
#include <stdarg.h>
#include <stdio.h>

static void print_line(const char *format, ...)
{
  char text[160];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  Serial.print(text);
}

"""


def files(
    target: str, name: str, answers: str, text: str, array: bool, values: dict[str, Any]
) -> dict[str, str]:
    """All files but the model's own, by their paths in the folder. values: as MODEL_HEADER has."""
    one = TARGETS[target]
    version = amalgamate.version()
    model = "model.c" if array else "model.S"
    answer = ANSWERS[answers]
    made = {
        "src/bertlite.c": amalgamate.make(latin1=text == "latin1"),
        "src/bertlite.h": amalgamate.header(),
        "src/model.h": MODEL_HEADER.format(**values),
        "main.c": PROGRAM.format(answer=answer, **MAIN),
        "CMakeLists.txt": CMAKE.format(flags=one.flags, model=model),
        "idf_component.yml": ESP_IDF.format(version=version, name=name),
        **{path: content.replace("{model}", model).replace("{{", "{").replace("}}", "}")
           for path, content in ZEPHYR.items()},
        "zephyr/sample/main.c": PROGRAM.format(answer=answer, **ZEPHYR_MAIN),
        **emulated(target, one),
    }  # fmt: skip
    if array:
        sketch = SKETCH.format(answer=sketch_answer(answer))
        made["library.properties"] = ARDUINO.format(version=version, name=name)
        made["library.json"] = PLATFORMIO.format(version=version, name=name)
        made["examples/Answer/Answer.ino"] = sketch.replace(
            "\nstatic bl_status answer", "\n" + PRINT_LINE + "static bl_status answer", 1
        )
    else:
        made["src/model.S"] = MODEL_ASSEMBLY
    return made
