# What makes the code that Cython writes smaller. Part of _native.pyx and of _training.pyx.
#
# Tracebacks of a wheel name functions, but no lines of files that it does not have: where each
# error is raised they would be a fortieth of its code. Builds in place, for development, have them.

cdef extern from *:
    """
    #ifdef BERTLITE_NO_LINES
    #undef __PYX_MARK_ERR_POS
    #define __PYX_MARK_ERR_POS(file, line) \\
        __pyx_filename = __pyx_f[0];              \\
        (void)__pyx_filename, (void)__pyx_lineno, (void)__pyx_clineno;
    #endif
    #ifdef __GNUC__
    /* Small code would call Py_XDECREF even where the compiler knows that there is no object. */
    static inline __attribute__((always_inline)) void bl_release(PyObject *object)
    {
        if (!__builtin_constant_p(object == NULL) || object != NULL)
            Py_XDECREF(object);
    }
    #undef Py_XDECREF
    #define Py_XDECREF(object) bl_release((PyObject *)(object))
    #endif
    """
