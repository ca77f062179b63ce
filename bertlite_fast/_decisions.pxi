# Choices: which of some options a text means. Part of _native.pyx.

cdef int read_constants(object values, float *out) except -1:
    if len(values) != 3:
        raise wrong("a scale has three numbers for each constant.")
    for i in range(3):
        out[i] = values[i]
    return 0


cdef class Choices:
    """Options of decisions: the rows of each behind those of the one before.

    ends: for each option, behind its last row. denied: for each row, not 0 if it says that
    something is not to be done. scale: (factor, steepness, threshold, softness), three numbers
    each.
    """
    cdef Tensor rows, centers
    cdef uint32_t *ends
    cdef bytes denied
    cdef bl_choices choices
    cdef bl_decision_scale scale

    def __init__(self, rows, list ends not None, bytes denied not None, scale):
        cdef Tensor found = vectors_of(rows, "rows")
        cdef Py_ssize_t i, n = len(ends), before = 0
        if self.ends is not NULL:
            raise wrong("choices cannot be made twice; make others.")
        if not n or ends[n - 1] != found.dims[0] or <Py_ssize_t>len(denied) != found.dims[0]:
            raise wrong("each option needs a row, and each row an option.")
        self.ends = <uint32_t *>allocate(n, sizeof(uint32_t))
        for i in range(n):
            if not before < ends[i] <= found.dims[0]:
                raise wrong("each option needs a row.")
            before = self.ends[i] = ends[i]
        if len(scale) != 4:
            raise wrong(
                f"scale has {len(scale)} constants; expected 4, as bench/decisions.py finds them."
            )
        read_constants(scale[0], self.scale.factor)
        read_constants(scale[1], self.scale.steepness)
        read_constants(scale[2], self.scale.threshold)
        read_constants(scale[3], self.scale.softness)
        self.rows, self.denied = normalized(found), denied
        self.centers = new_tensor(2, n, found.dims[1], 1)
        self.choices.rows, self.choices.width = self.rows.data, found.dims[1]
        self.choices.ends, self.choices.denied = self.ends, self.denied
        bl_find_centers(self.prepared(n), self.centers.data)
        self.choices.centers = self.centers.data

    def __dealloc__(self):
        PyMem_Free(self.ends)

    cdef bl_choices *prepared(self, size_t n):
        self.choices.options = n
        return &self.choices

    def decide(self, vectors, row, bint forced, bint denied, k, /):
        """(best, its score, second, its score, nearest row, its similarity, none, the k best)."""
        cdef Tensor x = rows_of(vectors, "vectors")
        cdef Py_ssize_t wanted = number("row", row, 0)
        cdef Py_ssize_t n = self.choices.options
        cdef bl_decision_options options
        cdef bl_decision out
        cdef Tensor unit, scores
        cdef const float *vector
        if self.centers is None:
            raise wrong("the choices are not open: their __init__ was not called, or failed.")
        if wanted >= x.dims[0] or <size_t>x.dims[1] != self.choices.width:
            raise wrong(
                f"the vectors have the shape {x.shape}; those of the options have "
                f"{self.choices.width} values."
            )
        unit = new_tensor(2, 1, x.dims[1], 1)
        memcpy(unit.data, x.data + wanted * x.dims[1], x.dims[1] * sizeof(float))
        bl_normalize_rows(unit.data, 1, x.dims[1])
        scores = new_tensor(2, 1, n, 1)
        options.scale, options.forced, options.denied = self.scale, forced, denied
        vector = unit.data
        with nogil:
            bl_decide(&self.choices, vector, &options, scores.data, &out)
        return (
            out.best, out.score, out.second, out.second_score, out.row, out.similarity, out.none,
            best_of(scores, 0, k) if k else [],
        )


def affirmed(text, bint denied=False, /):
    """A text without the clauses that say that something is not to be done; or, of what is denied,
    without the words that deny."""
    cdef Py_ssize_t size, left
    cdef const char *data = utf8(text, &size)
    cdef char *out = <char *>allocate(size, 1)
    try:
        left = bl_undenied(data, size, out) if denied else bl_affirmed(data, size, out)
        return text if left == size else PyUnicode_DecodeUTF8(out, left, "replace")
    finally:
        PyMem_Free(out)
