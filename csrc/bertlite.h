/* bertlite.h: text to ids to logits: BERT encoders on small machines, in int8 or float.
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
    BL_FILE_ERROR,   /* a file is missing, unreadable or not what it says */
    BL_CONFIG_ERROR, /* a model that this library cannot run */
    BL_INPUT_ERROR,  /* ids, masks or sizes that the model cannot take */
    BL_MEMORY_ERROR,
    BL_ISA_ERROR /* BERTLITE_ISA names what this machine lacks */
} bl_status;

typedef struct {
    bl_status status;
    char text[400];
} bl_error; /* one sentence */

typedef enum { BL_INT8, BL_FP32 } bl_precision;

/* What a forward pass returns, floats in row order.  B texts, S columns. */
typedef enum {
    BL_HIDDEN,  /* [B][S][hidden]; 0 where the mask is 0 */
    BL_POOLED,  /* [B][hidden]: the pooler over the first token */
    BL_MEAN,    /* [B][hidden]: mean over the tokens whose mask is 1 */
    BL_CLASSES, /* [B][labels]: sequence classification */
    BL_TOKENS,  /* [B][S][labels]: token classification, question answering */
    BL_WORDS    /* [B][S][vocabulary]: masked language model */
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

/* A converted file may stand on a base, which holds its embeddings and its tokenizer: it is
 * looked for in the file's folder, and if it is not there, base (or NULL) is taken. */
bl_model *bl_open_on(const char *path, const char *base, bl_precision precision, bl_error *error);

/* The same from memory: config may be NULL if tensors is a converted file.  What
 * tensors points to must outlive the model. */
bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors,
                         size_t tensors_size, bl_precision precision, bl_error *error);
void bl_close(bl_model *model);

/* Write a folder's model as one int8 file, to be memory-mapped. With a base (or NULL), a
 * converted file whose embeddings the folder's model has, the new file holds the rest and
 * names the base. */
bl_status bl_convert(const char *folder, const char *file, const char *base, bl_error *error);

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
/* Every kernel of one of them beside plain C, on made-up data: BL_OK if the bytes are the same. */
bl_status bl_check_isa(const char *name, bl_error *error);

/* ---- text to ids and back ---------------------------------------------------------
 *
 *     bl_tokenizer *tokenizer = bl_tokenizer_open("folder-or-file", &error);
 *     bl_cut(tokenizer, text, size, 0, ids, NULL, room, &count, &error);
 *
 * The ids are those of Hugging Face's tokenizers, whatever the text. Like a model, a
 * tokenizer never changes, and any number of threads may share it. */

typedef struct bl_tokenizer bl_tokenizer;

enum { BL_UNK, BL_SEP, BL_PAD, BL_CLS, BL_MASK, BL_SPECIALS };

typedef struct {
    size_t pieces, size;            /* of the vocabulary; with added tokens */
    size_t longest_text;            /* model_max_length, or 0 */
    const char *token[BL_SPECIALS]; /* "[UNK]" and so on; NULL where there is none */
    int32_t id[BL_SPECIALS];        /* or -1 */
    int lowercase, strip_accents, split_chinese;
    int pad_left, cut_left,
        clean_up; /* padding_side, truncation_side, clean_up_tokenization_spaces */
    int types;    /* the model takes token_type_ids */
    int join_with_spaces,
        tidy;           /* decoding: pieces are words; without tidying, spaces stay before commas */
    const char *prefix; /* "##" */
    size_t table_bytes; /* of memory for the vocabulary; it never grows */
} bl_tokenizer_info;

/* A token that is found in texts before they are cut into words. */
typedef struct {
    const char *text;
    size_t size;
    int32_t id;
    int single_word, lstrip, rstrip, normalized, special;
} bl_added_token;

/* Where a piece stands: bytes [from, to) of the text, and which of its words that is. Of an
 * added token also how many spaces it took in on either side; of a piece of a word, -1. */
typedef struct {
    uint32_t from, to, word;
    int32_t left, right;
} bl_place;

/* A Hugging Face folder, its vocab.txt or tokenizer.json, or a converted model. */
bl_tokenizer *bl_tokenizer_open(const char *path, bl_error *error);
bl_tokenizer *bl_tokenizer_open_on(const char *path, const char *base,
                                   bl_error *error); /* see bl_open_on */
/* From the bytes of a vocab.txt (or, if `json`, of a tokenizer.json), and of a tokenizer_config.json or NULL. */
bl_tokenizer *bl_tokenizer_open_memory(const void *vocabulary, size_t size, int json,
                                       const void *config, size_t config_size, bl_error *error);
void bl_tokenizer_close(bl_tokenizer *t);
const bl_tokenizer_info *bl_tokenizer_describe(const bl_tokenizer *t);

/* A UTF-8 text's pieces, with no token around them. places may be NULL. split_special: special
 * tokens in the text are text like any other. *count is room + 1 if there are more than room;
 * there are never more pieces than the text has bytes. If ids is NULL, they are only counted. */
