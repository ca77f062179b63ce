/* forward.h: the encoder, on the tokens of a portion of a batch. */
#ifndef BL_FORWARD_H
#define BL_FORWARD_H

#include "model.h"
#include "threads.h"

/* Tokens of several texts, one after another, padding left out. The results of the
 * rows in `wanted` (rising) end up in the first wanted_count rows of x. */
typedef struct {
    const bl_model *m;
    bl_threads threads;

    size_t tokens, texts, wanted_count;
    int first_only;                     /* of every text the first token is wanted, and no other */
    int32_t *words, *positions, *types; /* per token */
    int32_t *origin;                    /* per token: its index in the batch */
    int32_t *wanted;                    /* token indices */
    size_t *start, *wanted_start;       /* per text, and one more */

    float *states;     /* what goes into each layer, as bl_request's, or NULL */
    size_t batch_size; /* floats of one layer's states */

    float *x; /* [tokens][hidden] */
    /* Rows of queries, which become those of attention's results, and rows of keys and values. All
     * heads' lie in one row, [3 * width]; of a frugal model, keys and values of one head at a time
     * lie behind all queries. */
    float *q, *kv;
    size_t q_stride, kv_stride;
    bl_rows8 rows;      /* int8: for any of a layer's inputs but the widest */
    struct bl_scratch { /* per thread */
        float *up;      /* [chunk][intermediate], or what attend_first needs */
        bl_rows8 up_rows;
        bl_rows8 q;          /* attention, int8 ... */
        void *keys, *values; /* ... and both */
        float *key_scale, *value_scale;
        int32_t *key_sum, *value_sum;
        void *attend;
    } scratch[BL_MOST_THREADS];
} bl_pass;

/* Lay a pass for up to `tokens` tokens out in memory (NULL: only measure); its size. */
size_t bl_lay_out(bl_pass *p, const bl_model *m, size_t tokens, unsigned threads, void *memory);

/* Of p->rows those for rows [at, ...) of a layer's input, of m->width values or less. */
bl_rows8 bl_pass_rows(const bl_pass *p, size_t at);

/* An int8 buffer's rows of n values from row `at` on; from an odd one, a single row, at
 * the offset of its pair. In float the buffer is empty and stays so. */
bl_rows8 bl_rows_from(const bl_model *m, bl_rows8 r, size_t at, size_t n);

void bl_forward(bl_pass *p, unsigned thread);

/* out = f(x) W + bias for columns [from, to) of the layer; x becomes f(x). */
void bl_apply(const bl_model *m, const bl_linear *w, bl_activation f, float *x, size_t x_stride,
              size_t count, bl_rows8 rows, size_t from, size_t to, float *out, size_t stride);
#endif
