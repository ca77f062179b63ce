"""BERT encoders on small machines: int8, offline, the same bytes on every board."""

from ._native import (
    Output,
    Tensor,
    __version__,
    active_isa,
    argmax,
    available_isas,
    convert,
    cosine_similarity,
    mean,
    softmax,
    top,
)
from .errors import (
    BertliteError,
    InputError,
    InstructionSetError,
    ModelConfigError,
    ModelFileError,
    OutOfMemoryError,
)
from .models import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    Model,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import logging, util
    from .config import Config
    from .config import Config as PretrainedConfig
    from .cross_encoder import CrossEncoder
    from .datasets import (
        DataCollatorForTokenClassification,
        DataCollatorWithPadding,
        DefaultDataCollator,
        KeyDataset,
        KeyPairDataset,
        default_data_collator,
    )
    from .decisions import Decider, decide
    from .errors import InputError as PipelineException
    from .finetune.answerer import QuestionAnswerer
    from .finetune.arguments import TrainingArguments, set_seed
    from .finetune.callbacks import EarlyStoppingCallback, TrainerCallback
    from .finetune.classifier import TextClassifier
    from .finetune.filler import WordFiller
    from .finetune.pairs import PairScorer
    from .finetune.tagger import TokenTagger
    from .finetune.trainer import Trainer
    from .index import Index
    from .logging import LoggingHandler
    from .models import AutoModel as BertModel
    from .models import AutoModel as DistilBertModel
    from .models import AutoModelForMaskedLM as BertForMaskedLM
    from .models import AutoModelForMaskedLM as BertForPreTraining
    from .models import AutoModelForMaskedLM as DistilBertForMaskedLM
    from .models import AutoModelForQuestionAnswering as BertForQuestionAnswering
    from .models import AutoModelForQuestionAnswering as DistilBertForQuestionAnswering
    from .models import AutoModelForSequenceClassification as BertForSequenceClassification
    from .models import AutoModelForSequenceClassification as DistilBertForSequenceClassification
    from .models import AutoModelForTokenClassification as BertForTokenClassification
    from .models import AutoModelForTokenClassification as DistilBertForTokenClassification
    from .models import Model as PreTrainedModel
    from .opening import AutoConfig, BertConfig, DistilBertConfig
    from .pipelines import pipeline
    from .sentence_base import InputExample
    from .sentence_transformer import SentenceTransformer
    from .tasks.base import Pipeline
    from .tasks.feature_extraction import FeatureExtraction as FeatureExtractionPipeline
    from .tasks.fill_mask import FillMask as FillMaskPipeline
    from .tasks.question_answering import QuestionAnswering as QuestionAnsweringPipeline
    from .tasks.text_classification import TextClassification as TextClassificationPipeline
    from .tasks.token_classification import AggregationStrategy
    from .tasks.token_classification import TokenClassification as NerPipeline
    from .tasks.token_classification import TokenClassification as TokenClassificationPipeline
    from .tasks.zero_shot_classification import (
        ZeroShotClassification as ZeroShotClassificationPipeline,
    )
    from .tokenizer import (
        AddedToken,
        AutoTokenizer,
        BatchEncoding,
        BertTokenizer,
        BertTokenizerFast,
        CharSpan,
        Encoding,
        Tokenizer,
        TokenSpan,
    )
    from .tokenizer import BertTokenizer as DistilBertTokenizer
    from .tokenizer import BertTokenizerFast as DistilBertTokenizerFast
    from .tokenizer import Tokenizer as PreTrainedTokenizerBase
    from .tokenizer import Tokenizer as PreTrainedTokenizerFast
    from .util import SimilarityFunction

