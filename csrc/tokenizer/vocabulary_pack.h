/* vocabulary_pack.h: makes a packed vocabulary (vocabulary_packed.h). */
#ifndef BL_VOCABULARY_PACK_H
#define BL_VOCABULARY_PACK_H

#include "vocabulary.h"

/* entries: with different texts; they are sorted by text. with_ids 0: in the block, their ids are
 * their places then. *block: to be freed with bl_free. */
bl_status bl_packed_build(void **block, size_t *size, bl_entry *entries, size_t count,
                          const char *prefix, int with_ids, bl_error *error);

#endif
