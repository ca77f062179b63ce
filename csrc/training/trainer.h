/* trainer.h: training of a model's head, encoder or all of it, in float.
 *
 *     bl_trainer *t = bl_trainer_create(model, &options, &error);
 *     for each batch: bl_trainer_step(t, &batch, &step, &loss, &error);
 *     bl_trainer_read(t, i, values);  for each of bl_trainer_tensors(t) tensors
 *
 * One workspace is allocated when a trainer is made; a step allocates nothing. What a step computes
 * depends on the weights, the batch, the options and the step's number, and on nothing else: not on
 * the number of threads nor, unless it is `fused`, on the instruction set. README.md says how. */
#ifndef BL_TRAINER_H
#define BL_TRAINER_H

#include "bertlite.h"

typedef enum { BL_TRAIN_HEAD, BL_TRAIN_ENCODER, BL_TRAIN_ALL } bl_trained;
/* BL_SPAN: where in its text an answer begins and ends. The last three are between vectors, and the
 * head has no part in them. BL_CONTRASTIVE: vectors of texts with the same label become more alike
 * than those of others (supervised contrastive loss). BL_ALIKE: texts 2i and 2i + 1 become as alike
 * as target 2i says (the mean square of cosine - target). BL_TRIPLET: text 3i becomes more alike to
 * 3i + 1 than to 3i + 2, by a margin (in cosines). */
typedef enum {
    BL_ONE_LABEL,
    BL_SEVERAL_LABELS,
    BL_REGRESSION,
    BL_SPAN,
    BL_CONTRASTIVE,
    BL_ALIKE,
    BL_TRIPLET
} bl_loss_kind;

typedef struct {
    bl_trained trained;
    /* BL_CLASS_HEAD: labels of texts; BL_TOKEN_HEAD: of tokens; BL_ANSWER_HEAD: two labels, with
     * BL_SPAN; BL_WORD_HEAD: words of tokens, as many labels as the vocabulary has, with a table
     * that is not trained; BL_NO_HEAD: none, with a loss between vectors. */
    bl_head head;
    int from_mean; /* labels come from the mean over a text's tokens, not from its pooled first */
    size_t labels;
    bl_loss_kind loss;
    float smoothing;            /* of labels, 0 to 1; with BL_ONE_LABEL only */
    const float *class_weights; /* one for each label; or NULL */
    float temperature;          /* BL_CONTRASTIVE: what similarities are divided by */
    float margin;               /* BL_TRIPLET */
    float hidden_dropout, attention_dropout, classifier_dropout;
    float beta1, beta2, epsilon, decay;
    float clip; /* the gradient's greatest norm; 0: any */
    uint64_t seed;
    size_t tokens, texts, length; /* of the largest batch, and of the longest text */
    unsigned threads;
    const char *isa; /* NULL: that of the model */
    /* Products may use fused multiply-add: faster, and not the same on every instruction set. */
    int fused;
} bl_training_options;

/* Texts laid end to end; text t has tokens start[t] to start[t + 1]. labels: one for each text; of
 * a token or word head one for each token, where -1 is none; of an answer head two for each text,
 * the tokens of the text where the answer begins and ends. Or targets: texts x labels. features
 * (or NULL): texts x width vectors from bl_trainer_vectors, which take the place of ids when only
 * the head is trained. */
typedef struct {
    size_t texts;
    const size_t *start;
    const int32_t *ids, *types;
    const int32_t *labels;
    const float *targets, *features;
} bl_training_batch;

/* scale: of the loss, 1 / batches that are accumulated. first: the gradient begins at 0; last: the
 * weights are updated. number: counts steps, from 0; it chooses what is dropped. */
typedef struct {
    uint64_t number;
    int first, last;
    float rate, scale;
} bl_training_step;

typedef struct bl_trainer bl_trainer;

/* The weights are copied from a model that is open in BL_FP32. */
bl_trainer *bl_trainer_create(const bl_model *start, const bl_training_options *options,
                              bl_error *error);
void bl_trainer_free(bl_trainer *t);
size_t bl_trainer_bytes(const bl_trainer *t);
/* Floats in a vector and in a row of logits. */
size_t bl_trainer_width(const bl_trainer *t);
size_t bl_trainer_labels(const bl_trainer *t);

bl_status bl_trainer_step(bl_trainer *t, const bl_training_batch *batch,
                          const bl_training_step *step, double *loss, bl_error *error);
/* Without dropout: logits, a row of labels for each text (of a token or answer head: for each
 * token), and vectors, texts x width; either may be NULL. Vectors are of a class head or none. The
 * loss, unless it is NULL, needs labels or targets. */
bl_status bl_trainer_evaluate(bl_trainer *t, const bl_training_batch *batch, float *logits,
                              float *vectors, double *loss, bl_error *error);
/* The norm of the last update's gradient, before it was clipped. */
double bl_trainer_norm(const bl_trainer *t);

/* Tensors by the names that transformers gives them; columns 0: a vector. */
typedef struct {
    char name[160];
    size_t rows, columns;
    int is_trained;
} bl_training_tensor;
typedef enum { BL_VALUES, BL_GRADIENTS } bl_tensor_part;
size_t bl_trainer_tensors(const bl_trainer *t);
void bl_trainer_tensor(const bl_trainer *t, size_t index, bl_training_tensor *out);
void bl_trainer_read(const bl_trainer *t, size_t index, bl_tensor_part part, float *out);
void bl_trainer_write(bl_trainer *t, size_t index, const float *values);

/* Everything that training changes, as bytes: to go back to it, or to go on later. With
 * `optimizer`, also what AdamW keeps. */
size_t bl_trainer_state_size(const bl_trainer *t, int optimizer);
void bl_trainer_save_state(const bl_trainer *t, int optimizer, void *out);
void bl_trainer_load_state(bl_trainer *t, int optimizer, const void *state);

/* Schedules: the share of the greatest learning rate at a step. */
typedef enum { BL_CONSTANT_RATE, BL_LINEAR_RATE, BL_COSINE_RATE } bl_schedule;
double bl_schedule_share(bl_schedule kind, uint64_t step, uint64_t warmup, uint64_t total);

/* The 64 bits that follow *state, which moves on: for orders that a seed decides. */
uint64_t bl_training_random(uint64_t *state);

#endif