# What is imported when it is first used: (module, name there).
LAZY = {
    "AddedToken": ("tokenizer", "AddedToken"),
    "AggregationStrategy": ("tasks.token_classification", "AggregationStrategy"),
    "AutoConfig": ("opening", "AutoConfig"),
    "AutoTokenizer": ("tokenizer", "AutoTokenizer"),
    "BatchEncoding": ("tokenizer", "BatchEncoding"),
    "BertConfig": ("opening", "BertConfig"),
    "BertForMaskedLM": ("models", "AutoModelForMaskedLM"),
    "BertForPreTraining": ("models", "AutoModelForMaskedLM"),
    "BertForQuestionAnswering": ("models", "AutoModelForQuestionAnswering"),
    "BertForSequenceClassification": ("models", "AutoModelForSequenceClassification"),
    "BertForTokenClassification": ("models", "AutoModelForTokenClassification"),
    "BertModel": ("models", "AutoModel"),
    "BertTokenizer": ("tokenizer", "BertTokenizer"),
    "CharSpan": ("tokenizer", "CharSpan"),
    "CrossEncoder": ("cross_encoder", "CrossEncoder"),
    "SimilarityFunction": ("util", "SimilarityFunction"),
    "SentenceTransformer": ("sentence_transformer", "SentenceTransformer"),
    "TokenSpan": ("tokenizer", "TokenSpan"),
    "BertTokenizerFast": ("tokenizer", "BertTokenizerFast"),
    "Config": ("config", "Config"),
    "Decider": ("decisions", "Decider"),
    "DistilBertConfig": ("opening", "DistilBertConfig"),
    "DistilBertForMaskedLM": ("models", "AutoModelForMaskedLM"),
    "DistilBertForQuestionAnswering": ("models", "AutoModelForQuestionAnswering"),
    "DistilBertForSequenceClassification": ("models", "AutoModelForSequenceClassification"),
    "DistilBertForTokenClassification": ("models", "AutoModelForTokenClassification"),
    "DataCollatorForTokenClassification": ("datasets", "DataCollatorForTokenClassification"),
    "DataCollatorWithPadding": ("datasets", "DataCollatorWithPadding"),
    "DefaultDataCollator": ("datasets", "DefaultDataCollator"),
    "LoggingHandler": ("logging", "LoggingHandler"),
    "default_data_collator": ("datasets", "default_data_collator"),
    "DistilBertModel": ("models", "AutoModel"),
    "DistilBertTokenizer": ("tokenizer", "BertTokenizer"),
    "DistilBertTokenizerFast": ("tokenizer", "BertTokenizerFast"),
    "EarlyStoppingCallback": ("finetune.callbacks", "EarlyStoppingCallback"),
    "Encoding": ("tokenizer", "Encoding"),
    "FeatureExtractionPipeline": ("tasks.feature_extraction", "FeatureExtraction"),
    "FillMaskPipeline": ("tasks.fill_mask", "FillMask"),
    "Index": ("index", "Index"),
    "InputExample": ("sentence_base", "InputExample"),
    "KeyDataset": ("datasets", "KeyDataset"),
    "KeyPairDataset": ("datasets", "KeyPairDataset"),
    "NerPipeline": ("tasks.token_classification", "TokenClassification"),
    "PairScorer": ("finetune.pairs", "PairScorer"),
    "Pipeline": ("tasks.base", "Pipeline"),
    "PreTrainedModel": ("models", "Model"),
    "PretrainedConfig": ("config", "Config"),
    "PreTrainedTokenizerBase": ("tokenizer", "Tokenizer"),
    "PreTrainedTokenizerFast": ("tokenizer", "Tokenizer"),
    "PipelineException": ("errors", "InputError"),
    "QuestionAnswerer": ("finetune.answerer", "QuestionAnswerer"),
    "QuestionAnsweringPipeline": ("tasks.question_answering", "QuestionAnswering"),
    "TextClassificationPipeline": ("tasks.text_classification", "TextClassification"),
    "TextClassifier": ("finetune.classifier", "TextClassifier"),
    "TokenClassificationPipeline": ("tasks.token_classification", "TokenClassification"),
    "TokenTagger": ("finetune.tagger", "TokenTagger"),
    "Tokenizer": ("tokenizer", "Tokenizer"),
    "Trainer": ("finetune.trainer", "Trainer"),
    "TrainerCallback": ("finetune.callbacks", "TrainerCallback"),
    "TrainingArguments": ("finetune.arguments", "TrainingArguments"),
    "WordFiller": ("finetune.filler", "WordFiller"),
    "ZeroShotClassificationPipeline": (
        "tasks.zero_shot_classification",
        "ZeroShotClassification",
    ),
    "decide": ("decisions", "decide"),
    "finetune": ("finetune", "package"),
    "pipeline": ("pipelines", "pipeline"),
    "logging": ("logging", ""),  # the module itself
    "set_seed": ("finetune.arguments", "set_seed"),
    "util": ("util", ""),
}

