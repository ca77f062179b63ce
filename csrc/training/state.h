/* state.h: a trainer's memory. All sizes are padded to 16, heads one by one, as in the engine. */
#ifndef BL_TRAINING_STATE_H
#define BL_TRAINING_STATE_H

#include "kernels.h"
#include "trainer.h"
#include "../model/model.h"
#include "../model/threads.h"

/* y = x W' + bias: W has `out` rows of `in`. Offsets are in floats from the parameters' start;
 * those of packs from the packs' start: W' for x W', W for the gradient of x. */
typedef struct {
    size_t in, out, weight, bias, forward, backward;
} bl_train_linear;

typedef struct {
    size_t gain, shift;
} bl_train_norm;

/* What a layer leaves behind for the way back. R rows: all tokens; of the last layer, if labels
 * come from first tokens, only these. A buffer's name is what it holds after the forward pass; in
 * brackets what the way back leaves there. */
typedef struct {
    bl_train_linear query, key_value, output, up, down;
    bl_train_norm norm1, norm2;
    int few;                            /* R is the number of texts */
    float *in, *row_in;                 /* [T][h]; [R][h]: the same, or its first tokens */
    float *query_row, *key_row;         /* [R][w] (its gradient); [T][2w] (its gradient) */
    float *weights;                     /* softmax, text by text: [heads][rows][padded tokens] */
    float *context;                     /* [R][w] */
    float *normal1, *inverse1, *middle; /* [R][h] normalized, [R], [R][h] the norm's result */
    float *active, *slope;              /* [R][i] activation; its slope (gradient of up) */
    float *normal2, *inverse2, *out;
    float *d_out, *d_down, *d_middle, *d_output; /* [R][h] gradients */
} bl_train_layer;

typedef struct {
    char name[160];
    size_t offset, rows, columns, stride; /* columns 0: a vector */
    int rows_by_head, columns_by_head, words;
} bl_train_entry;

/* A part of the parameters that is updated at once. */
typedef struct {
    size_t offset, count;
    int decays;
} bl_train_block;

typedef enum { BL_WEIGHT_JOB, BL_BIAS_JOB, BL_NORM_JOB } bl_job_kind;
/* A part of the gradient that one thread computes over all rows of a batch. */
typedef struct {
    bl_job_kind kind;
    const float *d, *x; /* gradients of what a layer gives; what it was given */
    size_t d_stride, x_stride, depth_of_texts, columns;
    size_t gradient, gradient2; /* offsets; gradient2: a norm's gain */
} bl_train_job;

struct bl_trainer {
    const bl_training_kernels *k;
    const bl_products *products; /* of k, unless they are fused */
    bl_config_values c;
    bl_activation pooler_activation;
    int has_pooler, from_mean, of_tokens; /* of_tokens: the head's rows are tokens, not texts */
    int of_words;                         /* and their labels words */
    size_t hidden, intermediate, head, width, label_count, padded_labels;
    bl_training_options o;
    float attention_factor;            /* 1 / sqrt(size of a head) */
    float *class_weights, *label_mask; /* mask: -1e30 behind the last label */

    float *values, *gradients, *m, *v; /* parameters but the words' table */
    size_t count, trained_from;        /* those from here on are trained */
    float *words;
    /* Of rows of the table that some batch had, in the order in which they were first met, so that
     * the rest takes no memory; [slots] of them are in use, the first for none. */
    float *word_gradients, *word_m, *word_v;
    int32_t *slot; /* of a row; 0: none yet */
    size_t slots;
    int32_t *touched; /* rows of the table that have a gradient */
    unsigned char *is_touched;
    size_t touched_count;
    size_t positions, types; /* offsets */
    bl_train_norm embedding_norm;
    bl_train_linear pooler, classifier; /* pooler: of words, what comes before the table */
    bl_train_norm word_norm;
    size_t word_bias; /* offset */
    float *word_pack; /* the table as products take it */
    bl_train_layer *layers;
    float *packs;
    int packs_are_stale;
    bl_train_entry *entries;
    size_t entry_count;
    bl_train_block *blocks;
    double *block_squares;
    size_t block_count;
    bl_train_job *jobs;
    size_t job_count;

    float *real; /* 1 for each lane of a row that has a value */
    float *normal0, *inverse0, *d_embedding, *d_normal0; /* of the embeddings' norm */
    /* What layers use in turn. A layer of few rows has its own: its rows are texts, and another
     * thread may be at tokens of the same numbers in a layer below. */
    float *d_context, *d_row_context, *d_row_in;
    /* of the head, by its rows; of tokens, pooled_in and d_pooled_in are the last layer's out */
    float *pooled_in, *pooled, *pooled_slope, *dropped, *logits, *d_logits, *d_pooled, *d_pooled_in;
    float *units, *d_units, *lengths, *pair_scores, *pair_mask; /* of a loss between vectors */
    float *word_inverse, *d_word; /* of words: of the norm; [R][h] the gradient of its result */
    double *losses;               /* per text */
    size_t *weight_at; /* per text and one more: where its softmax weights are, per row and head */
    struct bl_train_scratch {
        float *keys, *scores, *kept, *d_query, *mask, *up;
        float *word_rows, *word_logits; /* BL_WORD_TILE rows of words */
    } scratch[BL_MOST_THREADS];

