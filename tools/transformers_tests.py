"""Run transformers' own tests of tokenizers with its BertTokenizer, and with the one here.

    python tools/transformers_tests.py TESTS VOCABULARY

TESTS: the folder `tests` of transformers' source distribution, of the version that is installed;
VOCABULARY: a vocab.txt of an uncased BERT. Only the names that a test imports are replaced. It
needs transformers, torch, pytest and parameterized, and prints what passes with the original only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = "AutoTokenizer BertTokenizer BertTokenizerFast AddedToken TokenizersBackend"
# What is refused, and why docs/transformers.md says so.
REFUSED = ("chat_template", "jinja", "continue_final_message", "training_new_tokenizer")
TESTS = """
import os, unittest
import transformers
from . import test_tokenization_common as common, test_tokenizers_backend_mixin as backend
if os.environ.get("OURS"):
    import bertlite_fast
    for name in NAMES.split():
        own = getattr(bertlite_fast, name.replace("TokenizersBackend", "PreTrainedTokenizerFast"))
        for module in (common, backend, transformers):
            setattr(module, name, own)
class BertTest(common.TokenizerTesterMixin, unittest.TestCase):
    from_pretrained_id, tokenizer_class = FOLDER, transformers.BertTokenizer
class BackendTest(backend.TokenizersBackendTesterMixin, unittest.TestCase):
    from_pretrained_id, tokenizer_class = FOLDER, transformers.BertTokenizer
    rust_tokenizer_class = transformers.BertTokenizerFast
"""


def failures(root: Path, ours: bool) -> tuple[set[str], set[str]]:
    """The tests that pass, and those that do not."""
    env = {**os.environ, "OURS": "1" if ours else "", "HF_HUB_OFFLINE": "1"}
    here = str(Path(__file__).resolve().parent.parent)
    env["PYTHONPATH"] = os.pathsep.join((here, env.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", "pytest", "tests/test_bert.py", "-v", "--tb=no"]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=root, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    found = re.findall(r"(\w+Test::\w+) (PASSED|FAILED)", ran.stdout)
    failed = {name for name, result in found if result == "FAILED"}
    failed |= set(re.findall(r"^SUBFAILED.* \S+::(\w+Test::\w+)", ran.stdout, re.MULTILINE))
    return {name for name, _ in found} - failed, failed


def main() -> None:
    source, vocabulary = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "bert").mkdir()
        shutil.copy(vocabulary, root / "bert/vocab.txt")
        settings = {"tokenizer_class": "BertTokenizer", "model_max_length": 512}
        (root / "bert/tokenizer_config.json").write_text(json.dumps(settings))
        (root / "tests/fixtures").mkdir(parents=True)
        (root / "tests/__init__.py").touch()
        (root / "tests/fixtures/sample_text.txt").write_text("Turn on the light, please!\n\n" * 50)
        start = f"NAMES, FOLDER = {NAMES!r}, {str(root / 'bert')!r}\n"
        (root / "tests/test_bert.py").write_text(start + TESTS)
        copied = [*source.glob("test_tokeniz*.py"), *source.glob("test_sentencepiece*.py")]
        for path in copied:
            shutil.copy(path, root / "tests")
        theirs, _ = failures(root, ours=False)
        for path in copied:  # the logger's name
            text = (root / "tests" / path.name).read_text("utf-8")
            text = text.replace('assertLogs("transformers"', 'assertLogs("bertlite_fast"')
            (root / "tests" / path.name).write_text(text, "utf-8")
        _, failed = failures(root, ours=True)
    refused = {name for name in theirs if any(part in name for part in REFUSED)}
    kept = theirs - refused
    print(f"{len(theirs)} tests pass with the original; {len(refused)} of them test what is")
    print(f"refused. Of the other {len(kept)}, {len(kept - failed)} pass; the rest:")
    print("\n".join(sorted(kept & failed)))


if __name__ == "__main__":
    main()
