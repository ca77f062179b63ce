/* pack.h: a linear layer's weights and bias, read and packed for the model's kernels. */
#ifndef BL_PACK_H
#define BL_PACK_H

#include "builder.h"

/* Kernels take attention heads that are padded to a multiple of 16. The rows of the layers that
 * give heads are padded so, and the columns of the layer that takes them. */
typedef enum { BL_NOT_BY_HEAD, BL_ROWS_BY_HEAD, BL_COLUMNS_BY_HEAD } bl_head_padding;

enum { BL_MAX_PARTS = 2 };

typedef struct {
    const char *names[BL_MAX_PARTS];
    size_t parts, rows, columns; /* parts of rows x columns, one under the other */
    bl_head_padding padding;
    const bl_norm *norm; /* int8: the LayerNorm that its input comes from, for rescaling; or NULL */
    int always_float;
    float *effective; /* if not NULL: gets the weights as they act, rows padded */
} bl_linear_plan;

bl_status bl_build_linear(bl_builder *b, const bl_linear_plan *plan, bl_linear *out);
#endif
