"""The command line as a program, with any input, and with streams that are closed or full."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import test_tasks

from bertlite_fast.cli import arguments, texts
from bertlite_fast.cli.commands import COMMANDS, command_of
from bertlite_fast.cli.commands.entities import marked
from bertlite_fast.cli.screen import Screen, percent, visible

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = f"{shlex.quote(sys.executable)} -m bertlite_fast"
OTHERS = (
    "serve",
    "wyoming",
    "mqtt",
    "bench",
    "convert",
    "finetune",
    "firmware",
    "index",
    "info",
    "completion",
)
TASKS = [name for name in COMMANDS if name not in OTHERS]
posix = pytest.mark.skipif(os.name != "posix", reason="shells and streams of POSIX")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model called my-bert and files to read."""
    folder = tmp_path_factory.mktemp("cli")
    test_tasks.make(folder / "my-bert", "sequence-classification", ["on", "off", "play"])
    test_tasks.make(
        folder / "scale", "sequence-classification", ["stars"], problem_type="regression"
    )
    test_tasks.make(folder / "my-reranker", "sequence-classification", ["fits"])
    (folder / "texts").write_bytes(b"\xef\xbb\xbfgood\r\n\n  \nbad \xff day\n")
    commands = {"on": ("switch it on", "lights on"), "off": ("turn it off", "lights off")}
    rows = [f"{text},{label}\n" for label, texts in commands.items() for text in texts]
    (folder / "commands.csv").write_text("text,label\n" + "".join(rows))
    (folder / "masks").write_bytes(b"a [MASK] day\nnothing\nthe [MASK]")
    (folder / "context").write_text("Ada opened the door.\n\nBob closed it.\n")
    (folder / "large-context").write_bytes((b"x" * 9999 + b" ") * 27 + b"\n\nAda opened the door.")
    (folder / "mixed").write_bytes(b"good\n" + b"day " * 40000 + b"\n" + b" " * 200000 + b"\nbad")
    (folder / "unlabeled").write_bytes(b"ok " + b"x" * 200000 + b" London")
    return folder


