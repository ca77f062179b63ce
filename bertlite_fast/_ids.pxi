# Ids from lists, rows of lists, and buffers, as int32. Part of _native.pyx.

cdef enum:
    SMALL = 512

cdef struct grid:
    # rows of one length; up to SMALL values of them without allocating
    int32_t *data
    size_t texts
    size_t length
    int32_t inside[SMALL]


cdef int reserve(grid *g, size_t texts, size_t length) except -1:
    g.texts, g.length = texts, length
    if length and texts > <size_t>0x7FFFFFFF // length:
        raise wrong("there are more than 2^31 ids; give the texts in several calls.")
    g.data = g.inside
    if texts * length > SMALL:
        g.data = <int32_t *>malloc(texts * length * sizeof(int32_t))
        if g.data is NULL:
            raise OutOfMemoryError("out of memory for the ids.")
    return 0


cdef void clear(grid *g) noexcept:
    if g.data != g.inside:
        free(g.data)
    g.data = g.inside


cdef inline int32_t narrow(int64_t v) noexcept nogil:
    # out of range either way; the core says where
    return <int32_t>v if -0x80000000 <= v <= 0x7FFFFFFF else -0x7FFFFFFF


cdef inline int32_t value_at(const char *p, Py_ssize_t itemsize, char code) noexcept nogil:
    """An integer of a buffer; code: its type, as in the struct module."""
    if itemsize == 8:
        return narrow((<const int64_t *>p)[0])
    if itemsize == 4:
        if code in b"IL":
            return narrow((<const uint32_t *>p)[0])
        return (<const int32_t *>p)[0]
    if itemsize == 2:
        return (<const uint16_t *>p)[0] if code == b"H" else (<const int16_t *>p)[0]
    return (<const int8_t *>p)[0] if code == b"b" else (<const uint8_t *>p)[0]


cdef int from_buffer(object values, str name, grid *g) except -1:
    cdef Py_buffer view
    cdef size_t t, c
    cdef const char *row
    cdef Py_ssize_t across, down
    cdef char code
    PyObject_GetBuffer(values, &view, PyBUF_FORMAT | PyBUF_STRIDES)
    try:
        code = view.format[0] if view.format is not NULL and strlen(view.format) == 1 else 0
        if code in b"fd" and name == "attention_mask" and view.ndim == 2:
            return from_lists(values.tolist(), name, g, NULL)
        if view.ndim not in (1, 2) or code not in b"?bBhHiIlLqQ":
            raise wrong(
                f"{name} has to be a list or a one- or two-dimensional array of integers."
            )
        reserve(g, 1 if view.ndim == 1 else view.shape[0], view.shape[view.ndim - 1])
        across = view.strides[view.ndim - 1]
        down = 0 if view.ndim == 1 else view.strides[0]
        for t in range(g.texts):
            row = <const char *>view.buf + <Py_ssize_t>t * down
            for c in range(g.length):
                g.data[t * g.length + c] = value_at(
                    row + <Py_ssize_t>c * across, view.itemsize, code
                )
    finally:
        PyBuffer_Release(&view)
    return 0


cdef Py_ssize_t put_row(list row, str name, int32_t *out, size_t capacity) except -1:
    """Write a row's ids; their number. A row's own values may change it while they are read."""
    cdef size_t i = 0
    cdef long v
    cdef int overflow = 0
    for item in row:
        if i == capacity:
            break
        try:
            v = PyLong_AsLongAndOverflow(item if PyLong_Check(item) else index(item), &overflow)
        except TypeError:
            if name != "attention_mask" or type(item) is not float or item not in (0.0, 1.0):
                raise wrong(
                    f"{name} holds {type(item).__name__} where integers belong."
                ) from None
            v = item == 1.0  # of a mask such as torch.ones(shape)
        out[i] = narrow(v) if overflow == 0 else -0x7FFFFFFF
        i += 1
    return i


