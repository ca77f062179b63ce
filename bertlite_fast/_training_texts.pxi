# Texts: what is trained on. Part of _training.pyx.

cdef class Texts:
    """Rows of ids, each with a label (or targets), or vectors that were computed from them."""
    cdef size_t count, capacity, used
    cdef size_t *start
    cdef int32_t *ids
    cdef int32_t *types
    cdef int32_t *labels
    cdef int32_t *token_labels
    cdef int32_t *spans
    cdef float *targets
    cdef float *features
    cdef size_t target_width, width

    def __init__(self, rows, types=None):
        """rows: lists of ids. types: a list of token types for each row; None: all 0."""
        cdef size_t at = 0
        if self.start is not NULL:
            raise InputError("these texts have rows already; make another object.")
        rows = list(rows)
        self.count = len(rows)
        self.used = sum(map(len, rows))
        self.start = <size_t *>allocate(self.count + 1, sizeof(size_t))
        self.ids = <int32_t *>allocate(self.used, sizeof(int32_t))
        self.labels = <int32_t *>allocate(self.count, sizeof(int32_t))
        memset(self.labels, 0, self.count * sizeof(int32_t))
        self.start[0] = 0
        for i, row in enumerate(rows):
            for value in row:
                if at >= self.used:
                    raise InputError("a row of ids changed while it was read.")
                self.ids[at] = value
                at += 1
            self.start[i + 1] = at
        self.used = at
        if types is not None:
            self.read_types(list(types))

    cdef int read_types(self, list types) except -1:
        cdef size_t at = 0
        if sum(map(len, types)) != self.used:
            raise InputError("token types and ids do not have the same lengths.")
        self.types = <int32_t *>allocate(self.used, sizeof(int32_t))
        for row in types:
            for value in row:
                if at < self.used:
                    self.types[at] = value
                at += 1
        return 0

    def __dealloc__(self):
        PyMem_Free(self.start)
        PyMem_Free(self.ids)
        PyMem_Free(self.types)
        PyMem_Free(self.labels)
        PyMem_Free(self.token_labels)
        PyMem_Free(self.spans)
        PyMem_Free(self.targets)
        PyMem_Free(self.features)

    def __len__(self):
        return self.count

    def set_labels(self, labels, /):
        """One index for each text."""
        labels = list(labels)
        if len(labels) != self.count:
            raise InputError(f"there are {self.count} texts and {len(labels)} labels.")
        for i, label in enumerate(labels):
            self.labels[i] = label

    def set_token_labels(self, rows, /):
        """One index for each token of each text; -1: none."""
        cdef size_t at = 0
        rows = [list(row) for row in rows]
        for i, row in enumerate(rows):
            if i >= self.count or len(row) != self.start[i + 1] - self.start[i]:
                raise InputError(f"text {i} does not have as many labels as tokens.")
        if len(rows) != self.count:
            raise InputError(f"there are {self.count} texts and {len(rows)} rows of labels.")
        PyMem_Free(self.token_labels)
        self.token_labels = NULL
        self.token_labels = <int32_t *>allocate(self.used, sizeof(int32_t))
        for row in rows:
            for label in row:
                self.token_labels[at] = label
                at += 1

    def set_spans(self, pairs, /):
        """For each text the tokens where its answer begins and ends."""
        pairs = list(pairs)
        if len(pairs) != self.count:
            raise InputError(f"there are {self.count} texts and {len(pairs)} spans.")
        PyMem_Free(self.spans)
        self.spans = NULL
        self.spans = <int32_t *>allocate(2 * self.count, sizeof(int32_t))
        for i, (first, last) in enumerate(pairs):
            self.spans[2 * i], self.spans[2 * i + 1] = first, last

    def set_targets(self, rows, /):
        """As many numbers for each text as there are labels."""
        rows = [list(row) for row in rows]
        widths = {len(row) for row in rows}
        if len(rows) != self.count or len(widths) != 1:
            raise InputError("targets have to be one row of equal length for each text.")
        PyMem_Free(self.targets)
        self.targets = NULL
        self.target_width = widths.pop()
        self.targets = <float *>allocate(self.count * self.target_width, sizeof(float))
        cdef size_t at = 0
        for row in rows:
            for value in row:
                self.targets[at] = value
                at += 1

    def forget_vectors(self):
        """Train on ids again."""
        PyMem_Free(self.features)
        self.features = NULL

    @property
    def longest(self):
        """Tokens of the longest text."""
        cdef size_t most = 0
        for i in range(self.count):
            most = max(most, self.start[i + 1] - self.start[i])
        return most

    def tokens(self, indices, /):
        """Tokens of some of the texts."""
        cdef size_t total = 0, i
        for index in indices:
            i = index
            if i < self.count:
                total += self.start[i + 1] - self.start[i]
        return total
