# Portion: texts that are worked on together, and what they point to. Part of _native.pyx.

cdef class Portion:
    """Texts that are worked on together, and what they point to."""
    cdef bl_text *texts
    cdef size_t count, capacity, size
    cdef list given, starts, held

    def __cinit__(self):
        self.given, self.starts, self.held = [], [], []

    def __dealloc__(self):
        self.forget()
        PyMem_Free(self.texts)

    cdef void forget(self) noexcept:
        cdef size_t i
        for i in range(self.count):
            PyMem_Free(<void *>self.texts[i].word_sizes)
        self.count = self.size = 0

    cdef int clear(self) except -1:
        self.forget()
        self.given, self.starts, self.held = [], [], []
        return 0

    cdef bl_text *room(self) except NULL:
        """Where the next text goes."""
        cdef bl_text *t
        if self.count == self.capacity:
            t = <bl_text *>PyMem_Realloc(self.texts, (2 * self.capacity + 16) * sizeof(bl_text))
            if t is NULL:
                raise OutOfMemoryError(f"out of memory for {self.count} texts.")
            self.texts, self.capacity = t, 2 * self.capacity + 16
        return self.texts + self.count

    cdef int add(self, object given, object second) except -1:
        """A text with its pair or None; or a list of words, and the offsets where they begin."""
        cdef uint32_t *sizes = NULL
        cdef bl_text *t = self.room()
        if isinstance(given, list):
            given = tuple(given)
            self.held.append(read_words(t, given, second, &sizes))
        else:
            read_text(t, given, second)
        self.given.append(given)
        self.starts.append(second)
        self.count += 1
        self.size += t.size + t.pair_size
        return 0

    cdef int add_row(self, Column column, Py_ssize_t i) except -1:
        """A text of a column, which has to stay, unless it is null."""
        cdef bl_text *t = self.room()
        if read_row(t, None, column, i):
            self.count += 1
            self.size += t.size
        return 0
