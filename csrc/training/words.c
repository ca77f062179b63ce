/* words.c: the head of masked words: a layer, a norm, and the table of words, which is not trained.
 * Only tokens with a label are multiplied with the table. */
#include <math.h>
#include <string.h>

#include "state.h"

void bl_train_words_forward(bl_trainer *t, size_t row, size_t rows)
{
    const size_t h = t->hidden;
    float *x = t->pooled + row * h;
    bl_train_apply(t, &t->pooler, t->pooled_in + row * h, rows, x);
    t->k->activate(t->c.activation, x, t->pooled_slope + row * h, rows * h);
    t->k->norm(x, rows, h, t->c.hidden, t->real, t->values + t->word_norm.gain,
               t->values + t->word_norm.shift, t->c.epsilon, t->word_inverse + row,
               t->dropped + row * h);
}

/* The losses of up to BL_WORD_TILE tokens, and the gradients of what the table was given. */
static void tile_loss(bl_trainer *t, struct bl_train_scratch *s, const size_t *tokens,
                      const size_t *texts, size_t count)
{
    const size_t h = t->hidden, n = t->padded_labels, words = t->c.vocabulary;
    for (size_t i = 0; i < count; i++)
        memcpy(s->word_rows + i * h, t->dropped + tokens[i] * h, h * sizeof(float));
    const bl_product logits = { .a = s->word_rows,
                                .a_row = h,
                                .a_step = 1,
                                .rows = count,
                                .b = t->word_pack,
                                .b_step = 16,
                                .b_panel = 16 * h,
                                .columns = n,
                                .depth = h,
                                .bias = t->values + t->word_bias,
                                .out = s->word_logits,
                                .stride = n };
    t->products->product(&logits);
    for (size_t i = 0; i < count; i++) {
        float *row = s->word_logits + i * n;
        const size_t label = (size_t)t->batch->labels[tokens[i]];
        t->losses[texts[i]] += bl_train_are_finite(row, words) ? bl_train_one_label(t, label, row)
                                                               : (double)NAN;
    }
    const bl_product back = { .a = s->word_logits,
                              .a_row = n,
                              .a_step = 1,
                              .rows = count,
                              .b = t->words,
                              .b_step = h,
                              .b_panel = 16,
                              .columns = h,
                              .depth = words,
                              .out = s->word_rows,
                              .stride = h };
    if (!t->step) return;
    t->products->product(&back);
    for (size_t i = 0; i < count; i++)
        memcpy(t->d_word + tokens[i] * h, s->word_rows + i * h, h * sizeof(float));
}

void bl_train_words_loss(bl_trainer *t, unsigned thread, size_t from, size_t to)
{
    const size_t h = t->hidden, *start = t->batch->start;
    struct bl_train_scratch *s = &t->scratch[thread];
    size_t tokens[BL_WORD_TILE], texts[BL_WORD_TILE], count = 0;
    memset(t->d_word + start[from] * h, 0, (start[to] - start[from]) * h * sizeof(float));
    for (size_t text = from; text < to; text++) {
        t->losses[text] = 0;
        for (size_t i = start[text]; i < start[text + 1]; i++) {
            if (t->batch->labels[i] < 0) continue;
            tokens[count] = i;
            texts[count++] = text;
            if (count == BL_WORD_TILE) tile_loss(t, s, tokens, texts, count);
            if (count == BL_WORD_TILE) count = 0;
        }
    }
    if (count) tile_loss(t, s, tokens, texts, count);
}

void bl_train_words_backward(bl_trainer *t, size_t row, size_t rows)
{
    const size_t h = t->hidden;
    float *d = t->d_pooled + row * h;
    t->k->norm_back(t->d_word + row * h, t->pooled + row * h, t->word_inverse + row, rows, h,
                    t->c.hidden, t->real, t->values + t->word_norm.gain, d);
    t->k->multiply(t->pooled_slope + row * h, rows * h, d);
    if (t->o.trained != BL_TRAIN_HEAD)
        bl_train_apply_back(t, &t->pooler, d, rows, 0, t->d_pooled_in + row * h);
}
