# What calls return: floats with a shape, and a model's outputs by name. Part of _native.pyx.

cdef enum:
    ANSWERS = 100  # an Output's kind: BL_TOKENS, read as the start and the end of an answer

cdef float no_values[1]  # what an empty tensor points to


# Neither class can be part of a reference cycle, and one of each is made per call.
@cython.no_gc
@cython.freelist(8)
cdef class Tensor:
    """Floats with a shape, readable by anything that takes buffers.

    memoryview(t), numpy.asarray(t) and torch.as_tensor(memoryview(t)) share its memory. Tensor()
    is an empty one.
    """
    cdef float *data
    cdef Tensor base          # the tensor that owns the memory, if it is another
    cdef int ndim
    cdef Py_ssize_t dims[3]
    cdef Py_ssize_t steps[3]

    def __cinit__(self):
        self.ndim = 1
        self.steps[0] = sizeof(float)

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

    def __reduce__(self):
        return restored_tensor, (self.shape, memoryview(self).tobytes())

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.buf = &no_values[0] if self.data is NULL else self.data
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
    """An uninitialized tensor; of sizes behind ndim, 1."""
    cdef Tensor t = Tensor.__new__(Tensor)
    if b and c and a > PY_SSIZE_T_MAX // <Py_ssize_t>sizeof(float) // b // c:
        raise OutOfMemoryError("out of memory for the result.")
    t.data = <float *>PyMem_Malloc(max(1, a * b * c) * sizeof(float))
    if t.data is NULL:
        raise OutOfMemoryError("out of memory for the result.")
    t.ndim = ndim
    t.dims[0], t.dims[1], t.dims[2] = a, b, c
    t.steps[ndim - 1] = sizeof(float)
    if ndim > 2:
        t.steps[1] = c * sizeof(float)
    if ndim > 1:
        t.steps[0] = b * (c if ndim > 2 else 1) * sizeof(float)
    return t


def restored_tensor(tuple shape not None, bytes values not None, /):
    """A pickled tensor, which need not have been contiguous."""
    cdef tuple sizes = shape + (1, 1)
    cdef Tensor t
    if not 1 <= len(shape) <= 3 or min(shape) < 0:
        raise ValueError(f"{shape} is not the shape of a tensor.")
    if sizes[0] * sizes[1] * sizes[2] * sizeof(float) != len(values):
        raise ValueError(f"the shape {shape} does not fit {len(values)} bytes.")
    t = new_tensor(len(shape), sizes[0], sizes[1], sizes[2])
    memcpy(t.data, <const char *>values, len(values))
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


cdef Tensor part(Tensor t, Py_ssize_t index, Tensor like):
    """t[index] in the shape of `like`, sharing memory."""
    cdef Tensor v = Tensor.__new__(Tensor)
    v.base = t
    v.data = t.data + index * (t.steps[0] // <Py_ssize_t>sizeof(float))
    v.ndim = like.ndim
    for i in range(v.ndim):
        v.dims[i], v.steps[i] = like.dims[i], like.steps[i]
    return v


cdef object device_of(object values):
    """The device of a torch tensor; None for anything else. torch is never imported here."""
    torch = sys.modules.get("torch")
    kind = None if torch is None else getattr(torch, "Tensor", None)
    return values.device if kind is not None and isinstance(values, kind) else None


cdef object torch_tensor(Tensor t, object device):
    """As a torch tensor: on the CPU it shares the memory."""
    torch = sys.modules["torch"]
    cdef Tensor whole = t if t.base is None else t.base
    cdef Py_ssize_t count = 1
    for i in range(whole.ndim):
        count *= whole.dims[i]
    if not count:
        return torch.zeros(t.shape, device=device)
    flat = torch.frombuffer(memoryview(whole).cast("B"), dtype=torch.float32)
    found = flat.as_strided(
        t.shape,
        tuple([t.steps[i] // <Py_ssize_t>sizeof(float) for i in range(t.ndim)]),
        t.data - whole.data,
    )
    return found if device.type == "cpu" else found.to(device)


cdef object array(Tensor t, object device):
    """As a torch tensor if there is a device, otherwise as a NumPy array, which is first imported
    here, or as a memoryview if NumPy is not installed."""
    if t is None:
        return None
    if device is not None:
        return torch_tensor(t, device)
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
@cython.auto_pickle(False)  # its state would be set without a check
cdef class Output:
    """The outputs of a model for a batch.

    Attributes that the model does not give are None. `logits` and the others are NumPy
    arrays (memoryviews without NumPy), or torch tensors if the ids were; `tensor` is the main one
    as a Tensor, without either.
    """
    cdef readonly Tensor tensor
    cdef Tensor pooled
    cdef readonly tuple layers  # Tensors of hidden_states, or None
    cdef object device  # of the torch tensors that it was made for, or None
    cdef int kind

    @property
    def logits(self):
        if self.kind in (BL_CLASSES, BL_TOKENS, BL_WORDS):
            return array(self.tensor, self.device)

    @property
    def start_logits(self):
        return array(column(self.tensor, 0), self.device) if self.kind == ANSWERS else None

    @property
    def end_logits(self):
        return array(column(self.tensor, 1), self.device) if self.kind == ANSWERS else None

    @property
    def last_hidden_state(self):
        return array(self.tensor, self.device) if self.kind == BL_HIDDEN else None

    @property
    def pooler_output(self):
        return array(self.pooled, self.device)

    @property
    def embeddings(self):
        return array(self.tensor, self.device) if self.kind == BL_MEAN else None

    @property
    def hidden_states(self):
        """With output_hidden_states=True: before each layer, and after the last."""
        if self.layers is not None:
            return tuple([array(t, self.device) for t in self.layers])

    @property
    def loss(self):
        """None: losses are for training."""

    @property
    def attentions(self):
        """None: attention weights are not kept."""

    def keys(self):
        """The names of the attributes that hold something."""
        cdef list names
        if self.tensor is None:
            return []
        if self.kind == ANSWERS:
            names = ["start_logits", "end_logits"]
        elif self.kind == BL_HIDDEN:
            names = ["last_hidden_state"] + ([] if self.pooled is None else ["pooler_output"])
        else:
            names = ["embeddings"] if self.kind == BL_MEAN else ["logits"]
        return names if self.layers is None else names + ["hidden_states"]

    def values(self):
        return list(self.to_tuple())

    def items(self):
        return list(zip(self.keys(), self.to_tuple()))

    def get(self, key, default=None):
        return getattr(self, key) if key in self.keys() else default

    def __len__(self):
        return len(self.keys())

    def __contains__(self, key):
        return key in self.keys()

    def __reduce__(self):
        more = () if self.layers is None and self.device is None else (self.layers, self.device)
        return restored_output, (self.kind, self.tensor, self.pooled) + more

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


def restored_output(int kind, Tensor tensor, Tensor pooled, tuple layers=None, device=None, /):
    """A pickled output."""
    cdef Output out = Output.__new__(Output)
    if kind == ANSWERS and (tensor is None or tensor.ndim < 2 or tensor.dims[tensor.ndim - 1] != 2):
        raise ValueError("an answer's logits have two columns.")
    for t in layers or ():
        if not isinstance(t, Tensor):
            raise ValueError("the hidden states of an output have to be tensors.")
    out.kind, out.tensor, out.pooled, out.layers, out.device = kind, tensor, pooled, layers, device
    return out