def shell(
    command: str, here: Path, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command line in which `bertlite-fast` is this package."""
    return subprocess.run(
        command.replace("bertlite-fast ", f"{PROGRAM} "),
        shell=True,
        executable="/bin/bash" if os.path.exists("/bin/bash") else None,
        cwd=here,
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(here), **variables},
    )


class Case(NamedTuple):
    command: str
    out: str = ""  # a pattern for the whole standard output
    err: str = ""  # and for the whole standard error
    status: int = 0
    stdin: bytes = b""
    variables: Mapping[str, str] = MappingProxyType({})


NUMBER = r" *[\d.]+ %  "
NO_TEXT = r"bertlite-fast: got no text; give texts as arguments.*\n"
FULL = r"bertlite-fast: standard output cannot be written: No space left on device\.\n"
CLOSED = r"bertlite-fast: standard output is closed; nothing can be written to it\.\n"
ASCII = {"PYTHONIOENCODING": "ascii"}
OLD_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

CASES = {
    # Every command answers, for people and as JSON; scores are at most 100 %.
    "fill-mask": Case(
        'bertlite-fast fill-mask "Please [MASK] the door." --top-k 2',
        rf"({NUMBER}\w+ +please \w+ the door\.\n){{2}}",
    ),
    "ask": Case(
        'bertlite-fast ask "Who opened the door?" --context @context --top-k 3',
        rf"{NUMBER}Ada\t0-3\n({NUMBER}.*\n)*",
    ),
    "ask, offsets in the file": Case(
        'bertlite-fast ask "Who closed it?" --context @context', rf"{NUMBER}Bob\t22-25\n"
    ),
    "ask, a large file": Case(
        'bertlite-fast ask "Who opened the door?" --context @large-context --json',
        r'.*"start": 270002, "end": 270005, "answer": "Ada"\}\}\n',
    ),
    "ask, standard input": Case(
        'bertlite-fast ask "Who opened it?" "Who?" --context @-',
        rf"({NUMBER}Ada.*\n){{2}}",
        stdin=b"Ada opened it",
    ),
    "ner": Case(
        'bertlite-fast ner "Ada lived in London"',
        r"\[Ada\]\(PERSON\) lived in \[London\]\(LOCATION\)\n",
    ),
    "tag": Case('bertlite-fast tag "The fox"', r"\[The\]\(DET\) \[fox\]\([A-Z]+\)\n"),
    "slots": Case('bertlite-fast slots "Wake me at seven"', r"Wake me at \[seven\]\(time\)\n"),
    "classify": Case(
        "bertlite-fast classify light --model my-bert --top-k 2",
        rf"({NUMBER}(on|off|play)\tlight\n){{2}}",
    ),
    "a regression is not a probability": Case(
        "bertlite-fast classify light --model scale", r"-?\d+\.\d{3}  stars\tlight\n"
    ),
    "intent": Case(
        'bertlite-fast intent "Turn on the light" --top-k 2',
        rf"{NUMBER}light_on\tTurn on the light\n( {NUMBER}\w+\n){{2}}",
    ),
    "intent, slots": Case(
        'bertlite-fast intent "Dim the lamp in the bedroom" --slots',
        rf"{NUMBER}light_dimmer\tDim the lamp in the bedroom\n"
        rf" {NUMBER}device: lamp\n {NUMBER}room: bedroom\n",
    ),
    "intent, several": Case(
        'bertlite-fast intent "turn off the lights and play some jazz" --several',
        rf"{NUMBER}light_off\tturn off the lights\n{NUMBER}play_music\tplay some jazz\n",
    ),
    "intent, threshold": Case(
        "bertlite-fast intent light --threshold 1", rf"{NUMBER}not understood\tlight\n"
    ),
    "zero-shot": Case(
        'bertlite-fast zero-shot "Card declined" --labels payment,weather --top-k 1 --json',
        r'\{"text": "Card declined", "answer": \[\{"label": "payment", "score": [\d.]+\}\]\}\n',
    ),
    "similar": Case(
        'bertlite-fast similar "lights on" "play music" "lamp on"',
        r" *[\d.-]+  play music\n *[\d.]+  lamp on\n",
    ),
    "similar, top-k": Case(
        'bertlite-fast similar "lights on" "play music" "lamp on" --top-k 1', r" *[\d.]+  lamp on\n"
    ),
    "search, top-k": Case(
        "bertlite-fast search lamp --top-k 1", r" *[\d.]+  the lamp\n", stdin=b"music\nthe lamp\n"
    ),
    # Texts: arguments come first, then files; a byte-order mark and blank lines are skipped.
    "arguments and files": Case(
        "bertlite-fast sentiment first --file texts --json",
        r'\{"text": "first", .*\n\{"text": "good", .*\n\{"text": "bad \ufffd day", .*\n',
    ),
    "UTF-16": Case(
        "bertlite-fast sentiment --json",
        r'\{"text": "good é", .*\n\{"text": "中 bad", .*\n',
        stdin="good é\r\n\r\n中 bad".encode("utf-16"),
    ),
    "UTF-16, the other order": Case(
        "bertlite-fast sentiment --json",
        r'\{"text": "good\ufffd", .*\n',
        stdin=b"\xfe\xff" + "good".encode("utf-16-be") + b"\x00",
    ),
    "one byte": Case("bertlite-fast sentiment --json", r'\{"text": "a", .*\n', stdin=b"a"),
    "undecodable arguments": Case(
        "bertlite-fast sentiment $'bad \\xff day' --json", r'\{"text": "bad \ufffd day", .*\n'
    ),
    "undecodable input": Case(
        "bertlite-fast sentiment", rf"{NUMBER}\w+\tbad \ufffd day\n", stdin=b"bad \xff day"
    ),
    "a line that cannot be answered": Case(
        "bertlite-fast fill-mask --file masks --top-k 1",
        rf"{NUMBER}.*\n{NUMBER}.*\n",
        r"masks:2: .*\[MASK\].*\n",
        1,
    ),
    "an argument that cannot be answered": Case(
        "bertlite-fast fill-mask nothing 'a [MASK]' --top-k 1",
        rf"{NUMBER}.*\n",
        r"bertlite-fast: text 1: .*\[MASK\].*\n",
        1,
    ),
    "a missing file": Case(
        "bertlite-fast sentiment text --file absent",
        "",
        r"bertlite-fast: absent cannot be read: No such file or directory\.\n",
        1,
    ),
    "a missing file with a strange name": Case(
        "bertlite-fast sentiment --file $'no\\xff\\e[1m'",
        "",
        r"bertlite-fast: no\\udcff\\x1b\[1m cannot be read: No such file or directory\.\n",
        1,
    ),
    "a directory": Case(
        "bertlite-fast sentiment --file .", "", r"bertlite-fast: \. is a directory; .*\n", 1
    ),
    "a missing context": Case(
        "bertlite-fast ask who --context @absent",
        "",
        r"bertlite-fast: absent cannot be read.*\n",
        1,
    ),
    "an empty context": Case(
        "bertlite-fast ask who --context ''", "", r"bertlite-fast: the context is empty; .*\n", 1
    ),
    "a missing model": Case(
        "bertlite-fast sentiment x --model $'bertlite/\\e[1m'",
        "",
        r"bertlite-fast: [^\n]*bertlite/\\x1b\[1m[^\n]*\n",
        1,
    ),
    # Streams that are closed, full or cannot encode every character.
    "closed input": Case(
        "bertlite-fast sentiment <&-", "", r"bertlite-fast: standard input is closed; .*\n", 1
    ),
    "write-only input": Case(
        "bertlite-fast sentiment 0>/dev/null",
        "",
        r"bertlite-fast: standard input cannot be read.*\n",
        1,
    ),
    "closed output": Case("bertlite-fast sentiment good >&-", "", CLOSED, 1),
    "closed output, help": Case("bertlite-fast ner --help >&-", "", CLOSED, 1),
    "closed errors": Case("bertlite-fast fill-mask nothing 2>&-", status=1),
    "closed errors, usage": Case("bertlite-fast dance 2>&-", status=2),
    "all closed": Case("bertlite-fast sentiment good <&- >&- 2>&-", status=1),
    "full output": Case("bertlite-fast sentiment good >/dev/full", "", FULL, 1),
    "full output, help": Case("bertlite-fast --help >/dev/full", "", FULL, 1),
    "full output, self-test": Case("bertlite-fast info --selftest >/dev/full", "", FULL, 1),
    "full errors": Case("bertlite-fast fill-mask nothing 2>/dev/full", status=1),
    "full errors, a warning": Case(
        "bertlite-fast sentiment --file mixed 2>/dev/full", rf"({NUMBER}[^\n]*\n){{3}}"
    ),
    "a reader that has enough": Case(
        "yes light | head -3000 | bertlite-fast sentiment --json | head -1; exit ${PIPESTATUS[2]}",
        r'\{"text": "light", .*\n',
        status=141,
    ),
    "errors that nobody reads": Case(
        "(yes nothing | head -2000 | bertlite-fast fill-mask; exit $?) 2>&1 >/dev/null | head -1",
        r"<stdin>:1: .*\n",
    ),
    "ASCII": Case("bertlite-fast sentiment naïve", rf"{NUMBER}\w+\tna\\xefve\n", variables=ASCII),
    "ASCII, JSON": Case(
        "bertlite-fast sentiment naïve --json", r'\{"text": "na\\u00efve", .*\n', variables=ASCII
    ),
    "ASCII, errors": Case(
        "bertlite-fast sentiment --file naïve",
        "",
        r"bertlite-fast: na\\xefve cannot be read.*\n",
        1,
        variables=ASCII,
    ),
    "an ASCII system": Case(
        "bertlite-fast sentiment naïve", rf"{NUMBER}\w+\tna\\xefve\n", variables=OLD_ASCII
    ),
    # Characters that control a terminal.
    "control characters": Case(
        "bertlite-fast ner",
        r"\\x1b\[31m \\r\[red\]\(ORGANIZATION\) \\x07 \\x9b \\u202e\n",
        stdin=b"\x1b[31m \rred \x07 \xc2\x9b \xe2\x80\xae\n",
    ),
    "control characters, JSON": Case(
        "bertlite-fast ner --json",
        r'\{"text": "\\u001b\[31m \\u009b \\u202e", .*\n',
        stdin=b"\x1b[31m \xc2\x9b \xe2\x80\xae\n",
    ),
    "control characters, usage": Case(
        "bertlite-fast $'x\\e[1m'; bertlite-fast ner x --$'\\e[1m'",
        "",
        r"[^\x1b]*'x\\x1b\[1m'[^\x1b]*--\\x1b\[1m\n",
        2,
    ),
    # Incorrect usage.
    "no command": Case("bertlite-fast --quiet", "", r"usage: [\s\S]*", 2),
    "no context": Case("bertlite-fast ask who", "", r"[\s\S]*required: --context\n", 2),
    "no labels": Case("bertlite-fast zero-shot x --labels ,", "", r"[\s\S]*names no label.*\n", 2),
    "no query": Case("bertlite-fast search", "", r"usage: [\s\S]*required: TEXT\n", 2),
    "similar to nothing": Case(
        "bertlite-fast similar one", "", r"bertlite-fast: similar needs two texts or more.*\n", 1
    ),
    "nothing is similar": Case(
        "bertlite-fast similar", "", r"bertlite-fast: similar needs two texts or more.*\n", 1
    ),
    "no text": Case("bertlite-fast intent", "", NO_TEXT, 1),
    "nothing to search": Case("bertlite-fast search x", "", NO_TEXT, 1),
    # Warnings are one line.
    "a long text": Case(
        "bertlite-fast intent \"$(printf 'word %.0s' {1..600})\" | cut -c1-9",
        r"[ \d.]+ %  \n?",
        r"bertlite-fast: warning: a text has 602 tokens[^\n]*\n",
        stdin=b"",
    ),
    "a long text, quiet": Case(
        "bertlite-fast intent --quiet \"$(printf 'word %.0s' {1..600})\" | cut -c1-9",
        r"[ \d.]+ %  \n?",
    ),
    # Lines longer than a window.
    "long lines": Case(
        "bertlite-fast sentiment --file mixed --json | cut -c1-12",
        r'(\{"text": "[a-z]{2,3}.*\n){3}',
        r"bertlite-fast: warning: mixed:2: the line is longer than 65536 bytes; "
        r"only its beginning is read\.\n",
    ),
    "long lines, offsets": Case(
        "bertlite-fast ner --file unlabeled --json | sed 's/x\\+/x/'",
        r'\{"text": "ok ", "truncated": true, "answer": \[[^\n]*"start": 200004, '
        r'"end": 200010\}\]\}\n',
    ),
    "long lines, marked": Case(
        "bertlite-fast ner --file unlabeled | sed 's/x\\+/x/'", r"ok x \[London\]\(LOCATION\)\n"
    ),
    # The installation.
    "convert": Case(
        "bertlite-fast convert my-bert out.bertlite && "
        "bertlite-fast classify light --model out.bertlite",
        r"out\.bertlite: [\d.]+ MB .*, with its tokenizer\nint8 .* at worst\n.*\tlight\n",
    ),
    "convert, onto a device": Case(
        "bertlite-fast convert my-bert /dev/null",
        "",
        r"bertlite-fast: /dev/null is a device or a pipe, .*\n",
        1,
    ),
    "convert, missing texts": Case(
        "bertlite-fast convert my-bert never.bertlite --file absent; test ! -e never.bertlite",
        "",
        r"bertlite-fast: absent cannot be read.*\n",
    ),
    "rerank, JSON": Case(
        "bertlite-fast rerank good --model my-reranker --file texts --json --top-k 1",
        r'\{"text": "[^"]+", "answer": [\d.]+\}\n',
    ),
    "rerank without a model": Case(
        "bertlite-fast rerank good --file texts",
        "",
        r"bertlite-fast: there is no embedded reranker; name a model.*\n",
        1,
    ),
    "rerank by several labels": Case(
        "bertlite-fast rerank good --file texts --model my-bert",
        "",
        r"bertlite-fast: the model has 3 labels, but a reranker has one.*\n",
        1,
    ),
    "completion, JSON": Case(
        "bertlite-fast completion fish --json", r'\{"shell": "fish", "line": ".*zero-shot.*"\}\n'
    ),
}


@posix
@pytest.mark.parametrize("name", list(CASES))
def test_case(here: Path, name: str) -> None:
    case = CASES[name]
    run = shell(case.command, here, case.stdin, **case.variables)
    out, err = run.stdout.decode(), run.stderr.decode()
    assert "Traceback" not in err and "Exception ignored" not in err, err
    assert re.fullmatch(case.out, out), (out[:1000], err)
    assert re.fullmatch(case.err, err), err
    assert run.returncode == case.status
    for score in re.findall(r"([\d.]+) %  ", out):
        assert 0 <= float(score) <= 100


def test_bytes_that_are_no_text_are_answered_with_a_warning(here: Path) -> None:
    run = shell("bertlite-fast sentiment", here, stdin=b"good\0bad\n")
    assert run.returncode == 0 and run.stdout
    assert b"warning: the input holds zero bytes, so it may not be text" in run.stderr


EXAMPLES = [(name, example) for name in COMMANDS for example in command_of(name).examples]


@posix
@pytest.mark.parametrize("example", [example for _, example in EXAMPLES])
def test_every_example_of_a_help_works(here: Path, example: str) -> None:
    run = shell(example, here)
    assert run.returncode == 0 and not run.stderr, run.stderr.decode()
    assert run.stdout or ">>" in example


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_help_has_examples_and_exit_codes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments.parse([name, "--help"])
    text = capsys.readouterr().out
    for called, example in EXAMPLES:
        assert called != name or f"\n  {example}\n" in text
    assert f"bertlite-fast {name}" in text.split("example")[-1]
    assert "exit codes:" in text and "SUPPRESS" not in text


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
def test_top_k_is_a_positive_number_or_refused(
    name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = {"ask": ["--context", "x"], "zero-shot": ["--labels", "a,b"]}.get(name, [])
    with pytest.raises(SystemExit) as ended:
        arguments.parse([name, "text", *needed, f"--top-k={value}"])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "is not a whole number, 1 or more." in error or f"{name} does not take it: " in error
    if name in ("ner", "tag", "slots", "embed"):
        with pytest.raises(SystemExit):
            arguments.parse([name, "text", "--top-k", "3"])
    else:
        assert arguments.parse([name, "text", *needed, "--top-k", "3"])[1].top_k == 3


AS_INSTALLED = "import sys; from bertlite_fast.cli import main; sys.exit(main())"


@posix
def test_an_empty_model_is_not_the_embedded_one(here: Path) -> None:
    """As from a script whose variable is not set."""
    run = shell('bertlite-fast sentiment good --model ""', here)
    assert run.returncode == 1 and b"is empty" in run.stderr and not run.stdout


LITTLE_MEMORY = """
import sys
from bertlite_fast import cli
def fails(*arguments): raise {error}
cli._run = fails
{more}
sys.exit(cli.main({arguments}))
"""


@posix
@pytest.mark.parametrize("error", ["MemoryError", "SystemError('error return without exception')"])
@pytest.mark.parametrize("more", ["", "from bertlite_fast.cli import screen; screen.say = fails"])
@pytest.mark.parametrize("arguments", ["[]", ""])
def test_without_memory_there_is_no_traceback(
    here: Path, error: str, more: str, arguments: str
) -> None:
    """Not even where there is no memory for the message, nor for another import."""
    program = LITTLE_MEMORY.format(error=error, more=more, arguments=arguments)
    run = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}", here)
    assert run.returncode == 1
    assert run.stderr == b"" if more else b"has no more memory" in run.stderr


@posix
def test_ctrl_c_is_quiet(here: Path) -> None:
    # A shell starts background jobs, and so perhaps these tests, with the signal ignored.
    listens = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    run = subprocess.Popen(
        [sys.executable, "-c", listens + AS_INSTALLED, "ner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.stdin and run.stdout
    run.stdin.write(b"Ada sings.\n")
    run.stdin.flush()
    assert run.stdout.readline() == b"[Ada](PERSON) sings.\n"  # answered before the input ends
    run.send_signal(signal.SIGINT)
    assert run.communicate() == (b"", b"")
    assert run.returncode == 130


MEASURED = """
import re, sys
from bertlite_fast.cli import main
status = main(sys.argv[1:])
with open("/proc/self/status") as file:  # ru_maxrss would count the process that started this one
    print(re.search(r"VmHWM:\\s+(\\d+) kB", file.read())[1], file=sys.stderr)
sys.exit(status)
"""


def peak(here: Path, *words: str) -> tuple[int, str]:
    """The program's peak memory in KB, and what it printed."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, *words],
        cwd=here,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    return int(run.stderr.split()[-1]), run.stdout


@pytest.fixture(scope="module")
def line_and_baseline(here: Path) -> int:
    """A file called line, and the memory in KB that a short line takes."""
    # Long words, each a single token: the whole line is read, but few tokens are run.
    with open(here / "line", "wb") as file:
        for _ in range(3000):
            file.write(b"x" * 9999 + b" ")
        file.write(b"London")
    return peak(here, "embed", "London")[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("command", ["tag", "ner --json", "embed", "search x", "ask x"])
def test_a_line_of_30_megabytes_takes_little_memory(
    here: Path, line_and_baseline: int, command: str
) -> None:
    source = ["--context", "@line"] if command.startswith("ask") else ["--file", "line"]
    begun = time.perf_counter()
    kilobytes, out = peak(here, *command.split(), *source)
    assert time.perf_counter() - begun < 120
    assert kilobytes - line_and_baseline < 20 * 1024
    if command == "tag":
        assert re.search(r"London\]\([A-Z]+\)\n$", out) and len(out) > 30_000_000
    if command == "ner --json":
        found = json.loads(out)
        assert found["truncated"] and len(found["text"]) == texts.SHOWN
        assert found["answer"][-1]["start"] == 30_000_000


class Source:
    """A stream that gives its bytes in steps of a certain size."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = data, step

    def read1(self, size: int) -> bytes:
        part, self.data = self.data[: self.step], self.data[self.step :]
        return part


@pytest.mark.parametrize("step", [1, 7, 64, 10000])
def test_windows_together_are_the_line(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(texts, "WINDOW", 64)
    lines = [
        "short",
        "naïve 東京。" * 30,
        "one. two three " * 20,
        "x" * 500,
        "\u3000" * 300 + "end",
        " a",
    ]
    data = "\r\n".join(["", *lines, "  ", "last \ufffd"]).encode()
    source: Any = Source(data, step)
    found = []
    for line in texts.Lines(source, "file"):
        windows = [line.text, *line.rest()]
        assert all(len(window.encode()) <= 64 for window in windows)
        found.append((line.location, line.skipped, "".join(windows)))
    assert [location for location, _, _ in found] == [f"file:{n}: " for n in (2, 3, 4, 5, 6, 7, 9)]
    for (_, skipped, text), whole in zip(found, [*lines, "last \ufffd"]):
        assert text == whole[skipped:] and not whole[:skipped].strip()


def test_a_window_ends_after_a_sentence_or_a_word() -> None:
    early = bytearray(b"one two. three four five")
    assert texts.window_end(early, 20) == len(b"one two. three four ")
    assert texts.window_end(bytearray(b"one two three. four five"), 20) == len(b"one two three. ")
    assert texts.window_end(bytearray(b"one two three four fives"), 20) == len(
        b"one two three four "
    )
    assert texts.window_end(bytearray("ééééé".encode()), 5) == 4


def test_control_characters_are_escaped() -> None:
    every = "".join(map(chr, range(0x300))) + "\u2028\u202e\u2066\ud800"
    shown = visible(every)
    assert "\t" in shown and "é" in shown
    assert all(c == "\t" or c.isprintable() or c in "\xad\xa0" for c in shown)
    assert json.loads(Screen(True).json_text(every)) == every
    assert percent(1.0000001) == "100.0 %" and percent(7.5) == "100.0 %"


def test_entities_are_marked() -> None:
    screen = Screen()
    entity = {"entity_group": "PER", "start": 0, "end": 3}
    parts = marked("Ada {0} \x1b[1m", [entity])
    screen.colors = False
    assert screen.joined(parts) == "[Ada](PER) {0} \\x1b[1m"
    screen.colors = True
    assert screen.joined(parts).startswith("\033[36mAda\033[0m")
