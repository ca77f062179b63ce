# Texts and answers, converted between Python and C. Part of _native.pyx.

cdef dict FUNCTIONS = {"softmax": BL_SOFTMAX, "sigmoid": BL_SIGMOID, "none": BL_RAW}
cdef dict AGGREGATIONS = {
    "none": BL_EACH_TOKEN,
    "simple": BL_SIMPLE,
    "first": BL_FIRST,
    "average": BL_AVERAGE,
    "max": BL_MAX,
    "words": BL_EACH_WORD,
}
cdef dict POOLINGS = {
    "mean": BL_MEAN_POOLING,
    "cls": BL_CLS_POOLING,
    "max": BL_MAX_POOLING,
    "mean_sqrt_len_tokens": BL_MEAN_SQRT_POOLING,
    "weightedmean": BL_WEIGHTED_MEAN_POOLING,
    "lasttoken": BL_LAST_POOLING,
    "model": BL_MODEL_POOLING,
}


cdef int chosen(dict choices, str name, object value) except -1:
    found = choices.get(value) if isinstance(value, str) else None
    if found is None:
        raise InputError(f"{name} is {value!r}; it can be {', '.join(choices)}.")
    return found


cdef int read_text(bl_text *t, object text, object pair) except -1:
    cdef Py_ssize_t size
    t.data = utf8(text, &size)
    t.size = size
    t.pair, t.pair_size, t.word_sizes, t.word_count = NULL, 0, NULL, 0
    if pair is not None:
        t.pair = utf8(pair, &size)
        t.pair_size = size
    return 0


cdef int32_t *read_ids(list values, size_t *count) except NULL:
    cdef int32_t *out = <int32_t *>allocate(len(values), sizeof(int32_t))
    try:
        count[0] = put_row(values, "targets", out, len(values))
        return out
    except BaseException:
        PyMem_Free(out)
        raise


cdef tuple words_utf8(object words):
    """A list of words, one directly after the other in UTF-8; and as a tuple."""
    cdef Py_ssize_t size
    cdef const char *p
    cdef list parts = []
    words = tuple(words)
    for word in words:
        p = utf8(word, &size)
        parts.append(PyBytes_FromStringAndSize(p, size))
    return b"".join(parts), words


cdef uint32_t *word_sizes(tuple words) except NULL:
    cdef Py_ssize_t size
    cdef uint32_t *sizes = <uint32_t *>allocate(len(words), sizeof(uint32_t))
    for i in range(<Py_ssize_t>len(words)):
        utf8(words[i], &size)  # did not fail before
        sizes[i] = <uint32_t>size
    return sizes


cdef list words_of(const bl_word *words, size_t count):
    return [(words[i].id, words[i].score) for i in range(count)]


cdef tuple entity_of(TokenizerCore tokenizer, const bl_entities *all, const bl_entity *e,
                     tuple texts, list word_starts, bint with_words):
    """texts: the words that were given, or the only text. with_words: its tokens are wanted."""
    cdef const bl_text_token *first = all.tokens + e.first
    cdef const bl_text_token *t
    cdef int32_t unknown = bl_tokenizer_describe(tokenizer.t).id[BL_UNK]
    cdef list words = []
    cdef size_t i, count = e.count if with_words else 0
    start, end = e.start, e.end
    for i in range(count):
        t = first + i
        if t.id == unknown:
            token = texts[0 if word_starts is None else t.word][t.start:t.end]
        else:
            token = tokenizer.token_of(t.id)
        if t.continues and words:
            words[len(words) - 1].append(token)
        else:
            words.append([token])
    if word_starts is not None:
        start += word_starts[first.word]
        end += word_starts[first[e.count - 1].word]
    return e.label, e.score, start, end, first.row, words if with_words else None
