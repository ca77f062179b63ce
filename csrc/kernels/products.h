/* products.h: blocked products of float matrices, whose source is products.inc. Training has its
 * own of each instruction set; those with fused multiply-add are shared with inference, which
 * reaches them through the kernel table of BL_FP32_FAST. */
#ifndef BL_PRODUCTS_H
#define BL_PRODUCTS_H

#include <stddef.h>

/* out[r][c] (+)= sum over k of a[r * a_row + k * a_step] * B[k][c], in the order of k. Column c of
 * row k of B is at b + c / 16 * b_panel + k * b_step + c % 16. columns is a multiple of 16. */
typedef struct {
    const float *a;
    size_t a_row, a_step, rows;
    const float *b;
    size_t b_step, b_panel, columns, depth;
    const float *bias; /* added first; or NULL */
    int add;           /* to what is in out, instead of bias */
    float *out;
    size_t stride;
} bl_product;

typedef struct {
    void (*product)(const bl_product *p);
    /* The same for a product with a large depth: both operands are read in blocks. */
    void (*outer_product)(const bl_product *p);
} bl_products;

/* With fused multiply-add, which rounds once where the others round twice: not the bytes of plain
 * C, but the same on every processor that has it. */
#define BL_PRODUCTS(name)  BL_PRODUCTS_(name)
#define BL_PRODUCTS_(name) bl_products_##name
extern const bl_products bl_products_fused_avx2, bl_products_fused_avx512, bl_products_fused_neon;

#endif