cdef bint is_integer(object value) except -1:
    if PyLong_Check(value):
        return True
    try:  # NumPy's integers and torch's tensors of one element are not int, but can be read as one
        index(value)
        return True
    except TypeError:
        return False


cdef int mask_padding(grid *mask, const grid *ids, size_t text, size_t used) except -1:
    """Let the mask be 0 behind the ids that a text has, and 1 before."""
    cdef size_t i
    if mask.data is NULL:
        reserve(mask, ids.texts, ids.length)
        for i in range(ids.texts * ids.length):
            mask.data[i] = 1
    for i in range(text * ids.length + used, (text + 1) * ids.length):
        mask.data[i] = 0
    return 0


cdef int from_lists(object values, str name, grid *g, grid *mask) except -1:
    """Rows of ids; shorter rows are padded, and mask says where (NULL: they may not be shorter)."""
    cdef size_t t, c, used, length = 0
    cdef list rows = values if type(values) is list else list(values)
    if not rows or is_integer(rows[0]):
        reserve(g, 1, len(rows))
        g.length = put_row(rows, name, g.data, g.length)
        return 0
    try:
        rows = [row if type(row) is list else list(row) for row in rows]
    except TypeError:
        raise wrong(
            f"{name} has to hold integers, or rows of integers: nothing else, and not both."
        ) from None
    for row in rows:
        length = max(length, <size_t>len(row))
    reserve(g, len(rows), length)
    for t in range(g.texts):
        used = put_row(rows[t], name, g.data + t * length, length)
        if used < length:
            if mask is NULL:
                raise wrong(
                    f"{name} has rows of {length} and of {used} values; "
                    "its rows have to be as long as those of input_ids."
                )
            for c in range(used, length):
                g.data[t * length + c] = 0
            mask_padding(mask, g, t, used)
    return 0


cdef int read_grid(object values, str name, grid *g, grid *padding) except -1:
    if type(values) is list:
        return from_lists(values, name, g, padding)
    if PyObject_CheckBuffer(values):
        return from_buffer(values, name, g)
    if device_of(values) is not None:
        try:
            return from_lists(values.tolist(), name, g, padding)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            raise wrong(
                f"{name} is a torch tensor that cannot be read ({type(error).__name__}); "
                "give a dense tensor of integers with one or two dimensions."
            ) from None
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
        raise wrong(
            f"{name} has to be a list or an array of integers, not {type(values).__name__}."
        )
    return from_lists(values, name, g, padding)


cdef int same_shape(const grid *g, str name, const grid *ids) except -1:
    if g.texts != ids.texts or g.length != ids.length:
        raise wrong(
            f"{name} has the shape [{g.texts}, {g.length}], "
            f"but input_ids has [{ids.texts}, {ids.length}]."
        )
    return 0


cdef Py_ssize_t flat_position(object position, size_t texts, size_t length) except -1:
    """A (text, position) pair as one number through the whole batch; a number stays one."""
    if not isinstance(position, tuple):
        return number("a position", position, 0)
    if len(position) != 2:
        raise wrong(f"position {position} has to be a number or (text, position).")
    cdef size_t text = number("a position's text", position[0], 0)
    cdef size_t column = number("a position", position[1], 0)
    if text >= texts or column >= length:
        raise wrong(
            f"position {position} is outside the batch, which has {texts} texts of {length} ids."
        )
    return text * length + column


cdef int32_t *read_positions(object positions, const grid *ids, size_t *count) except NULL:
    """Positions in rising order, as the core takes them."""
    cdef list rising
    cdef int32_t *out
    try:
        rising = sorted([flat_position(p, ids.texts, ids.length) for p in positions])
    except TypeError:
        raise wrong(
            f"positions has to be a list of integers, not {type(positions).__name__}."
        ) from None
    count[0] = len(rising)
    if not rising:
        raise wrong("positions is empty; leave it out to get all.")
    out = <int32_t *>allocate(count[0], sizeof(int32_t))
    for i in range(<Py_ssize_t>len(rising)):
        out[i] = narrow(rising[i])
    return out
