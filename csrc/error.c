#include "error.h"

const char *bl_version(void) { return BL_VERSION; }

#if defined BL_FREESTANDING && !defined BL_ERROR_TEXTS

bl_status bl_fail_code(bl_error *error, bl_status status)
{
    if (!error) return status;
    error->status = status;
    error->text[0] = 0;
    return status;
}

#else
#include <stdarg.h>
#include <stdio.h>

bl_status bl_fail(bl_error *error, bl_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return status;
}

bl_status bl_no_memory(bl_error *error, const char *what)
{
    return bl_fail(error, BL_MEMORY_ERROR, "there is not enough memory for %s.", what);
}
#endif
