# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""The one door between Python and the C core: ids in, tensors out. No numerics here."""

cimport cython
from ._bertlite cimport *
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from cpython.long cimport PyLong_AsLongAndOverflow, PyLong_Check
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stddef cimport size_t
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen

import os
import sys
from operator import index

from .checks import LARGEST, whole
from .errors import BertliteError, InputError, InstructionSetError, ModelConfigError, ModelFileError, OutOfMemoryError

# Where files that stand on the embedded base find it.
cdef bytes embedded_path = os.fsencode(os.path.join(os.path.dirname(__file__), "weights", "base.bertlite"))
cdef const char *embedded_base = embedded_path


cdef extern from "platform.h" nogil:
    ctypedef void *bl_atomic_pointer
    void *bl_swap_pointer(bl_atomic_pointer *p, void *v)


__version__ = BL_VERSION.decode()


cdef Py_ssize_t number(str name, object value, object least) except? -1:
    return whole(name, value, least)


cdef raise_error(bl_error *error):
    cdef bl_status s = error.status
    text = error.text.decode("utf-8", "replace")
    if s == BL_FILE_ERROR:
        raise ModelFileError(text)
    if s == BL_CONFIG_ERROR:
        raise ModelConfigError(text)
    if s == BL_INPUT_ERROR:
        raise InputError(text)
    if s == BL_MEMORY_ERROR:
        raise OutOfMemoryError(text)
    if s == BL_ISA_ERROR:
        raise InstructionSetError(text)
    raise BertliteError(text)


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
        raise InstructionSetError(f"BERTLITE_ISA names an instruction set that this machine or build lacks; available are: {', '.join(available_isas())}.")
    return name.decode()


def check_isa(str name):
    """Run every kernel of an instruction set beside plain C; an error if a byte differs."""
    cdef bytes wanted = name.encode()
    cdef const char *p = wanted
    cdef bl_error error
    cdef bl_status status
    with nogil:
        status = bl_check_isa(p, &error)
    if status != BL_OK:
        raise_error(&error)


def convert(folder, file, *, base=None):
    """Write a Hugging Face folder's model as one int8 file, which loads in place.

    base: a converted file with the same embeddings. The new file then holds only the rest, and needs
    the base in its folder; where it is not, the embedded base is tried.
    """
    cdef bytes source = os.fsencode(folder), target = os.fsencode(file), under = b"" if base is None else os.fsencode(base)
    cdef const char *c = NULL
    cdef const char *a = source
    cdef const char *b = target
    cdef bl_error error
    cdef bl_status status
    if base is not None:
        c = under
    with nogil:
        status = bl_convert(a, b, c, &error)
    if status != BL_OK:
        raise_error(&error)


# ---- results ----------------------------------------------------------------------

# Neither can be part of a reference cycle, and one of each is made per call.
@cython.no_gc
@cython.freelist(8)
cdef class Tensor:
    """Floats with a shape, readable by anything that takes buffers.

    memoryview(t), numpy.asarray(t) and torch.as_tensor(memoryview(t)) share its memory.
    """
    cdef float *data
    cdef Tensor base          # the tensor that owns the memory, if it is another
    cdef int ndim
    cdef Py_ssize_t dims[3]
    cdef Py_ssize_t steps[3]

    def __dealloc__(self):
        if self.base is None:
            PyMem_Free(self.data)

    @property
    def shape(self):
        return tuple([self.dims[i] for i in range(self.ndim)])

    def __len__(self):
        return self.dims[0]

    def tolist(self):
        """Nested lists of Python floats."""
        return memoryview(self).tolist()

    def __repr__(self):
        return f"Tensor(shape={self.shape})"

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.buf = self.data
        view.obj = self
        view.itemsize = sizeof(float)
        view.format = b"f"
        view.ndim = self.ndim
        view.shape = self.dims
        view.strides = self.steps
        view.suboffsets = NULL
        view.internal = NULL
        view.readonly = 0
        view.len = sizeof(float)
        for i in range(self.ndim):
            view.len *= self.dims[i]

    def __releasebuffer__(self, Py_buffer *view):
        pass


cdef Tensor new_tensor(int ndim, Py_ssize_t a, Py_ssize_t b, Py_ssize_t c):
    cdef Tensor t = Tensor.__new__(Tensor)
    t.ndim = ndim
    t.dims[0], t.dims[1], t.dims[2] = a, b, c
    t.steps[ndim - 1] = sizeof(float)
    if ndim > 2:
        t.steps[1] = c * sizeof(float)
    if ndim > 1:
        t.steps[0] = b * (c if ndim > 2 else 1) * sizeof(float)
    t.data = <float *>PyMem_Malloc(max(1, a * b * c) * sizeof(float))
    if t.data is NULL:
        raise OutOfMemoryError("there is no memory for the result.")
    return t


