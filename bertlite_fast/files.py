"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from .errors import InputError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, BinaryIO


def read_json(path: str) -> Any:
    """What a file of JSON holds."""
    import json

    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ModelFileError(f"{path} is not well-formed JSON: {error}.") from None


def write_atomically(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write a file; a str as UTF-8. The path always holds the old file or the whole new one.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "notes.txt")
    >>> write_atomically(path, "Turn on the light.")
    >>> path.read_text(encoding="utf-8")
    'Turn on the light.'
    """
    with AtomicFile(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


class AtomicFile:
    """A binary file to write to, which replaces `path` when the `with` block ends without an error.

    Until then it is a temporary file in the same folder. An error removes it, and the file that was
    there before stays as it was. A path that is not a regular file (a pipe, /dev/stdout) is written
    to directly.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            name = os.fsdecode(path)
        except TypeError:
            raise InputError(
                f"a path has to be a str or a path object, not {type(path).__name__}."
            ) from None
        try:
            self.path = os.path.realpath(name)  # a link goes on pointing where it does
            os.fsencode(self.path)
        except ValueError:
            self.path = ""
        if not name or not self.path or "\0" in name:
            raise ModelFileError(f"{name!a} cannot be the path of a file; give another.")
        self.temporary: str | None = None
        self.file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        try:
            self.file = self._open()
        except OSError as error:
            raise self._error(error) from None
        return self.file

    def _open(self) -> BinaryIO:
        mode = _mode_of(self.path)
        if mode is not None and not stat.S_ISREG(mode):
            return open(self.path, "wb")
        if mode is not None and not os.access(self.path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        folder, name = os.path.split(self.path)
        # os.urandom, not a counter: two processes may write the same file at the same time
        temporary = os.path.join(folder, f".{name[:80]}.{os.urandom(6).hex()}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(temporary, flags, 0o666)
        self.temporary = temporary
        if mode is not None:
            with contextlib.suppress(OSError):  # a file system without permissions
                os.chmod(temporary, stat.S_IMODE(mode))
        return os.fdopen(handle, "wb")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.file is not None
        try:
            try:
                if error is None:
                    self.file.flush()
                    if self.temporary is not None:
                        os.fsync(self.file.fileno())
            finally:
                self.file.close()
            if error is None and self.temporary is not None:
                os.replace(self.temporary, self.path)
                self.temporary = None
                _sync_folder(os.path.dirname(self.path))
        except OSError as failure:
            if error is None:
                raise self._error(failure) from None
        finally:
            if self.temporary is not None:
                with contextlib.suppress(OSError):  # the error that led here says more
                    os.unlink(self.temporary)
                self.temporary = None
        if isinstance(error, OSError) and not isinstance(error, ModelFileError):
            raise self._error(error) from None

    def _error(self, error: OSError) -> ModelFileError:
        reason = error.strerror or str(error)
        after = ""
        mode = _mode_of(self.path)
        if mode is not None and stat.S_ISREG(mode):
            after = "; the file that is there is unchanged"
            if os.name == "nt" and isinstance(error, PermissionError):
                after += ". Close the models that have it open first"
        return ModelFileError(f"{self.path} cannot be written: {reason}{after}.")


def _mode_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except OSError:
        return None


def _sync_folder(folder: str) -> None:
    """Flush the folder, so that the rename survives a power failure (where supported)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
