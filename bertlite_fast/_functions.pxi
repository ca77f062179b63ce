# softmax and others, on a model's outputs of any shape. Part of _native.pyx.
#
# What is given decides what is returned: lists for lists, a Tensor for a Tensor, an array for an
# array, a torch tensor for a torch tensor.

cdef enum:
    MOST_DIMENSIONS = 3


cdef int measure(object values, str name, Tensor t) except -1:
    """The shape of nested lists, as their first items have it."""
    t.ndim = 0
    while isinstance(values, (list, tuple)):
        if t.ndim == MOST_DIMENSIONS:
            raise wrong(f"{name} has more than {MOST_DIMENSIONS} dimensions.")
        t.dims[t.ndim] = len(values)
        t.ndim += 1
        values = values[0] if len(values) else None
    if not t.ndim:
        raise wrong(f"{name} has to be a list or an array of numbers.")
    return 0


cdef Py_ssize_t put_floats(object values, Tensor shape, int depth, float *out) except -1:
    """Write nested lists of the shape; how many numbers they hold."""
    cdef Py_ssize_t i, used = 0
    if not isinstance(values, (list, tuple)) or <Py_ssize_t>len(values) != shape.dims[depth]:
        raise wrong("rows of numbers have to be of one length.")
    for i in range(shape.dims[depth]):
        if depth + 1 < shape.ndim:
            used += put_floats(values[i], shape, depth + 1, out + used)
        else:
            out[used] = values[i]
            used += 1
    return used


cdef Tensor of_shape(Tensor like):
    return new_tensor(like.ndim, like.dims[0], like.dims[1] if like.ndim > 1 else 1,
                      like.dims[2] if like.ndim > 2 else 1)


cdef Tensor floats_of(object values, str name):
    """Numbers as a Tensor whose values are next to each other; such a Tensor is not copied."""
    cdef Tensor shape = Tensor.__new__(Tensor)
    cdef Tensor t
    if isinstance(values, Tensor) and (<Tensor>values).base is None:
        return values
    if isinstance(values, Tensor) or PyObject_CheckBuffer(values):
        values = memoryview(values).tolist()
    elif hasattr(values, "tolist"):
        values = values.detach().tolist() if hasattr(values, "detach") else values.tolist()
    measure(values, name, shape)
    t = of_shape(shape)
    try:
        put_floats(values, shape, 0, t.data)
    except (TypeError, IndexError):
        raise wrong(f"{name} has to hold numbers, or rows of numbers.") from None
    return t


cdef object like(object values, Tensor t):
    """The result in the kind of what was given."""
    if isinstance(values, Tensor):
        return t
    if isinstance(values, (list, tuple)):
        return t.tolist()
    return array(t, device_of(values))


cdef Py_ssize_t rows_in(Tensor t) except -1:
    """How many rows of numbers there are; a row may not be empty."""
    cdef Py_ssize_t rows = 1
    if not t.dims[t.ndim - 1]:
        raise wrong("a row of numbers is empty; give at least one number.")
    for i in range(t.ndim - 1):
        rows *= t.dims[i]
    return rows


def softmax(values):
    """Probabilities for each row of logits.

    >>> [round(p, 3) for p in softmax([1.0, 1.0])]
    [0.5, 0.5]
    """
    cdef Tensor x = floats_of(values, "values")
    cdef Tensor out = of_shape(x)
    cdef Py_ssize_t i, rows = rows_in(x), n = x.dims[x.ndim - 1]
    for i in range(rows):
        bl_scores(BL_SOFTMAX, x.data + i * n, n, out.data + i * n)
    return like(values, out)


def argmax(values):
    """The index of the largest number: an int for a row, a list for rows.

    >>> argmax([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    [1, 0]
    """
    cdef Tensor x = floats_of(values, "values")
    cdef Py_ssize_t i, rows = rows_in(x), n = x.dims[x.ndim - 1]
    cdef int32_t best
    cdef list found = []
    for i in range(rows):
        bl_top_k(x.data + i * n, n, 1, &best)
        found.append(best)
    if x.ndim == 3:
        n = x.dims[1]
        return [found[i * n:(i + 1) * n] for i in range(x.dims[0])]
    return found if x.ndim == 2 else found[0]


