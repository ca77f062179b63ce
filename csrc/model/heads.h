/* heads.h: what follows the encoder: a pooler, a classifier, a masked language model's words.
 * A new head is a value of bl_head (bertlite.h), a row of config.c's table of architectures, and
 * a case in bl_build_heads and in run.c. */
#ifndef BL_HEADS_H
#define BL_HEADS_H

#include "builder.h"

/* last: the LayerNorm that the encoder's output comes from. */
bl_status bl_build_heads(bl_builder *b, const bl_norm *last);
#endif
