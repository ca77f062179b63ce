"""What `bertlite-fast firmware` writes, compiled for this machine; tools/firmware_check.py has
emulated microcontrollers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast import firmware
from bertlite_fast.cli import main

COMPILER = os.environ.get("CC", "cc").split()[-1]
FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Werror", "-Wno-unused-function"]

pytestmark = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="needs a C compiler")


def compiled(folder: Path, core: Path | None = None) -> tuple[Path, Path]:
    """The program of a folder, and the core's object in it, or that of another folder."""
    core = core or folder / "bertlite.o"
    if not core.exists():
        subprocess.run(
            [COMPILER, *FLAGS, "-c", "src/bertlite.c", "-o", str(core)], cwd=folder, check=True
        )
    parts = ["main.c", "src/model.S", str(core), "-Isrc", "-lm", "-o", "program"]
    subprocess.run([COMPILER, *FLAGS, *parts], cwd=folder, check=True)
    return folder / "program", core


def answers(program: Path, *texts: str) -> list[str]:
    lines = "".join(text + "\n" for text in texts).encode()
    return subprocess.run([program], input=lines, capture_output=True).stdout.decode().splitlines()


def test_the_program_answers_as_pipelines_do(tmp_path: Path) -> None:
    made = firmware.write("intent", str(tmp_path / "a"), target="any")
    program, core = compiled(tmp_path / "a")
    texts = ["turn on the lights", "café, ZÜRICH and 中文?", "set an alarm for six " * 30, ""]
    intents = bf.pipeline("text-classification", model="bertlite/intent")
    expected = [intents(text, max_length=32, truncation=True)[0] for text in texts]
    assert answers(program, *texts) == [
        f"{one['label']} {int(100 * one['score'])}%" for one in expected
    ]
    typed = ["pls trun on teh ktchen lihgts", "wake me tmrw", "playsome musik", "idk"]
    expected = [intents(text)[0] for text in typed]
    assert answers(program, *typed) == [
        f"{one['label']} {int(100 * one['score'])}%" for one in expected
    ]
    assert made["memory_bytes"] < 40_000

    for name in ("intent", "sentiment"):  # what is meant may have twice as many tokens
        firmware.write(name, str(tmp_path / name), target="any", length=128)
        program, _ = compiled(tmp_path / name, core)
        asked = bf.pipeline("text-classification", model=f"bertlite/{name}")
        for text in ("pls idk " * 25, "idk " * 31, "trun on teh ktchen lihgts " * 10):
            best = asked(text)[0]
            assert answers(program, text) == [f"{best['label']} {int(100 * best['score'])}%"]

    made = firmware.write("ner", str(tmp_path / "b"), target="any", most_bytes=1000)
    program, _ = compiled(tmp_path / "b", core)
    assert answers(program, "Angela Merkel lives in Zürich.") == [
        "PERSON: Angela Merkel",
        "LOCATION: Zürich",
    ]
    long = answers(program, "Angela Merkel met Tim Cook. " * 300)
    assert long[0] == "PERSON: Angela Merkel" and len(long) > 60

    model = tmp_path / "b/src/model.h"
    header = model.read_text()
    memory = str(made["memory_bytes"])
    for size, answer in ((20_000, "no answer: 4"), (1_000, "the model cannot be opened: 4")):
        model.write_text(header.replace(memory, str(size)))
        program, _ = compiled(tmp_path / "b", core)
        assert answers(program, "Angela Merkel lives in Zürich. " * 8) == [answer]

    task = tmp_path / "b/src/task.bin"
    whole = task.read_bytes()
    for data, code in (
        (whole[:-1], 1),
        (whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:], 1),
        (b"\0" * len(whole), 1),
        (whole[:8] + b"\1" + whole[9:], 2),
        ((tmp_path / "b/src/base.bin").read_bytes(), 2),
    ):
        task.write_bytes(data)
        model.write_text(header.replace("MODEL_TASK_SIZE ", f"MODEL_TASK_SIZE {len(data)} //"))
        program, _ = compiled(tmp_path / "b", core)
        assert answers(program, "x") == [f"the model cannot be opened: {code}"]


# What the sketch uses of Arduino's cores.
ARDUINO = """
#include <cstddef>
struct Port {
  void begin(long); int available(); size_t readBytesUntil(char, char *, size_t);
  void print(const char *); void println(const char *); void println(int);
};
extern Port Serial;
"""
ZEPHYR = "void console_getline_init(void);\nchar *console_getline(void);\n"
SIZES = dict.fromkeys(("length", "most_bytes", "base_bytes", "task_bytes", "memory_bytes"), 64)


