# Functions on rows of numbers. Part of _native.pyx.

cdef Tensor rows_in_buffer(object values):
    """Rows of float32 without gaps, copied; None for any other buffer."""
    cdef Py_buffer view
    cdef Tensor t = None
    PyObject_GetBuffer(values, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        if (view.ndim == 2 and view.itemsize == 4 and view.format is not NULL
                and view.format[0] == b"f" and view.strides[1] == 4
                and view.strides[0] == 4 * view.shape[1]):
            t = new_tensor(2, view.shape[0], view.shape[1], 1)
            memcpy(t.data, view.buf, view.len)
        return t
    finally:
        PyBuffer_Release(&view)


cdef Tensor rows_of(object values, str name):
    """Rows of floats (a Tensor, an array, or lists) as a Tensor of two dimensions."""
    cdef Tensor t
    cdef Py_ssize_t i, j, width
    cdef list row
    if isinstance(values, Tensor) and (<Tensor>values).ndim == 2 and (<Tensor>values).base is None:
        return values
    if PyObject_CheckBuffer(values):
        t = rows_in_buffer(values)
        if t is not None:
            return t
    try:
        rows = values.tolist() if hasattr(values, "tolist") else values
        rows = [list(row_) for row_ in rows]
        width = len(rows[0]) if rows else 0
        t = new_tensor(2, len(rows), width, 1)
        for i in range(t.dims[0]):
            row = rows[i]
            if len(row) != width:
                raise wrong(f"{name} has rows of {width} and of {len(row)} values.")
            for j in range(width):
                t.data[i * width + j] = row[j]
    except TypeError:
        raise wrong(f"{name} has to hold rows of numbers.") from None
    return t


cdef Tensor vectors_of(object values, str name):
    """Rows of floats, as rows_of, but arrays of float32 and float64 are copied as they lie."""
    cdef Py_buffer view
    cdef Tensor t
    cdef Py_ssize_t i, j
    cdef const char *p
    if not PyObject_CheckBuffer(values) or isinstance(values, (bytes, bytearray)):
        return rows_of(values, name)
    PyObject_GetBuffer(values, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        if (view.ndim != 2 or view.format is NULL or strlen(view.format) != 1
                or view.format[0] not in b"fd"):
            return rows_of(values, name)
        t = new_tensor(2, view.shape[0], view.shape[1], 1)
        for i in range(view.shape[0]):
            p = <const char *>view.buf + i * view.strides[0]
            for j in range(view.shape[1]):
                if view.format[0] == b"f":
                    t.data[i * view.shape[1] + j] = (<const float *>(p + j * view.strides[1]))[0]
                else:
                    t.data[i * view.shape[1] + j] = (<const double *>(p + j * view.strides[1]))[0]
        return t
    finally:
        PyBuffer_Release(&view)


cdef Tensor normalized(Tensor t):
    """A copy whose rows have length 1."""
    cdef Tensor out = new_tensor(2, t.dims[0], t.dims[1], 1)
    memcpy(out.data, t.data, t.dims[0] * t.dims[1] * sizeof(float))
    bl_normalize_rows(out.data, out.dims[0], out.dims[1])
    return out


def similarities(a, b, /):
    """The dot product of each row of a with each row of b."""
    cdef Tensor x = rows_of(a, "a")
    cdef Tensor y = rows_of(b, "b")
    cdef Tensor out
    if x.dims[0] and y.dims[0] and x.dims[1] != y.dims[1]:
        raise wrong(
            f"the rows of a have {x.dims[1]} values and those of b {y.dims[1]}; "
            "both need the same number."
        )
    out = new_tensor(2, x.dims[0], y.dims[0], 1)
    bl_dot_products(x.data, x.dims[0], y.data, y.dims[0], x.dims[1], out.data)
    return out


def linear(a, Tensor weights not None, Tensor bias not None, /):
    """The dot product of each row of a with each row of the weights, and the bias of that."""
    cdef Tensor out = similarities(a, weights)
    if bias.ndim != 2 or bias.base is not None or bias.dims[0] != 1 or bias.dims[1] != out.dims[1]:
        raise wrong(f"a bias of the shape {bias.shape} does not fit {out.dims[1]} columns.")
    for i in range(out.dims[0]):
        for j in range(out.dims[1]):
            out.data[i * out.dims[1] + j] += bias.data[j]
    return out


cdef dict SIMILARITIES = {
    "cosine": BL_COSINE,
    "dot": BL_DOT_PRODUCT,
    "euclidean": BL_EUCLIDEAN,
    "manhattan": BL_MANHATTAN,
}


def compared(str similarity not None, a, b, bint pairs, /):
    """How alike each row of a is to each row of b; pairs: to the one beside it."""
    cdef Tensor x = rows_of(a, "a")
    cdef Tensor y = rows_of(b, "b")
    cdef Tensor out
    cdef bl_similarity kind = <bl_similarity>chosen(SIMILARITIES, "similarity", similarity)
    if (x.dims[0] and y.dims[0] and x.dims[1] != y.dims[1]) or (pairs and x.dims[0] != y.dims[0]):
        raise wrong(
            f"vectors of the shapes {x.shape} and {y.shape} cannot be compared; "
            f"both need the same {'shape' if pairs else 'number of columns'}."
        )
    out = new_tensor(1 if pairs else 2, x.dims[0], 1 if pairs else y.dims[0], 1)
    with nogil:
        bl_similarities(kind, x.data, x.dims[0], y.data, y.dims[0], x.dims[1], pairs, out.data)
    return out


def ranges_of(rows, /):
    """A row with the least value of each dimension, and a row with the greatest."""
    cdef Tensor x = rows_of(rows, "rows")
    cdef Tensor out = new_tensor(2, 2, x.dims[1], 1)
    bl_ranges_of_rows(x.data, x.dims[0], x.dims[1], out.data)
    return out


def rows_to_bytes(rows, str precision not None, ranges=None, /):
    """Rows in fewer bits, as bytes, and how many a row takes.

    precision: "uint8", "int8", "ubinary" or "binary". ranges: as ranges_of gives them; None: those
    of these rows.
    """
    cdef const float *limits = NULL
    cdef Tensor given
    cdef Tensor x = rows_of(rows, "rows")
    cdef bint bits = precision in ("binary", "ubinary")
    cdef Py_ssize_t width = (x.dims[1] + 7) // 8 if bits else x.dims[1]
    cdef int zero = 128 if precision in ("int8", "binary") else 0
    cdef bytearray out = bytearray(x.dims[0] * width)
    cdef char *p = out
    if precision not in ("int8", "uint8", "binary", "ubinary"):
        raise wrong(
            f"precision is {precision!r}; it can be float32, int8, uint8, binary or ubinary."
        )
    if ranges is not None:
        given = rows_of(ranges, "ranges")
        if given.dims[0] != 2 or given.dims[1] != x.dims[1]:
            raise wrong(
                f"ranges has the shape {given.shape}; it has to have two rows, of the least and "
                f"the greatest values, of {x.dims[1]} each."
            )
        limits = given.data
    if bits:
        bl_rows_to_bits(x.data, x.dims[0], x.dims[1], zero, p)
    else:
        bl_rows_to_bytes(x.data, x.dims[0], x.dims[1], limits, zero, p)
    return out, width


def cosines(a, b, /):
    """The cosine between each row of a and the same row of b."""
    cdef Tensor x = rows_of(a, "a")
    cdef Tensor y = rows_of(b, "b")
    cdef Py_ssize_t width = x.dims[1], i
    cdef float one
    if x.dims[0] != y.dims[0] or width != y.dims[1]:
        raise wrong(f"a has the shape {x.shape}, but b has {y.shape}.")
    x, y = normalized(x), normalized(y)
    found = []
    for i in range(x.dims[0]):
        bl_dot_products(x.data + i * width, 1, y.data + i * width, 1, width, &one)
        found.append(one)
    return found


def best_of(Tensor rows not None, row, k, /):
    """[(index, value)] of a row's k largest values."""
    cdef size_t n, i, count
    cdef Py_ssize_t wanted = number("row", row, 0)
    cdef const float *values
    cdef int32_t *found
    if rows.ndim != 2 or rows.base is not None or wanted >= rows.dims[0]:
        raise wrong(f"the tensor of shape {rows.shape} does not have a row {wanted}.")
    n = rows.dims[1]
    values = rows.data + wanted * n
    count = min(<size_t>number("k", k, 1), n)
    found = <int32_t *>allocate(count, sizeof(int32_t))
    try:
        bl_top_k(values, n, count, found)
        return [(found[i], values[found[i]]) for i in range(count)]
    finally:
        PyMem_Free(found)


def unit_mean(rows, /):
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
        raise wrong("logits has to be one row of float32 values.")
    PyObject_GetBuffer(logits, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        if (view.ndim != 1 or view.itemsize != 4 or view.format is NULL or view.format[0] != b"f"
                or view.strides[0] != 4 or view.shape[0] < 1):
            raise wrong("logits has to be one row of float32 values.")
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


def float_rows(rows, /):
    """Rows of numbers as a Tensor."""
    return vectors_of(rows, "rows")


def unit_rows(rows, /):
    """Rows of numbers as a Tensor, each scaled to length 1."""
    return normalized(vectors_of(rows, "rows"))