cdef Tensor column(Tensor t, Py_ssize_t index):
    """t[..., index], sharing memory."""
    cdef Tensor v = Tensor.__new__(Tensor)
    v.base = t
    v.data = t.data + index
    v.ndim = t.ndim - 1
    for i in range(v.ndim):
        v.dims[i], v.steps[i] = t.dims[i], t.steps[i]
    return v


cdef object array(Tensor t):
    """As a NumPy array, which is first imported here; as a memoryview where there is no NumPy."""
    if t is None:
        return None
    numpy = sys.modules.get("numpy")
    if numpy is None:
        try:
            import numpy
        except ImportError:
            pass
        if numpy is None:
            return memoryview(t)
    return numpy.asarray(t)


@cython.no_gc
@cython.freelist(8)
cdef class Output:
    """What a model returns.

    Attributes that the model does not give are None. `logits` and its kin are NumPy
    arrays (memoryviews without NumPy); `tensor` is the main one, for which NumPy is
    not even imported.
    """
    cdef readonly Tensor tensor
    cdef Tensor pooled
    cdef int kind

    @property
    def logits(self):
        return array(self.tensor) if self.kind in (BL_CLASSES, BL_TOKENS, BL_WORDS) else None

    @property
    def start_logits(self):
        return array(column(self.tensor, 0)) if self.kind == ANSWERS else None

    @property
    def end_logits(self):
        return array(column(self.tensor, 1)) if self.kind == ANSWERS else None

    @property
    def last_hidden_state(self):
        return array(self.tensor) if self.kind == BL_HIDDEN else None

    @property
    def pooler_output(self):
        return array(self.pooled)

    @property
    def embeddings(self):
        return array(self.tensor) if self.kind == BL_MEAN else None

    def keys(self):
        """The names of the attributes that hold something."""
        if self.kind == ANSWERS:
            return ["start_logits", "end_logits"]
        if self.kind == BL_HIDDEN:
            return ["last_hidden_state"] + ([] if self.pooled is None else ["pooler_output"])
        return ["embeddings"] if self.kind == BL_MEAN else ["logits"]

    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self.keys():
                raise KeyError(key)
            return getattr(self, key)
        return self.to_tuple()[key]

    def __iter__(self):
        return iter(self.keys())

    def to_tuple(self):
        return tuple([getattr(self, k) for k in self.keys()])

    def __repr__(self):
        return f"Output({', '.join(self.keys())})"


cdef int ANSWERS = 100  # BL_TOKENS, read as the start and the end of an answer


# ---- ids ------------------------------------------------------------------------------

cdef enum:
    SMALL = 512

cdef struct grid:
    # int32 rows of one length; up to SMALL of them without allocating
    int32_t *data
    size_t texts
    size_t length
    int32_t here[SMALL]


cdef int make_room(grid *g, size_t texts, size_t length) except -1:
    g.texts, g.length = texts, length
    if length and texts > <size_t>0x7FFFFFFF // length:
        raise InputError("there are more than 2^31 ids; give the texts in several calls.")
    g.data = g.here
    if texts * length > SMALL:
        g.data = <int32_t *>malloc(texts * length * sizeof(int32_t))
        if g.data is NULL:
            raise OutOfMemoryError("there is no memory for the ids.")
    return 0


cdef void clear(grid *g) noexcept:
    if g.data != g.here:
        free(g.data)
    g.data = g.here


cdef inline int32_t narrow(int64_t v) noexcept nogil:
    # out of range either way; the core says where
    return <int32_t>v if -0x80000000 <= v <= 0x7FFFFFFF else -0x7FFFFFFF


