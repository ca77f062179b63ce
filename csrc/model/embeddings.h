/* embeddings.h: the tables that ids are looked up in. */
#ifndef BL_EMBEDDINGS_H
#define BL_EMBEDDINGS_H

#include "builder.h"

bl_status bl_build_embeddings(bl_builder *b);

/* A table of one row per word in int8, rows padded; in the mapped file where that is possible. */
bl_status bl_build_word_table(bl_builder *b, const char *name, const int8_t **values,
                              const float **steps);
#endif
