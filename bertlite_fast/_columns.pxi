# Column: texts of a list or of Arrow's arrays, where they lie. Part of _native.pyx.

cdef extern from "answers/arrow.h" nogil:
    ctypedef struct bl_arrow_schema:
        void (*release)(bl_arrow_schema *) noexcept nogil
    ctypedef struct bl_arrow_array:
        int64_t length
        void (*release)(bl_arrow_array *) noexcept nogil
    ctypedef struct bl_arrow_stream:
        int (*get_schema)(bl_arrow_stream *, bl_arrow_schema *) noexcept nogil
        int (*get_next)(bl_arrow_stream *, bl_arrow_array *) noexcept nogil
        const char *(*get_last_error)(bl_arrow_stream *) noexcept nogil
        void (*release)(bl_arrow_stream *) noexcept nogil
    bl_status bl_arrow_texts(const bl_arrow_schema *schema, const bl_arrow_array *array,
                             bl_bytes *out, bl_error *error)


cdef class ArrowChunk:
    """An array that is given back to its producer."""
    cdef bl_arrow_array array

    def __dealloc__(self):
        if self.array.release is not NULL:
            self.array.release(&self.array)


cdef class Column:
    """Texts and nulls: of a list of str and None, or of what has Arrow's methods, in which case no
    str is made of them, but where one is asked for."""
    cdef bl_bytes *rows        # data NULL: a null
    cdef readonly Py_ssize_t nulls
    cdef Py_ssize_t count
    cdef list held             # where the texts are

    def __init__(self, source):
        if self.held is not None:
            raise BertliteError("this column is open already; make another object.")
        self.held = []
        if isinstance(source, (list, tuple)):
            self.take_list(list(source))
        else:
            try:
                if hasattr(source, "__arrow_c_array__"):
                    self.take_array(source.__arrow_c_array__())
                else:
                    self.take_stream(source.__arrow_c_stream__())
            except (BertliteError, MemoryError):
                raise
            except Exception as error:  # of the producer, whoever that is
                raise wrong(
                    f"{type(source).__name__} cannot be read as an Arrow array: {error}"
                ) from error
        for i in range(self.count):
            self.nulls += self.rows[i].data is NULL

    def __dealloc__(self):
        PyMem_Free(self.rows)

    cdef int grow(self, int64_t more) except -1:
        """Room for more rows."""
        cdef void *rows = NULL
        if more < 0:
            raise wrong("the Arrow array is damaged: its length is negative.")
        if more < PY_SSIZE_T_MAX // <Py_ssize_t>sizeof(bl_bytes) - self.count:
            rows = PyMem_Realloc(self.rows, (self.count + more + 1) * sizeof(bl_bytes))
        if rows is NULL:
            raise OutOfMemoryError(f"out of memory for a column of {self.count + more} texts.")
        self.rows = <bl_bytes *>rows
        return 0

    cdef int take_list(self, list texts) except -1:
        cdef Py_ssize_t size
        self.grow(len(texts))
        self.held.append(texts)
        for text in texts:
            self.rows[self.count].data, self.rows[self.count].size = NULL, 0
            if text is not None:
                self.rows[self.count].data = utf8(text, &size)
                self.rows[self.count].size = size
            self.count += 1
        return 0

    cdef int take_array(self, object pair) except -1:
        cdef bl_arrow_schema *schema
        cdef bl_arrow_array *array
        cdef ArrowChunk chunk = ArrowChunk.__new__(ArrowChunk)
        first, second = pair
        schema = <bl_arrow_schema *>PyCapsule_GetPointer(first, "arrow_schema")
        array = <bl_arrow_array *>PyCapsule_GetPointer(second, "arrow_array")
        if schema.release is NULL or array.release is NULL:
            raise wrong("the Arrow array was given away already; make another.")
        chunk.array = array[0]
        array.release = NULL
        return self.take_chunk(schema, chunk)

    cdef int take_chunk(self, const bl_arrow_schema *schema, ArrowChunk chunk) except -1:
        cdef bl_error error
        cdef bl_status status
        self.grow(chunk.array.length)
        self.held.append(chunk)
        with nogil:
            status = bl_arrow_texts(schema, &chunk.array, self.rows + self.count, &error)
        if status != BL_OK:
            raise_error(&error)
        self.count += chunk.array.length
        return 0

    cdef int take_stream(self, object capsule) except -1:
        cdef bl_arrow_stream *stream
        cdef bl_arrow_schema schema
        cdef ArrowChunk chunk
        cdef int code
        stream = <bl_arrow_stream *>PyCapsule_GetPointer(capsule, "arrow_array_stream")
        if stream.release is NULL:
            raise wrong("the Arrow stream was read already; make another.")
        schema.release = NULL
        try:
            with nogil:  # which its producer may need
                code = stream.get_schema(stream, &schema)
            while True:
                if code:
                    raise wrong(f"an Arrow stream failed: {problem(stream, code)}")
                chunk = ArrowChunk.__new__(ArrowChunk)
                with nogil:
                    code = stream.get_next(stream, &chunk.array)
                if not code and chunk.array.release is NULL:
                    return self.no_table(&schema)
                if not code:
                    self.take_chunk(&schema, chunk)
        finally:
            if schema.release is not NULL:
                schema.release(&schema)
            stream.release(stream)

    cdef int no_table(self, const bl_arrow_schema *schema) except -1:
        """Check the type of a stream, of which there may be no chunk."""
        cdef ArrowChunk nothing = ArrowChunk.__new__(ArrowChunk)
        return self.take_chunk(schema, nothing)

    def prefixed(self, str prefix not None, /):
        """A column with a text before each of these."""
        cdef Column out = Column.__new__(Column)
        cdef Py_ssize_t before, total = 0
        cdef const char *start = utf8(prefix, &before)
        cdef bytearray data
        cdef char *p
        for i in range(self.count):
            if self.rows[i].data is not NULL:
                total += before + <Py_ssize_t>self.rows[i].size
        data = bytearray(total)
        p = data
        out.grow(self.count)
        out.held, out.nulls, out.count = [data], self.nulls, self.count
        for i in range(self.count):
            out.rows[i] = self.rows[i]
            if self.rows[i].data is not NULL:
                memcpy(p, start, before)
                memcpy(p + before, self.rows[i].data, self.rows[i].size)
                out.rows[i].data, out.rows[i].size = p, before + self.rows[i].size
                p += out.rows[i].size
        return out

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        """A text, or None for a null."""
        cdef Py_ssize_t at = index(i)
        if not 0 <= at < self.count:
            raise IndexError(f"there is no row {shown(i)}.")
        if self.rows[at].data is NULL:
            return None
        return PyUnicode_DecodeUTF8(self.rows[at].data, self.rows[at].size, "strict")

    def __iter__(self):
        return map(self.__getitem__, range(self.count))

    def __repr__(self):
        return f"Column({self.count} texts, {self.nulls} of them null)"


cdef str problem(bl_arrow_stream *stream, int code):
    """What a stream says of its failure."""
    cdef const char *text = stream.get_last_error(stream)
    if text is NULL:
        return f"error {code}."
    return (<bytes>text).decode("utf-8", "replace")


cdef int put_nan(float *row, Py_ssize_t width) except -1:
    """A row for a text that is null."""
    for i in range(width):
        row[i] = NAN
    return 0
