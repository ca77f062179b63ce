# Texts to Tokens and to Encodings. Part of _native.pyx.

cdef enum:
    NEAR = 1024             # a text up to this many bytes needs no memory of its own
    RELEASE_GIL_FROM = 4096  # bytes: shorter texts take less time than releasing it

cdef dict TRUNCATIONS = {
    "longest_first": BL_LONGEST_FIRST,
    "only_first": BL_ONLY_FIRST,
    "only_second": BL_ONLY_SECOND,
}


cdef int ids_of(TokenizerCore owner, const char *text, Py_ssize_t size, bint split_special,
                int32_t *ids, size_t capacity, size_t *count) except -1:
    cdef bl_error error
    cdef bl_status status
    if size < RELEASE_GIL_FROM:
        status = bl_tokenize(owner.t, text, size, split_special, ids, NULL, capacity, count, &error)
    else:
        with nogil:
            status = bl_tokenize(owner.t, text, size, split_special, ids, NULL, capacity, count,
                                 &error)
    if status != BL_OK:
        raise_error(&error)
    return 0


cdef Py_ssize_t text_size(object text, bint split_words) except -1:
    """A text's bytes, or those of all its words."""
    cdef Py_ssize_t size, total = 0
    if not split_words:
        utf8(text, &total)
        return total
    for word in text:
        utf8(word, &size)
        total += size
    return total


cdef Py_ssize_t tokenize_words(Tokens t, int32_t *ids, size_t capacity) except -1:
    cdef Py_ssize_t size
    cdef const char *utf
    cdef size_t n = 0, count = 0
    for word in t.text:
        utf = utf8(word, &size)
        ids_of(t.owner, utf, size, t.split_special, ids + count, capacity - count, &n)
        count += n
    return count


cdef Tokens tokens_of(TokenizerCore owner, object text, bint split_words, bint split_special,
                      size_t wanted):
    """wanted: no more tokens than this are needed, though it should be seen if there are more."""
    cdef Tokens t = Tokens.__new__(Tokens)
    cdef Py_ssize_t size
    cdef const char *utf
    cdef size_t n, capacity
    cdef int32_t near[NEAR]
    cdef int32_t *ids = near
    t.owner, t.split_special = owner, split_special
    if split_words and not isinstance(text, (list, tuple)):
        raise wrong(
            "is_split_into_words is set, so a text has to be a list of words, "
            f"not {type(text).__name__}."
        )
    t.text = list(text) if split_words else text
    capacity = size = text_size(t.text, split_words)
    if not split_words:
        capacity = min(capacity, wanted)
    if capacity > NEAR:
        ids = <int32_t *>allocate(capacity, sizeof(int32_t))
    try:
        if split_words:
            t.count = tokenize_words(t, ids, capacity)
        else:
            utf = utf8(text, &size)
            ids_of(owner, utf, size, split_special, ids, capacity, &t.count)
        # only as much as there is, for it is kept as long as the encoding
        n = t.held = min(t.count, capacity)
        t.ids = <int32_t *>allocate(n, sizeof(int32_t))
        memcpy(t.ids, ids, n * sizeof(int32_t))
        return t
    finally:
        if ids != near:
            PyMem_Free(ids)


cdef Encoding new_row(Tokens a, Tokens b, const bl_window *window, bint specials):
    cdef Encoding e = Encoding.__new__(Encoding)
    cdef bl_row row
    e.owner, e.a, e.b = a.owner, a, b
    e.count = bl_row_size(a.owner.t, window, b is not None, specials)
    e.data = <int32_t *>allocate(4 * e.count, sizeof(int32_t))
    row.ids, row.types = e.data, e.data + e.count
    row.special, row.source = e.data + 2 * e.count, e.data + 3 * e.count
    bl_fill_row(a.owner.t, a.ids, NULL if b is None else b.ids, a.count, window, b is not None,
                specials, &row)
    return e


def restored_tokens(TokenizerCore owner, object text, bint split_special, unsigned long long count,
                    bytes ids not None):
    """Pickled tokens."""
    cdef Tokens t = Tokens.__new__(Tokens)
    t.held = len(ids) // sizeof(int32_t)
    if len(ids) % sizeof(int32_t) or not t.held <= count <= t.held + 1:
        raise ValueError(f"{len(ids)} bytes do not fit {count} tokens.")
    if count:
        if owner is None or not isinstance(text, (str, list)):
            raise ValueError("tokens need their tokenizer and their text.")
        owner.opened()
    t.owner, t.text, t.split_special, t.count = owner, text, split_special, count
    t.ids = <int32_t *>allocate(t.held, sizeof(int32_t))
    memcpy(t.ids, <const char *>ids, len(ids))
    return t


cdef int check_sources(Encoding e) except -1:
    """Each token that is from a text is one that this text has."""
    cdef size_t s
    for i in range(3 * e.count, 4 * e.count):
        if e.data[i] < 0:
            continue
        s = e.data[i]
        if s < e.a.count:
            if s < e.a.held:
                continue
        elif e.b is not None and s - e.a.count < e.b.held:
            continue
        raise ValueError(f"a token is from index {s} of its texts, which do not have so many.")
    return 0


