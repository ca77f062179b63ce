/* formats.h: files often passed by mistake instead of a model, recognized by their first bytes. */
#ifndef BL_FORMATS_H
#define BL_FORMATS_H

#include "bertlite.h"

/* BL_OK if the bytes are not of such a file; otherwise the error says what they are, and what to do
 * instead. path (or NULL) is only for the message. */
bl_status bl_refuse_other_formats(const void *data, size_t size, const char *path, bl_error *error);
#endif
