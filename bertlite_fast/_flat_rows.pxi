# Texts to rows of ids that lie end to end, as NumPy and Arrow take them. Part of _native.pyx.

cdef tuple flat_rows_of(TokenizerCore of, tuple texts, bint specials, str truncation,
                        size_t max_length, bint split_special, bint offsets, unsigned threads):
    """(ids of 32 bits, where rows start (64 bits), offsets or None)"""
    cdef Py_ssize_t i, size, count = len(texts)
    cdef bl_limits limits
    cdef bl_flat_rows out
    cdef bl_error error
    cdef bl_status status
    cdef size_t most
    cdef bytearray ids, found = None
    cdef bytearray starts = PyByteArray_FromStringAndSize(NULL, 8 * (count + 1))
    cdef bl_text *given = <bl_text *>allocate(count, sizeof(bl_text))
    of.opened()
    limits.truncation, limits.max_length = TRUNCATIONS.get(truncation, BL_KEEP), max_length
    limits.stride, limits.specials = 0, specials
    limits.truncate_left = of.truncation_side == "left"
    try:
        for i in range(count):
            given[i].data = utf8(texts[i], &size)
            given[i].size = size
        most = bl_most_ids(of.t, given, count)
        if most > <size_t>PY_SSIZE_T_MAX // 8:
            raise wrong("the texts are too long for one call; give fewer.")
        ids = PyByteArray_FromStringAndSize(NULL, 4 * most)
        out.ids, out.offsets = <int32_t *>PyByteArray_AS_STRING(ids), NULL
        out.starts = <int64_t *>PyByteArray_AS_STRING(starts)
        if offsets:
            found = PyByteArray_FromStringAndSize(NULL, 8 * most)
            out.offsets = <int32_t *>PyByteArray_AS_STRING(found)
        with nogil:
            status = bl_tokenize_texts(of.t, given, count, &limits, split_special, threads,
                                       &out, &error)
        if status != BL_OK:
            raise_error(&error)
        most = out.starts[count]
        PyByteArray_Resize(ids, 4 * most)
        if offsets:
            PyByteArray_Resize(found, 8 * most)
        return ids, starts, found
    finally:
        PyMem_Free(given)