def restored_encoding(TokenizerCore owner, Tokens a, Tokens b, unsigned long long padding,
                      bint pad_left, bytes data not None, list windows):
    """A pickled encoding, of which nothing is believed that could lead outside its memory."""
    cdef Encoding e = Encoding.__new__(Encoding)
    e.owner, e.a, e.b, e.windows = owner, a, b, windows
    e.count = len(data) // (4 * sizeof(int32_t))
    if len(data) % (4 * sizeof(int32_t)) or padding > LARGEST:
        raise ValueError(f"{len(data)} bytes and {padding} tokens do not make an encoding.")
    if e.count or padding:
        if owner is None or a is None:
            raise ValueError("an encoding needs its tokenizer and its tokens.")
        owner.opened()
    for other in windows or ():
        if not isinstance(other, Encoding):
            raise ValueError(f"what was truncated has to be an Encoding, not {type(other)}.")
    e.padding, e.pad_left = padding, pad_left
    e.data = <int32_t *>allocate(4 * e.count, sizeof(int32_t))
    memcpy(e.data, <const char *>data, len(data))
    check_sources(e)
    return e


cdef Encoding rows_for(Tokens a, Tokens b, const bl_limits *limits, bint overflowing):
    """The truncated texts as a row, and if wanted the rows for what was truncated."""
    cdef size_t count = 0, i, b_count = BL_NO_PAIR if b is None else b.count
    cdef bl_error error
    cdef bl_window few[4]
    cdef bl_window *windows = few
    cdef bl_tokenizer *t = a.owner.t
    cdef Encoding e
    if bl_windows(t, a.count, b_count, limits, few, 4, &count, &error) != BL_OK:
        raise_error(&error)
    if not overflowing:
        return new_row(a, b, few, limits.specials)
    try:
        if count > 4:
            windows = <bl_window *>allocate(count, sizeof(bl_window))
            bl_windows(t, a.count, b_count, limits, windows, count, &count, &error)
        e = new_row(a, b, windows, limits.specials)
        e.windows = []
        for i in range(1, count):
            e.windows.append(new_row(a, b, &windows[i], limits.specials))
        return e
    finally:
        if windows != few:
            PyMem_Free(windows)


cdef Encoding encode_one(TokenizerCore owner, object text, object pair, bint split_words,
                         bint split_special, const bl_limits *limits, bint overflowing):
    cdef size_t wanted = <size_t>-1
    cdef Tokens a, b = None
    if (pair is None and not split_words and not overflowing and not limits.truncate_left
            and limits.truncation in (BL_LONGEST_FIRST, BL_ONLY_FIRST)
            and limits.max_length >= owner.specials_around(False)):
        wanted = limits.max_length  # the rest of the text need not be read
    a = tokens_of(owner, text, split_words, split_special, wanted)
    if pair is not None:
        b = tokens_of(owner, pair, split_words, split_special, wanted)
    return rows_for(a, b, limits, overflowing)


cdef list ids_with_specials(TokenizerCore owner, object text):
    """A text's ids with the special tokens around it, the way that is used most."""
    cdef int32_t near[NEAR]
    cdef int32_t near_row[NEAR + 32]
    cdef int32_t *ids = near
    cdef int32_t *out = near_row
    cdef Py_ssize_t size
    cdef const char *p = utf8(text, &size)
    cdef size_t n = 0
    cdef bl_window window
    cdef bl_row row
    if size > NEAR:
        ids = <int32_t *>allocate(2 * size + 32, sizeof(int32_t))
        out = ids + size
    try:
        ids_of(owner, p, size, False, ids, size, &n)
        window.a_from, window.a_to, window.b_from, window.b_to = 0, n, 0, 0
        row.ids, row.types, row.special, row.source = out, NULL, NULL, NULL
        bl_fill_row(owner.t, ids, NULL, n, &window, 0, 1, &row)
        return list_of(out, bl_row_size(owner.t, &window, 0, 1))
    finally:
        if ids != near:
            PyMem_Free(ids)


cdef Encoding encoding_of(object item, TokenizerCore owner):
    """An Encoding that this tokenizer made."""
    if not isinstance(item, Encoding) or (<Encoding>item).owner is not owner:
        raise wrong("a row has to be an Encoding that this tokenizer made.")
    return item


cdef int pad_row(Encoding e, size_t length, bint left) except -1:
    """Let a row, and what overflowed from it, have at least this length."""
    cdef Encoding other
    e.padding = max(0, <Py_ssize_t>length - e.count)
    e.pad_left = left
    for other in e.windows or ():
        pad_row(other, length, left)
    return 0


cdef bl_tokenizer *open_tokenizer(object source, bint json, object config) except NULL:
    """source: a path, or the bytes of a vocab.txt (json: of a tokenizer.json)."""
    cdef bl_error error
    cdef bl_tokenizer *t
    cdef bytes data, settings
    cdef const char *p
    cdef const char *c = NULL
    cdef size_t size, config_size = 0
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        p, size = PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)
        if config is not None:
            try:
                settings = bytes(memoryview(config))
            except TypeError:
                raise wrong("config has to be a tokenizer_config.json's bytes.") from None
            c, config_size = PyBytes_AS_STRING(settings), PyBytes_GET_SIZE(settings)
        with nogil:
            t = bl_tokenizer_open_memory(p, size, json, c, config_size, &error)
    else:
        data = path_bytes(source)
        p = data
        with nogil:
            t = bl_tokenizer_open_with_base(p, embedded_base, &error)
    if t is NULL:
        raise_error(&error)
    return t