cdef int from_buffer(object values, str name, grid *g) except -1:
    cdef Py_buffer view
    cdef size_t t, c
    cdef const char *row
    cdef const char *p
    cdef Py_ssize_t across, down
    cdef char code
    PyObject_GetBuffer(values, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        code = view.format[0] if view.format is not NULL and strlen(view.format) == 1 else 0
        if view.ndim not in (1, 2) or code not in b"?bBhHiIlLqQ":
            raise InputError(f"{name} has to be a list or a one- or two-dimensional array of integers.")
        make_room(g, 1 if view.ndim == 1 else view.shape[0], view.shape[view.ndim - 1])
        across, down = view.strides[view.ndim - 1], 0 if view.ndim == 1 else view.strides[0]
        for t in range(g.texts):
            row = <const char *>view.buf + <Py_ssize_t>t * down
            for c in range(g.length):
                p = row + <Py_ssize_t>c * across
                if view.itemsize == 8:
                    g.data[t * g.length + c] = narrow((<const int64_t *>p)[0])
                elif view.itemsize == 4:
                    g.data[t * g.length + c] = narrow((<const uint32_t *>p)[0]) if code in b"IL" else (<const int32_t *>p)[0]
                elif view.itemsize == 2:
                    g.data[t * g.length + c] = (<const uint16_t *>p)[0] if code == b"H" else (<const int16_t *>p)[0]
                else:
                    g.data[t * g.length + c] = (<const int8_t *>p)[0] if code == b"b" else (<const uint8_t *>p)[0]
    finally:
        PyBuffer_Release(&view)
    return 0


cdef int put_row(list row, str name, int32_t *out) except -1:
    cdef size_t i = 0
    cdef long v
    cdef int overflow = 0
    try:
        for item in row:
            v = PyLong_AsLongAndOverflow(item if PyLong_Check(item) else index(item), &overflow)
            out[i] = narrow(v) if overflow == 0 else -0x7FFFFFFF
            i += 1
    except TypeError:
        raise InputError(f"{name} holds {type(row[i]).__name__} where integers belong.") from None
    return 0


cdef bint is_integer(object value) except -1:
    if PyLong_Check(value):
        return True
    try:  # NumPy's integers and torch's single elements are none, but stand for one
        index(value)
        return True
    except TypeError:
        return False


cdef int from_lists(object values, str name, grid *g, grid *mask) except -1:
    """Rows of ids; shorter rows are padded, which mask (if given capacity) says."""
    cdef size_t t, length = 0
    cdef list rows, row
    rows = values if type(values) is list else list(values)
    if not rows or is_integer(rows[0]):
        make_room(g, 1, len(rows))
        return put_row(rows, name, g.data)
    try:
        rows = [r if type(r) is list else list(r) for r in rows]
    except TypeError:
        raise InputError(f"{name} holds {type(rows[0]).__name__} where integers or rows of integers belong.") from None
    for row in rows:
        length = max(length, <size_t>len(row))
    make_room(g, len(rows), length)
    for t in range(g.texts):
        row = rows[t]
        put_row(row, name, g.data + t * length)
        for c in range(<size_t>len(row), length):
            if mask is NULL:
                raise InputError(f"{name} has rows of {len(rows[0])} and of {len(row)} values; they have to be as long as input_ids.")
            g.data[t * length + c] = 0
            if mask.data is NULL:
                make_room(mask, g.texts, length)
                for i in range(g.texts * length):
                    mask.data[i] = 1
            mask.data[t * length + c] = 0
    return 0


cdef int read_grid(object values, str name, grid *g, grid *padding) except -1:
    if type(values) is list:
        return from_lists(values, name, g, padding)
    if PyObject_CheckBuffer(values):
        return from_buffer(values, name, g)
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
        raise InputError(f"{name} has to be a list or an array of integers, not {type(values).__name__}.")
    return from_lists(values, name, g, padding)


cdef int same_shape(const grid *g, str name, const grid *ids) except -1:
    if g.texts != ids.texts or g.length != ids.length:
        raise InputError(f"{name} has the shape [{g.texts}, {g.length}], but input_ids has [{ids.texts}, {ids.length}].")
    return 0


cdef place(position, size_t texts, size_t length):
    """A (text, place) pair as one number; a number stays one."""
    if not isinstance(position, tuple):
        return position
    text, column = position
    if not (0 <= text < texts and 0 <= column < length):
        raise InputError(f"position {position} is outside the batch, which has {texts} texts of {length} ids.")
    return text * length + column


# ---- models ------------------------------------------------------------------------------

cdef struct workspace:
    size_t size
    size_t tokens
    unsigned threads

cdef enum:
    SLOTS = 8
    PORTION = 1024  # tokens that a large batch is worked on at a time


cdef class Model:
    """An open model. It never changes, and any number of threads may call it."""
    cdef bl_model *model
    cdef bl_output output
    cdef bint answers, pooler
    cdef size_t positions, width
    cdef unsigned threads_
    cdef bl_atomic_pointer idle[SLOTS]  # workspaces between calls
    cdef object memory                  # what a model opened from memory points into
    cdef readonly object source
    cdef readonly str precision
    cdef readonly str task

    def __init__(self, source, str task="encoder", *, str precision="int8", threads=1, config=None):
        cdef bl_error error
        cdef bytes path, text
        cdef const char *p
        cdef const char *data
        cdef size_t size, text_size
        cdef bl_precision precise
        cdef bl_model *model
        if self.model is not NULL:
            raise BertliteError("this model is open already.")
        if precision not in ("int8", "fp32"):
            raise ModelConfigError(f"precision is {precision!r}; it can be 'int8' or 'fp32'.")
        threads = number("threads", threads, 1)
        precise = BL_INT8 if precision == "int8" else BL_FP32
        if isinstance(source, (bytes, bytearray, memoryview)):
            self.memory = bytes(source)
            data, size = PyBytes_AS_STRING(self.memory), PyBytes_GET_SIZE(self.memory)
            text = b"" if config is None else config.encode() if isinstance(config, str) else bytes(config)
            p, text_size = text, len(text)
            with nogil:
                model = bl_open_memory(p if text_size else NULL, text_size, data, size, precise, &error)
            source = None
        else:
            path = os.fsencode(source)
            p = path
            if strlen(p) != <size_t>len(path):
                raise ModelFileError("the model's path holds a NUL.")
            with nogil:
                model = bl_open_with_base(p, embedded_base, precise, &error)
        if model is NULL:
            raise_error(&error)
        self.model = model
        self.source, self.precision, self.task, self.threads_ = source, precision, task, threads
        self.choose(task)

    cdef choose(self, str task):
        cdef const bl_info *i = bl_describe(self.model)
        heads = {"sequence-classification": (BL_CLASSES, BL_CLASS_HEAD), "token-classification": (BL_TOKENS, BL_TOKEN_HEAD),
                 "question-answering": (BL_TOKENS, BL_ANSWER_HEAD), "masked-lm": (BL_WORDS, BL_WORD_HEAD)}
        names = {BL_NO_HEAD: "no head", BL_CLASS_HEAD: "a sequence classification head", BL_TOKEN_HEAD: "a token classification head",
                 BL_ANSWER_HEAD: "a question answering head", BL_WORD_HEAD: "a masked language model head"}
        self.positions = i.positions
        self.pooler = False
        if task == "encoder":
            self.output, self.pooler, self.width = BL_HIDDEN, i.has_pooler, i.hidden
        elif task == "embedding":
            self.output, self.width = BL_MEAN, i.hidden
        elif task in heads:
            output, head = heads[task]
            if i.head != head:
                raise ModelConfigError(f"this model has {names[i.head]}; {task} needs one that was made for it.")
            self.output = output
            self.width = i.vocabulary if output == BL_WORDS else i.labels
        else:
            raise ModelConfigError(f"task is {task!r}; it can be encoder, embedding, {', '.join(heads)}.")
        self.answers = task == "question-answering"

    def __dealloc__(self):
        for i in range(SLOTS):
            free(self.idle[i])
        bl_close(self.model)

    @property
    def info(self):
        """The model's sizes."""
        cdef const bl_info *i = bl_describe(self.model)
        return {"layers": i.layers, "hidden": i.hidden, "heads": i.heads, "intermediate": i.intermediate, "vocabulary": i.vocabulary,
                "positions": i.positions, "token_types": i.token_types, "labels": i.labels, "has_pooler": bool(i.has_pooler)}

    @property
    def config_json(self):
        """The model's config.json, as read."""
        cdef size_t size
        cdef const char *text = bl_config_json(self.model, &size)
        return PyBytes_FromStringAndSize(text, size).decode("utf-8", "replace")

    @property
    def threads(self):
        """Threads that a call may use; 1 unless told otherwise."""
        return self.threads_

    def workspace_size(self, tokens, threads=1):
        """Bytes of working memory for that many tokens."""
        return bl_workspace_size(self.model, number("tokens", tokens, 0), number("threads", threads, 1))

    cdef workspace *borrow(self, size_t tokens, unsigned threads) except NULL:
        cdef workspace *w = NULL
        cdef size_t size
        for i in range(SLOTS):
            w = <workspace *>bl_swap_pointer(&self.idle[i], NULL)
            if w is not NULL:
                break
        if w is NULL or w.tokens < tokens or w.threads < threads:
            free(w)
            # with what bl_run_text needs besides
            size = bl_workspace_size(self.model, tokens, threads) + bl_text_workspace_size(self.model, tokens) - bl_workspace_size(self.model, tokens, 1)
            w = <workspace *>malloc(sizeof(workspace) + size)
            if w is NULL:
                raise OutOfMemoryError(f"there is no memory for a workspace of {size} bytes.")
            w.size, w.tokens, w.threads = size, tokens, threads
        return w

    cdef void give_back(self, workspace *w) noexcept:
        for i in range(SLOTS):
            w = <workspace *>bl_swap_pointer(&self.idle[i], w)
            if w is NULL:
                return
        free(w)

    def __call__(self, input_ids, attention_mask=None, token_type_ids=None, *, positions=None, threads=None):
        """The model's output for ids (a list, rows of lists, or an array).

        Rows of lists may differ in length. positions: for outputs per token, only these
        places of the first text (or (text, place) pairs); the result then has one row each.
        """
        cdef grid ids, mask, types
        cdef bl_batch batch
        cdef bl_request request
        cdef bl_error error
        cdef bl_status status
        cdef Output result
        cdef workspace *w
        cdef size_t tokens
        cdef unsigned n = self.threads_ if threads is None else number("threads", threads, 1)
        cdef list at
        cdef int32_t *listed = NULL
        ids.data = ids.here
        mask.data = types.data = NULL
        try:
            read_grid(input_ids, "input_ids", &ids, &mask if attention_mask is None else NULL)
            if attention_mask is not None:
                read_grid(attention_mask, "attention_mask", &mask, NULL)
                same_shape(&mask, "attention_mask", &ids)
            if token_type_ids is not None:
                read_grid(token_type_ids, "token_type_ids", &types, NULL)
                same_shape(&types, "token_type_ids", &ids)
            batch.ids, batch.mask, batch.types, batch.texts, batch.length = ids.data, mask.data, types.data, ids.texts, ids.length
            request.output, request.positions, request.position_count, request.pooled = self.output, NULL, 0, NULL
            if batch.length > self.positions:
                raise InputError(f"a text of {batch.length} tokens is too long for this model, which takes {self.positions}; truncate it.")
            result = Output.__new__(Output)
            result.kind = ANSWERS if self.answers else self.output
            if positions is not None:
                at = sorted([place(p, batch.texts, batch.length) for p in positions])
                listed = <int32_t *>malloc((len(at) + 1) * sizeof(int32_t))
                if listed is NULL:
                    raise OutOfMemoryError("there is no memory for the positions.")
                put_row(at, "positions", listed)
                request.positions, request.position_count = listed, len(at)
                if not at:
                    raise InputError("positions is empty; leave it out to get all.")
                result.tensor = new_tensor(2, len(at), self.width, 1)
            elif self.output == BL_CLASSES or self.output == BL_MEAN:
                result.tensor = new_tensor(2, ids.texts, self.width, 1)
            else:
                result.tensor = new_tensor(3, ids.texts, ids.length, self.width)
                if self.pooler:
                    result.pooled = new_tensor(2, ids.texts, self.width, 1)
                    request.pooled = result.pooled.data
            tokens = ids.texts * ids.length
            w = self.borrow(min(tokens, max(ids.length, <size_t>PORTION)), n)
            with nogil:
                status = bl_run(self.model, &batch, &request, result.tensor.data, w + 1, w.size, n, &error)
            self.give_back(w)
            if status != BL_OK:
                raise_error(&error)
            return result
        finally:
            clear(&ids)
            if mask.data is not NULL:
                clear(&mask)
            if types.data is not NULL:
                clear(&types)
            free(listed)


def top(logits, k):
    """The k largest of a row of float32 logits: [(index, probability), ...], at most 64.

    >>> from array import array
    >>> [index for index, probability in top(array("f", [0.0, 2.0, 1.0]), 2)]
    [1, 2]
    """
    cdef Py_buffer view
    cdef int32_t index[64]
    cdef float probability[64]
    cdef bl_status status
    cdef size_t count = number("k", k, 1)
    if count > 64:
        raise InputError(f"k is {k}; it has to be between 1 and 64.")
    PyObject_GetBuffer(logits, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        if view.ndim != 1 or view.itemsize != 4 or view.format is NULL or view.format[0] != b"f" or view.strides[0] != 4 or view.shape[0] < 1:
            raise InputError("logits has to be one row of float32 values.")
        with nogil:
            status = bl_top(<const float *>view.buf, view.shape[0], count, index, probability)
        if status != BL_OK:
            raise InstructionSetError("BERTLITE_ISA names an instruction set that this machine or build lacks.")
        return [(index[i], probability[i]) for i in range(min(count, <size_t>view.shape[0]))]
    finally:
        PyBuffer_Release(&view)


include "_text.pxi"
include "_tasks.pxi"
