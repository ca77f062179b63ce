from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertlite_fast as bf

Library = Callable[[str], Any]
X, Y = ["good", "bad", "great", "awful", "lovely", "horrible"], [1, 0, 1, 0, 1, 0]


def test_transformer(library: Library, model: Any) -> None:
    base = library("sklearn.base")
    from bertlite_fast.integrations.sklearn import BertliteEmbedder

    embedder = BertliteEmbedder(truncate_dim=8, normalize=True)
    rows = embedder.fit_transform(X)
    assert np.array_equal(rows, model.encode(X, truncate_dim=8, normalize_embeddings=True))
    assert np.array_equal(BertliteEmbedder().transform(np.array(X)), model.encode(X))
    assert embedder.get_feature_names_out().tolist() == [f"bertliteembedder{i}" for i in range(8)]
    assert embedder.transform([]).shape == (0, 8)
    copies = base.clone(embedder), pickle.loads(pickle.dumps(embedder))
    for copy in copies:
        assert copy.get_params() == embedder.get_params()
        assert np.array_equal(copy.transform(X), rows)
    embedder.set_params(truncate_dim=3)
    assert embedder.transform(X).shape == (6, 3)
    assert np.array_equal(base.clone(BertliteEmbedder(model)).transform(X), model.encode(X))


def test_pipelines(library: Library) -> None:
    pipeline, linear = library("sklearn.pipeline"), library("sklearn.linear_model")
    search = library("sklearn.model_selection")
    from bertlite_fast.integrations.sklearn import BertliteEmbedder

    steps = pipeline.make_pipeline(BertliteEmbedder(), linear.LogisticRegression())
    grid = {"bertliteembedder__normalize": [False, True]}
    found = search.GridSearchCV(steps, grid, cv=2).fit(X, Y)
    assert found.predict(["wonderful", "terrible"]).tolist() == [1, 0]
    again = pickle.loads(pickle.dumps(found))
    assert again.predict(X).tolist() == found.predict(X).tolist()


def test_tables_with_one_column(library: Library) -> None:
    library("sklearn")
    pd = library("pandas")
    from bertlite_fast.integrations.sklearn import BertliteEmbedder

    embedder = BertliteEmbedder().set_output(transform="pandas")
    table = pd.DataFrame({"said": X, "by": "me"}, index=list("abcdef"))
    rows = embedder.fit_transform(table[["said"]])
    assert list(rows.index) == list("abcdef") and rows.shape == (6, 64)
    for wrong in (table, "good", [1, 2], [["good", "bad"]]):
        with pytest.raises(bf.InputError):
            embedder.fit_transform(wrong)
