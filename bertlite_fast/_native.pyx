# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
# cython: auto_pickle=False, binding=False, embedsignature=True, embedsignature.format=clinic
"""The binding: what the C core offers, as Python objects. It checks and converts; C computes.

    _bertlite.pxd       the C header
    _code_size.pxi      what makes the code that Cython writes smaller
    _strings.pxi        paths and texts as UTF-8, ids as lists
    _tensor.pxi         Tensor and Output: results that share memory
    _numbers.pxi        functions on rows of numbers
    _json.pxi           numbers, texts and rows of vectors as JSON
    _functions.pxi      softmax and others, on results of any shape
    _ids.pxi            ids from lists and buffers
    _model.pxi          Model: ids to outputs
    _tokens.pxi         Tokens: the tokens of a text
    _encoding.pxi       Encoding: a row of ids, and where each comes from
    _tokenize.pxi       texts to encodings
    _tokenizer.pxi      TokenizerCore: the vocabulary, and what calls the above
    _flat_rows.pxi      texts to rows of ids that lie end to end
    _columns.pxi        Column: texts of Arrow's arrays, without a str for each
    _answer_values.pxi  what goes into answers and comes out of them
    _answers.pxi        TextModel: text to answers
    _commands.pxi       what texts ask for, with the values in them
    _direct.pxi         answers about one text, as pipelines return them
    _requests.pxi       requests that are just one text, from bytes to bytes
    _reply_json.pxi     labels, commands and values as JSON
    _replies.pxi        Replies: labels of texts as JSON
    _portion.pxi        Portion: texts that are worked on together
    _many.pxi           Many: answers for many texts, from several threads
    _limits.pxi         work that shows the limits of a machine
    _decisions.pxi      Choices: which of some options a text means
    _index.pxi          IndexCore: vectors that are searched

An object whose __init__ did not run or failed is not open, and every method says so.
"""

