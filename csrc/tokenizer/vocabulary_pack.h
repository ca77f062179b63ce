/* vocabulary_pack.h: makes a packed vocabulary (vocabulary_packed.h). */
#ifndef BL_VOCABULARY_PACK_H
#define BL_VOCABULARY_PACK_H

#include "vocabulary.h"

/* entries: with different texts, none of them empty, in rising order of ids; they are sorted by
 * text. *block: to be freed with bl_free. */
bl_status bl_packed_build(void **block, size_t *size, bl_entry *entries, size_t count,
                          const char *prefix, bl_error *error);

#endif
