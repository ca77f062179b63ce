# Texts and answers, converted between Python and C. Part of _native.pyx.

cdef dict FUNCTIONS = {"softmax": BL_SOFTMAX, "sigmoid": BL_SIGMOID, "none": BL_RAW}
cdef dict AGGREGATIONS = {
    "none": BL_EACH_TOKEN,
    "simple": BL_SIMPLE,
    "first": BL_FIRST,
    "written": BL_AS_WRITTEN,
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
        raise wrong(f"{name} is {value!r}; it can be {', '.join(choices)}.")
    return found


cdef bl_function function_of(dict config, bint alone) noexcept:
    """What makes scores of logits, by a pipeline's config; alone: there is one label."""
    kind = config.get("problem_type")
    if kind == "regression":
        return BL_RAW
    return BL_SIGMOID if alone or kind == "multi_label_classification" else BL_SOFTMAX


cdef int read_text(bl_text *t, object text, object pair) except -1:
    cdef Py_ssize_t size
    t.data = utf8(text, &size)
    t.size = size
    t.pair, t.pair_size, t.word_sizes, t.word_count = NULL, 0, NULL, 0
    if pair is not None:
        t.pair = utf8(pair, &size)
        t.pair_size = size
    return 0


cdef bint read_row(bl_text *t, list texts, Column column, Py_ssize_t i) except -1:
    """A text of a list, or of a column: whether it is not null."""
    if column is None:
        read_text(t, texts[i], None)
        return True
    t.data, t.size = column.rows[i].data, column.rows[i].size
    t.pair, t.pair_size, t.word_sizes, t.word_count = NULL, 0, NULL, 0
    return t.data is not NULL


cdef int32_t *read_ids(list values, size_t *count) except NULL:
    cdef int32_t *out = <int32_t *>allocate(len(values), sizeof(int32_t))
    try:
        count[0] = put_row(values, "targets", out, len(values))
        return out
    except BaseException:
        PyMem_Free(out)
        raise


cdef bytes read_words(bl_text *t, tuple words, list word_starts, uint32_t **sizes):
    """A text of words, one directly after the other in UTF-8: the bytes, and their sizes, which
    PyMem_Free frees, have to stay."""
    cdef Py_ssize_t size
    cdef const char *p
    cdef list parts = []
    if word_starts is None or len(word_starts) < len(words):
        raise wrong("word_starts has to have an offset for each word.")
    for word in words:
        p = utf8(word, &size)
        parts.append(PyBytes_FromStringAndSize(p, size))
    cdef bytes joined = b"".join(parts)
    sizes[0] = <uint32_t *>allocate(len(words), sizeof(uint32_t))
    for i in range(<Py_ssize_t>len(words)):
        sizes[0][i] = <uint32_t>PyBytes_GET_SIZE(parts[i])
    t.data, t.size, t.pair = PyBytes_AS_STRING(joined), len(joined), NULL
    t.pair_size, t.word_sizes, t.word_count = 0, sizes[0], len(words)
    return joined


cdef int check_answer(bl_status status, const bl_error *error, const bl_extent *extent) except -1:
    """Raise what a call failed with; warn of a text that was truncated."""
    if status != BL_OK:
        raise_error(error)
    if extent is not NULL and extent.read < extent.total:
        warn(
            f"a text has {extent.total} tokens, but the model takes {extent.read}; "
            "the rest was not read."
        )
    return 0


# ---- options ----------------------------------------------------------------------------------

cdef int read_classify_options(bl_classify_options *o, str function, size_t k) except -1:
    o.function, o.top_k = <bl_function>chosen(FUNCTIONS, "function_to_apply", function), k
    return 0


cdef int read_embed_options(bl_embed_options *o, str pooling, bint normalize, size_t skip,
                            size_t dimensions) except -1:
    """pooling: one of POOLINGS, or "none": a vector for each token."""
    o.pooling = BL_NO_POOLING
    if pooling != "none":
        o.pooling = <bl_pooling>chosen(POOLINGS, "pooling", pooling)
    o.normalize, o.skip, o.dimensions = normalize, skip, dimensions
    return 0


cdef int read_answer_options(bl_answer_options *o, size_t k, size_t max_answer_tokens,
                             size_t max_tokens, object stride, bint no_answer, int whole_words,
                             bint sum_windows) except -1:
    o.top_k, o.max_answer_tokens, o.max_tokens, o.stride = k, max_answer_tokens, max_tokens, 0
    if stride is not None:
        o.stride = number("stride", stride, 0) or BL_NO_STRIDE
    o.no_answer, o.whole_words = no_answer, <bl_whole_words>whole_words
    o.unit, o.sum_windows = BL_CHARACTERS, sum_windows
    return 0


cdef int read_entity_options(bl_entity_options *o, TextModel model, str strategy, object stride,
                             bint windows, bytes ignored) except -1:
    """ignored has to stay."""
    o.aggregation = <bl_aggregation>chosen(AGGREGATIONS, "aggregation_strategy", strategy)
    if windows:
        o.windows, o.stride = BL_MODEL_WINDOWS, BL_OWN_STRIDE
    else:
        o.windows, o.stride = BL_TRUNCATE, 0
    if stride is not None:
        o.stride = number("stride", stride, 0)
        if not windows:
            o.windows = BL_STRIDE_WINDOWS
    o.unit, o.keep_outside, o.ignored = BL_CHARACTERS, ignored is not None, NULL
    if ignored is not None:
        o.ignored = bytes_for_labels(model, "ignored", ignored)
    return 0


cdef int read_command_options(bl_command_options *o, TextModel model, str function,
                              float threshold, bytes refused, bint several, bint heeds) except -1:
    """refused has to stay."""
    o.function = <bl_function>chosen(FUNCTIONS, "function_to_apply", function)
    o.threshold, o.several, o.unit, o.heeds_denials = threshold, several, BL_CHARACTERS, heeds
    o.refused = bytes_for_labels(model, "refused", refused)
    return 0


cdef const unsigned char *bytes_for_labels(TextModel model, str name, bytes values) except NULL:
    if len(values) != bl_describe(model.opened()).labels:
        raise wrong(f"{name} has to have a byte for each label.")
    return <const unsigned char *>PyBytes_AS_STRING(values)


# ---- answers ----------------------------------------------------------------------------------

cdef list labels_of(const bl_labels *all):
    return [(all.items[i].label, all.items[i].score) for i in range(all.count)]


cdef list named_labels_of(const bl_labels *all, dict names):
    return [{"label": names[all.items[i].label], "score": all.items[i].score}
            for i in range(all.count)]


cdef list answers_of(const bl_answers *all):
    return [(all.items[i].start, all.items[i].end, all.items[i].score) for i in range(all.count)]


cdef Tensor tensor_of_vectors(const bl_vectors *all):
    cdef Tensor rows = new_tensor(2, all.count, all.width, 1)
    memcpy(rows.data, all.rows, all.count * all.width * sizeof(float))
    return rows


cdef tuple filled_of(const bl_filled *all):
    return (
        list_of(all.ids, all.id_count),
        list_of(all.masks, all.mask_count),
        [words_of(all.words + i * all.words_per_mask, all.words_per_mask)
         for i in range(all.mask_count)],
    )


cdef list words_of(const bl_word *words, size_t count):
    return [(words[i].id, words[i].score) for i in range(count)]


cdef list entities_of(TokenizerCore tokenizer, const bl_entities *all, tuple texts,
                      list word_starts, bint with_words):
    return [entity_of(tokenizer, all, all.items + i, texts, word_starts, with_words)
            for i in range(all.count)]


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


cdef dict tagged_word(str text, dict names, const bl_entity *e, object row):
    return {
        "entity": names[e.label], "score": e.score, "index": row, "word": text[e.start:e.end],
        "start": e.start, "end": e.end,
    }


cdef dict whole_entity(str text, dict names, const bl_entity *e):
    """Its label has no prefix, as transformers' entity_group."""
    cdef list parts = names[e.label].split("-", 1)
    kind = parts[len(parts) - 1]
    return {
        "entity": kind, "entity_group": kind, "score": e.score, "word": text[e.start:e.end],
        "start": e.start, "end": e.end,
    }


def have_same_items(dict a not None, dict b not None):
    """a == b, which is soon known of dicts that hold the same objects in the same order."""
    cdef Py_ssize_t at = 0, other = 0
    cdef PyObject *key
    cdef PyObject *value
    cdef PyObject *other_key
    cdef PyObject *other_value
    cdef bint same = len(a) == len(b)
    with cython.critical_section(a, b):
        while same and PyDict_Next(a, &at, &key, &value):
            same = (PyDict_Next(b, &other, &other_key, &other_value) and key is other_key
                    and value is other_value)
    return same or a == b