__all__ = [
    "AddedToken",
    "AggregationStrategy",
    "AutoConfig",
    "AutoModel",
    "AutoModelForMaskedLM",
    "AutoModelForQuestionAnswering",
    "AutoModelForSequenceClassification",
    "AutoModelForTokenClassification",
    "AutoTokenizer",
    "BatchEncoding",
    "BertConfig",
    "BertForMaskedLM",
    "BertForPreTraining",
    "BertForQuestionAnswering",
    "BertForSequenceClassification",
    "BertForTokenClassification",
    "BertModel",
    "BertTokenizer",
    "BertTokenizerFast",
    "BertliteError",
    "CharSpan",
    "Config",
    "CrossEncoder",
    "DataCollatorForTokenClassification",
    "DataCollatorWithPadding",
    "Decider",
    "DefaultDataCollator",
    "DistilBertConfig",
    "DistilBertForMaskedLM",
    "DistilBertForQuestionAnswering",
    "DistilBertForSequenceClassification",
    "DistilBertForTokenClassification",
    "DistilBertModel",
    "DistilBertTokenizer",
    "DistilBertTokenizerFast",
    "EarlyStoppingCallback",
    "Encoding",
    "FeatureExtractionPipeline",
    "FillMaskPipeline",
    "Index",
    "InputError",
    "InputExample",
    "InstructionSetError",
    "KeyDataset",
    "KeyPairDataset",
    "LoggingHandler",
    "Model",
    "ModelConfigError",
    "ModelFileError",
    "NerPipeline",
    "OutOfMemoryError",
    "Output",
    "PairScorer",
    "Pipeline",
    "PipelineException",
    "PreTrainedModel",
    "PreTrainedTokenizerBase",
    "PreTrainedTokenizerFast",
    "PretrainedConfig",
    "QuestionAnswerer",
    "QuestionAnsweringPipeline",
    "SentenceTransformer",
    "SimilarityFunction",
    "Tensor",
    "TextClassificationPipeline",
    "TextClassifier",
    "TokenClassificationPipeline",
    "TokenSpan",
    "TokenTagger",
    "Tokenizer",
    "Trainer",
    "TrainerCallback",
    "TrainingArguments",
    "WordFiller",
    "ZeroShotClassificationPipeline",
    "__version__",
    "active_isa",
    "argmax",
    "available_isas",
    "convert",
    "cosine_similarity",
    "decide",
    "default_data_collator",
    "logging",
    "mean",
    "pipeline",
    "set_seed",
    "softmax",
    "top",
    "util",
]


def __getattr__(name: str) -> object:
    """Import the pipelines and the tokenizer when first used: models do not need them."""
    try:
        module, there = LAZY[name]
    except KeyError:
        from os.path import dirname, exists

        if exists(f"{dirname(__file__)}/{name}.py"):  # `from . import name` asks here first
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        from .missing import missing_name

        raise missing_name(name) from None
    found = __import__(f"{__name__}.{module}", fromlist=("",))  # importlib costs more
    value: object = getattr(found, there) if there else found
    globals()[name] = value
    return value