    /* the step in progress */
    bl_threads threads;
    const bl_training_batch *batch;
    const bl_training_step *step; /* NULL: evaluation */
    size_t *chunks, chunk_count;  /* texts that a thread takes at a time */
    bl_atomic_int next_chunk, next_back, next_job, next_square, next_block;
    double target_sum, norm; /* target_sum: what the loss is divided by */
    int has_targets;
    uint64_t updates;
    double beta1_power, beta2_power;
    char *memory;
    size_t bytes;
};

enum { BL_TRAIN_TILE = 32, BL_WORD_TILE = 16 }; /* rows of a product that are worked on at a time */

/* layout.c: fills in all sizes, offsets and pointers. memory NULL: only measures. */
size_t bl_trainer_lay_out(bl_trainer *t, char *memory);
void bl_trainer_list_jobs(bl_trainer *t);
size_t bl_trainer_most_jobs(const bl_trainer *t);

/* weights.c */
void bl_trainer_unpack(bl_trainer *t, const bl_model *start);

/* forward.c, backward.c, loss.c, between.c: texts [from, to), in thread `thread`. */
void bl_train_forward(bl_trainer *t, unsigned thread, size_t from, size_t to);
void bl_train_head_forward(bl_trainer *t, size_t from, size_t to);
void bl_train_loss(bl_trainer *t, unsigned thread, size_t from, size_t to);
/* A row of logits becomes its gradient; the loss. */
double bl_train_one_label(bl_trainer *t, size_t label, float *logits);
int bl_train_are_finite(const float *x, size_t count);
/* words.c: the head of words, and its loss. */
void bl_train_words_forward(bl_trainer *t, size_t row, size_t rows);
void bl_train_words_loss(bl_trainer *t, unsigned thread, size_t from, size_t to);
void bl_train_words_backward(bl_trainer *t, size_t row, size_t rows);
/* The gradient of all vectors, from a loss between them. */
void bl_train_between(bl_trainer *t);
void bl_train_head_backward(bl_trainer *t, size_t from, size_t to);
void bl_train_unpool(bl_trainer *t, size_t from, size_t to);
void bl_train_backward(bl_trainer *t, unsigned thread, size_t from, size_t to);
/* gradients.c: one job, and the embeddings' gradient for 16 columns of the hidden size. */
void bl_train_job_run(bl_trainer *t, size_t job);
void bl_train_embedding_columns(bl_trainer *t, size_t column);
void bl_train_touch(bl_trainer *t);
/* Where gradient and moments of a row of the table begin; it gets a slot, if it has none. */
size_t bl_train_slot(bl_trainer *t, size_t word);
static inline size_t bl_train_slot_of(const bl_trainer *t, size_t word)
{
    return (size_t)t->slot[word] * t->hidden;
}
/* optimizer.c */
void bl_train_square(bl_trainer *t, size_t block);
void bl_train_update(bl_trainer *t, size_t block);
void bl_train_update_words(bl_trainer *t, size_t from, size_t to);
void bl_train_begin_update(bl_trainer *t);
double bl_train_word_squares(const bl_trainer *t);

/* Dropout's key for one of a step's layers. */
bl_drop bl_train_drop(const bl_trainer *t, float share, unsigned site);
enum { BL_SITE_EMBEDDING = 0, BL_SITE_LAYER = 1, BL_SITES_PER_LAYER = 3 };

/* y (+)= x W' + bias, and dx (+)= dy W, for rows from row `from` on. */
void bl_train_apply(const bl_trainer *t, const bl_train_linear *w, const float *x, size_t rows,
                    float *out);
void bl_train_apply_back(const bl_trainer *t, const bl_train_linear *w, const float *dy,
                         size_t rows, int add, float *dx);
void bl_train_pack(bl_trainer *t, unsigned thread);

/* The head's first row of a text. */
static inline size_t bl_train_head_row(const bl_trainer *t, size_t text)
{
    return t->of_tokens ? t->batch->start[text] : text;
}

static inline int bl_is_between(const bl_trainer *t) { return t->o.loss >= BL_CONTRASTIVE; }

static inline size_t bl_train_rows(const bl_trainer *t, const bl_train_layer *l)
{
    return l->few ? t->batch->texts : t->batch->start[t->batch->texts];
}

#endif
