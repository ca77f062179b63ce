/* kernels.h: the kernel table, the one interface between the model and the instruction sets.
 *
 * Every instruction set fills one table from the same source (kernels.inc), so all of them perform
 * the same arithmetic in the same order and return the same bytes. The top of kernels.inc says
 * what makes that true, README.md how to add an instruction set.
 *
 * Conventions: rows of floats are a multiple of 16 lanes wide ("padded"), and lanes past the real
 * size hold 0.0f. A stride is the distance of two rows, in elements. No kernel allocates, locks,
 * keeps state or checks its arguments: the model does, where sizes and values enter. */
#ifndef BL_KERNELS_H
#define BL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "../sizes.h"

#define BL_LANES 16

static inline size_t bl_pad(size_t n) { return (n + (BL_LANES - 1)) & ~(size_t)(BL_LANES - 1); }

typedef enum {
    BL_LINEAR,
    BL_GELU,
    BL_GELU_TANH,
    BL_RELU,
    BL_TANH,
    BL_SILU,
    BL_QUICK_GELU,
    BL_ACTIVATIONS
} bl_activation;

/* Rows of 8-bit activations in a table's own layout: x = scale * (stored - zero).
 * A row takes padded k * row_unit bytes; a range may start at any even row. */
typedef struct {
    void *data;
    float *scale;
    int32_t *zero;
} bl_rows8;

/* Columns of 8-bit weights in a table's own layout: w = scale * stored, with the
 * sum of every column's stored values.  A column takes padded k * column_unit
 * bytes; a range may start at any multiple of 16. */
typedef struct {
    const void *data;
    const float *scale;
    const int32_t *sum;
} bl_columns8;

typedef struct {
    const int8_t *words; /* int8 rows with words_scale, or ... */
    const float *words_scale;
    const float *words_f32; /* ... float rows where words is NULL */
    const float *positions;
    const float *types; /* NULL: the architecture has none */
} bl_tables;

typedef struct bl_kernels {
    const char *name;
    size_t row_unit;    /* bytes that one activation takes in bl_rows8 */
    size_t column_unit; /* bytes that one weight takes in bl_columns8 */

    /* out[i] = word + position + type, for count tokens of n padded values. */
    void (*embed)(const bl_tables *tables, const int32_t *words, const int32_t *positions,
                  const int32_t *types, size_t count, size_t n, float *out);

    /* x = LayerNorm(x + residual) * gain + shift, rows of n values, not padded; residual (rows
     * `stride` floats apart) may be NULL. */
    void (*norm)(float *x, const float *residual, size_t stride, const float *gain,
                 const float *shift, float epsilon, size_t rows, size_t n);

    /* x = f(x); rows of n padded values, stride floats apart. */
    void (*activate)(bl_activation f, float *x, size_t stride, size_t rows, size_t n);

    /* The rows of f(x), or of x * balance, in 8 bits.  x is overwritten with f(x);
     * balance is NULL unless f is BL_LINEAR.  Rows start at an even row of out. */
    void (*quantize)(bl_activation f, float *x, size_t stride, const float *balance, size_t rows,
                     size_t n, bl_rows8 out);

    /* int8 columns, each of n consecutive values, count of them (both padded). */
    void (*pack8)(const int8_t *columns, size_t count, size_t n, void *data, int32_t *sum);

    /* out[i][j] = a_i . b_j (+ bias_j) for rows i and count columns, k values each. */
    void (*gemm8)(bl_rows8 a, size_t rows, bl_columns8 b, size_t count, size_t k, const float *bias,
                  float *out, size_t stride);

    /* The same against int8 columns that are not packed, k bytes apart, at any address: for a
     * vocabulary, which is used where the file is mapped. If there are fewer than 16, what is
     * read (b, scale, sum, bias) is padded to 16. softmax: NULL, or for each of at most
     * BL_MASKS_AT_ONCE rows the two floats that largest and sum_exp would return for its results.
     * backward: from the last columns to the first, for a sweep that begins with what the one
     * before has left in the caches. sums8: the sums of such columns. */
    void (*gemm8_in_place)(bl_rows8 a, size_t rows, const int8_t *b, const float *scale,
                           const int32_t *sum, size_t count, size_t k, const float *bias,
                           float *out, size_t stride, float *softmax, int backward);
    void (*sums8)(const int8_t *columns, size_t count, size_t n, int32_t *sum);

    /* One head's keys and values of a sequence, from floats to packed columns.
     * Keys: one column per token, d values. Values: d columns, one value per token, a scale per
     * token. count tokens, d padded; what is written has the padded count. */
    void (*pack_keys8)(const float *x, size_t stride, size_t count, size_t d, void *data,
                       float *scale, int32_t *sum);
    void (*pack_values8)(const float *x, size_t stride, size_t count, size_t d, void *data,
                         float *scale, int32_t *sum);

    /* softmax(q . keys * factor) . values for rows queries against count tokens.
     * values.scale is per token.  scratch: attend8_scratch(count) bytes. */
    void (*attend8)(bl_rows8 q, size_t rows, bl_columns8 keys, bl_columns8 values, size_t count,
                    size_t d, float factor, void *scratch, float *out, size_t stride);
    size_t (*attend8_scratch)(size_t count);

    /* The same in float.  Packed columns are [count/16][n][16]. */
    void (*pack32)(const float *columns, size_t stride, size_t count, size_t n, float *data);
    void (*pack_values32)(const float *x, size_t stride, size_t count, size_t d, float *data);
    void (*gemm32)(const float *a, size_t a_stride, size_t rows, const float *b, size_t count,
                   size_t k, const float *bias, float *out, size_t stride);
    void (*attend32)(const float *q, size_t q_stride, size_t rows, const float *keys,
                     const float *values, size_t count, size_t d, float factor, void *scratch,
                     float *out, size_t stride);
    size_t (*attend32_scratch)(size_t count);
    /* softmax(q . x_j * factor) . x_j for rows queries of n padded values against
     * count rows of x; scores: capacity for rows * padded count. */
    void (*attend_few32)(const float *q, size_t rows, const float *x, size_t count, size_t n,
                         float factor, float *scores, float *out);

    /* Mean of rows of n padded values. */
    void (*mean)(const float *x, size_t stride, size_t rows, size_t n, float *out);

    /* For the top k of many logits: the largest (of +0 and -0, either), the sum of
     * exp(x - largest), and the first index in [from, n) whose value is above a threshold (n if
     * there is none). */
    float (*largest)(const float *x, size_t n);
    float (*sum_exp)(const float *x, size_t n, float largest);
    size_t (*find_above)(const float *x, size_t from, size_t n, float threshold);
} bl_kernels;

/* The instruction sets compiled into this binary, best last; *count of them. */
const bl_kernels *const *bl_isas(size_t *count);

/* Whether this machine can run the table. */
int bl_isa_available(const bl_kernels *isa);

/* One whose packed weights lie as plain C has them, in which models in flash are stored: plain C
 * itself, or a microcontroller's own. */
const bl_kernels *bl_plain_isa(void);

/* The table with fused multiply-add in its products of floats, for models of BL_FP32_FAST alone;
 * NULL if the processor has none. */
const bl_kernels *bl_fused_kernels(const bl_kernels *isa);

/* The table of this name, NULL if this machine cannot run it or there is none. */
const bl_kernels *bl_find_isa(const char *name);

/* The table in use: BERTLITE_ISA if set, else the best available.  NULL when
 * BERTLITE_ISA names none that can run here. */
const bl_kernels *bl_active_isa(void);

#endif