cimport cython
from ._bertlite cimport *
from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer,
)
from cpython.bytearray cimport (
    PyByteArray_AS_STRING, PyByteArray_FromStringAndSize, PyByteArray_Resize,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.list cimport PyList_New
from cpython.long cimport PyLong_AsLongAndOverflow, PyLong_Check
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_INCREF, PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.math cimport NAN, frexp
from libc.stddef cimport size_t
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, malloc, realloc, strtod
from libc.string cimport memcmp, memcpy, memset, strlen

import os
import sys
from _thread import allocate_lock
from _operator import index

from .checks import LARGEST, shown, whole
from .errors import (
    BertliteError, InputError, InstructionSetError, ModelConfigError, ModelFileError,
    OutOfMemoryError, warn,
)

cdef extern from "Python.h":
    # with pointers instead of references, which need no counting
    PyObject *PyLong_FromLong(long value)
    PyObject *PyList_GET_ITEM(object values, Py_ssize_t i)
    void PyList_SET_ITEM(object values, Py_ssize_t i, PyObject *item)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PY_SSIZE_T_MAX

cdef extern from "platform.h" nogil:
    ctypedef void *bl_atomic_pointer
    void *bl_load_pointer(bl_atomic_pointer *p)
    void bl_store_pointer(bl_atomic_pointer *p, const void *v)
    void *bl_swap_pointer(bl_atomic_pointer *p, void *v)

__version__ = BL_VERSION.decode()

# Where delta files find the embedded base file.
cdef bytes base_path = os.fsencode(
    os.path.join(os.path.dirname(__file__), "weights", "base.bertlite")
)
cdef const char *embedded_base = base_path

cdef dict ERRORS = {
    BL_FILE_ERROR: ModelFileError,
    BL_CONFIG_ERROR: ModelConfigError,
    BL_INPUT_ERROR: InputError,
    BL_MEMORY_ERROR: OutOfMemoryError,
    BL_ISA_ERROR: InstructionSetError,
}


cdef Py_ssize_t number(str name, object value, object least) except? -1:
    return whole(name, value, least)


cdef raise_error(const bl_error *error):
    kind = ERRORS.get(<int>error.status, BertliteError)
    raise kind((<const char *>error.text).decode("utf-8", "replace"))


cdef object wrong(str text):
    """What to raise: a call here is a fifth of the code of one of a class."""
    return InputError(text)


cdef void *allocate(size_t count, size_t size) except NULL:
    """Memory for `count` items, which PyMem_Free frees."""
    cdef void *memory = NULL
    if count < <size_t>PY_SSIZE_T_MAX // size:
        memory = PyMem_Malloc((count + 1) * size)
    if memory is NULL:
        raise OutOfMemoryError(f"out of memory for {count} items of {size} bytes.")
    return memory


include "_code_size.pxi"
include "_strings.pxi"
include "_tensor.pxi"
include "_numbers.pxi"
include "_json.pxi"
include "_functions.pxi"
include "_ids.pxi"
include "_open.pxi"
include "_model.pxi"
include "_tokens.pxi"
include "_encoding.pxi"
include "_tokenize.pxi"
include "_tokenizer.pxi"
include "_flat_rows.pxi"
include "_columns.pxi"
include "_answer_values.pxi"
include "_answers.pxi"
include "_commands.pxi"
include "_direct.pxi"
include "_requests.pxi"
include "_reply_json.pxi"
include "_replies.pxi"
include "_portion.pxi"
include "_many.pxi"
include "_limits.pxi"
include "_decisions.pxi"
include "_index.pxi"


def available_isas():
    """Instruction sets that this machine can run, the plainest first.

    >>> "generic" in available_isas()
    True
    """
    cdef const char *names[32]
    cdef size_t n = bl_isa_list(names, 32)
    return [names[i].decode() for i in range(n)]


def active_isa():
    """The instruction set in use: the best, or what BERTLITE_ISA names.

    >>> active_isa() in available_isas()
    True
    """
    cdef const char *name = bl_isa_name()
    if name is NULL:
        raise InstructionSetError(
            "BERTLITE_ISA names an instruction set that this machine or build lacks; "
            f"available are: {', '.join(available_isas())}."
        )
    return name.decode()


def check_isa(str name not None, /):
    """Compare every kernel of an instruction set with plain C; an error if a byte differs."""
    cdef bytes wanted = name.encode("utf-8", "replace")
    cdef const char *p = wanted
    cdef bl_error error
    cdef bl_status status
    with nogil:
        status = bl_check_isa(p, &error)
    if status != BL_OK:
        raise_error(&error)


def convert(folder, file, *, base=None):
    """Write a Hugging Face folder's model as one int8 file, which is memory-mapped when opened.

    base: a converted file with the same embeddings. The new file is then a delta file: it holds
    only the rest, and needs the base file in its folder; where that is not, the embedded base
    file is tried. A SetFit folder's classifier is kept.
    """
    cdef bytes source = path_bytes(folder)
    cdef bytes target = path_bytes(file)
    cdef bytes shared = b"" if base is None else path_bytes(base)
    if os.path.isfile(os.path.join(source, b"model_head.pkl")):
        from .setfit import convert_with_head

        convert_with_head(folder, file, base)
        return
    cdef const char *a = source
    cdef const char *b = target
    cdef const char *c = NULL if base is None else PyBytes_AS_STRING(shared)
    cdef bl_error error
    cdef bl_status status
    with nogil:
        status = bl_convert(a, b, c, &error)
    if status != BL_OK:
        raise_error(&error)


def write_blocks(
    path, base, size_t tokens, size_t most_bytes, pieces, bint whole, base_file, task_file, /
):
    """The blocks of a model for flash: the bytes of each, of memory, and the head's name."""
    cdef bytes source = path_bytes(path)
    cdef bytes shared = path_bytes(base)
    cdef bytes first = path_bytes(base_file)
    cdef bytes second = path_bytes(task_file)
    cdef const char *a = source
    cdef const char *b = shared
    cdef const char *c = first
    cdef const char *d = second
    cdef bytes kept = pieces or b""
    cdef bl_flash_limits limits = [tokens, most_bytes, NULL, len(kept), whole]
    cdef bl_flash_info info
    cdef bl_error error
    cdef bl_status status
    if pieces is not None:
        limits.pieces = kept
    with nogil:
        status = bl_flash_write(a, b, &limits, c, d, &info, &error)
    if status != BL_OK:
        raise_error(&error)
    names = ("vectors", "labels", "entities", "answers", "words")
    return info.base_size, info.task_size, info.memory, names[info.head]
