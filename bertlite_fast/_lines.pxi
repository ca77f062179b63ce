# Tracebacks of a wheel name functions, but no lines of files that it does not have: where each
# error is raised they would be a fortieth of its code. Builds in place, for development, have them.

cdef extern from *:
    """
    #ifdef BERTLITE_NO_LINES
    #undef __PYX_MARK_ERR_POS
    #define __PYX_MARK_ERR_POS(file, line) \\
        __pyx_filename = __pyx_f[file];           \\
        (void)__pyx_filename, (void)__pyx_lineno, (void)__pyx_clineno;
    #endif
    """
