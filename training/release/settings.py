"""Settings of a converted file, changed in place: its tensors, and so its id, stay as they are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

SIZE_BYTES, ALIGNMENT = 8, 64


def set_settings(file: Path, settings: dict[str, Any]) -> None:
    """Adds settings to a file's configuration."""
    data = file.read_bytes()
    size = int.from_bytes(data[:SIZE_BYTES], "little")
    header = json.loads(data[SIZE_BYTES : SIZE_BYTES + size])
    metadata = header["__metadata__"]
    config = json.loads(metadata["config"]) | settings
    metadata["config"] = json.dumps(config, indent=1) + "\n"
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(SIZE_BYTES + len(text)) % ALIGNMENT)
    new = file.with_suffix(".new")
    new.write_bytes(len(text).to_bytes(SIZE_BYTES, "little") + text + data[SIZE_BYTES + size :])
    os.replace(new, file)
