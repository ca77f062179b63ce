"""Where the results of a run go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bertlite_fast import embedded

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outputs:
    """Where the results of a run go."""

    weights: Path  # the embedded models
    models: Path  # models for sets with labels of their own, not in the package
    base: Path  # the encoder as a Hugging Face folder
    card: Path
    document: Path | None  # with tables of the scores

    @property
    def is_package(self) -> bool:
        return self.weights == Path(embedded.FOLDER)

    @staticmethod
    def package() -> Outputs:
        weights = Path(embedded.FOLDER)
        training = ROOT / "training"
        document = ROOT / "docs/models.md"
        return Outputs(
            weights, training / "models", training / "base", weights / "card.json", document
        )

    @staticmethod
    def folder(folder: Path) -> Outputs:
        """One folder for all models: they look for the base file beside them."""
        models = folder / "models"
        return Outputs(models, models, folder / "base", folder / "card.json", None)
