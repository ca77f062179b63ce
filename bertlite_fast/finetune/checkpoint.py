"""What a training has reached, as a file: after a power cut it goes on from there.

The file is one JSON line, and behind it the states that the line names by their sizes. It is
replaced as a whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib

from .. import __version__
from ..errors import InputError, ModelFileError, warn
from ..files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._training import Trainer
    from .loop import Progress
    from .start import Start

EVERY = 1.0  # seconds between two writes, so that short epochs are not slowed down
FORMAT = "bertlite checkpoint 1"


class Checkpoint:
    """A file with the trainings of one fit(): those that are done, and the one in progress.

    identity: of texts, labels and settings; a checkpoint of others is refused.
    """

    def __init__(self, path: str | os.PathLike[str], identity: str, *, resume: bool) -> None:
        self.path, self.identity = os.fspath(path), identity
        self.runs: dict[str, dict[str, Any]] = {}
        self.states: dict[str, bytes] = {}
        self.written, self.is_broken = time.monotonic(), False
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder):
            raise InputError(f"{folder} is not a folder, so no checkpoint can be written there.")
        if resume and os.path.exists(self.path):
            self._read()

    def _read(self) -> None:
        try:
            with open(self.path, "rb") as file:
                header = json.loads(file.readline())
                body = file.read()
        except OSError as error:
            raise ModelFileError(f"{self.path} cannot be read: {error.strerror}.") from None
        except ValueError:
            header, body = None, b""
        whole = (
            isinstance(header, dict)
            and header.get("format") == FORMAT
            and header.get("crc") == zlib.crc32(body)
        )
        if not whole:
            raise ModelFileError(
                f"{self.path} is not a whole checkpoint; remove it and train from the beginning."
            )
        if header["identity"] != self.identity:
            raise InputError(
                f"{self.path} is a checkpoint of other texts, labels or settings; give those, or "
                "train from the beginning."
            )
        self.runs = header["runs"]
        at = 0
        for name, size in header["states"]:
            self.states[name] = body[at : at + size]
            at += size

    def write(self, *, now: bool = False) -> None:
        """Write the file, unless it was written a moment ago. A full disk does not end training:
        the result may have another."""
        if self.is_broken or (not now and time.monotonic() - self.written < EVERY):
            return
        body = b"".join(self.states.values())
        header = {
            "format": FORMAT,
            "identity": self.identity,
            "crc": zlib.crc32(body),
            "runs": self.runs,
            "states": [[name, len(state)] for name, state in self.states.items()],
        }
        try:
            write_atomically(self.path, json.dumps(header).encode() + b"\n" + body)
        except ModelFileError as error:
            self.is_broken = True
            warn(f"training goes on without a checkpoint: {error}")
        self.written = time.monotonic()

    def run(self, key: str) -> Run:
        """The part of one training."""
        return Run(self, key)

    def remove(self) -> None:
        """The result is safe: the checkpoint is not needed any more."""
        with contextlib.suppress(OSError):
            os.remove(self.path)


class Run:
    """One training in a checkpoint."""

    def __init__(self, checkpoint: Checkpoint, key: str) -> None:
        self.checkpoint, self.key = checkpoint, key

    def restore(self, trainer: Trainer, progress: Progress) -> tuple[bool, bytes | None]:
        """Go on from what was kept, if anything was: (whether it is done, the best state)."""
        kept = self.checkpoint.runs.get(self.key)
        if kept is None:
            return False, None
        states = self.checkpoint.states
        trainer.load_state(states[self.key], optimizer=not kept["is_done"])
        progress.step, progress.epoch, progress.loss = kept["step"], kept["epoch"], kept["loss"]
        progress.score, progress.best = kept["score"], kept["best"]
        progress.since_best, progress.history = kept["since_best"], list(kept["history"])
        return kept["is_done"], states.get(self.key + " best")

    def keep(
        self, trainer: Trainer, progress: Progress, *, best: bytes | None = None, is_done: bool
    ) -> None:
        """Remember an epoch."""
        self.checkpoint.runs[self.key] = {
            "is_done": is_done,
            "step": progress.step,
            "epoch": progress.epoch,
            "loss": progress.loss,
            "score": progress.score,
            "best": progress.best,
            "since_best": progress.since_best,
            "history": progress.history,
        }
        states = self.checkpoint.states
        states[self.key] = trainer.state(optimizer=not is_done)
        if best is not None:
            states[self.key + " best"] = best
        if is_done:
            states.pop(self.key + " best", None)
        self.checkpoint.write()


def identity_of(settings: dict[str, Any], start: Start, examples: Any) -> str:
    """Tells one training from another. examples: what is learned, as JSON has it."""
    import hashlib

    said = {key: value for key, value in settings.items() if key not in ("threads", "verbose")}
    told = [__version__, said, start.fingerprint(), examples]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
