# Some of the texts as a batch, in the memory of a Trainer. Part of _training.pyx.

cdef int fill_batch(Trainer of, Texts texts, indices, bl_training_batch *batch) except -1:
    """What the batch points to is valid until the next one."""
    cdef size_t n = 0, at = 0, i, length
    cdef bint wants_targets = of.options.loss in (BL_SEVERAL_LABELS, BL_REGRESSION, BL_ALIKE)
    cdef bint has_targets = wants_targets and texts.targets is not NULL
    if has_targets and texts.target_width != of.label_count:
        raise InputError(
            f"each text has {texts.target_width} targets, but there are {of.label_count} "
            "labels."
        )
    of.start[0] = 0
    for index in indices:
        i = index
        if i >= texts.count or n >= of.options.texts:
            raise InputError("a batch has more texts than the training was made for.")
        length = texts.start[i + 1] - texts.start[i]
        if texts.features is not NULL:
            memcpy(of.features + n * of.width, texts.features + i * of.width,
                   of.width * sizeof(float))
        else:
            if at + length > of.options.tokens:
                raise InputError("a batch has more tokens than the training was made for.")
            memcpy(of.ids + at, texts.ids + texts.start[i], length * sizeof(int32_t))
            if texts.types is not NULL:
                memcpy(of.types + at, texts.types + texts.start[i], length * sizeof(int32_t))
            take_labels(of, texts, i, n, at)
            at += length
        if of.options.head == BL_CLASS_HEAD or of.options.head == BL_NO_HEAD:
            of.labels[n] = texts.labels[i]
        if has_targets:
            memcpy(of.targets + n * of.label_count,
                   texts.targets + i * of.label_count, of.label_count * sizeof(float))
        n += 1
        of.start[n] = at
    batch.texts, batch.start, batch.ids = n, of.start, of.ids
    batch.types = NULL if texts.types is NULL else of.types
    batch.labels, batch.targets = of.labels, of.targets
    batch.features = NULL if texts.features is NULL else of.features
    if wants_targets and not has_targets:
        raise InputError("this loss needs targets.")
    return 0


cdef int take_labels(Trainer of, Texts texts, size_t text, size_t n, size_t at) except -1:
    """Labels of a text's tokens, or of its answer's two ends."""
    cdef size_t first = texts.start[text], length = texts.start[text + 1] - first
    if of.options.head in (BL_TOKEN_HEAD, BL_WORD_HEAD):
        if texts.token_labels is NULL:
            memset(of.labels + at, 0xFF, length * sizeof(int32_t))  # -1: none
        else:
            memcpy(of.labels + at, texts.token_labels + first, length * sizeof(int32_t))
    elif of.options.head == BL_ANSWER_HEAD:
        of.labels[2 * n] = 0 if texts.spans is NULL else texts.spans[2 * text]
        of.labels[2 * n + 1] = 0 if texts.spans is NULL else texts.spans[2 * text + 1]
    return 0
