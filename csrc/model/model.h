/* model.h: a model in memory, ready to run: the numbers of its config, and its weights packed for
 * the kernels. Nothing in it changes after bl_open, but `sweeps`. */
#ifndef BL_MODEL_H
#define BL_MODEL_H

#include "bertlite.h"
#include "config.h"
#include "ngrams.h"
#include "spelling.h"
#include "../kernels/kernels.h"
#include "../platform.h"

/* y = x W + bias, packed for the model's kernels; in and out are padded. */
typedef struct {
    size_t in, out;
    bl_columns8 columns;  /* int8 */
    const float *floats;  /* or float */
    const float *balance; /* int8: rescales x per channel before it is quantized; or NULL */
    const float *bias;
} bl_linear;

typedef struct {
    const float *gain, *shift;
} bl_norm;

typedef struct {
    bl_linear query_key, value, output, up, down;
    bl_norm attention_norm, output_norm;
    /* Last layer: per head, the transposed key weights and the value weights, packed,
     * for attention by one token of a text alone (see forward.c); or NULL. */
    const float *key_fold, *value_fold;
} bl_layer;

typedef struct bl_chunk bl_chunk;
typedef struct bl_sentence bl_sentence;

struct bl_model {
    const bl_kernels *k;
    bl_info info;
    bl_config_values c;
    size_t hidden; /* padded, as are all of these */
    size_t intermediate;
    size_t head;  /* one attention head */
    size_t width; /* all heads */
    size_t chunk; /* rows that the feed-forward layer takes at once */
    int frugal;   /* the other layers, too, take no more rows at once; on one thread only */

    bl_tables tables;
    bl_norm embedding_norm;
    bl_layer *layers;
    bl_linear pooler; /* DistilBERT: the classifier's first layer */
    bl_activation pooler_activation;
    int classes_from_mean; /* without a pooler: the classifier takes the mean of the tokens */
    bl_linear classifier;  /* always float: it is small, and its output is what people see */
    bl_ngrams ngrams;      /* a second classifier of texts, beside it; count 0: there is none */
    bl_spelling spelling;  /* of texts that are classified; or none */
    bl_linear transform;   /* masked language model */
    bl_norm transform_norm;
    const int8_t *words; /* its table in int8, read in place, */
    const float *words_scale;
    const int32_t *words_sum;
    bl_atomic_int *sweeps;     /* of the table so far (next_direction in run.c); or NULL */
    const float *words_packed; /* or in float, packed */
    const float *words_bias;   /* padded */

    bl_sentence *sentence; /* how vectors are made of texts (sentence.h); NULL: nothing says */
    const char *sentence_problem; /* or why it cannot be done; otherwise NULL */
    bl_status sentence_status;

    char *config;
    size_t config_size;
    const char *const *label_names; /* info.labels of them (labels.c) */
    bl_chunk *memory;               /* everything above */
    bl_map map, base;               /* the file, and the base file of a delta file */
};
#endif
