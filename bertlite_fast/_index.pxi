# IndexCore: vectors that are searched. Part of _native.pyx.

cdef int64_t id_of(object value) except -1:
    """An id, 0 or more."""
    try:
        number_ = -1 if isinstance(value, bool) else index(value)
    except TypeError:
        number_ = -1
    if not 0 <= number_ < 0x7FFFFFFFFFFFFFFF:
        raise wrong(f"{shown(value)} is not an id; ids are whole numbers of 0 to 2^63 - 2.")
    return number_


cdef class IndexCore:
    """An index of bl_index_*: any number of threads may read it, or one may change it."""
    cdef bl_index *index
    cdef readonly bytes data  # what an index from memory lies in
    cdef Py_ssize_t readers
    cdef readonly Py_ssize_t changes  # how often rows were added or removed
    cdef object counting, changing

    def __init__(self, width=None, bint keep_floats=False, *, path=None, bytes data=None):
        cdef bl_error error
        cdef bytes name
        cdef const char *p
        cdef size_t size
        cdef bl_index *made
        if path is not None:
            name = path_bytes(path)
            p = name
            with nogil:
                made = bl_index_open(p, &error)
        elif data is not None:
            p, size = data, len(data)
            with nogil:
                made = bl_index_open_memory(p, size, &error)
        else:
            made = bl_index_create(number("width", width, 1), keep_floats, &error)
        if made is NULL:
            raise_error(&error)
        if self.index is not NULL:
            bl_index_close(made)
            raise wrong("an index cannot be opened twice; make another.")
        self.index, self.data, self.readers = made, data, 0
        self.counting, self.changing = allocate_lock(), allocate_lock()

    def __dealloc__(self):
        bl_index_close(self.index)

    cdef int begin_reading(self) except -1:
        if self.index is NULL:
            raise wrong("the index is not open.")
        with self.counting:
            if not self.readers:
                self.changing.acquire()
            self.readers += 1
        return 0

    cdef int end_reading(self) except -1:
        with self.counting:
            self.readers -= 1
            if not self.readers:
                self.changing.release()
        return 0

    cdef bl_index_info info(self):
        cdef bl_index_info found
        self.begin_reading()
        bl_index_describe(self.index, &found)
        self.end_reading()
        return found

    @property
    def width(self):
        return self.info().width

    @property
    def keeps_floats(self):
        return bool(self.info().keeps_floats)

    @property
    def positions(self):
        return self.info().positions

    @property
    def next_id(self):
        return self.info().next_id

    def __len__(self):
        return self.info().count

    def add(self, vectors, list ids, list texts, list metadata, /):
        """Add rows, all or none; return their ids. texts: str or None; metadata: bytes or None;
        either may be None, as may ids."""
        cdef bl_index_info about
        cdef Tensor rows = vectors_of(vectors, "vectors")
        cdef Py_ssize_t n = rows.dims[0], i
        cdef bl_index_rows given
        cdef bl_error error
        cdef bl_status status
        cdef bl_bytes *all_bytes = NULL
        cdef int64_t *all_ids = NULL
        if self.index is NULL:
            raise wrong("the index is not open.")
        for each in (ids, texts, metadata):
            if each is not None and len(each) != n:
                raise wrong(f"there are {n} vectors, but {len(each)} ids, texts or metadata.")
        if n and rows.dims[1] != <Py_ssize_t>self.width:
            raise wrong(
                f"the vectors have {rows.dims[1]} values; those of this index have {self.width}."
            )
        memset(&given, 0, sizeof(given))
        try:
            if ids is not None:
                all_ids = <int64_t *>allocate(n, sizeof(int64_t))
                for i in range(n):
                    all_ids[i] = id_of(ids[i])
                given.ids = all_ids
            all_bytes = <bl_bytes *>allocate(2 * n, sizeof(bl_bytes))
            memset(all_bytes, 0, 2 * n * sizeof(bl_bytes))
            for i in range(n):
                if texts is not None and texts[i] is not None:
                    all_bytes[i].data = utf8(texts[i], <Py_ssize_t *>&all_bytes[i].size)
                if metadata is not None and metadata[i] is not None:
                    all_bytes[n + i].data = PyBytes_AS_STRING(metadata[i])
                    all_bytes[n + i].size = len(<bytes>metadata[i])
            given.vectors, given.count = rows.data, n
            given.texts, given.metadata = all_bytes, all_bytes + n
            with self.changing:
                bl_index_describe(self.index, &about)
                self.changes += 1
                with nogil:
                    status = bl_index_add(self.index, &given, &error)
            if status != BL_OK:
                raise_error(&error)
            return list(range(about.next_id, about.next_id + n)) if ids is None else ids
        finally:
            PyMem_Free(all_ids)
            PyMem_Free(all_bytes)

    def remove(self, list ids not None, /):
        """Remove rows, all or none."""
        cdef size_t n = len(ids), i
        cdef int64_t *all_ids = <int64_t *>allocate(n, sizeof(int64_t))
        cdef bl_error error
        cdef bl_status status
        try:
            for i in range(n):
                all_ids[i] = id_of(ids[i])
            if self.index is NULL:
                raise wrong("the index is not open.")
            with self.changing:
                self.changes += 1
                with nogil:
                    status = bl_index_remove(self.index, all_ids, n, &error)
            if status != BL_OK:
                raise_error(&error)
        finally:
            PyMem_Free(all_ids)

    def find(self, id, /):
        """The position of a row, or None."""
        cdef int64_t wanted = id_of(id)
        self.begin_reading()
        cdef size_t found = bl_index_find(self.index, wanted)
        self.end_reading()
        return None if found == BL_NO_POSITION else found

    def next(self, position, /):
        """The first position of a row at or behind a position, or None."""
        cdef size_t wanted = number("position", position, 0)
        self.begin_reading()
        cdef size_t found = bl_index_next(self.index, wanted)
        self.end_reading()
        return None if found == BL_NO_POSITION else found

    cdef tuple row_at(self, size_t position):
        cdef bl_index_row row
        cdef bl_error error
        if bl_index_read(self.index, position, &row, &error) != BL_OK:
            raise_error(&error)
        text = metadata = None
        if row.text.data is not NULL:
            text = PyUnicode_DecodeUTF8(row.text.data, row.text.size, "replace")
        if row.metadata.data is not NULL:
            metadata = row.metadata.data[:row.metadata.size]
        return row.id, text, metadata

    def read(self, position, /):
        """(id, text or None, metadata as bytes or None)."""
        cdef size_t wanted = number("position", position, 0)
        self.begin_reading()
        try:
            return self.row_at(wanted)
        finally:
            self.end_reading()

    def vectors(self):
        """The vectors of all rows, in the order of their positions."""
        cdef bl_error error
        cdef bl_index_info about
        cdef Tensor t
        cdef size_t i, p = 0
        self.begin_reading()
        try:
            bl_index_describe(self.index, &about)
            t = new_tensor(2, about.count, about.width, 1)
            for i in range(about.count):
                p = bl_index_next(self.index, p)
                if bl_index_vector(self.index, p, t.data + i * about.width, &error) != BL_OK:
                    raise_error(&error)
                p += 1
            return t
        finally:
            self.end_reading()

    def search(self, queries, k, bytes allowed, candidates, threads, changes=None, /):
        """For each query [(position, score, row as read gives it)], the best first.

        allowed: a bit for each position, as of `changes`; None if there were others since then.
        """
        cdef Tensor rows = vectors_of(queries, "queries")
        cdef bl_index_info about
        cdef bl_index_query query
        cdef bl_error error
        cdef bl_status status
        cdef size_t found = 0, size, i, j, least = 1
        cdef bl_hit *hits = NULL
        cdef void *workspace = NULL
        cdef const char *bits = NULL if allowed is None else PyBytes_AS_STRING(allowed)
        self.begin_reading()
        try:
            bl_index_describe(self.index, &about)
            if rows.dims[0] and rows.dims[1] != <Py_ssize_t>about.width:
                raise wrong(
                    f"the query has {rows.dims[1]} values; the vectors of this index have "
                    f"{about.width}."
                )
            if allowed is not None:
                if changes != self.changes:
                    return None
                if <size_t>len(allowed) != (about.positions + 63) // 64 * 8:
                    raise wrong("allowed has to have a bit for each position.")
            query.queries, query.count = rows.data, rows.dims[0]
            query.k = min(<size_t>number("top_k", k, 1), max(about.count, least))
            query.allowed = <const uint64_t *>bits
            query.candidates = min(<size_t>number("candidates", candidates, 0), about.count)
            query.threads = <unsigned>min(number("threads", threads, 1), 1 << 16)
            size = bl_index_workspace_size(self.index, &query)
            if not size:
                raise OutOfMemoryError("out of memory for so many queries; search for fewer.")
            hits = <bl_hit *>allocate(query.count * query.k, sizeof(bl_hit))
            workspace = allocate(size, 1)
            with nogil:
                status = bl_index_search(
                    self.index, &query, hits, &found, workspace, size, &error
                )
            if status != BL_OK:
                raise_error(&error)
            return [
                [(hits[i * query.k + j].position, hits[i * query.k + j].score,
                  self.row_at(hits[i * query.k + j].position)) for j in range(found)]
                for i in range(query.count)
            ]
        finally:
            self.end_reading()
            PyMem_Free(hits)
            PyMem_Free(workspace)

    def save(self, path, /):
        """Write the index to a file, atomically."""
        cdef bytes name = path_bytes(path)
        cdef const char *p = name
        cdef bl_error error
        cdef bl_status status
        self.begin_reading()
        try:
            with nogil:
                status = bl_index_save(self.index, p, &error)
        finally:
            self.end_reading()
        if status != BL_OK:
            raise_error(&error)
