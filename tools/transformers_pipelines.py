"""Run transformers' own tests of pipelines with its pipelines, and with those here.

    python tools/transformers_pipelines.py TESTS VOCABULARY

TESTS: the folder `tests` of transformers' source, of the version that is installed; VOCABULARY: a
vocab.txt of an uncased BERT. The models that the tests name are replaced, for both, by small ones
with random weights, in a cache of Hugging Face; what the original makes of them is expected of the
package too (tools/transformers_recorder.py). It needs transformers, datasets, pytest and
parameterized, and prints the tests that pass with the original only.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from peer_tests import Outcomes, compare, run_pytest
from small_models import save, snapshot

FILES = "common fill_mask question_answering text_classification token_classification "
FILES += "feature_extraction zero_shot"
# Tests of what is inside the original: none of its names that the package has is called.
INSIDE = ("PipelinePadTest", "PipelineUtilsTest", "ArgumentHandler", "CustomPipelineTest")
# Slow tokenizers, which version 5 does not have.
SLOW = ("slow_tokenizer", "no_offset_tokenizer")

# run_pipeline_test of each pipeline's tests, with both families.
MODELS = """
import unittest
import transformers
from transformers import AutoTokenizer
from . import (test_pipelines_feature_extraction as features, test_pipelines_fill_mask as words,
               test_pipelines_text_classification as texts, test_pipelines_zero_shot as zero_shot,
               test_pipelines_token_classification as tokens)
CASES = [(features.FeatureExtractionPipelineTests, "AutoModel"),
         (words.FillMaskPipelineTests, "AutoModelForMaskedLM"),
         (texts.TextClassificationPipelineTests, "AutoModelForSequenceClassification"),
         (tokens.TokenClassificationPipelineTests, "AutoModelForTokenClassification"),
         (zero_shot.ZeroShotClassificationPipelineTests, "AutoModelForSequenceClassification")]
if hasattr(transformers, "QuestionAnsweringPipeline"):
    from . import test_pipelines_question_answering as answers
    CASES.append((answers.QAPipelineTests, "AutoModelForQuestionAnswering"))
class ModelsTest(unittest.TestCase):
    def run_case(self, case, head, family):
        name = f"models/{family}-" + ("tokens" if "Token" in head else "texts")
        model = getattr(transformers, head).from_pretrained(name)
        tokenizer = AutoTokenizer.from_pretrained(name)
        pipe, examples = case().get_test_pipeline(model, tokenizer)
        case().run_pipeline_test(pipe, examples)
        answers = list(pipe((x for x in examples * 5), batch_size=4))
        self.assertEqual(len(answers), 5 * len(examples))
features.FEATURE_EXTRACTOR_MAPPING = features.IMAGE_PROCESSOR_MAPPING = ()
for case, head in CASES:
    for family in ("bert", "distilbert"):
        def test(self, case=case, head=head, family=family):
            self.run_case(case, head, family)
        setattr(ModelsTest, f"test_{family}_{case.__name__}", test)
del case, test, features, words, texts, zero_shot, tokens, CASES
"""


def cache(root: Path, vocabulary: list[str], names: set[str]) -> None:
    """A cache of Hugging Face in which all of these names are small models."""
    texts = ["ForSequenceClassification", "ForMaskedLM", "ForQuestionAnswering"]
    tokens = ["ForTokenClassification", "ForMaskedLM"]
    cases = {name: "distil" in name.lower() for name in names}
    cases |= {f"models/{family}-{kind}": family != "bert"
              for family in ("bert", "distilbert") for kind in ("texts", "tokens")}  # fmt: skip
    for name, distilled in cases.items():
        tagger = re.search("token|ner|conll|ud-head|deberta-v2", name.lower())
        mask = "<mask>" if "roberta" in name else "[MASK]"
        family, heads = "DistilBert" if distilled else "Bert", tokens if tagger else texts
        save(snapshot(root, name), vocabulary, family, heads, labels=5 if tagger else 2, mask=mask)


def outcomes(root: Path, ours: bool) -> Outcomes:
    record = {"RECORD": str(root / "record.json"), "RUN_SLOW": "1"}
    return run_pytest(root, ours, "tests/pipelines", ["-p", "transformers_recorder"], record)


def prepare(root: Path, source: Path, vocabulary: list[str]) -> None:
    """The tests, what they import, and the models that they name."""
    import transformers

    folder = root / "tests/pipelines"
    folder.mkdir(parents=True)
    (root / "tests/__init__.py").touch()
    (folder / "__init__.py").touch()
    names = set()
    for name in FILES.split():
        path = source / f"pipelines/test_pipelines_{name}.py"
        names |= set(re.findall(r'"([\w.-]+/[\w.-]+)"', path.read_text("utf-8")))
        shutil.copy(path, folder)
    (folder / "test_models.py").write_text(MODELS)
    (root / "utils/test_module").mkdir(parents=True)
    (root / "utils/test_module/custom_pipeline.py").write_text("PairClassificationPipeline = None")
    (root / "src").mkdir()
    (root / "src/transformers").symlink_to(Path(transformers.__file__).parent)
    cache(root, vocabulary, names)


if __name__ == "__main__":
    compare(prepare, outcomes, INSIDE, SLOW)
