# What bench/limits.py measures: C works, Python reads the clock. Part of _native.pyx.

cdef extern from "kernels/limits.h" nogil:
    bl_status bl_multiply_in_cache(const char *isa, size_t rounds, uint64_t *products,
                                   bl_error *error)
    uint64_t bl_read_all(const void *data, size_t size)


def multiply_in_cache(str isa not None, size_t rounds, /):
    """Run an instruction set's int8 kernel on data in the first-level cache; the products made."""
    cdef bytes name = isa.encode("utf-8", "replace")
    cdef const char *p = name
    cdef uint64_t products = 0
    cdef bl_error error
    cdef bl_status status
    with nogil:
        status = bl_multiply_in_cache(p, rounds, &products, &error)
    if status != BL_OK:
        raise_error(&error)
    return products


def read_all(data not None, /):
    """Read every byte of a buffer once; a number that depends on all of them."""
    cdef uint64_t found = 0
    cdef Py_buffer buffer
    PyObject_GetBuffer(data, &buffer, 0)
    with nogil:
        found = bl_read_all(buffer.buf, buffer.len)
    PyBuffer_Release(&buffer)
    return found
