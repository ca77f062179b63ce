/* layers.h: the encoder's layers. */
#ifndef BL_LAYERS_H
#define BL_LAYERS_H

#include "builder.h"

/* *last: the LayerNorm that the encoder's output comes from. */
bl_status bl_build_layers(bl_builder *b, const bl_norm **last);
#endif
