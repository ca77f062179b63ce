/* kernels.h: what takes time in training, once for each instruction set.
 *
 * All tables are compiled from kernels.inc and give the same bytes: every sum has one order, which
 * depends neither on the instruction set nor on how work is split into calls, and there is no fused
 * multiply-add. Rows are padded to 16 floats; what is beyond a row's real size is 0. */
#ifndef BL_TRAINING_KERNELS_H
#define BL_TRAINING_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "../kernels/kernels.h"
#include "../kernels/products.h"

/* What a step of AdamW needs besides the arrays. */
typedef struct {
    float factor;                /* the gradient's: clipping */
    float beta1, beta2, epsilon; /* as usual */
    float rate;                  /* the learning rate, divided by the first moment's correction */
    float root;                  /* 1 / sqrt(the second moment's correction) */
    float keep;                  /* 1 - learning rate * weight decay */
} bl_adam;

/* Whether element i of an array is dropped is a function of key and i alone. */
typedef struct {
    uint32_t key, threshold; /* threshold: of 2^32; 0: nothing is dropped */
    float scale;
} bl_drop;

typedef struct {
    const char *name;
    bl_products products;
    /* b for product(): columns are rows of x, or rows of x are B's rows. count is padded with 0. */
    void (*pack_transposed)(const float *x, size_t stride, size_t count, size_t n, float *out);

    /* x becomes its normalized values, out = x * gain + shift. real: 1 where a row has a value. */
    void (*norm)(float *x, size_t rows, size_t n, size_t real_n, const float *real,
                 const float *gain, const float *shift, float epsilon, float *inverse, float *out);
    void (*norm_back)(const float *dy, const float *x, const float *inverse, size_t rows, size_t n,
                      size_t real_n, const float *real, const float *gain, float *dx);
    /* x becomes f(x), slope f'(x). */
    void (*activate)(bl_activation f, float *x, float *slope, size_t count);
    /* Rows of n padded scores become softmax(score * factor + mask). */
    void (*softmax)(float *x, size_t rows, size_t n, float factor, const float *mask);
    /* d, the gradient of a softmax's result p, becomes that of its scores. */
    void (*softmax_back)(const float *p, float *d, size_t rows, size_t n, float factor);
    /* x *= kept / dropped; the array's first element has this index. */
    void (*drop)(bl_drop drop, uint32_t index, float *x, size_t count);

    void (*add)(const float *x, size_t count, float *out);      /* out += x */
    void (*multiply)(const float *x, size_t count, float *out); /* out *= x */
    /* out[c] += the sum over rows of x[r][c] (* y[r][c], unless y is NULL), 16 columns. */
    void (*sum_columns)(const float *x, const float *y, size_t rows, size_t stride, float *out);
    float (*sum_squares)(const float *x, size_t count);
    void (*adam)(const bl_adam *a, float *value, const float *gradient, float *m, float *v,
                 size_t count);
} bl_training_kernels;

/* The table for an instruction set of the engine's; NULL if there is none of that name. */
const bl_training_kernels *bl_training_kernels_for(const char *isa);
/* Products with fused multiply-add; NULL if the processor or this build has none. */
const bl_products *bl_fused_products(const bl_training_kernels *k);

#endif