bl_status bl_cut(const bl_tokenizer *t, const char *text, size_t size, int split_special,
                 int32_t *ids, bl_place *places, size_t room, size_t *count, bl_error *error);

/* The places of a text's pieces, counted in characters in place of bytes. */
void bl_count_characters(const char *text, size_t size, bl_place *places, size_t count);

/* What the pieces are cut from: lowercase, without accents, and so on. Returns the size, of
 * which no more than room is written. */
size_t bl_normalize(const bl_tokenizer *t, const char *text, size_t size, char *out, size_t room);

/* How a pair of texts (or a text; then b is BL_NO_PAIR) is made to fit. */
typedef enum { BL_KEEP, BL_LONGEST_FIRST, BL_ONLY_FIRST, BL_ONLY_SECOND } bl_truncation;
typedef struct {
    bl_truncation truncation;
    size_t max_length, stride;
    int cut_left, specials;
} bl_limits;
typedef struct {
    size_t a_from, a_to, b_from, b_to;
} bl_window;
#define BL_NO_PAIR ((size_t)-1)

/* The windows through texts of a and b pieces: the first is what fits, the others hold what was
 * cut off. *count is how many there are; as many as there is room for are written. */
bl_status bl_windows(const bl_tokenizer *t, size_t a, size_t b, const bl_limits *limits,
                     bl_window *out, size_t room, size_t *count, bl_error *error);

/* A window as a model wants it. source: the piece's number, those of b counted on from those of
 * a, or -1 for a token that was put around the texts. Any array may be NULL. */
typedef struct {
    int32_t *ids, *types, *special, *source;
} bl_row;
size_t bl_row_size(const bl_tokenizer *t, const bl_window *window, int pair, int specials);
void bl_fill_row(const bl_tokenizer *t, const int32_t *a, const int32_t *b, size_t a_count,
                 const bl_window *window, int pair, int specials, const bl_row *row);

/* ---- text to logits, in one call ------------------------------------------------------- */

typedef struct {
    const char *text;
    size_t size;
    const char *pair;
    size_t pair_size;
} bl_text; /* pair: NULL if there is none */

/* Tokens that a text may have: as many as the model has positions, or the tokenizer's own limit. */
size_t bl_longest(const bl_model *model, const bl_tokenizer *tokenizer);
/* Bytes for texts of up to `tokens` tokens. */
size_t bl_text_workspace_size(const bl_model *model, size_t tokens);
/* bl_run for one text or pair, of which no more than `tokens` tokens are read (longest first).
 * *count is how many they were; outputs per token have so many rows, and room for `tokens` is needed. */
bl_status bl_run_text(const bl_model *model, const bl_tokenizer *tokenizer, const bl_text *text,
                      size_t tokens, const bl_want *want, float *out, size_t *count,
                      void *workspace, size_t workspace_size, bl_error *error);

/* ---- logits to answers -------------------------------------------------------------------- */

typedef enum { BL_SOFTMAX, BL_SIGMOID, BL_RAW } bl_function;

/* n logits as scores; out may be logits. */
void bl_scores(bl_function function, const float *logits, size_t n, float *out);
/* The k largest of n values: their indices in falling order; equals in rising order of index. */
void bl_order(const float *values, size_t n, size_t k, int32_t *index);
/* The k best spans [start, end] of up to `longest` tokens by starts[start] * ends[end]; those of score
 * 0 are left out. Equals come in the order of their starts. Returns how many there are. scores is
 * room for n * longest values, index and out for k; there are no more than n * longest spans. */
typedef struct {
    int32_t start, end;
    float score;
} bl_span;
size_t bl_spans(const float *starts, const float *ends, size_t n, size_t longest, size_t k,
                float *scores, int32_t *index, bl_span *out);
/* The mean of rows of `width` values. */
void bl_average(const float *rows, size_t count, size_t width, float *out);
/* Rows scaled to length 1 (or left, if they are 0), and the products of rows of a with rows of b. */
void bl_unit_rows(float *rows, size_t count, size_t width);
void bl_products(const float *a, size_t a_count, const float *b, size_t b_count, size_t width,
                 float *out);

/* ---- tokens and their names ----------------------------------------------------------- */

/* A token's text, not NUL-terminated; NULL if no token has the id. */
const char *bl_token_text(const bl_tokenizer *t, int32_t id, size_t *size);
/* The same of the vocabulary alone, without added tokens. */
const char *bl_piece_of_id(const bl_tokenizer *t, int32_t id, size_t *size);
/* A token's id, or -1. */
int32_t bl_token_id(const bl_tokenizer *t, const char *text, size_t size);
/* The n-th piece of the vocabulary, and the n-th added token; 0 behind the last. */
int bl_vocabulary_item(const bl_tokenizer *t, size_t n, const char **text, size_t *size,
                       int32_t *id);
int bl_added_item(const bl_tokenizer *t, size_t n, bl_added_token *out);

/* Its tokenizer.json. Returns the size, of which no more than room is written. */
size_t bl_tokenizer_json(const bl_tokenizer *t, char *out, size_t room);

#ifdef __cplusplus
}
#endif
#endif
