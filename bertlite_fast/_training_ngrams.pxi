# N-grams, and how they are mixed with an encoder's answers. Part of _training.pyx.

cdef class Ngrams:
    """A linear classifier of tokens and pairs of tokens: see csrc/training/ngrams.h."""
    cdef bl_ngram_model m

    def __init__(self, Texts texts not None, rows, *, labels, class_weights=None, epochs=12,
                 rate=3.0, most=16384, fewest=1, seed=0):
        """Learn from some of the texts. most: n-grams to keep; fewest: texts that one has to be
        in."""
        cdef bl_ngram_options o
        cdef bl_error error
        cdef bl_status status
        cdef bl_ngram_texts all = texts_of(texts)
        cdef size_t count = 0
        cdef size_t *indices = NULL
        cdef float *weights = NULL
        if self.m.keys is not NULL:
            raise InputError("these n-grams are learned already; make another object.")
        o.labels, o.epochs, o.rate, o.most, o.fewest = labels, epochs, rate, most, fewest
        o.seed = (<object>seed) & 0xFFFFFFFFFFFFFFFF
        try:
            indices = read_indices(rows, &count)
            if class_weights is not None:
                weights = read_floats(class_weights, o.labels)
            o.class_weights = weights
            with nogil:
                status = bl_ngram_learn(&all, indices, count, &o, &self.m, &error)
            if status != BL_OK:
                raise_error(&error)
        finally:
            PyMem_Free(indices)
            PyMem_Free(weights)

    def __dealloc__(self):
        bl_ngram_free(&self.m)

    def __len__(self):
        return self.m.of.count

    def evaluate(self, Texts texts not None, rows, /):
        """Logits, a list for each of the rows."""
        cdef bl_error error
        cdef bl_status status
        cdef bl_ngram_texts all = texts_of(texts)
        cdef size_t count = 0, n = self.m.of.labels, i, j
        cdef size_t *indices = read_indices(rows, &count)
        cdef float *out = NULL
        try:
            out = <float *>allocate(count * n, sizeof(float))
            with nogil:
                status = bl_ngram_score(&self.m, &all, indices, count, out, &error)
            if status != BL_OK:
                raise_error(&error)
            return [[out[i * n + j] for j in range(n)] for i in range(count)]
        finally:
            PyMem_Free(indices)
            PyMem_Free(out)

    def tensors(self, scale, /):
        """[(name, dtype, shape, bytes)] for a model's file; scale: of the logits."""
        cdef size_t count = self.m.of.count, n = self.m.of.labels, i, j
        cdef float factor = scale
        cdef bytes weights = PyBytes_FromStringAndSize(NULL, count * n * sizeof(float))
        cdef float *out = <float *>PyBytes_AS_STRING(weights)
        for i in range(count):
            for j in range(n):
                out[i * n + j] = factor * self.m.weights[i * self.m.stride + j]
        keys = PyBytes_FromStringAndSize(<char *>self.m.keys, count * sizeof(uint32_t))
        rarity = PyBytes_FromStringAndSize(<char *>self.m.rarity, count * sizeof(float))
        return [("ngrams.rarity", "F32", [count], rarity),
                ("ngrams.weight", "F32", [count, n], weights),
                ("ngrams.keys", "I8", [count, 4], keys)]


cdef bl_ngram_texts texts_of(Texts texts):
    cdef bl_ngram_texts all
    all.texts, all.start, all.ids, all.labels = texts.count, texts.start, texts.ids, texts.labels
    return all


cdef size_t *read_indices(rows, size_t *count) except NULL:
    rows = list(rows)
    cdef size_t *out = <size_t *>allocate(len(rows), sizeof(size_t))
    try:
        for i, row in enumerate(rows):
            out[i] = row
    except BaseException:
        PyMem_Free(out)
        raise
    count[0] = len(rows)
    return out


cdef float *read_floats(values, size_t expected) except NULL:
    values = list(values)
    if <size_t>len(values) != expected:
        raise InputError(f"there are {len(values)} numbers, but {expected} were expected.")
    cdef float *out = <float *>allocate(expected, sizeof(float))
    try:
        for i, value in enumerate(values):
            out[i] = value
    except BaseException:
        PyMem_Free(out)
        raise
    return out


cdef class Mixed:
    """Logits of one classifier, or of two, for the same texts."""
    cdef bl_mixed of
    cdef float *first
    cdef float *second
    cdef int32_t *targets

    def __init__(self, first, second=None, labels=None):
        """Lists of logits, one for each text; labels: of the texts, for find()."""
        first = list(first)
        cdef size_t count = len(first), width = len(first[0]) if first else 0
        if self.first is not NULL:
            raise InputError("these logits are read already; make another object.")
        if second is not None and len(second) != len(first):
            raise InputError("two classifiers have logits for different numbers of texts.")
        self.first = read_floats(chain.from_iterable(first), count * width)
        if second is not None:
            self.second = read_floats(chain.from_iterable(second), count * width)
        if labels is not None:
            labels = list(labels)
            if len(labels) != len(first):
                raise InputError(f"there are {len(first)} texts and {len(labels)} labels.")
            self.targets = <int32_t *>allocate(count, sizeof(int32_t))
            for i, label in enumerate(labels):
                self.targets[i] = label
        self.of.texts, self.of.labels = count, width
        self.of.first, self.of.second, self.of.targets = self.first, self.second, self.targets

    def __dealloc__(self):
        PyMem_Free(self.first)
        PyMem_Free(self.second)
        PyMem_Free(self.targets)

    def find(self):
        """((what the first's logits are multiplied by, what the second's), the mean loss)"""
        cdef bl_mixture mixture
        cdef bl_error error
        cdef bl_status status
        cdef double loss = 0
        if self.targets is NULL:
            raise InputError("a mixture is found by the texts' labels; give them.")
        with nogil:
            status = bl_mixture_find(&self.of, &mixture, &loss, &error)
        if status != BL_OK:
            raise_error(&error)
        return (mixture.first, mixture.second), loss

    def answers(self, factors, /):
        """[(the best label's index, its probability)]"""
        cdef bl_mixture mixture
        cdef bl_error error
        cdef bl_status status
        cdef int32_t *labels = NULL
        cdef float *scores = NULL
        mixture.first, mixture.second = factors
        if not self.of.texts:
            return []
        try:
            labels = <int32_t *>allocate(self.of.texts, sizeof(int32_t))
            scores = <float *>allocate(self.of.texts, sizeof(float))
            with nogil:
                status = bl_mixture_answers(&self.of, mixture, labels, scores, &error)
            if status != BL_OK:
                raise_error(&error)
            return [(labels[i], scores[i]) for i in range(self.of.texts)]
        finally:
            PyMem_Free(labels)
            PyMem_Free(scores)


def scaled(bytes values not None, factor, /):
    """Floats, each multiplied by a factor.

    >>> import struct
    >>> struct.unpack("<2f", scaled(struct.pack("<2f", 1.5, -2.0), 2.0))
    (3.0, -4.0)
    """
    cdef size_t count = PyBytes_GET_SIZE(values) // sizeof(float)
    cdef bytes out = PyBytes_FromStringAndSize(NULL, count * sizeof(float))
    cdef float *x = <float *>PyBytes_AS_STRING(values)
    cdef float *y = <float *>PyBytes_AS_STRING(out)
    cdef float by = factor
    cdef size_t i
    for i in range(count):
        y[i] = by * x[i]
    return out
