/* error.h: the one way to fail: a status for the program and one sentence for its user. */
#ifndef BL_ERROR_H
#define BL_ERROR_H

#include "bertlite.h"

#if defined __GNUC__
#define BL_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define BL_PRINTF(text, arguments)
#endif

/* Fills in *error, if there is one; returns status. */
bl_status bl_fail(bl_error *error, bl_status status, const char *format, ...) BL_PRINTF(3, 4);
/* BL_MEMORY_ERROR: "there is not enough memory for <what>." */
bl_status bl_no_memory(bl_error *error, const char *what);
#endif
