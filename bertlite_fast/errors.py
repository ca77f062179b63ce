"""What can go wrong, one exception per kind; each message is one sentence with a way out."""


class BertliteError(Exception):
    """Any error of this package."""


class ModelFileError(BertliteError, OSError):
    """A file is missing, unreadable or not what it claims to be."""


class ModelConfigError(BertliteError, ValueError):
    """A model that this package cannot run, or not for the task asked."""


class InputError(BertliteError, ValueError):
    """Ids, masks or sizes that the model cannot take."""


class OutOfMemoryError(BertliteError, MemoryError):
    """The system gave no memory."""


class InstructionSetError(BertliteError, RuntimeError):
    """BERTLITE_ISA names an instruction set that this machine or build lacks."""
