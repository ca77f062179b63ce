# Trainer: steps of training. Part of _training.pyx.

cdef class Trainer:
    """A model in training: see csrc/training/trainer.h."""
    cdef bl_trainer *t
    cdef bl_training_options options
    cdef size_t *start
    cdef int32_t *ids
    cdef int32_t *types
    cdef int32_t *labels
    cdef float *targets
    cdef float *features
    cdef size_t width, label_count

    def __init__(self, model, *, str trained="encoder", str head="class", bint from_mean=False,
                 labels, str loss="one_label", smoothing=0.0, class_weights=None, temperature=0.1,
                 margin=0.3, hidden_dropout=0.0, attention_dropout=0.0, classifier_dropout=0.0,
                 betas=(0.9, 0.999), epsilon=1e-8, decay=0.0, clip=1.0, seed=0, tokens, texts,
                 length, threads=1, str isa=None, bint fused=False):
        """model: one that is open in fp32. tokens, texts: of the largest batch; length: of the
        longest text."""
        cdef bl_training_options *o = &self.options
        cdef bl_error error
        cdef float *weights = NULL
        cdef bytes isa_name = b"" if isa is None else isa.encode()
        cdef object capsule = model._capsule()
        cdef const bl_model *start = <const bl_model *>PyCapsule_GetPointer(
            capsule, "bertlite_fast.model"
        )
        if self.t is not NULL:
            raise InputError("this trainer is open already; make another object.")
        memset(o, 0, sizeof(bl_training_options))
        o.trained, o.from_mean, o.labels, o.loss = TRAINED[trained], from_mean, labels, LOSSES[loss]
        o.head = HEADS[head]
        o.smoothing, o.temperature, o.margin = smoothing, temperature, margin
        o.hidden_dropout, o.attention_dropout = hidden_dropout, attention_dropout
        o.classifier_dropout = classifier_dropout
        o.beta1, o.beta2 = betas
        o.epsilon, o.decay, o.clip = epsilon, decay, clip
        o.seed = (<object>seed) & 0xFFFFFFFFFFFFFFFF
        o.tokens, o.texts, o.length, o.threads = tokens, texts, length, threads
        o.fused = fused
        o.isa = NULL if isa is None else PyBytes_AS_STRING(isa_name)
        try:
            if class_weights is not None:
                class_weights = list(class_weights)
                if len(class_weights) != labels:
                    raise InputError(
                        f"there are {labels} labels and {len(class_weights)} class weights."
                    )
                weights = <float *>allocate(labels, sizeof(float))
                for i, weight in enumerate(class_weights):
                    weights[i] = weight
                o.class_weights = weights
            self.t = bl_trainer_create(start, o, &error)
            if self.t is NULL:
                raise_error(&error)
        finally:
            o.class_weights = NULL
            PyMem_Free(weights)
        self.width, self.label_count = bl_trainer_width(self.t), bl_trainer_labels(self.t)
        self.start = <size_t *>allocate(o.texts + 1, sizeof(size_t))
        self.ids = <int32_t *>allocate(o.tokens, sizeof(int32_t))
        self.types = <int32_t *>allocate(o.tokens, sizeof(int32_t))
        self.labels = <int32_t *>allocate(max(o.tokens, 2 * o.texts), sizeof(int32_t))
        self.targets = <float *>allocate(o.texts * self.label_count, sizeof(float))
        self.features = <float *>allocate(o.texts * self.width, sizeof(float))

    def __dealloc__(self):
        bl_trainer_free(self.t)
        PyMem_Free(self.start)
        PyMem_Free(self.ids)
        PyMem_Free(self.types)
        PyMem_Free(self.labels)
        PyMem_Free(self.targets)
        PyMem_Free(self.features)

    cdef bl_trainer *opened(self) except NULL:
        if self.t is NULL:
            raise InputError("this trainer is not open: its __init__ failed or was not called.")
        return self.t

    @property
    def bytes(self):
        """Memory that the core took."""
        return bl_trainer_bytes(self.opened())

    @property
    def norm(self):
        """Of the last update's gradient, before it was clipped."""
        return bl_trainer_norm(self.opened())

    def step(self, Texts texts not None, indices, *, number, rate, bint first=True, bint last=True,
             scale=1.0):
        """Train on some of the texts; their loss. number: of the step, which decides what dropout
        drops. first and last: of batches whose gradients are accumulated."""
        cdef bl_training_batch batch
        cdef bl_training_step step
        cdef bl_error error
        cdef bl_status status
        cdef double loss = 0
        cdef bl_trainer *t = self.opened()
        fill_batch(self, texts, indices, &batch)
        step.number, step.first, step.last = number, first, last
        step.rate, step.scale = rate, scale
        with nogil:
            status = bl_trainer_step(t, &batch, &step, &loss, &error)
        if status != BL_OK:
            raise_error(&error)
        return loss

    cdef double run(self, Texts texts, indices, float *logits, float *vectors,
                    bint wants_loss) except? -1:
        cdef bl_training_batch batch
        cdef bl_error error
        cdef bl_status status
        cdef double loss = 0
        cdef bl_trainer *t = self.opened()
        fill_batch(self, texts, indices, &batch)
        with nogil:
            status = bl_trainer_evaluate(t, &batch, logits, vectors, &loss if wants_loss else NULL,
                                         &error)
        if status != BL_OK:
            raise_error(&error)
        return loss

    def batches(self, Texts texts not None, indices=None, /):
        """Indices in groups as large as the training was made for."""
        cdef size_t tokens = 0, length
        cdef list groups = [], group = []
        for index in range(len(texts)) if indices is None else indices:
            length = texts.start[<size_t>index + 1] - texts.start[<size_t>index]
            if group and (len(group) == self.options.texts
                          or tokens + length > self.options.tokens):
                groups.append(group)
                group, tokens = [], 0
            group.append(index)
            tokens += length
        if group:
            groups.append(group)
        return groups

    def evaluate(self, Texts texts not None, indices=None, *, loss=True):
        """(logits, a list for each text; the mean loss, or None)

        Of a token or answer head: for each text a list of its tokens' lists.
        """
        if self.options.head == BL_WORD_HEAD:
            raise InputError("a head of words gives a loss only; call loss().")
        cdef bint of_tokens = self.is_of_tokens()
        cdef size_t rows_of_batch = self.options.tokens if of_tokens else self.options.texts
        cdef float *out = <float *>allocate(rows_of_batch * self.label_count, sizeof(float))
        cdef list rows = []
        cdef double total = 0
        cdef size_t i, j
        try:
            for group in self.batches(texts, indices):
                total += self.run(texts, group, out, NULL, loss) * len(group)
                found = [
                    [out[i * self.label_count + j] for j in range(self.label_count)]
                    for i in range(self.start[len(group)] if of_tokens else len(group))
                ]
                for i in range(len(group)):
                    rows.append(found[self.start[i] : self.start[i + 1]] if of_tokens else found[i])
        finally:
            PyMem_Free(out)
        return rows, total / max(1, len(rows)) if loss else None

    def loss(self, Texts texts not None, indices, /):
        """Of one batch, without dropout."""
        return self.run(texts, indices, NULL, NULL, True)

    cdef bint is_of_tokens(self):
        return self.options.head in (BL_TOKEN_HEAD, BL_ANSWER_HEAD, BL_WORD_HEAD)

    def best(self, Texts texts not None, indices=None, /):
        """For each text a list with the label of each of its tokens."""
        if self.options.head != BL_TOKEN_HEAD:
            raise InputError("only a head of tokens has labels for them.")
        cdef size_t n = self.label_count, i, j, most
        cdef float *out = <float *>allocate(self.options.tokens * n, sizeof(float))
        cdef list rows = [], row
        try:
            for group in self.batches(texts, indices):
                self.run(texts, group, out, NULL, False)
                for text in range(len(group)):
                    row = []
                    for i in range(self.start[text], self.start[text + 1]):
                        most = 0
                        for j in range(1, n):
                            if out[i * n + j] > out[i * n + most]:
                                most = j
                        row.append(most)
                    rows.append(row)
        finally:
            PyMem_Free(out)
        return rows

    def vectors(self, Texts texts not None, /):
        """Store each text's vector in `texts`, which are then trained on instead of their ids."""
        if self.is_of_tokens():
            raise InputError("a head of tokens is not trained on vectors of texts.")
        cdef float *out = <float *>allocate(len(texts) * self.width, sizeof(float))
        cdef size_t done = 0
        try:
            PyMem_Free(texts.features)
            texts.features = NULL
            for group in self.batches(texts):
                self.run(texts, group, NULL, out + done * self.width, False)
                done += len(group)
        except BaseException:
            PyMem_Free(out)
            raise
        texts.features, texts.width = out, self.width

    def tensors(self):
        """[(name, shape, whether it is trained)]"""
        cdef bl_training_tensor tensor
        found = []
        for i in range(bl_trainer_tensors(self.opened())):
            bl_trainer_tensor(self.t, i, &tensor)
            shape = [tensor.rows, tensor.columns] if tensor.columns else [tensor.rows]
            found.append((tensor.name.decode(), tuple(shape), bool(tensor.is_trained)))
        return found

    cdef size_t find(self, str name, size_t *count) except? 0:
        cdef bl_training_tensor tensor
        for i in range(bl_trainer_tensors(self.opened())):
            bl_trainer_tensor(self.t, i, &tensor)
            if tensor.name.decode() == name:
                count[0] = tensor.rows * (tensor.columns if tensor.columns else 1)
                if tensor.is_trained or count[0]:
                    return i
        raise InputError(f"the model in training has no tensor {name}.")

    def read(self, str name not None, *, bint gradient=False):
        """A tensor's values (or its gradient), as the bytes of float32."""
        cdef size_t count = 0, index = self.find(name, &count)
        cdef bl_training_tensor tensor
        bl_trainer_tensor(self.t, index, &tensor)
        if gradient and not tensor.is_trained:
            raise InputError(f"{name} is not trained, so it has no gradient.")
        cdef bytes out = PyBytes_FromStringAndSize(NULL, count * sizeof(float))
        cdef float *values = <float *>PyBytes_AS_STRING(out)
        bl_trainer_read(self.t, index, BL_GRADIENTS if gradient else BL_VALUES, values)
        return out

    def write(self, str name not None, bytes values not None, /):
        """Replace a tensor's values."""
        cdef size_t count = 0, index = self.find(name, &count)
        if <size_t>PyBytes_GET_SIZE(values) != count * sizeof(float):
            raise InputError(f"{name} has {count} values, not {len(values) // 4}.")
        bl_trainer_write(self.t, index, <const float *>PyBytes_AS_STRING(values))

    def state(self, *, bint optimizer=False):
        """What training changes, as bytes for load_state()."""
        cdef bytes out = PyBytes_FromStringAndSize(
            NULL, bl_trainer_state_size(self.opened(), optimizer)
        )
        bl_trainer_save_state(self.t, optimizer, PyBytes_AS_STRING(out))
        return out

    def load_state(self, bytes state not None, *, bint optimizer=False):
        """Go back to a state."""
        if <size_t>PyBytes_GET_SIZE(state) != bl_trainer_state_size(self.opened(), optimizer):
            raise InputError(
                "this state is of another training: its model, labels or what it trains differ."
            )
        bl_trainer_load_state(self.t, optimizer, PyBytes_AS_STRING(state))
