# Many: answers for many texts, from several threads. Part of _native.pyx.

cdef enum:
    # What each thread is given at a time: enough that starting it is nothing beside its work, so
    # little that what is read ahead and what is kept stay small.
    TEXTS_AT_ONCE = 256
    BYTES_AT_ONCE = 1 << 15
    LEAST_AT_ONCE = 16
    PORTIONS = 8
    TEXTS_BETWEEN_SIGNALS = 16

cdef dict TASK_NAMES = {
    "classify": BL_CLASSIFY,
    "entities": BL_FIND_ENTITIES,
    "commands": BL_READ_COMMANDS,
    "answer": BL_ANSWER_QUESTION,
    "fill": BL_FILL_MASK,
    "embed": BL_EMBED,
}

cdef union any_options:
    bl_classify_options classify
    bl_entity_options entities
    bl_command_options commands
    bl_answer_options answer
    bl_fill_options fill
    bl_embed_options embed


cdef class Many:
    """A task for many texts: what TextModel's method of the same name returns for each.

    Texts are added; finish takes part in the work on those before until it is done; start begins
    with what was added, after which the answers before can be read and more texts be added.
    options: the arguments of the method, without the texts. known: how many texts there will be,
    or -1. One thread uses an object at a time.
    """
    cdef TextModel model, slots
    cdef bl_task task
    cdef any_options options
    cdef object held           # what options point to
    cdef int32_t *targets
    cdef bint with_words, known
    cdef bl_many *many
    cdef unsigned threads
    cdef readonly size_t limit  # of texts at once
    cdef Portion coming, working, done
    cdef const bl_result *results

    def __init__(self, TextModel model not None, str task not None, tuple options not None,
                 unsigned threads, TextModel slots=None, Py_ssize_t known=-1):
        cdef bl_session session, values
        cdef bl_error error
        cdef size_t max_tokens = 0
        if self.many is not NULL or self.model is not None:
            raise BertliteError("these texts are open already; make another object.")
        self.model, self.slots, self.held, self.threads = model, slots, options, threads
        self.task = <bl_task>TASK_NAMES[task]
        if task == "embed":
            pooling, normalize, skip, dimensions, max_tokens = options
            read_embed_options(&self.options.embed, pooling, normalize, skip, dimensions)
        else:
            self.read_options(options)
        model.read_session(&session)
        if max_tokens:
            session.max_tokens = max_tokens
        if slots is not None:
            slots.read_session(&values)
        self.coming, self.working, self.done = Portion(), Portion(), Portion()
        # of a list several portions, so that there is always one to work on; else the first answers
        # come soon
        self.limit = threads
        self.known = known >= 0
        if self.known:
            self.limit = min(max(LEAST_AT_ONCE * threads, <size_t>known // PORTIONS),
                             <size_t>TEXTS_AT_ONCE * threads)
        self.many = bl_many_create(self.task, &session, &values if slots is not None else NULL,
                                   &self.options, threads, &error)
        if self.many is NULL:
            raise_error(&error)

    cdef int read_options(self, tuple options) except -1:
        if self.task == BL_CLASSIFY:
            function, k = options
            read_classify_options(&self.options.classify, function, k)
        elif self.task == BL_FIND_ENTITIES:
            strategy, stride, windows, ignored, self.with_words = options
            read_entity_options(&self.options.entities, self.model, strategy, stride, windows,
                                ignored)
        elif self.task == BL_READ_COMMANDS:
            function, threshold, refused, several, heeds = options
            read_command_options(&self.options.commands, self.model, function, threshold, refused,
                                 several, heeds)
        elif self.task == BL_ANSWER_QUESTION:
            (k, max_answer_tokens, max_tokens, stride, no_answer, whole_words,
             sum_windows) = options
            read_answer_options(&self.options.answer, k, max_answer_tokens, max_tokens, stride,
                                no_answer, whole_words, sum_windows)
        else:
            targets, k = options
            self.targets = read_ids(targets, &self.options.fill.target_count)
            self.options.fill.targets = self.targets if self.options.fill.target_count else NULL
            self.options.fill.top_k = k
        return 0

    def __dealloc__(self):
        bl_many_free(self.many)
        PyMem_Free(self.targets)

    cdef int check(self) except -1:
        if self.many is NULL:
            raise wrong("these texts are not open: __init__ failed, or they are closed.")
        return 0

    def add(self, given, second=None, /):
        """A text and its pair or None, or a list of words and where they begin. False: it was the
        last for this start."""
        self.check()
        self.coming.add(given, second)
        return self.has_room()

    cdef bint has_room(self):
        return (self.coming.count < self.limit
                and self.coming.size < <size_t>BYTES_AT_ONCE * self.threads)

    def start(self):
        """Begin with the texts that were added; their number."""
        cdef bl_error error
        cdef bl_status status
        self.check()
        self.done, self.working, self.coming = self.working, self.coming, self.done
        self.coming.clear()
        self.results = bl_many_results(self.many)
        with nogil:
            status = bl_many_start(self.many, self.working.texts, self.working.count, &error)
        if status != BL_OK:
            raise_error(&error)
        if not self.known:
            self.limit = min(2 * self.limit, <size_t>TEXTS_AT_ONCE * self.threads)
        return self.working.count

    def finish(self):
        """Take part in what was started, until it is done."""
        cdef int more = 1
        self.check()
        while more:
            with nogil:
                more = bl_many_work(self.many, TEXTS_BETWEEN_SIGNALS)
            PyErr_CheckSignals()

    def close(self):
        """Give up what is not done. No thread is left, and no answer can be read."""
        cdef bl_many *many = self.many
        self.many = NULL
        with nogil:
            bl_many_free(many)

    cdef const bl_result *result(self, size_t i, const bl_extent **extent) except NULL:
        """The answer to a text of the start before the last, or its error."""
        if self.many is NULL or i >= self.done.count:
            raise wrong(f"there is no answer {i}.")
        cdef const bl_result *r = self.results + i
        if r.error is not NULL:
            raise_error(r.error)
        extent[0] = NULL
        if self.task == BL_CLASSIFY:
            extent[0] = &r.labels.extent
        elif self.task == BL_FIND_ENTITIES:
            extent[0] = &r.entities.extent
        elif self.task == BL_READ_COMMANDS:
            extent[0] = &r.commands.extent
        elif self.task == BL_FILL_MASK:
            extent[0] = &r.filled.extent
        elif self.task == BL_EMBED:
            extent[0] = &r.vectors.extent
        return r

    def answer(self, size_t i, /):
        """The answer to text i of the start before the last."""
        cdef const bl_extent *extent
        cdef const bl_result *r = self.result(i, &extent)
        check_answer(BL_OK, NULL, extent)
        if self.task == BL_CLASSIFY:
            return labels_of(&r.labels)
        if self.task == BL_FIND_ENTITIES:
            texts, starts = self.done.given[i], self.done.starts[i]
            return entities_of(self.model.tokenizer, &r.entities,
                               texts if isinstance(texts, tuple) else (texts,), starts,
                               self.with_words)
        if self.task == BL_READ_COMMANDS:
            return commands_of(&r.commands)
        if self.task == BL_ANSWER_QUESTION:
            return answers_of(&r.answers)
        if self.task == BL_FILL_MASK:
            return filled_of(&r.filled)
        return tensor_of_vectors(&r.vectors)


cdef int put_vectors(Many many, list texts, Column column, Tensor rows,
                     object progress) except -1:
    """A vector for each text of a list or of a column, into rows."""
    cdef Py_ssize_t next = 0, written = 0, total = rows.dims[0], width = rows.dims[1]
    cdef size_t count = 1, i
    cdef const bl_extent *extent
    cdef const bl_result *r
    failure = None
    try:
        while count:
            try:
                while next < total and failure is None and many.has_room():
                    next += 1
                    if column is None:
                        many.coming.add(texts[next - 1], None)
                    else:
                        many.coming.add_row(column, next - 1)
            except BertliteError as error:  # raised once what is before it is done
                failure = error
            many.finish()
            count = many.start()
            for i in range(many.done.count):
                r = many.result(i, &extent)
                check_answer(BL_OK, NULL, extent)
                written = behind_nulls(column, written, rows, progress)
                memcpy(rows.data + written * width, r.vectors.rows, width * sizeof(float))
                written += 1
                if progress is not None:
                    progress()
        if failure is not None:
            raise failure
        behind_nulls(column, written, rows, progress)
        return 0
    finally:
        many.close()


cdef Py_ssize_t behind_nulls(Column column, Py_ssize_t row, Tensor rows,
                             object progress) except -1:
    """The next row that is not null; those before it are filled."""
    while column is not None and row < column.count and column.rows[row].data is NULL:
        put_nan(rows.data + row * rows.dims[1], rows.dims[1])
        row += 1
        if progress is not None:
            progress()
    return row
