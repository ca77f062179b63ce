/* formats.h: files often passed by mistake instead of a model, recognized by their first bytes. */
#ifndef BL_FORMATS_H
#define BL_FORMATS_H

#include "bertlite.h"

/* BL_OK if the bytes are not of such a file; otherwise the error says what they are, and what to do
 * instead. path (or NULL) and expected, such as "a model that can be opened", are only for the
 * message. */
bl_status bl_refuse_other_formats(const void *data, size_t size, const char *path,
                                  const char *expected, bl_error *error);
/* The same where text or JSON is expected. */
bl_status bl_refuse_formats_but_text(const void *data, size_t size, const char *path,
                                     const char *expected, bl_error *error);
#endif
