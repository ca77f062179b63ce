/* quantize.h: matrices in int8, each row with a step of its own. */
#ifndef BL_QUANTIZE_H
#define BL_QUANTIZE_H

#include "builder.h"

/* Values of a row in int8, within 127 steps of its largest; returns the step. */
float bl_quantize_row(const float *row, size_t n, int8_t *out);

/* A matrix's rows in int8 and their steps, from an int8 tensor and its ".scale" or from floats,
 * which are multiplied with column_factor (or NULL) first. */
bl_status bl_read_int8(bl_builder *b, const char *name, size_t rows, size_t columns,
                       const float *column_factor, int8_t *values, float *steps);

/* The kernels' sums are exact for values from -127 to 127: -128 is an error. */
bl_status bl_check_symmetric(bl_builder *b, const char *name, const int8_t *values, size_t count);

/* Per-channel rescaling, SmoothQuant-style, without data. Behind a LayerNorm, a few channels are
 * often much larger than the rest, and steps wide enough for them are too wide for the others.
 * So a channel is divided by sqrt(its size / the size of its weights), and its weights are
 * multiplied by that. LayerNorm's gain and bias tell a channel's size; the size of its weights
 * counts in steps of their rows, since each row has a step of its own.
 *
 * names: the `parts` matrices of rows x columns that share the input. Sets weight_factor, for the
 * weights' columns, and input_factor, its inverse; of a converted file only the latter. */
bl_status bl_rescale_channels(bl_builder *b, const char *const *names, size_t parts, size_t rows,
                              size_t columns, const bl_norm *norm, float *weight_factor,
                              float *input_factor);
#endif
