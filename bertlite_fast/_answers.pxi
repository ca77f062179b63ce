# TextModel: text to answers, each in one call of C. Part of _native.pyx.

cdef enum:
    KEPT_ARENA = 16 << 20  # bytes: what a longer text made larger is not kept for the next


cdef class TextModel:
    """A model with its tokenizer. Any number of threads may call it."""
    cdef readonly Model model
    cdef readonly TokenizerCore tokenizer
    cdef TokenizerCore core                 # that the tokenizer took the place of
    cdef readonly size_t max_tokens         # that a text may have
    cdef object known_length, known_side    # the tokenizer's settings that say so
    cdef bl_atomic_pointer idle[SLOTS]      # arenas between calls

    def __init__(self, Model model not None, TokenizerCore tokenizer not None):
        cdef size_t known = bl_describe(model.opened()).vocabulary
        cdef size_t tokens = bl_tokenizer_describe(tokenizer.opened()).tokens
        if self.model is not None:
            raise BertliteError("this text model is open already; make another object.")
        if tokens > known:
            raise ModelConfigError(
                f"the tokenizer has {tokens} tokens, but the model knows {known}; "
                "open the model with the tokenizer that it was trained with."
            )
        self.max_tokens = bl_max_tokens(model.model, tokenizer.t)
        self.known_length, self.known_side = tokenizer.file_length, tokenizer.file_side
        self.tokenizer = tokenizer
        self.model = model

    def adopt(self, TokenizerCore tokenizer not None, /):
        """Use a tokenizer of the same files instead of a bare core; the one then in use."""
        with cython.critical_section(self):
            if self.core is None:
                self.core = self.tokenizer  # which calls may be using
                self.known_length, self.known_side = tokenizer.file_length, tokenizer.file_side
                self.tokenizer = tokenizer
        return self.tokenizer

    def __dealloc__(self):
        for i in range(SLOTS):
            bl_arena_free(<bl_arena *>self.idle[i])

    # ---- a call's beginning and end ---------------------------------------------------

    cdef bl_model *opened(self) except NULL:
        if self.model is None:
            raise wrong("this text model is not open: its __init__ was not called, or failed.")
        return self.model.model

    cdef int read_session(self, bl_session *s) except -1:
        """All of a session but its arena."""
        s.model, s.tokenizer, s.arena = self.opened(), self.tokenizer.t, NULL
        s.max_tokens, s.truncation_side = 0, BL_OWN_SIDE
        if self.tokenizer.model_max_length is not self.known_length:
            s.max_tokens = number("model_max_length", self.tokenizer.model_max_length, 1)
        if self.tokenizer.truncation_side is not self.known_side:
            left = self.tokenizer.truncation_side == "left"
            s.truncation_side = BL_LEFT_SIDE if left else BL_RIGHT_SIDE
        return 0

    cdef int begin(self, bl_session *s) except -1:
        self.read_session(s)
        for i in range(SLOTS):
            s.arena = <bl_arena *>bl_swap_pointer(&self.idle[i], NULL)
            if s.arena is not NULL:
                return 0
        s.arena = bl_arena_create()
        if s.arena is NULL:
            raise OutOfMemoryError("out of memory for running a text.")
        return 0

    cdef void end(self, bl_session *s) noexcept:
        cdef bl_arena *arena = s.arena
        if bl_arena_size(arena) <= KEPT_ARENA:
            for i in range(SLOTS):
                arena = <bl_arena *>bl_swap_pointer(&self.idle[i], arena)
                if arena is NULL:
                    return
        bl_arena_free(arena)

    # ---- one method for each kind of answer -------------------------------------------

    def classify(self, text, pair, str function not None, size_t k, dict names=None, /):
        """[(label's index, score)] of the k best, or of all in their own order (k: 0); with the
        labels' names: as answers have them."""
        cdef bl_session s
        cdef bl_text t
        cdef bl_classify_options options
        cdef bl_labels out
        cdef bl_error error
        cdef bl_status status
        read_text(&t, text, pair)
        read_classify_options(&options, function, k)
        self.begin(&s)
        try:
            with nogil:
                status = bl_classify(&s, &t, &options, &out, &error)
            check_answer(status, &error, &out.extent)
            return labels_of(&out) if names is None else named_labels_of(&out, names)
        finally:
            self.end(&s)

    def embed(self, texts not None, str pooling not None, bint normalize,
              size_t max_tokens=0, size_t skip=0, size_t dimensions=0, progress=None,
              unsigned threads=1):
        """A row for each text of a list, or of a Column, where a null gives a row of NaN.

        max_tokens: 0: what the files say; skip, dimensions: as in C. progress: is called after each
        text."""
        cdef bl_session s
        cdef bl_text t
        cdef bl_embed_options options
        cdef bl_vectors out
        cdef bl_error error
        cdef bl_status status
        cdef Py_ssize_t i, count = len(texts), width
        cdef Column column = texts if isinstance(texts, Column) else None
        cdef list given = texts if column is None else None
        cdef Tensor rows
        cdef Many many
        read_embed_options(&options, pooling, normalize, skip, dimensions)
        width = self.width(options.pooling)
        if dimensions:
            width = min(width, <Py_ssize_t>dimensions)
        rows = new_tensor(2, count, width, 1)
        if threads > 1 and count > 1:
            many = Many(self, "embed", (pooling, normalize, skip, dimensions, max_tokens), threads,
                        None, count)
            put_vectors(many, given, column, rows, progress)
            return rows
        self.begin(&s)
        try:
            if max_tokens:
                s.max_tokens = max_tokens
            for i in range(count):
                if read_row(&t, given, column, i):
                    with nogil:
                        status = bl_embed(&s, &t, &options, &out, &error)
                    check_answer(status, &error, &out.extent)
                    memcpy(rows.data + i * width, out.rows, width * sizeof(float))
                else:
                    put_nan(rows.data + i * width, width)
                if progress is not None:
                    progress()
            return rows
        finally:
            self.end(&s)

    cdef Py_ssize_t width(self, bl_pooling pooling) except -1:
        """Of the vectors that this pooling gives."""
        cdef bl_sentence_info info
        cdef bl_error error
        if pooling != BL_MODEL_POOLING:
            return bl_describe(self.opened()).hidden
        if bl_describe_sentence(self.opened(), &info, &error) != BL_OK:
            raise_error(&error)
        return info.dimensions

    def corrected(self, text, bytes words not None, /):
        """A text with misspelled words as what is likely meant; words: see bl_corrected."""
        cdef bl_session s
        cdef bl_error error
        cdef bl_status status
        cdef Py_ssize_t size
        cdef const char *data = utf8(text, &size)
        cdef const unsigned char *added = words
        cdef size_t left, added_size = len(words)
        cdef const char *out
        self.begin(&s)
        try:
            with nogil:
                status = bl_corrected(&s, data, size, added, added_size, &out, &left, &error)
            check_answer(status, &error, NULL)
            return text if out == data else PyUnicode_DecodeUTF8(out, left, "replace")
        finally:
            self.end(&s)

    def hidden(self, text, /):
        """The hidden states of a text's tokens."""
        cdef bl_session s
        cdef bl_text t
        cdef bl_embed_options options
        cdef bl_vectors out
        cdef bl_error error
        cdef bl_status status
        read_text(&t, text, None)
        read_embed_options(&options, "none", False, 0, 0)
        self.begin(&s)
        try:
            with nogil:
                status = bl_embed(&s, &t, &options, &out, &error)
            check_answer(status, &error, &out.extent)
            return tensor_of_vectors(&out)
        finally:
            self.end(&s)

    def fill(self, given, list targets, size_t k, /):
        """The row's ids, the indices of its masks, and for each the k best [(id, score)].

        given: a text, or an Encoding. targets: only these ids are considered; empty: all.
        """
        cdef bl_session s
        cdef bl_text t
        cdef bl_fill_options options
        cdef bl_filled out
        cdef bl_error error
        cdef bl_status status
        cdef Encoding row = None
        cdef int32_t *ids = NULL
        self.begin(&s)
        try:
            ids = read_ids(targets or [], &options.target_count)
            options.targets = ids if options.target_count else NULL
            options.top_k = k
            if isinstance(given, Encoding):
                row = encoding_of(given, self.tokenizer)
                with nogil:
                    status = bl_fill_row_masks(&s, row.data, row.data + row.count, row.count,
                                               &options, &out, &error)
            else:
                read_text(&t, given, None)
                with nogil:
                    status = bl_fill_mask(&s, &t, &options, &out, &error)
            check_answer(status, &error, &out.extent)
            return filled_of(&out)
        finally:
            self.end(&s)
            PyMem_Free(ids)

    def answer(self, question, context, size_t k, size_t max_answer_tokens, size_t max_tokens,
               stride, bint no_answer, int whole_words, bint sum_windows, /):
        """[(start, end, score)] of the k best answers, in characters of the context.

        stride None: the default. No answer is (0, 0, score).
        """
        cdef bl_session s
        cdef bl_text t
        cdef bl_answer_options options
        cdef bl_answers out
        cdef bl_error error
        cdef bl_status status
        read_text(&t, question, context)
        read_answer_options(&options, k, max_answer_tokens, max_tokens, stride, no_answer,
                            whole_words, sum_windows)
        self.begin(&s)
        try:
            with nogil:
                status = bl_answer_question(&s, &t, &options, &out, &error)
            check_answer(status, &error, NULL)
            return answers_of(&out)
        finally:
            self.end(&s)

    def entities(self, text, str strategy not None, stride, bint windows, bytes ignored,
                 list word_starts, bint with_words, /):
        """[(label's index, score, start, end, row, words)] of each entity, or of each token.

        text: a str, or a list of words, which begin at word_starts. windows: the text is read in
        windows of the model's own length; otherwise as in transformers, in the longest windows that
        share `stride` tokens, or if stride is None, truncated. ignored: for each label not 0 if it
        is left out; None: "O" is. row: the index of the first token. words: for each of the
        entity's words its tokens, or None.
        """
        cdef bl_session s
        cdef bl_text t
        cdef bl_entity_options options
        cdef bl_entities out
        cdef bl_error error
        cdef bl_status status
        cdef bytes joined
        cdef uint32_t *sizes = NULL
        read_entity_options(&options, self, strategy, stride, windows, ignored)
        self.begin(&s)
        try:
            if isinstance(text, str):
                read_text(&t, text, None)
                text, word_starts = (text,), None
            else:
                text = tuple(text)
                joined = read_words(&t, text, word_starts, &sizes)
            with nogil:
                status = bl_find_entities(&s, &t, &options, &out, &error)
            check_answer(status, &error, &out.extent)
            return entities_of(self.tokenizer, &out, text, word_starts, with_words)
        finally:
            self.end(&s)
            PyMem_Free(sizes)
