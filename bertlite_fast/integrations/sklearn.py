"""scikit-learn: texts to vectors, as the first step of a Pipeline."""

from __future__ import annotations

from typing import Any

from ..errors import InputError, missing_library
from ..sentence_transformer import opened

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
except ImportError as error:
    raise missing_library("scikit-learn", error) from error


class BertliteEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Texts to vectors. It learns nothing, so transform works without fit.

    X: a list, an array or a column of texts, or a table with one column. model: a path or a name,
    or a SentenceTransformer; without one, the embedded model.
    """

    def __init__(
        self,
        model: Any = None,
        *,
        normalize: bool = False,
        prompt: str | None = None,
        truncate_dim: int | None = None,
        threads: int = 1,
    ) -> None:
        self.model = model
        self.normalize = normalize
        self.prompt = prompt
        self.truncate_dim = truncate_dim
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> BertliteEmbedder:
        """Open the model; the texts are only checked."""
        texts = _one_column(X)
        if isinstance(texts, str):
            raise InputError("X is one text; scikit-learn's X is a list of them.")
        self._open()
        return self

    def transform(self, X: Any) -> Any:
        """A row for each text."""
        texts = _one_column(X)
        if isinstance(texts, str):
            raise InputError("X is one text; scikit-learn's X is a list of them.")
        model = self._open()
        rows = model.encode(
            texts,
            prompt=self.prompt,
            normalize_embeddings=self.normalize,
            truncate_dim=self.truncate_dim,
        )
        return rows if len(rows) else rows.reshape(0, self._n_features_out)

    def _open(self) -> Any:
        """The model that the parameters name, which set_params may have changed."""
        wanted = (self.model, self.threads)
        known = self.__dict__.get("_opened")
        if known is None or known[0] != wanted:
            is_open = hasattr(self.model, "encode") and not isinstance(self.model, str)
            model = opened(self.model, **({} if is_open else {"threads": self.threads}))
            known = self._opened = (wanted, model)
        return known[1]

    @property
    def _n_features_out(self) -> int:
        size: int = self._open().get_embedding_dimension()
        return size if self.truncate_dim is None else min(size, self.truncate_dim)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, False
        return tags

    def __getstate__(self) -> Any:
        state = dict(super().__getstate__())
        state.pop("_opened", None)  # it is opened again
        return state


def _one_column(X: Any) -> Any:
    """Texts of a table or an array that has one column."""
    shape = getattr(X, "shape", None)
    if shape is None or len(shape) != 2:
        return X.tolist() if hasattr(X, "dtype") and type(X).__module__ == "numpy" else X
    if shape[1] != 1:
        raise InputError(
            f"X has {shape[1]} columns; give the one that holds the texts, with ColumnTransformer "
            "say."
        )
    if hasattr(X, "iloc"):
        return X.iloc[:, 0]
    if hasattr(X, "get_column"):
        return X.to_series(0)
    return [row[0] for row in X.tolist()]
