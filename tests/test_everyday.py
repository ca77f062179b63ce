"""Code as people write it for transformers and sentence-transformers, with the import changed."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from typing import Any

import pytest

import bertlite_fast as bf

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

import sentence_folders as made

WORDS = "turn on the light in kitchen please play music is it lamp red a b c d".split()
NER = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "SEQ": ("BertForSequenceClassification", {}),
    "DSEQ": ("DistilBertForSequenceClassification", {}),
    "TAGS": ("BertForTokenClassification", {"id2label": NER}),
    "ANSWERS": ("BertForQuestionAnswering", {}),
    "WORDS": ("BertForMaskedLM", {}),
    "RERANK": ("BertForSequenceClassification", {"num_labels": 1}),
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A small random model for each name that the snippets use."""
    import torch
    import transformers

    root = tmp_path_factory.mktemp("everyday")
    torch.manual_seed(1)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    found = {}
    for name, (kind, more) in KINDS.items():
        family = kind.split("For")[0]
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                 "intermediate_size": 64}  # fmt: skip
        if family == "DistilBert":
            shape = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
        make = getattr(transformers, f"{family}Config")
        config = make(vocab_size=32, initializer_range=0.3, **shape, **more)
        getattr(transformers, kind)(config).save_pretrained(root / name)
        (root / name / "vocab.txt").write_text("\n".join(tokens) + "\n")
        settings = json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": 512})
        (root / name / "tokenizer_config.json").write_text(settings)
        found[name] = str(root / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found["VECTORS"] = str(made.save(root / "VECTORS", "mean"))
    return found


# name: (code, what its last value is). Names in capitals are folders.
SNIPPETS: dict[str, tuple[str, Any]] = {}


def snippet(name: str, code: str, value: Any = True) -> None:
    SNIPPETS[name] = (code, value)


snippet("quick tour", """
from bertlite_fast import pipeline
classifier = pipeline("sentiment-analysis", model=SEQ)
results = classifier(["play the light", "a red lamp"])
for result in results:
    print(f"label: {result['label']}, with score: {round(result['score'], 4)}")
answer = [len(results), len(classifier("play"))]
""", [2, 1])  # fmt: skip
snippet("quick tour with torch", """
import torch
from torch import nn
from bertlite_fast import AutoTokenizer, AutoModelForSequenceClassification
tokenizer = AutoTokenizer.from_pretrained(SEQ)
pt_model = AutoModelForSequenceClassification.from_pretrained(SEQ)
pt_batch = tokenizer(["play the light", "a"], padding=True, truncation=True, max_length=512,
                     return_tensors="pt")
with torch.no_grad():
    pt_outputs = pt_model(**pt_batch)
pt_predictions = nn.functional.softmax(pt_outputs.logits, dim=-1)
ids = pt_outputs.logits.argmax(dim=-1).tolist()
answer = [list(pt_predictions.shape), pt_model.config.id2label[ids[0]][:5]]
""", [[2, 2], "LABEL"])  # fmt: skip
snippet("mean pooling by hand", """
import torch
import torch.nn.functional as F
from bertlite_fast import AutoTokenizer, AutoModel, SentenceTransformer
def mean_pooling(model_output, attention_mask):
    token_embeddings = model_output[0]
    mask = attention_mask.unsqueeze(-1).expand(token_embeddings.size()).float()
    return torch.sum(token_embeddings * mask, 1) / torch.clamp(mask.sum(1), min=1e-9)
sentences = ["the light is red", "please play music in the kitchen"]
tokenizer = AutoTokenizer.from_pretrained(VECTORS)
model = AutoModel.from_pretrained(VECTORS)
encoded_input = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
with torch.no_grad():
    model_output = model(**encoded_input)
rows = F.normalize(mean_pooling(model_output, encoded_input["attention_mask"]), p=2, dim=1)
theirs = SentenceTransformer(VECTORS).encode(sentences, normalize_embeddings=True)
answer = bool((rows.numpy() * theirs).sum(-1).min() > 0.999)
""")  # fmt: skip
snippet("pooling of e5 and bge", """
import torch
from bertlite_fast import AutoTokenizer, AutoModel
tokenizer = AutoTokenizer.from_pretrained(VECTORS)
model = AutoModel.from_pretrained(VECTORS).eval()
batch = tokenizer(["query: a", "passage: the light"], padding=True, return_tensors="pt")
outputs = model(**batch)
last = outputs.last_hidden_state.masked_fill(~batch["attention_mask"][..., None].bool(), 0.0)
embeddings = last.sum(dim=1) / batch["attention_mask"].sum(dim=1)[..., None]
first = torch.nn.functional.normalize(outputs[0][:, 0], p=2, dim=1)
scores = (embeddings[:1] @ embeddings[1:].T) * 100
answer = [list(scores.shape), list(first.shape)]
""", [[1, 1], [2, 48]])  # fmt: skip
snippet("DistilBERT's card", """
import torch
from bertlite_fast import DistilBertTokenizer, DistilBertForSequenceClassification
tokenizer = DistilBertTokenizer.from_pretrained(DSEQ)
model = DistilBertForSequenceClassification.from_pretrained(DSEQ)
inputs = tokenizer("the lamp is red", return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits
answer = model.config.id2label[logits.argmax().item()][:5]
""", "LABEL")  # fmt: skip
snippet("masked words by hand", """
import torch
from bertlite_fast import AutoTokenizer, BertForMaskedLM
tokenizer = AutoTokenizer.from_pretrained(WORDS)
model = BertForMaskedLM.from_pretrained(WORDS)
inputs = tokenizer("turn on the [MASK] please", return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits
index = (inputs.input_ids == tokenizer.mask_token_id)[0].nonzero(as_tuple=True)[0]
top_5 = torch.topk(logits[0, index], 5, dim=1).indices[0].tolist()
words = [tokenizer.decode([token]) for token in top_5 if token < len(tokenizer)]
answer = isinstance(tokenizer.decode(logits[0, index].argmax(axis=-1).clamp(max=9)), str)
""")  # fmt: skip
snippet("tags by hand", """
import torch
from bertlite_fast import AutoTokenizer, AutoModelForTokenClassification
tokenizer = AutoTokenizer.from_pretrained(TAGS)
model = AutoModelForTokenClassification.from_pretrained(TAGS)
inputs = tokenizer("the light in the kitchen", add_special_tokens=False, return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits
classes = logits.argmax(-1)
tags = [model.config.id2label[t.item()] for t in classes[0]]
pairs = list(zip(tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]), tags))
answer = [len(pairs), pairs[1][0]]
""", [5, "light"])  # fmt: skip
snippet("answers by hand", """
import torch
from bertlite_fast import AutoTokenizer, AutoModelForQuestionAnswering
tokenizer = AutoTokenizer.from_pretrained(ANSWERS)
model = AutoModelForQuestionAnswering.from_pretrained(ANSWERS)
inputs = tokenizer("is it red", "the lamp is red", return_tensors="pt")
with torch.no_grad():
    outputs = model(**inputs)
start, end = outputs.start_logits.argmax(), outputs.end_logits.argmax()
ids = inputs.input_ids[0, start : end + 1]
text = tokenizer.convert_tokens_to_string(tokenizer.convert_ids_to_tokens(ids))
answer = isinstance(tokenizer.decode(ids, skip_special_tokens=True) + text, str)
""")  # fmt: skip
snippet("pipelines of models", """
from bertlite_fast import AutoTokenizer, AutoModelForSequenceClassification, pipeline
from bertlite_fast import TextClassificationPipeline
tokenizer = AutoTokenizer.from_pretrained(SEQ)
model = AutoModelForSequenceClassification.from_pretrained(SEQ)
pipe = pipeline("sentiment-analysis", model=model, tokenizer=tokenizer)
same = TextClassificationPipeline(model=model, tokenizer=tokenizer)
pair = {"text": "a", "text_pair": "b"}
answer = [pipe("a") == same("a"), len(pipe("a", top_k=None)), sorted(pipe(pair))]
""", [True, 2, ["label", "score"]])  # fmt: skip
snippet("every setting of a pipeline", """
import torch
from bertlite_fast import pipeline
pipe = pipeline(task="text-classification", model=SEQ, device=torch.device("cpu"),
                torch_dtype=torch.float32, trust_remote_code=True, batch_size=8, framework="pt",
                use_fast=True, revision=None, token=None, model_kwargs={"cache_dir": None})
answer = [len(pipe("a", truncation=True, max_length=32, padding=True, top_k=2)), pipe.task]
""", [2, "text-classification"])  # fmt: skip
snippet("tables and columns", """
import pandas as pd
from bertlite_fast import pipeline
from bertlite_fast.datasets import KeyDataset
pipe = pipeline("sentiment-analysis", SEQ)
df = pd.DataFrame({"review": ["play", "a lamp"]})
df["label"] = [found["label"] for found in pipe(df["review"].tolist())]
df["score"] = df["review"].apply(lambda text: pipe(text)[0]["score"])
rows = [{"text": text} for text in df["review"]]
found = [one["label"] for one in pipe(KeyDataset(rows, "text"), batch_size=8, truncation=True)]
answer = found == df["label"].tolist() == [one["label"] for one in pipe(df["review"])]
""")  # fmt: skip
snippet("data collators", """
from bertlite_fast import AutoTokenizer, DataCollatorWithPadding
from transformers import DataCollatorForLanguageModeling, DataCollatorForTokenClassification
from transformers import DataCollatorWithPadding as Theirs
tokenizer = AutoTokenizer.from_pretrained(SEQ)
rows = [{**tokenizer("a"), "label": 0}, {**tokenizer("b c d"), "label": 1}]
ours, theirs = (kind(tokenizer)([dict(row) for row in rows])
                for kind in (DataCollatorWithPadding, Theirs))
masked = DataCollatorForLanguageModeling(tokenizer=tokenizer, mlm_probability=0.15)
tags = [{**tokenizer("a b"), "labels": [0, 1, 2, 0]}, {**tokenizer("a"), "labels": [0, 1, 0]}]
answer = [all((ours[key] == theirs[key]).all() for key in theirs), sorted(ours) == sorted(theirs),
          list(masked([tokenizer("a b c"), tokenizer("d")])["labels"].shape),
          DataCollatorForTokenClassification(tokenizer)(tags)["labels"].tolist()[1]]
""", [True, True, [2, 5], [0, 1, 0, -100]])  # fmt: skip
snippet("a data loader", """
import torch
from torch.utils.data import DataLoader, TensorDataset
from bertlite_fast import AutoTokenizer, AutoModelForSequenceClassification
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
tokenizer = AutoTokenizer.from_pretrained(SEQ)
model = AutoModelForSequenceClassification.from_pretrained(SEQ).to(device)
rows = tokenizer(["a", "b c", "d"], padding=True, return_tensors="pt").to(model.device)
found = []
for ids, mask in DataLoader(TensorDataset(rows["input_ids"], rows["attention_mask"]), batch_size=2):
    with torch.inference_mode():
        found += model(input_ids=ids, attention_mask=mask).logits.argmax(-1).tolist()
answer = len(found)
""", 3)  # fmt: skip
snippet("hidden states", """
import torch
from bertlite_fast import AutoTokenizer, BertModel
tokenizer = AutoTokenizer.from_pretrained(VECTORS)
model = BertModel.from_pretrained(VECTORS, output_hidden_states=True)
inputs = tokenizer("the lamp", return_tensors="pt")
states = model(**inputs).hidden_states
same = BertModel.from_pretrained(VECTORS)(**inputs, output_hidden_states=True).hidden_states
last, pooled = model(inputs["input_ids"], inputs["attention_mask"], return_dict=False)[:2]
answer = [len(states), bool((states[1] == same[1]).all()), list(torch.stack(states).shape),
          model(**inputs, output_hidden_states=False).get("hidden_states")]
""", [3, True, [3, 1, 4, 48], None])  # fmt: skip
snippet("NumPy alone", """
import numpy as np
from bertlite_fast import AutoTokenizer, AutoModelForSequenceClassification, pipeline
tokenizer = AutoTokenizer.from_pretrained(SEQ)
model = AutoModelForSequenceClassification.from_pretrained(SEQ)
out = model(**tokenizer(["a", "b c"], padding=True, return_tensors="np"))
features = pipeline("feature-extraction", VECTORS)
answer = [np.argmax(out.logits, axis=-1).shape[0], np.array(features("a b")).shape,
          features("a b", return_tensors=True)[0].numpy().mean(axis=0).shape]
""", [2, (1, 4, 48), (48,)])  # fmt: skip
snippet("what an output has", """
import torch
from bertlite_fast import AutoTokenizer, AutoModelForSequenceClassification
tokenizer = AutoTokenizer.from_pretrained(SEQ)
model = AutoModelForSequenceClassification.from_pretrained(SEQ)
out = model(**tokenizer("a", return_tensors="pt"))
probs = out.logits.softmax(dim=-1).detach().cpu().flatten().numpy().tolist()
answer = [out.loss, "logits" in out, list(out.keys()), len(probs), model.config.num_labels]
""", [None, True, ["logits"], 2, 2])  # fmt: skip
snippet("a tokenizer's words", """
from bertlite_fast import AutoTokenizer
t = AutoTokenizer.from_pretrained(SEQ)
tokens = t.tokenize("Turn on the LIGHT")
ids = t.convert_tokens_to_ids(tokens)
row = t("turn on the light")
same = t.prepare_for_model(ids)["input_ids"] == row["input_ids"] == t.encode("turn on the light")
answer = [t.decode(ids), t.batch_decode([t("a b").input_ids], skip_special_tokens=True),
          row.word_ids(), row.char_to_token(5), t.is_fast, t.all_special_tokens[0],
          same]
""", ["turn on the light", ["a b"], [None, 0, 1, 2, 3, None], 2, True, "[UNK]", True])  # fmt: skip
snippet("windows", """
from bertlite_fast import AutoTokenizer
t = AutoTokenizer.from_pretrained(SEQ)
rows = t(["a"] * 2, ["the light " * 20] * 2, max_length=16, truncation="only_second", stride=4,
         return_overflowing_tokens=True, return_offsets_mapping=True, padding="max_length")
answer = [set(map(len, rows["input_ids"])), rows.pop("overflow_to_sample_mapping")[-1],
          "overflow_to_sample_mapping" in rows]
""", [{16}, 1, False])  # fmt: skip
snippet("new tokens", """
from bertlite_fast import AutoTokenizer
t = AutoTokenizer.from_pretrained(SEQ)
t.add_tokens(["newtok"])
t.add_special_tokens({"additional_special_tokens": ["<e>"]})
t.padding_side = "left"
answer = [t("newtok <e>").tokens()[1:3], t(["a", "b c"], padding=True)["attention_mask"][0],
          t.get_special_tokens_mask([2, 5, 3], already_has_special_tokens=True)]
""", [["newtok", "<e>"], [0, 1, 1, 1], [1, 0, 1]])  # fmt: skip
snippet("copies", """
import copy, json, pickle
from bertlite_fast import AutoTokenizer, pipeline
pipe = pipeline("text-classification", SEQ)
row = AutoTokenizer.from_pretrained(SEQ)("a b")
found = pipeline("ner", TAGS)("the kitchen")
answer = [pickle.loads(pickle.dumps(pipe))("a") == pipe("a") == copy.deepcopy(pipe)("a"),
          pickle.loads(pickle.dumps(row))["input_ids"] == copy.deepcopy(row)["input_ids"],
          copy.deepcopy(found) == found, isinstance(json.dumps([pipe("a"), found]), str)]
""", [True] * 4)  # fmt: skip
snippet("semantic search", """
import torch
from bertlite_fast import SentenceTransformer, util
model = SentenceTransformer(VECTORS)
corpus = ["the light is on", "play music", "a red lamp in the kitchen"]
rows = model.encode(corpus, convert_to_tensor=True)
query = model.encode("the red light", convert_to_tensor=True)
scores, indices = torch.topk(model.similarity(query, rows)[0], k=2)
hits = util.semantic_search(query, rows, top_k=2)[0]
cosines = util.cos_sim(query, rows)[0]
answer = [[hit["corpus_id"] for hit in hits] == indices.tolist() == cosines.topk(2)[1].tolist(),
          len(util.community_detection(rows, min_community_size=1, threshold=0.0)) > 0,
          len(util.paraphrase_mining(model, corpus)[0]), model.similarity_fn_name]
""", [True, True, 3, "cosine"])  # fmt: skip
snippet("prompts", """
from bertlite_fast import SentenceTransformer
model = SentenceTransformer(VECTORS, prompts={"query": "query: ", "document": "light: "},
                            default_prompt_name="query", device="cpu", trust_remote_code=False)
a, b = model.encode_query("a"), model.encode_document(["a", "b"])
pool = model.start_multi_process_pool()
many = model.encode_multi_process(["a", "b"], pool)
model.stop_multi_process_pool(pool)
answer = [b.shape, many.shape, bool((model.encode("a") == a).all()), bool((a == b[0]).all())]
""", [(2, 48), (2, 48), True, False])  # fmt: skip
snippet("rerankers", """
import torch
from bertlite_fast import CrossEncoder
model = CrossEncoder(RERANK, max_length=512, activation_fn=torch.nn.Sigmoid())
pairs = [("is it red", "the lamp is red"), ("is it red", "play music")]
scores = model.predict(pairs, batch_size=16, show_progress_bar=False)
ranks = model.rank("is it red", [text for _, text in pairs], return_documents=True)
short = {"text": {"max_length": 6}}
cut = model.predict(pairs, processing_kwargs=short)
full, model.max_seq_length = model.max_seq_length, 6
answer = [ranks[0]["score"] == float(max(scores)), sorted(ranks[0]), (cut != scores).any() and
          bool((model.predict(pairs) == cut).all())]
""", [True, ["corpus_id", "score", "text"], True])  # fmt: skip
snippet("logging and seeds", """
from bertlite_fast import logging, set_seed
import random
logging.set_verbosity_error()
logging.disable_progress_bar()
level = logging.get_verbosity(), logging.get_logger("x").name
set_seed(42)
one = random.random()
set_seed(42)
logging.set_verbosity_warning()
answer = [level, one == random.random()]
""", [(40, "x"), True])  # fmt: skip
snippet("an ignored setting is kept", """
from bertlite_fast import AutoTokenizer
answer = AutoTokenizer.from_pretrained(SEQ, add_prefix_space=True, use_fast=True).add_prefix_space
""")  # fmt: skip
snippet("sparse tensors", """
import torch
from bertlite_fast import util
one = torch.eye(3)
answer = bool((util.cos_sim(one.to_sparse(), one) == one).all())
""")  # fmt: skip


@pytest.mark.filterwarnings("ignore:a text has", "ignore::FutureWarning")
@pytest.mark.parametrize("name", SNIPPETS)
def test_everyday_code_runs(names: dict[str, str], name: str) -> None:
    code, expected = SNIPPETS[name]
    if "pandas" in code:
        pytest.importorskip("pandas")
    space: dict[str, Any] = dict(names)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, name, "exec"), space)
    assert space["answer"] == expected