def project(answers: str, array: bool) -> dict[str, str]:
    import firmware_project

    return firmware_project.files("any", "name", answers, "latin1", array, SIZES)


def write_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler")
def test_programs_of_other_systems_compile(tmp_path: Path) -> None:
    import firmware_project

    for kind in firmware_project.ANSWERS:
        files = project(kind, True)
        headers = {"Arduino.h": ARDUINO, "zephyr/console/console.h": ZEPHYR}
        write_files(tmp_path, {**files, **headers})
        flags = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Isrc", "-I."]
        sketch = ["-include", "Arduino.h", "-x", "c++", "examples/Answer/Answer.ino"]
        for command in (
            ["c++", "-std=c++17", *flags, *sketch],
            [COMPILER, "-std=gnu11", *flags, "zephyr/sample/main.c"],
        ):
            subprocess.run(command, cwd=tmp_path, check=True)
        assert "-lm" in json.loads(files["library.json"])["build"]["flags"]


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs cmake")
def test_esp_idf_can_read_the_component_as_a_script(tmp_path: Path) -> None:
    """It does that first, to learn what a component needs: until it is registered, only what a
    script may do is allowed."""
    write_files(tmp_path, project("labels", False))
    (tmp_path / "first.cmake").write_text(
        "set(ESP_PLATFORM 1)\nmacro(idf_component_register)\nmessage(STATUS ${ARGV})\n"
        'return()\nendmacro()\ninclude("${CMAKE_CURRENT_LIST_DIR}/CMakeLists.txt")\n'
    )
    done = subprocess.run(
        ["cmake", "-P", "first.cmake"], cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True
    )
    assert "src/bertlite.c" in done.stdout


def test_bases_that_are_shared(tmp_path: Path) -> None:
    """Tasks share a base; with whole, with a model that fills in words, too. All answer alike."""
    bases = {}
    for name, whole in (("intent", False), ("ner", False), ("intent", True), ("base", False)):
        folder = tmp_path / f"{name}{whole}"
        firmware.write(name, str(folder), target="any", text="latin1", whole=whole)
        bases[name, whole] = (folder / "src/base.bin").read_bytes()
    assert bases["intent", False] == bases["ner", False]
    assert bases["intent", True] == bases["base", False]
    assert len(bases["intent", False]) < 2_100_000 < len(bases["intent", True])
    texts = ["pls trun on teh ktchen lihgts", "[unused7] \u4e2d!\u6587 don't", "a\u0301 ##! ..."]
    program, core = compiled(tmp_path / "intentFalse")
    other, _ = compiled(tmp_path / "intentTrue", core)
    assert answers(program, *texts) == answers(other, *texts)
    firmware.write("intent", str(tmp_path / "small"), target="any", text="latin1", small=True)
    small, _ = compiled(tmp_path / "small", core)
    (found,), (plain,) = answers(small, texts[0]), answers(small, "turn on the kitchen lights")
    assert found.split()[0] == plain.split()[0] == "light_on"
    with pytest.raises(bf.BertliteError, match="whole vocabulary"):
        firmware.write("intent", str(tmp_path / "c"), target="any", small=True, whole=True)


# "turn", and an entry that says that it shares 7 bytes with it, and has "b" behind them.
DAMAGED = r"""
#include "src/bertlite.c"
int main(void)
{
    static const uint8_t entries[] = { 0x04, 't', 'u', 'r', 'n', 0x71, 'b', 0 };
    uint8_t block[BL_PACKED_HEADER + 4 + sizeof entries] = { 0 };
    const uint32_t header[] = { BL_PACKED_MAGIC_WORD, 0, 2, sizeof entries, 2, 8 };
    uint32_t length = 0;
    bl_packed v;
    memcpy(block, header, sizeof header);
    memcpy(block + BL_PACKED_HEADER + 4, entries, sizeof entries);
    if (bl_packed_read(&v, block, sizeof block, NULL) != BL_OK) return 1;
    return bl_packed_longest(&v, entries + 1, 4, 0, &length) != 0 || length != 4;
}
"""


def test_a_damaged_vocabulary_is_not_searched_forever(tmp_path: Path) -> None:
    write_files(tmp_path, {**project("labels", False), "damaged.c": DAMAGED})
    command = [COMPILER, "-std=gnu11", "-Isrc", "damaged.c", "-lm", "-o", "damaged"]
    subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "damaged"], check=True, timeout=10)


REQUESTS = {
    "lamp": ["turn on the lamp", "switch the lights off", "dim the light please", "lamp on"],
    "food": ["order a pizza", "i want to eat something", "cook some pasta", "a cup of tea"],
}


