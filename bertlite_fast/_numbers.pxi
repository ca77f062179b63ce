# Functions on rows of numbers. Part of _native.pyx.

cdef Tensor rows_of(object values, str name):
    """Rows of floats (a Tensor, an array, or lists) as a Tensor of two dimensions."""
    cdef Tensor t
    cdef Py_ssize_t i, j, width
    cdef list row
    if isinstance(values, Tensor) and (<Tensor>values).ndim == 2 and (<Tensor>values).base is None:
        return values
    try:
        rows = values.tolist() if hasattr(values, "tolist") else values
        rows = [list(row_) for row_ in rows]
        width = len(rows[0]) if rows else 0
        t = new_tensor(2, len(rows), width, 1)
        for i in range(t.dims[0]):
            row = rows[i]
            if len(row) != width:
                raise InputError(f"{name} has rows of {width} and of {len(row)} values.")
            for j in range(width):
                t.data[i * width + j] = row[j]
    except TypeError:
        raise InputError(f"{name} has to hold rows of numbers.") from None
    return t


cdef Tensor normalized(Tensor t):
    """A copy whose rows have length 1."""
    cdef Tensor out = new_tensor(2, t.dims[0], t.dims[1], 1)
    memcpy(out.data, t.data, t.dims[0] * t.dims[1] * sizeof(float))
    bl_normalize_rows(out.data, out.dims[0], out.dims[1])
    return out


def similarities(a, b):
    """The dot product of each row of a with each row of b."""
    cdef Tensor x = rows_of(a, "a")
    cdef Tensor y = rows_of(b, "b")
    cdef Tensor out
    if x.dims[0] and y.dims[0] and x.dims[1] != y.dims[1]:
        raise InputError(
            f"the rows of a have {x.dims[1]} values and those of b {y.dims[1]}; "
            "both need the same number."
        )
    out = new_tensor(2, x.dims[0], y.dims[0], 1)
    bl_dot_products(x.data, x.dims[0], y.data, y.dims[0], x.dims[1], out.data)
    return out


def cosines(a, b):
    """The cosine between each row of a and the same row of b."""
    cdef Tensor x = rows_of(a, "a")
    cdef Tensor y = rows_of(b, "b")
    cdef Py_ssize_t width = x.dims[1], i
    cdef float one
    if x.dims[0] != y.dims[0] or width != y.dims[1]:
        raise InputError(f"a has the shape {x.shape}, but b has {y.shape}.")
    x, y = normalized(x), normalized(y)
    found = []
    for i in range(x.dims[0]):
        bl_dot_products(x.data + i * width, 1, y.data + i * width, 1, width, &one)
        found.append(one)
    return found


def best_of(Tensor rows not None, row, k):
    """[(index, value)] of a row's k largest values."""
    cdef size_t n, i, count
    cdef Py_ssize_t wanted = number("row", row, 0)
    cdef const float *values
    cdef int32_t *found
    if rows.ndim != 2 or rows.base is not None or wanted >= rows.dims[0]:
        raise InputError(f"the tensor of shape {rows.shape} does not have a row {wanted}.")
    n = rows.dims[1]
    values = rows.data + wanted * n
    count = min(<size_t>number("k", k, 1), n)
    found = <int32_t *>allocate(count, sizeof(int32_t))
    try:
        bl_top_k(values, n, count, found)
        return [(found[i], values[found[i]]) for i in range(count)]
    finally:
        PyMem_Free(found)


def unit_mean(rows):
    """The mean of rows, scaled to length 1."""
    cdef Tensor x = rows_of(rows, "rows")
    cdef Tensor out = new_tensor(2, 1, x.dims[1], 1)
    bl_mean_row(x.data, x.dims[0], x.dims[1], out.data)
    bl_normalize_rows(out.data, 1, x.dims[1])
    return out


def top(logits, k):
    """The k largest of a row of float32 logits: [(index, probability), ...].

    >>> from array import array
    >>> [index for index, probability in top(array("f", [0.0, 2.0, 1.0]), 2)]
    [1, 2]
    """
    cdef Py_buffer view
    cdef int32_t *found = NULL
    cdef float *probabilities
    cdef size_t n, i, count = number("k", k, 1)
    if not PyObject_CheckBuffer(logits):
        raise InputError("logits has to be one row of float32 values.")
    PyObject_GetBuffer(logits, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        if (view.ndim != 1 or view.itemsize != 4 or view.format is NULL or view.format[0] != b"f"
                or view.strides[0] != 4 or view.shape[0] < 1):
            raise InputError("logits has to be one row of float32 values.")
        n = view.shape[0]
        count = min(count, n)
        found = <int32_t *>allocate(count, sizeof(int32_t) + sizeof(float))
        probabilities = <float *>(found + count)
        with nogil:
            bl_top_k(<const float *>view.buf, n, count, found)
            bl_probabilities(<const float *>view.buf, n, found, count, probabilities)
        return [(found[i], probabilities[i]) for i in range(count)]
    finally:
        PyMem_Free(found)
        PyBuffer_Release(&view)
