# Paths and texts as UTF-8, and ids as lists. Part of _native.pyx.

# Python's own integers stop being shared at 256; ids below SHARED are shared here, once a list of
# ids is made. In BERT's vocabularies the frequent words come first.
cdef enum:
    SHARED = 8192

cdef list shared_integers
cdef bl_atomic_pointer shared  # the list, once it is complete
cdef object sharing = allocate_lock()


cdef const char *utf8(object text, Py_ssize_t *size) except NULL:
    if not isinstance(text, str):
        raise wrong(f"a text has to be a str, not {type(text).__name__}.")
    try:
        return PyUnicode_AsUTF8AndSize(text, size)
    except UnicodeEncodeError as error:
        raise wrong(
            f"the text holds half a surrogate pair at index {error.start}, which is not a "
            "character; remove it, or encode the text with errors='replace' first."
        ) from None


cdef bytes path_bytes(object path):
    """A path for C."""
    cdef bytes found
    try:
        found = os.fsencode(path)
    except TypeError:
        raise wrong(
            f"a path has to be a str or a path object, not {type(path).__name__}."
        ) from None
    except UnicodeEncodeError:
        raise ModelFileError(
            f"the path {path!a} holds characters that this system's file names cannot hold."
        ) from None
    if not found:
        raise ModelFileError("a path is empty; give that of a folder or of a file.")
    if b"\0" in found:
        raise ModelFileError(f"the path {path!a} holds a NUL character.")
    return found


cdef void *share_integers() except NULL:
    global shared_integers
    with sharing:
        if bl_load_pointer(&shared) is NULL:
            shared_integers = list(range(SHARED))
            bl_store_pointer(&shared, <void *>shared_integers)
    return bl_load_pointer(&shared)


cdef list list_of(const int32_t *values, Py_ssize_t n):
    """Ids as a list."""
    cdef list out = PyList_New(n)
    cdef PyObject *v
    cdef void *known = bl_load_pointer(&shared)
    if known is NULL:
        known = share_integers()
    for i in range(n):
        if 0 <= values[i] < SHARED:
            v = PyList_GET_ITEM(<object>known, values[i])
            Py_INCREF(<object>v)
        else:
            v = PyLong_FromLong(values[i])
        PyList_SET_ITEM(out, i, v)
    return out