def test_custom_and_small_models(tmp_path: Path) -> None:
    """N-grams have the ids of the whole vocabulary as their keys, whichever is kept of it."""
    texts = [text for group in REQUESTS.values() for text in group]
    labels = [label for label, group in REQUESTS.items() for _ in group]
    made = bf.TextClassifier(trained="ngrams", threads=1).fit(texts, labels)
    made.save(tmp_path / "own.bertlite")
    asked = [
        *texts,
        "Turn on the TEA",
        "Z\u00fcrich na\u00efve A\u030angstr\u00f6m",
        "",
        "\x01\u4e2d \u2019",
    ]
    pipe = bf.pipeline("text-classification", str(tmp_path / "own.bertlite"))
    expected = [
        f"{one['label']} {int(100 * one['score'])}%" for one in (pipe(text)[0] for text in asked)
    ]
    core = None
    for small in (False, True):
        folder = tmp_path / str(small)
        found = firmware.write(
            str(tmp_path / "own.bertlite"), str(folder), target="any", text="latin1", small=small
        )
        program, core = compiled(folder, core)
        assert answers(program, *asked) == expected
        assert (found["base_bytes"] < 520_000) == small
    words = firmware.write(
        str(tmp_path / "own.bertlite"), str(tmp_path / "c"), target="any", array=True
    )
    array = (tmp_path / "c/src/model.c").read_text()
    assert array.count(",") + 2 == words["base_bytes"] + words["task_bytes"]
    assert not (tmp_path / "c/src/model.S").exists()


def test_the_same_targets_everywhere() -> None:
    import firmware_boards

    assert sorted(firmware_boards.TARGETS) == list(firmware.TARGETS)


def test_what_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    command = ["firmware", "--target", "any", "-o", out]
    assert main([*command, "--model", "no-such-model"]) != 0
    assert "no-such-model is not a file" in capsys.readouterr().err
    assert main([*command, "--model", "intent", "--sources", str(tmp_path)]) != 0
    assert "has no C sources" in capsys.readouterr().err
    assert main([*command, "--model", "intent", "--length", "1000"]) != 0
    assert "from 1 to 512" in capsys.readouterr().err
    sizes: list[dict[str, Any]] = [{"length": n} for n in (0, -1, 513)]
    for size in (*sizes, {"most_bytes": 0}):
        with pytest.raises(bf.InputError):
            firmware.write("intent", out, target="any", **size)
    assert main([*command, "--model", "base", "--small"]) != 0
    assert "needs its whole vocabulary" in capsys.readouterr().err
    shutil.rmtree(out)
    (tmp_path / "file").write_text("")
    assert main(["firmware", "--target", "any", "-o", str(tmp_path / "file"), "--model", "ner"])
    assert "cannot be made a folder" in capsys.readouterr().err
    assert not os.path.exists(out)


# The task's block with one byte of the list's groups changed, and a checksum that fits.
DISORDERED = r"""
#include "src/bertlite.c"
#include "src/model.h"
static _Alignas(16) unsigned char room[2 * MODEL_MEMORY], task[MODEL_TASK_SIZE];
static bl_session session;
static int opens(const unsigned char *block)
{
    const bl_flash flash = { model_base, MODEL_BASE_SIZE, block, MODEL_TASK_SIZE, 0 };
    return bl_flash_open(&flash, room, sizeof room, &session, NULL) == BL_OK;
}
int main(void)
{
    bl_flash_header *header = (bl_flash_header *)task;
    if (!opens(model_task)) return 1;
    const bl_spelling_groups *groups = &session.model->spelling.groups;
    const unsigned char *begin = (const unsigned char *)groups->places;
    const unsigned char *places[] = { begin + 4, begin + 4 * (BL_SPELLED_LONGEST + 1),
                                      groups->lengths + 2, groups->letters };
    size_t offsets[sizeof places / sizeof *places];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        offsets[i] = (size_t)(places[i] - model_task);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        memcpy(task, model_task, sizeof task);
        task[offsets[i]] ^= 0xC1;
        header->checksum = bl_flash_checksum(header, header + 1);
        if (opens(task)) return 2;
    }
    return 0;
}
"""


def test_a_damaged_list_of_words_is_refused(tmp_path: Path) -> None:
    """Its lengths say where words are, so they have to be inside of the list."""
    firmware.write("intent", str(tmp_path), target="any", text="latin1")
    (tmp_path / "disordered.c").write_text(DISORDERED)
    command = [COMPILER, "-std=gnu11", "-Isrc", "disordered.c", "src/model.S", "-lm", "-o", "d"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "d"], timeout=20).returncode == 0