REFUSED = {
    "AutoTokenizer.from_pretrained(SEQ).apply_chat_template([])": "do not chat",
    "AutoTokenizer.from_pretrained(SEQ, get_vocab=True)": "method",
    "AutoModel.from_pretrained(VECTORS).generate()": "does not write",
    "AutoModel.from_pretrained(VECTORS)([[2, 3]], output_attentions=True)": "attention",
    "AutoModel.from_pretrained(VECTORS).parameters()": "num_parameters",
    "AutoModel.from_pretrained(VECTORS).train()": "Trainer",
    "AutoModel.from_pretrained(VECTORS, quantization_config={'load_in_8bit': True})": "precision",
    "AutoModelForSequenceClassification.from_pretrained(SEQ)([[2, 3]], labels=[1])": "training",
    "SentenceTransformer(VECTORS).push_to_hub('x')": "huggingface_hub",
    "SentenceTransformer(VECTORS).fit(train_objectives=[])": "train",
    "SentenceTransformer(modules=[1, 2])": "modules",
    "CrossEncoder(RERANK).predict([], processing_kwargs={'text': {'stride': 1}})": "stride",
    "pipeline('text-generation')": "is not a task",
    "pipeline('sentiment-analysis', SEQ)('a', topk=3)": "top_k",
    "pipeline('sentiment-analysis', SEQ)({'a': 1})": "text",
    "pipeline('ner', TAGS).aggregate([])": "call the pipeline",
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_done_says_what_to_do(names: dict[str, str], code: str) -> None:
    with pytest.raises(bf.BertliteError, match=REFUSED[code]):
        eval(code, {**vars(bf), **{name: getattr(bf, name) for name in bf.__all__}, **names})