def mean(values):
    """The mean of rows: one row, or for several texts' rows one each.

    >>> mean([[1.0, 2.0], [3.0, 4.0]])
    [2.0, 3.0]
    """
    cdef Tensor x = floats_of(values, "values")
    cdef Tensor out
    cdef Py_ssize_t i, rows, width, texts = x.dims[0] if x.ndim == 3 else 1
    if x.ndim < 2 or not rows_in(x):
        raise wrong("values has to hold at least one row of numbers.")
    rows, width = x.dims[x.ndim - 2], x.dims[x.ndim - 1]
    out = new_tensor(x.ndim - 1, texts if x.ndim == 3 else width, width, 1)
    for i in range(texts):
        bl_mean_row(x.data + i * rows * width, rows, width, out.data + i * width)
    return like(values, out)


def cosine_similarity(a, b):
    """The cosine between two rows, or between each row of a and the same row of b.

    >>> cosine_similarity([1.0, 0.0], [2.0, 0.0])
    1.0
    """
    cdef Tensor x = floats_of(a, "a")
    cdef Tensor y = floats_of(b, "b")
    if x.ndim > 2 or y.ndim > 2:
        raise wrong("a and b have to be rows of numbers; average those of a text's tokens.")
    rows_in(x)
    rows_in(y)
    if x.ndim == 1 and y.ndim == 1:
        return cosines(as_rows(x), as_rows(y))[0]
    return cosines(as_rows(x), as_rows(y))


cdef Tensor as_rows(Tensor t):
    """A row as the only row of two dimensions; rows as they are."""
    cdef Tensor out
    if t.ndim == 2:
        return t
    out = new_tensor(2, 1, t.dims[0], 1)
    memcpy(out.data, t.data, t.dims[0] * sizeof(float))
    return out


cdef Output scaled_similarities(Output vectors, Tensor labels, float factor):
    """An output of logits: the cosine of each vector with each label's vector, times a factor."""
    cdef Output out = Output.__new__(Output)
    cdef Tensor x = normalized(vectors.tensor)
    cdef Py_ssize_t i
    out.kind, out.device, out.layers = BL_CLASSES, vectors.device, vectors.layers
    out.tensor = new_tensor(2, x.dims[0], labels.dims[0], 1)
    bl_dot_products(x.data, x.dims[0], labels.data, labels.dims[0], x.dims[1], out.tensor.data)
    for i in range(x.dims[0] * labels.dims[0]):
        out.tensor.data[i] *= factor
    return out


def label_logits(Output vectors not None, Tensor labels not None, float factor, /):
    """Logits for labels that are vectors of length 1."""
    if (vectors.kind != BL_MEAN or labels.ndim != 2 or labels.base is not None
            or labels.dims[1] != vectors.tensor.dims[1]):
        raise wrong("label_logits needs a text's vectors, and labels of the same width.")
    return scaled_similarities(vectors, labels, factor)


def best_scores(Tensor logits not None, str function not None, k, /):
    """[(index, score)] of the k best labels of a row of logits."""
    cdef Tensor scores = of_shape(logits)
    if logits.ndim != 2 or logits.base is not None or logits.dims[0] != 1:
        raise wrong(f"the logits of one text are needed, not the shape {logits.shape}.")
    bl_scores(<bl_function>chosen(FUNCTIONS, "function_to_apply", function), logits.data,
              logits.dims[1], scores.data)
    return best_of(scores, 0, k)


def as_batch(Tensor t not None, /):
    """Rows as a batch of one text, sharing memory."""
    cdef Tensor v = Tensor.__new__(Tensor)
    if t.ndim != 2 or t.base is not None:
        raise wrong(f"the rows of one text are needed, not the shape {t.shape}.")
    v.base, v.data, v.ndim = t, t.data, 3
    v.dims[0], v.dims[1], v.dims[2] = 1, t.dims[0], t.dims[1]
    v.steps[0], v.steps[1], v.steps[2] = t.dims[0] * t.steps[0], t.steps[0], t.steps[1]
    return v


cdef Tensor rows_copied(Tensor t, Py_ssize_t rows):
    cdef Tensor out = new_tensor(2, rows, t.dims[t.ndim - 1], 1)
    memcpy(out.data, t.data, rows * t.dims[t.ndim - 1] * sizeof(float))
    return out


def rows_of_text(Output found not None, /):
    """The last hidden states of the only text of an output that has hidden states."""
    cdef Tensor last
    if found.layers is None:
        raise wrong("this output has no hidden states; ask for output_hidden_states=True.")
    last = found.layers[len(found.layers) - 1]
    return rows_copied(last, last.dims[1])


def first_row(Tensor t not None, /):
    """The first of several rows."""
    if t.ndim != 2 or t.base is not None or not t.dims[0]:
        raise wrong(f"the rows of one text are needed, not the shape {t.shape}.")
    return rows_copied(t, 1)
