# Answers about one text, without settings, as pipelines return them; and vectors with the numbers
# of tokens that were read for them. Part of _native.pyx.

cdef int two_best(bl_session *s, object text, dict config, bint alone, bl_labels *out) except -1:
    cdef bl_text t
    cdef bl_classify_options options
    cdef bl_error error
    cdef bl_status status
    read_text(&t, text, None)
    options.function, options.top_k = function_of(config, alone), 2
    with nogil:
        status = bl_classify(s, &t, &options, out, &error)
    return check_answer(status, &error, &out.extent)


def answer_label(TextModel model not None, text, dict config not None, bint alone, /):
    """The best label and its score, as answers have them; config: what a pipeline's config
    holds; alone: it has one label."""
    cdef bl_session s
    cdef bl_labels out
    model.begin(&s)
    try:
        two_best(&s, text, config, alone, &out)
        return {"label": config["id2label"][out.items[0].label], "score": out.items[0].score}
    finally:
        model.end(&s)


def answer_intent(TextModel model not None, text, dict config not None, bint alone,
                  double threshold, refused not None, bint heeds, /):
    """What a text asks for, its score and margin, as answers have them; None if it says that
    something is not to be done. The arguments are an intent pipeline's attributes."""
    cdef bl_session s
    cdef bl_labels out
    cdef double score, margin
    model.begin(&s)
    try:
        two_best(&s, text, config, alone, &out)
        score = margin = out.items[0].score
        if out.count > 1:
            margin -= out.items[1].score
        label = config["id2label"][out.items[0].label]
    finally:
        model.end(&s)
    if not text.strip():
        label = None
    elif heeds and affirmed(text) is not text:
        return None
    elif score < threshold or label in refused:
        label = None
    return {"label": label, "score": score, "margin": margin}


def answer_entities(TextModel model not None, str text not None, dict names not None, bint whole,
                    str strategy not None, stride, bint windows, bytes ignored, /):
    """The words or entities of a text as answers have them; whole: they are entities.

    names: of the labels. The rest: as for TextModel.entities.
    """
    cdef bl_session s
    cdef bl_text t
    cdef bl_entity_options options
    cdef bl_entities out
    cdef bl_error error
    cdef bl_status status
    read_entity_options(&options, model, strategy, stride, windows, ignored)
    read_text(&t, text, None)
    model.begin(&s)
    try:
        with nogil:
            status = bl_find_entities(&s, &t, &options, &out, &error)
        check_answer(status, &error, &out.extent)
        if whole:
            return [whole_entity(text, names, out.items + i) for i in range(out.count)]
        return [tagged_word(text, names, out.items + i, out.tokens[out.items[i].first].row)
                for i in range(out.count)]
    finally:
        model.end(&s)


def answer_vectors(TextModel model not None, list texts not None, str pooling not None,
                   bint normalize, /):
    """A row for each text, and how many tokens each has, of which the model may take fewer."""
    cdef bl_session s
    cdef bl_embed_options options
    cdef bl_vectors out
    cdef bl_error error
    cdef bl_status status = BL_OK
    cdef Py_ssize_t i, count = len(texts), width
    cdef Tensor rows
    cdef bl_text *given = NULL
    cdef size_t *tokens
    read_embed_options(&options, pooling, normalize, 0, 0)
    width = model.width(options.pooling)
    rows = new_tensor(2, count, width, 1)
    given = <bl_text *>allocate(count, sizeof(bl_text) + sizeof(size_t))
    tokens = <size_t *>(given + count)
    s.arena = NULL
    try:
        for i in range(count):
            read_text(given + i, texts[i], None)
        model.begin(&s)
        with nogil:  # all at once: getting the GIL back takes long where others want it
            for i in range(count):
                status = bl_embed(&s, given + i, &options, &out, &error)
                if status != BL_OK:
                    break
                memcpy(rows.data + i * width, out.rows, width * sizeof(float))
                tokens[i] = out.extent.total
        check_answer(status, &error, NULL)
        return rows, [tokens[i] for i in range(count)]
    finally:
        if s.arena is not NULL:
            model.end(&s)
        PyMem_Free(given)
