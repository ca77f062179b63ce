/* bertlite.h: BERT encoders on small machines, in int8 or float.
 *
 *     bl_error error;
 *     bl_model *model = bl_open("folder-or-file", BL_INT8, &error);
 *     size_t size = bl_workspace_size(model, tokens, 1);
 *     void *workspace = malloc(size);
 *     bl_run(model, &batch, &want, out, workspace, size, 1, &error);
 *     bl_close(model);
 *
 * A model never changes once it is open, and any number of threads may share it.
 * A workspace belongs to one call at a time. bl_run allocates nothing, takes no
 * lock and starts no thread unless asked for more than one. The results are the
 * same bytes on every instruction set, thread count and batch. */
#ifndef BERTLITE_H
#define BERTLITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BL_VERSION "0.1.0"

typedef enum {
    BL_OK,
    BL_FILE_ERROR,     /* a file is missing, unreadable or not what it says */
    BL_CONFIG_ERROR,   /* a model that this library cannot run */
    BL_INPUT_ERROR,    /* ids, masks or sizes that the model cannot take */
    BL_MEMORY_ERROR,
    BL_ISA_ERROR       /* BERTLITE_ISA names what this machine lacks */
} bl_status;

typedef struct { bl_status status; char text[400]; } bl_error; /* one sentence */

typedef enum { BL_INT8, BL_FP32 } bl_precision;

/* What a forward pass returns, floats in row order.  B texts, S columns. */
typedef enum {
    BL_HIDDEN,       /* [B][S][hidden]; 0 where the mask is 0 */
    BL_POOLED,       /* [B][hidden]: the pooler over the first token */
    BL_MEAN,         /* [B][hidden]: mean over the tokens whose mask is 1 */
    BL_CLASSES,      /* [B][labels]: sequence classification */
    BL_TOKENS,       /* [B][S][labels]: token classification, question answering */
    BL_WORDS         /* [B][S][vocabulary]: masked language model */
} bl_output;

typedef enum { BL_NO_HEAD, BL_CLASS_HEAD, BL_TOKEN_HEAD, BL_ANSWER_HEAD, BL_WORD_HEAD } bl_head;

typedef struct bl_model bl_model;

typedef struct {
    bl_precision precision;
    int layers, hidden, heads, intermediate, vocabulary, positions, token_types, labels;
    bl_head head;
    int has_pooler;
} bl_info;

/* Token ids of B texts in rows of S.  mask (1: a token, 0: padding) and types may
 * be NULL: all ones, all zeros. */
typedef struct {
    const int32_t *ids, *mask, *types;
    size_t texts, length;
} bl_batch;

/* at (or NULL: all): for BL_HIDDEN, BL_TOKENS and BL_WORDS only these positions, counted
 * through the whole batch (text * S + column) in rising order; out then has at_count
 * rows.  pooled (or NULL): with BL_HIDDEN, room for BL_POOLED too, from the same pass. */
typedef struct {
    bl_output output;
    const int32_t *at;
    size_t at_count;
    float *pooled;
} bl_want;

/* A Hugging Face folder (config.json with model.safetensors or pytorch_model.bin)
 * or a converted file.  NULL and *error on failure. */
bl_model *bl_open(const char *path, bl_precision precision, bl_error *error);

/* The same from memory: config may be NULL if tensors is a converted file.  What
 * tensors points to must outlive the model. */
bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors, size_t tensors_size,
                         bl_precision precision, bl_error *error);
void bl_close(bl_model *model);

/* Write a folder's model as one int8 file, to be memory-mapped. */
bl_status bl_convert(const char *folder, const char *file, bl_error *error);

const bl_info *bl_describe(const bl_model *model);
/* The model's config.json, as read. */
const char *bl_config(const bl_model *model, size_t *size);

/* Bytes for texts of up to `tokens` tokens in all on `threads` threads. A larger
 * batch is done in portions, but each text must fit; results do not depend on it. */
size_t bl_workspace_size(const bl_model *model, size_t tokens, unsigned threads);

/* Floats in a result. 0 if the model cannot give this output. */
size_t bl_output_size(const bl_model *model, const bl_batch *batch, const bl_want *want);

bl_status bl_run(const bl_model *model, const bl_batch *batch, const bl_want *want, float *out,
                 void *workspace, size_t workspace_size, unsigned threads, bl_error *error);

/* The k largest of n logits: their indices, and their softmax probabilities, in
 * falling order; equals in rising order of index. k is at most 64. */
bl_status bl_top(const float *logits, size_t n, size_t k, int32_t *index, float *probability);

/* Instruction sets that this machine can run; returns their number. */
size_t bl_isa_list(const char **names, size_t room);
/* The one in use: the best, or what the environment variable BERTLITE_ISA names.
 * NULL if it names none of the list. */
const char *bl_isa_name(void);

#ifdef __cplusplus
}
#endif
#endif
