/* error.h: the one way to fail: a status for the program and one sentence for its user. */
#ifndef BL_ERROR_H
#define BL_ERROR_H

#include "bertlite.h"

#if defined __GNUC__
#define BL_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define BL_PRINTF(text, arguments)
#endif

#if defined BL_FREESTANDING && !defined BL_ERROR_TEXTS

/* Without texts: the sentence is checked by the compiler, but not in the program. */
bl_status bl_fail_code(bl_error *error, bl_status status);
char bl_no_text(const char *format, ...) BL_PRINTF(1, 2); /* nowhere defined */
#define bl_fail(error, status, ...)                                                                \
    ((void)sizeof(bl_no_text(__VA_ARGS__)), bl_fail_code(error, status))
#define bl_no_memory(error, what) bl_fail(error, BL_MEMORY_ERROR, what)

#else

/* Fills in *error, if there is one; returns status. */
bl_status bl_fail(bl_error *error, bl_status status, const char *format, ...) BL_PRINTF(3, 4);
/* BL_MEMORY_ERROR: "there is not enough memory for <what>." */
bl_status bl_no_memory(bl_error *error, const char *what);

#endif
#endif
