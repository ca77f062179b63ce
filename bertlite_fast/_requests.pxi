# Requests that are just one text, from bytes to bytes. Part of _native.pyx.

cdef bint is_next(const char **p, const char *end, const char *text, size_t size) noexcept:
    """Whether these bytes come next, behind white space; p: behind them."""
    while p[0] < end and (p[0][0] == 32 or 9 <= p[0][0] <= 10 or p[0][0] == 13):
        p[0] += 1
    if <size_t>(end - p[0]) < size or memcmp(p[0], text, size):
        return False
    p[0] += size
    return True


cdef bint only_text(const char *p, Py_ssize_t size, bl_text *t) noexcept:
    """Read {"inputs": "..."}, of printable ASCII without escapes."""
    cdef const char *end = p + size
    if not (is_next(&p, end, b"{", 1) and is_next(&p, end, b'"inputs"', 8)
            and is_next(&p, end, b":", 1) and is_next(&p, end, b'"', 1)):
        return False
    memset(t, 0, sizeof(t[0]))
    t.data = p
    while p < end and 32 <= p[0] < 127 and p[0] != 34 and p[0] != 92:
        p += 1
    t.size = p - t.data
    if p == end or p[0] != 34:
        return False
    p += 1
    return is_next(&p, end, b"}", 1) and is_next(&p, end, b"", 0) and p == end


def quick_vector(TextModel model not None, bytes request not None, size_t most):
    """The bytes that answer {"inputs": "a text"} with its vector of length 1; None: the request is
    another, or not so simple: longer than `most`, too long for the model, or beyond ASCII."""
    cdef bl_session s
    cdef bl_text t
    cdef bl_embed_options options
    cdef bl_vectors out
    cdef bl_error error
    cdef bl_status status
    cdef size_t i
    cdef char *text = NULL
    cdef char *p
    if not only_text(PyBytes_AS_STRING(request), PyBytes_GET_SIZE(request), &t):
        return None
    if t.size > most:
        return None
    read_embed_options(&options, "model", True, 0, 0)
    model.begin(&s)
    try:
        with nogil:
            status = bl_embed(&s, &t, &options, &out, &error)
        if status != BL_OK or out.extent.read < out.extent.total or not out.width:
            return None  # the usual way says what is wrong
        text = <char *>allocate(out.width, 24)
        p = put(text, b"[", 1)
        for i in range(out.width):
            p = write_number(put(p, b"[" if i == 0 else b",", 1), out.rows[i])
        return PyBytes_FromStringAndSize(text, put(p, b"]]", 2) - text)
    finally:
        model.end(&s)
        PyMem_Free(text)
