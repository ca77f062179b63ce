/* pooling.h: from the vectors of a text's tokens to one. */
#ifndef BL_POOLING_H
#define BL_POOLING_H

#include "bertlite.h"

/* rows: `count` of `width` floats; the first `skip` of them are left out, but never all. */
void bl_pool_rows(bl_pooling pooling, const float *rows, size_t count, size_t skip, size_t width,
                  float *out);
#endif
