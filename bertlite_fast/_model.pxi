# Model: ids to outputs. Part of _native.pyx.

cdef struct workspace:
    size_t size
    size_t tokens
    unsigned threads

cdef enum:
    SLOTS = 8       # of working memory that is kept between calls
    PORTION = 1024  # tokens of a large batch that are worked on at a time


cdef class Model:
    """An open model. It never changes, and any number of threads may call it."""
    cdef bl_model *model
    cdef bl_output output
    cdef bint answers, pooler
    cdef size_t positions, width
    cdef unsigned thread_count
    cdef bl_atomic_pointer idle[SLOTS]  # workspaces between calls
    cdef object memory                  # what a model opened from memory points into
    cdef readonly object source
    cdef readonly str precision
    cdef readonly str task
    cdef readonly bytes changed_config  # instead of the files' own, or None
    cdef readonly bint new_classifier

    def __init__(self, source, str task="encoder", *, str precision="int8", threads=1, config=None,
                 bint new_classifier=False):
        cdef bl_model *model
        cdef bytes text = config_bytes(config)
        cdef bl_head head = <bl_head>HEADS[task][1] if task in HEADS else BL_NO_HEAD
        cdef unsigned thread_count
        if threads == "auto":
            from .cores import available

            threads = available()
        thread_count = number("threads", threads, 1)
        if self.model is not NULL:
            raise BertliteError("this model is open already; make another object.")
        if precision not in PRECISIONS:
            raise ModelConfigError(
                f"precision is {precision!r}; it can be {', '.join(map(repr, PRECISIONS))}."
            )
        if isinstance(source, (bytes, bytearray, memoryview)):
            source = bytes(source)
        model = open_model(source, text, <bl_precision>PRECISIONS[precision], head, new_classifier)
        try:
            self.choose(source, bl_describe(model), task)
            if self.model is not NULL:  # another thread was faster
                raise BertliteError("this model is open already; make another object.")
        except BaseException:
            bl_close(model)
            raise
        if isinstance(source, bytes):
            self.memory, source = source, None
        self.source, self.precision, self.task = source, precision, task
        self.changed_config, self.new_classifier = text, new_classifier
        self.thread_count = thread_count
        self.model = model

    cdef int choose(self, object source, const bl_info *i, str task) except -1:
        """What calls return, by the task that the model is opened for."""
        cdef size_t width
        cdef bl_output output
        if task == "encoder":
            output, width = BL_HIDDEN, i.hidden
        elif task == "embedding":
            output, width = BL_MEAN, i.hidden
        elif task in HEADS:
            output, head = HEADS[task]
            if i.head != head:
                refuse_setfit(source, task)
                raise ModelConfigError(
                    f"this model has {HEAD_NAMES[i.head]}, but {task} needs {HEAD_NAMES[head]}; "
                    "open a model that was trained for it."
                )
            width = i.vocabulary if output == BL_WORDS else i.labels
        else:
            raise ModelConfigError(
                f"task is {task!r}; it can be encoder, embedding, {', '.join(HEADS)}."
            )
        self.output, self.width, self.positions = output, width, i.positions
        self.answers = task == "question-answering"
        self.pooler = output == BL_HIDDEN and i.has_pooler
        return 0

    def __dealloc__(self):
        for i in range(SLOTS):
            free(self.idle[i])
        bl_close(self.model)

    cdef bl_model *opened(self) except NULL:
        if self.model is NULL:
            raise wrong("this model is not open: its __init__ was not called, or failed.")
        return self.model

    def _become(self, Model other not None):
        """Take over what another model has, which is then not open: what training changed. No other
        thread may use either meanwhile."""
        self.opened()
        other.opened()
        for i in range(SLOTS):
            free(bl_swap_pointer(&self.idle[i], NULL))
        self.model, other.model = other.model, self.model
        self.output, self.answers, self.pooler = other.output, other.answers, other.pooler
        self.positions, self.width = other.positions, other.width
        self.memory, self.source = other.memory, other.source
        self.changed_config, self.new_classifier = other.changed_config, other.new_classifier
        bl_close(other.model)
        other.model = NULL

    def _capsule(self):
        """The core's model, for _training, which copies what it needs while this object lives."""
        return PyCapsule_New(self.opened(), "bertlite_fast.model", NULL)

    @property
    def info(self):
        """The model's sizes."""
        cdef const bl_info *i = bl_describe(self.opened())
        return {
            "layers": i.layers, "hidden": i.hidden, "heads": i.heads,
            "intermediate": i.intermediate, "vocabulary": i.vocabulary, "positions": i.positions,
            "token_types": i.token_types, "labels": i.labels, "has_pooler": bool(i.has_pooler),
            "window": i.window, "window_overlap": i.window_overlap,
            "head": TASKS.get(<int>i.head), "ignored_head": TASKS.get(<int>i.ignored_head),
            "fused": bool(i.fused),
        }

    @property
    def config_json(self):
        """The model's config.json, as read."""
        cdef size_t size
        cdef const char *text = bl_config_json(self.opened(), &size)
        return PyUnicode_DecodeUTF8(text, size, "replace")

    @property
    def sentence(self):
        """What the model's files say about vectors (sentence-transformers), or None."""
        cdef bl_sentence_info info
        cdef bl_error error
        if bl_describe_sentence(self.opened(), &info, &error) != BL_OK:
            raise_error(&error)
        if info.json is NULL:
            return None
        return {
            "dimensions": info.dimensions, "max_tokens": info.max_tokens,
            "exclude_prompt": bool(info.exclude_prompt),
            "json": PyUnicode_DecodeUTF8(info.json, info.json_size, "replace"),
        }

    @property
    def threads(self):
        """Threads that a call may use; 1 unless told otherwise."""
        return self.thread_count

    def workspace_size(self, tokens, threads=1):
        """Bytes of working memory for that many tokens."""
        cdef size_t count = number("tokens", tokens, 0)
        return bl_workspace_size(self.opened(), count, number("threads", threads, 1))

    cdef workspace *borrow(self, size_t tokens, unsigned threads) except NULL:
        cdef workspace *w = NULL
        cdef size_t size
        for i in range(SLOTS):
            w = <workspace *>bl_swap_pointer(&self.idle[i], NULL)
            if w is not NULL:
                break
        if w is NULL or w.tokens < tokens or w.threads < threads:
            free(w)
            size = bl_workspace_size(self.model, tokens, threads)
            w = <workspace *>malloc(sizeof(workspace) + size)
            if w is NULL:
                raise OutOfMemoryError(f"out of memory for a workspace of {size} bytes.")
            w.size, w.tokens, w.threads = size, tokens, threads
        return w

    cdef void give_back(self, workspace *w) noexcept:
        for i in range(SLOTS):
            w = <workspace *>bl_swap_pointer(&self.idle[i], w)
            if w is NULL:
                return
        free(w)

    cdef Output output_for(self, const grid *ids, bl_request *request):
        """Memory for what the request asks."""
        cdef Output result = Output.__new__(Output)
        result.kind = ANSWERS if self.answers and request.output != BL_HIDDEN else request.output
        if request.states is not NULL:
            result.tensor = new_tensor(3, ids.texts, ids.length, bl_describe(self.model).hidden)
        elif request.positions is not NULL:
            result.tensor = new_tensor(2, request.position_count, self.width, 1)
        elif self.output == BL_CLASSES or self.output == BL_MEAN:
            result.tensor = new_tensor(2, ids.texts, self.width, 1)
        else:
            result.tensor = new_tensor(3, ids.texts, ids.length, self.width)
            if self.pooler:
                result.pooled = new_tensor(2, ids.texts, self.width, 1)
                request.pooled = result.pooled.data
        return result

    cdef Output run(self, const grid *ids, const int32_t *mask, const int32_t *types,
                    bl_request *request, unsigned threads):
        cdef bl_batch batch
        cdef bl_error error
        cdef bl_status status
        cdef Output result
        cdef workspace *w
        if ids.length > self.positions:
            raise wrong(
                f"a text of {ids.length} tokens is too long for this model, "
                f"which takes {self.positions}; truncate it."
            )
        batch.ids, batch.mask, batch.types = ids.data, mask, types
        batch.texts, batch.length = ids.texts, ids.length
        result = self.output_for(ids, request)
        w = self.borrow(min(ids.texts * ids.length, max(ids.length, <size_t>PORTION)), threads)
        with nogil:
            status = bl_run(self.model, &batch, request, result.tensor.data, w + 1, w.size,
                            threads, &error)
        self.give_back(w)
        if status != BL_OK:
            raise_error(&error)
        return result

    cdef tuple states(self, const grid *ids, const int32_t *mask, const int32_t *types,
                      unsigned threads):
        """The hidden states before each layer and after the last."""
        cdef bl_request request
        cdef Py_ssize_t hidden = bl_describe(self.model).hidden
        cdef Py_ssize_t layers = bl_describe(self.model).layers
        cdef Py_ssize_t rows = ids.texts * ids.length
        cdef Tensor before = new_tensor(3, layers, rows, hidden)
        memset(before.data, 0, layers * rows * hidden * sizeof(float))
        request.output, request.positions, request.position_count = BL_HIDDEN, NULL, 0
        request.pooled, request.states, request.softmax = NULL, before.data, NULL
        last = self.run(ids, mask, types, &request, threads).tensor
        return tuple([part(before, i, last) for i in range(layers)]) + (last,)

    def __call__(self, input_ids, attention_mask=None, token_type_ids=None, *, positions=None,
                 threads=None, **more):
        """The model's output for ids (a list, rows of lists, an array or a torch tensor).

        Rows of lists may differ in length. positions: for outputs per token, only these
        positions of the first text (or (text, position) pairs); the result then has one row each.
        output_hidden_states: the result has `hidden_states` too: those before each layer and those
        after the last. return_dict=False: a tuple. Outputs for torch tensors are torch tensors.
        """
        cdef grid ids, mask, types
        cdef bl_request request
        cdef int32_t *listed = NULL
        cdef unsigned n = self.thread_count
        cdef Output result
        self.opened()
        if more:
            from .compatibility import call_options

            more = call_options(more, input_ids)
        if threads is not None:
            n = number("threads", threads, 1)
        request.output, request.positions, request.position_count = self.output, NULL, 0
        request.pooled = request.states = request.softmax = NULL
        ids.data = ids.inside
        mask.data = types.data = NULL
        try:
            read_grid(input_ids, "input_ids", &ids, &mask if attention_mask is None else NULL)
            if attention_mask is not None:
                read_grid(attention_mask, "attention_mask", &mask, NULL)
                same_shape(&mask, "attention_mask", &ids)
            if token_type_ids is not None:
                read_grid(token_type_ids, "token_type_ids", &types, NULL)
                same_shape(&types, "token_type_ids", &ids)
            if positions is not None:
                listed = read_positions(positions, &ids, &request.position_count)
                request.positions = listed
            result = self.run(&ids, mask.data, types.data, &request, n)
            if type(input_ids) is not list:
                result.device = device_of(input_ids)
            if more:
                if more["output_hidden_states"]:
                    result.layers = self.states(&ids, mask.data, types.data, n)
                if not more["return_dict"]:
                    return result.to_tuple()
            return result
        finally:
            clear(&ids)
            if mask.data is not NULL:
                clear(&mask)
            if types.data is not NULL:
                clear(&types)
            PyMem_Free(listed)
