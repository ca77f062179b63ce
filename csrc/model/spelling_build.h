/* spelling_build.h: a list of words from a model's file. */
#ifndef BL_SPELLING_BUILD_H
#define BL_SPELLING_BUILD_H

#include "builder.h"

/* From the tensors spelling.words, spelling.ids and spelling.known, if the model has them. */
bl_status bl_build_spelling(bl_builder *b);
#endif
