/* bertlite.h: text to ids to answers: BERT encoders on small machines, in int8 or float.
 *
 *     bl_error error;
 *     bl_model *model = bl_open("intent.bertlite", BL_INT8, &error);
 *     bl_tokenizer *tokenizer = bl_tokenizer_open("intent.bertlite", &error);
 *     bl_arena *arena = bl_arena_create();
 *     bl_session session = { .model = model, .tokenizer = tokenizer, .arena = arena };
 *     bl_labels labels;
 *     bl_classify(&session, &(bl_text){ .data = text, .size = strlen(text) }, NULL, &labels, &error);
 *     printf("%s\n", bl_label_name(model, labels.items[0].label));
 *
 * A model and a tokenizer never change once they are open, and any number of threads may
 * share them. An arena (or a workspace) belongs to one call at a time. No call below allocates
 * once its arena has seen a text as long; none takes a lock or starts a thread unless asked for
 * more than one. int8 results are the same bytes on every instruction set, thread count and batch.
 *
 * Every function that can fail returns a bl_status or NULL and says why in *error, which may be
 * NULL where the reason is not wanted. */
#ifndef BERTLITE_H
#define BERTLITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BL_VERSION_MAJOR 0
#define BL_VERSION_MINOR 1
#define BL_VERSION_PATCH 0
#define BL_VERSION       "0.1.0"

/* Compiling the shared library defines BL_BUILD_SHARED; using it on Windows, BL_USE_SHARED. */
#if defined _WIN32 && defined BL_BUILD_SHARED
#define BL_API __declspec(dllexport)
#elif defined _WIN32 && defined BL_USE_SHARED
#define BL_API __declspec(dllimport)
#elif defined __GNUC__ && defined BL_BUILD_SHARED
#define BL_API __attribute__((visibility("default")))
#else
#define BL_API
#endif

/* The version of the library that is running, as BL_VERSION was when it was compiled. */
BL_API const char *bl_version(void);

typedef enum {
    BL_OK,
    BL_FILE_ERROR,   /* a file is missing, unreadable or damaged */
    BL_CONFIG_ERROR, /* a model that this library cannot run */
    BL_INPUT_ERROR,  /* ids, masks or sizes that the model cannot take */
    BL_MEMORY_ERROR,
    BL_ISA_ERROR /* BERTLITE_ISA names an instruction set that this machine does not have */
} bl_status;

/* One sentence, NUL-terminated. */
typedef struct {
    bl_status status;
    char text[400];
} bl_error;

/* ---- models -------------------------------------------------------------------------- */

/* BL_FP32_FAST: with fused multiply-add. Its results are the same on every processor that has it,
 * but not those of BL_FP32; where there is none (32-bit ARM, plain C), it is BL_FP32. */
typedef enum { BL_INT8, BL_FP32, BL_FP32_FAST } bl_precision;

typedef enum { BL_NO_HEAD, BL_CLASS_HEAD, BL_TOKEN_HEAD, BL_ANSWER_HEAD, BL_WORD_HEAD } bl_head;

typedef struct bl_model bl_model;

typedef struct {
    bl_precision precision;
    int layers, hidden, heads, intermediate, vocabulary, positions, token_types, labels;
    bl_head head;
    int has_pooler;
    /* Tokens, special tokens included, that it reads best, as long as it was trained on; and how
     * many of them neighboring windows of a longer text share. From config.json's "window" and
     * "window_overlap"; without them, positions and half a window. */
    int window, window_overlap;
    int has_own_windows;  /* config.json has a "window", which is less than its positions */
    bl_head ignored_head; /* a second head in the model's files, which is not used */
    int fused;            /* BL_FP32_FAST, and this processor has fused multiply-add */
} bl_info;

/* A Hugging Face folder (config.json with model.safetensors or pytorch_model.bin) or a
 * converted file. NULL and *error on failure. */
BL_API bl_model *bl_open(const char *path, bl_precision precision, bl_error *error);

/* A delta file shares the embeddings and the tokenizer of a base file. The base is looked for
 * in the delta file's folder first; if it is not there, base (or NULL) is used. */
BL_API bl_model *bl_open_with_base(const char *path, const char *base, bl_precision precision,
                                   bl_error *error);

/* How a model is opened, other than as its files say. All zeros: as they say. */
typedef struct {
    const char *base;   /* see bl_open_with_base */
    const char *config; /* a config.json's text instead of the model's own, or NULL */
    size_t config_size;
    bl_head head; /* which one of several; BL_NO_HEAD: the one that the config names */
    /* With BL_CLASS_HEAD: a new classifier for the labels of the config, instead of any that the
     * model has. Its weights, and those of a pooler if there is none, are random numbers with a
     * standard deviation of 0.02, the same on every machine. */
    int new_classifier;
} bl_open_options;
BL_API bl_model *bl_open_with(const char *path, const bl_open_options *options,
                              bl_precision precision, bl_error *error);

/* The same from memory: config may be NULL if tensors is a converted file. What tensors
 * points to must outlive the model. */
BL_API bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors,
                                size_t tensors_size, bl_precision precision, bl_error *error);
BL_API void bl_close(bl_model *model);

/* Write a folder's model as one int8 file, to be memory-mapped. With a base (or NULL), a
 * converted file that has the same embeddings, the new file is a delta file of it. The file
 * appears whole or not at all; one that was there before stays until then. */
BL_API bl_status bl_convert(const char *folder, const char *file, const char *base,
                            bl_error *error);

BL_API const bl_info *bl_describe(const bl_model *model);
/* The model's config.json, as read. */
BL_API const char *bl_config_json(const bl_model *model, size_t *size);
/* The name of a label, from config.json's id2label; "LABEL_3" and so on where it has none.
 * NULL if there is no such label. */
BL_API const char *bl_label_name(const bl_model *model, int label);

/* ---- ids to outputs -------------------------------------------------------------------- */

/* What a forward pass returns, floats in row order.  B texts, S columns. */
typedef enum {
    BL_HIDDEN,  /* [B][S][hidden]; 0 where the mask is 0 */
    BL_POOLED,  /* [B][hidden]: the pooler over the first token */
    BL_MEAN,    /* [B][hidden]: mean over the tokens whose mask is 1 */
    BL_CLASSES, /* [B][labels]: sequence classification */
    BL_TOKENS,  /* [B][S][labels]: token classification, question answering */
    BL_WORDS    /* [B][S][vocabulary]: masked language model */
} bl_output;

/* Token ids of B texts in rows of S.  mask (1: a token, 0: padding) and types may
 * be NULL: all ones, all zeros. */
typedef struct {
    const int32_t *ids, *mask, *types;
    size_t texts, length;
} bl_batch;

/* positions (or NULL: all): for BL_HIDDEN, BL_TOKENS and BL_WORDS only these, counted through
 * the whole batch (text * S + column) in rising order; out then has position_count rows.
 * pooled (or NULL): with BL_HIDDEN, memory for BL_POOLED too, from the same pass.
 * states (or NULL): with BL_HIDDEN, memory for what goes into each layer, [layers][B][S][hidden],
 * which is not written where the mask is 0; what the last layer gives is `out`.
 * softmax (or NULL): with BL_WORDS, memory for two floats a row: its largest logit and the sum of
 * exp(logit - largest), for bl_probabilities_of. */
typedef struct {
    bl_output output;
    const int32_t *positions;
    size_t position_count;
    float *pooled;
    float *states;
    float *softmax;
} bl_request;

/* Bytes for texts of up to `tokens` tokens in all on `threads` threads. A larger
 * batch is done in portions, but each text must fit; results do not depend on it. */
BL_API size_t bl_workspace_size(const bl_model *model, size_t tokens, unsigned threads);

/* Floats in a result. 0 if the model cannot give this output. */
BL_API size_t bl_output_size(const bl_model *model, const bl_batch *batch,
                             const bl_request *request);

BL_API bl_status bl_run(const bl_model *model, const bl_batch *batch, const bl_request *request,
                        float *out, void *workspace, size_t workspace_size, unsigned threads,
                        bl_error *error);

/* ---- instruction sets ------------------------------------------------------------------ */

/* Instruction sets that this machine can run; returns their number. */
BL_API size_t bl_isa_list(const char **names, size_t capacity);
/* The one in use: the best, or what the environment variable BERTLITE_ISA names.
 * NULL if it names none of the list. */
BL_API const char *bl_isa_name(void);
/* Every kernel of one of them beside plain C, on made-up data: BL_OK if the bytes are the same. */
BL_API bl_status bl_check_isa(const char *name, bl_error *error);

/* ---- text to ids ------------------------------------------------------------------------
 *
 * The ids are those of Hugging Face's tokenizers, whatever the text. */

typedef struct bl_tokenizer bl_tokenizer;

enum { BL_UNK, BL_SEP, BL_PAD, BL_CLS, BL_MASK, BL_SPECIALS };

typedef struct {
    size_t vocabulary, tokens;      /* word pieces; word pieces and added tokens */
    size_t max_length;              /* model_max_length, or 0 */
    const char *token[BL_SPECIALS]; /* "[UNK]" and so on; NULL where there is none */
    int32_t id[BL_SPECIALS];        /* or -1 */
    int lowercase, strip_accents, split_chinese;
    int pad_left, truncate_left; /* padding_side, truncation_side */
    int clean_up;                /* clean_up_tokenization_spaces */
    int types;                   /* the model takes token_type_ids */
    int join_with_spaces, tidy;  /* decoding: tokens are words; remove spaces before commas */
    const char *prefix;          /* "##" */
    size_t table_bytes;          /* of memory for the vocabulary; it never grows */
} bl_tokenizer_info;

/* A token that is found in texts before they are split into words. */
typedef struct {
    const char *text;
    size_t size;
    int32_t id;
    int single_word, lstrip, rstrip, normalized, special;
} bl_added_token;

/* Where a token comes from: bytes [start, end) of the text, and the index of its word. For an
 * added token also how many spaces it absorbed on either side; for a word piece, -1. */
typedef struct {
    uint32_t start, end, word;
    int32_t left, right;
} bl_offset;

/* A Hugging Face folder, its vocab.txt or tokenizer.json, or a converted model. */
BL_API bl_tokenizer *bl_tokenizer_open(const char *path, bl_error *error);
BL_API bl_tokenizer *bl_tokenizer_open_with_base(const char *path, const char *base,
                                                 bl_error *error); /* see bl_open_with_base */
/* From the bytes of a vocab.txt (or, if `json`, of a tokenizer.json), and of a
 * tokenizer_config.json or NULL. */
BL_API bl_tokenizer *bl_tokenizer_open_memory(const void *vocabulary, size_t size, int json,
                                              const void *config, size_t config_size,
                                              bl_error *error);
BL_API void bl_tokenizer_close(bl_tokenizer *tokenizer);
BL_API const bl_tokenizer_info *bl_tokenizer_describe(const bl_tokenizer *tokenizer);

/* A UTF-8 text's tokens, without special tokens around them. offsets may be NULL. split_special:
 * special tokens in the text are text like any other. *count is capacity + 1 if there are more
 * tokens than capacity; there are never more tokens than the text has bytes. If ids is NULL,
 * they are only counted. */
BL_API bl_status bl_tokenize(const bl_tokenizer *tokenizer, const char *text, size_t size,
                             int split_special, int32_t *ids, bl_offset *offsets, size_t capacity,
                             size_t *count, bl_error *error);

/* Offsets in bytes become offsets in characters. */
BL_API void bl_offsets_in_characters(const char *text, size_t size, bl_offset *offsets,
                                     size_t count);

/* The text that words are split from: lowercase, without accents, and so on. Returns the size;
 * at most `capacity` bytes are written. SIZE_MAX if the text has more than INT32_MAX bytes. */
BL_API size_t bl_normalize(const bl_tokenizer *tokenizer, const char *text, size_t size, char *out,
                           size_t capacity);

/* How a pair of texts (or a text; then b is BL_NO_PAIR) is truncated. */
typedef enum { BL_KEEP, BL_LONGEST_FIRST, BL_ONLY_FIRST, BL_ONLY_SECOND } bl_truncation;
typedef struct {
    bl_truncation truncation;
    size_t max_length, stride;
    int truncate_left, specials;
} bl_limits;
typedef struct {
    size_t a_from, a_to, b_from, b_to;
} bl_window;
#define BL_NO_PAIR ((size_t)-1)

/* The windows over texts of a and b tokens: the first is the truncated pair, the others hold
 * what was truncated. *count is their number; up to `capacity` are written. */
BL_API bl_status bl_windows(const bl_tokenizer *tokenizer, size_t a, size_t b,
                            const bl_limits *limits, bl_window *out, size_t capacity, size_t *count,
                            bl_error *error);

/* A window as a model takes it. source: the token's index, those of b counted on from those of
 * a, or -1 for a special token. Any array may be NULL. */
typedef struct {
    int32_t *ids, *types, *special, *source;
} bl_row;
BL_API size_t bl_row_size(const bl_tokenizer *tokenizer, const bl_window *window, int pair,
                          int specials);
BL_API void bl_fill_row(const bl_tokenizer *tokenizer, const int32_t *a, const int32_t *b,
                        size_t a_count, const bl_window *window, int pair, int specials,
                        const bl_row *row);

/* A token's text, not NUL-terminated; NULL if no token has the id. In flash it is there until the
 * next text is asked for, or tokens are made. */
BL_API const char *bl_token_text(const bl_tokenizer *tokenizer, int32_t id, size_t *size);
/* The same of the vocabulary alone, without added tokens. */
BL_API const char *bl_word_piece(const bl_tokenizer *tokenizer, int32_t id, size_t *size);
/* A token's id, or -1. */
BL_API int32_t bl_token_id(const bl_tokenizer *tokenizer, const char *text, size_t size);
/* The n-th word piece of the vocabulary, and the n-th added token; 0 behind the last. */
BL_API int bl_vocabulary_item(const bl_tokenizer *tokenizer, size_t n, const char **text,
                              size_t *size, int32_t *id);
BL_API int bl_added_item(const bl_tokenizer *tokenizer, size_t n, bl_added_token *out);

/* Its tokenizer.json. Returns the size; at most `capacity` bytes are written. */
BL_API size_t bl_tokenizer_json(const bl_tokenizer *tokenizer, char *out, size_t capacity);

/* ---- text to answers, in one call -------------------------------------------------------
 *
 * Each function tokenizes, runs the model and decodes. What it returns points into the arena
 * and is valid until the next call with that arena. */

/* Working memory of one call at a time. It grows to what the longest text so far needed. */
typedef struct bl_arena bl_arena;
BL_API bl_arena *bl_arena_create(void); /* NULL without memory */
BL_API void bl_arena_free(bl_arena *arena);
/* Bytes that it holds. */
BL_API size_t bl_arena_size(const bl_arena *arena);

typedef enum { BL_OWN_SIDE, BL_RIGHT_SIDE, BL_LEFT_SIDE } bl_side;

/* max_tokens: of a text, if fewer than the model's positions; 0: the limit that the files set.
 * truncation_side: BL_OWN_SIDE is the tokenizer's. */
typedef struct {
    const bl_model *model;
    const bl_tokenizer *tokenizer;
    bl_arena *arena;
    size_t max_tokens;
    bl_side truncation_side;
} bl_session;

/* UTF-8. pair: the second text, NULL if there is none. word_sizes (or NULL): the text is split
 * into words already, of these many bytes, one directly after the other. */
typedef struct {
    const char *data;
    size_t size;
    const char *pair;
    size_t pair_size;
    const uint32_t *word_sizes;
    size_t word_count;
} bl_text;

/* Rows of ids that lie end to end: row i is ids[starts[i], starts[i + 1]). offsets (or NULL): where
 * in its text, in characters, each id's token starts and ends; 0 and 0 for a special token. */
typedef struct {
    int32_t *ids, *offsets;
    int64_t *starts;
} bl_flat_rows;

/* The rows of texts without pairs, made by up to so many threads; split_special as above. There must
 * be room for bl_most_ids ids, twice as many offsets, and count + 1 starts. */
BL_API size_t bl_most_ids(const bl_tokenizer *tokenizer, const bl_text *texts, size_t count);
BL_API bl_status bl_tokenize_texts(const bl_tokenizer *tokenizer, const bl_text *texts,
                                   size_t count, const bl_limits *limits, int split_special,
                                   unsigned threads, const bl_flat_rows *out, bl_error *error);

/* Tokens that a text may have: the model's positions, or the tokenizer's own smaller limit. */
BL_API size_t bl_max_tokens(const bl_model *model, const bl_tokenizer *tokenizer);

/* How much of a text was read, special tokens included: `read` is less than `total` where the
 * text was truncated. */
typedef struct {
    size_t read, total;
} bl_extent;

/* Offsets are counted in bytes or in characters. */
typedef enum { BL_BYTES, BL_CHARACTERS } bl_unit;

/* -- a label for a text: sentiment, intent, topics -- */

typedef enum { BL_SOFTMAX, BL_SIGMOID, BL_RAW } bl_function;

/* top_k: as many of the best labels, in falling order; 0: every label, in their own order. */
typedef struct {
    bl_function function;
    size_t top_k;
} bl_classify_options;

typedef struct {
    int32_t label;
    float score;
} bl_label;

typedef struct {
    const bl_label *items;
    size_t count;
    bl_extent extent;
} bl_labels;

/* options NULL: softmax, the best label. Texts longer than the model are truncated. */
BL_API bl_status bl_classify(const bl_session *session, const bl_text *text,
                             const bl_classify_options *options, bl_labels *out, bl_error *error);

/* -- labels for parts of a text: names, slots, parts of speech -- */

/* How labels of tokens become entities, as in transformers: none at all; neighbors of one type;
 * and words first, by their first subword, the mean of their subwords or the surest.
 * BL_EACH_WORD: every word by itself, by its first subword. BL_AS_WRITTEN: as BL_FIRST, but what
 * the model does not see counts too: capitals of names, addresses, line ends, words that were
 * given, and what is written as one ("9:15", "p.m."). */
typedef enum {
    BL_EACH_TOKEN,
    BL_SIMPLE,
    BL_FIRST,
    BL_AVERAGE,
    BL_MAX,
    BL_EACH_WORD,
    BL_AS_WRITTEN
} bl_aggregation;

/* Texts longer than the model are truncated; or read in windows as long as the model, as in
 * transformers, that share `stride` tokens; or in windows of the model's own length (bl_info's
 * window) that hold whole sentences: only within a longer sentence they share `stride` tokens
 * (BL_OWN_STRIDE: the model's own number; at most half a window). */
typedef enum { BL_TRUNCATE, BL_STRIDE_WINDOWS, BL_MODEL_WINDOWS } bl_windowing;
#define BL_OWN_STRIDE ((size_t)-1)

/* keep_outside: entities labeled "O" are returned too.
 * ignored (or NULL): for each label, not 0 if entities that begin with it are left out. */
typedef struct {
    bl_aggregation aggregation;
    bl_windowing windows;
    int keep_outside;
    size_t stride;
    bl_unit unit;
    const unsigned char *ignored;
} bl_entity_options;

/* A token that lies in the text; row: its index in its window, special tokens counted (with
 * BL_MODEL_WINDOWS, in a row of the whole text).
 * continues: it is not the first subword of its word. */
typedef struct {
    int32_t id;
    uint32_t start, end, word, row;
    int continues;
} bl_text_token;

/* Offsets [start, end) and tokens [first, first + count) of the list beside it. With word_sizes,
 * offsets are counted from the start of each one's own word. */
typedef struct {
    uint32_t start, end, first, count;
    int32_t label;
    float score;
} bl_entity;

typedef struct {
    const bl_entity *items;
    size_t count;
    const bl_text_token *tokens;
    size_t token_count, windows;
    bl_extent extent;
} bl_entities;

/* options NULL: BL_AS_WRITTEN, BL_MODEL_WINDOWS, BL_OWN_STRIDE, offsets in bytes. */
BL_API bl_status bl_find_entities(const bl_session *session, const bl_text *text,
                                  const bl_entity_options *options, bl_entities *out,
                                  bl_error *error);
/* The type of a label: "PER" for "B-PER"; the label itself if it has no prefix. */
BL_API const char *bl_entity_type(const bl_model *model, int label);

/* -- commands: what a text asks for, with the values in it -- */

/* threshold: the least score of a label that is not refused; refused (or NULL): for each label, not
 * 0 if it stands for what the model does not know. several: a text may hold several commands.
 * heeds_denials: English; what a text says is not to be done is not read (bl_affirmed), and if that
 * is all, the text is refused, unless the words that deny change its label. With several, what is
 * not to be done is a refused part beside commands. */
typedef struct {
    bl_function function;
    float threshold;
    const unsigned char *refused;
    int several;
    bl_unit unit;
    int heeds_denials;
} bl_command_options;

/* A device, a room, a time: offsets [start, end) in the text, and the label of the slots' model. */
typedef struct {
    uint32_t start, end;
    int32_t label;
    float score;
} bl_value;

/* Bytes or characters [start, end) of the text. margin: how far the score is before the second
 * label's. Its values are [first_value, first_value + value_count) of the list beside it. */
typedef struct {
    uint32_t start, end;
    int32_t label;
    int is_refused;
    float score, margin;
    uint32_t first_value, value_count;
} bl_command;

typedef struct {
    const bl_command *items;
    size_t count;
    const bl_value *values;
    size_t value_count;
    bl_extent extent;
} bl_commands;

/* One command, the whole text; or with `several` as many as it holds. It is split at conjunctions
 * and punctuation before a clause ("turn off the lamp and play jazz"), only into parts that are not
 * refused, and only if that reads better than the whole. slots (or NULL): a session with a model
 * for token classification and an arena of its own, whose values are found for each command; its
 * values are also never split ("play rock and roll"). options NULL: softmax, a threshold of 0.5,
 * one command, bytes. */
BL_API bl_status bl_read_commands(const bl_session *intents, const bl_session *slots,
                                  const bl_text *text, const bl_command_options *options,
                                  bl_commands *out, bl_error *error);

/* -- answers found in a text -- */

/* 0 stands for the default, in parentheses. top_k (1), max_answer_tokens (15). max_tokens (384): of
 * a window, question and context together; stride (128): tokens that neighboring windows share, or
 * BL_NO_STRIDE. no_answer: an empty answer takes part, [0, 0). An answer that several windows find
 * has the score of the best one; sum_windows: the sum of all, at most 1, as in transformers 4.
 * Without these three, a model with windows of its own (bl_info's window) reads whole sentences, as
 * many as fit into that many tokens of the context, the last one of a window again in the next; a
 * window that has fewer of the question's words than another counts less. */
#define BL_NO_STRIDE ((size_t)-1)
/* Where answers begin and end: at tokens, at words as the tokenizer splits them, or where phrases
 * do: not inside "1,200", "touch-screen", "5 kg", "6 p.m.", "Ms. Rao" and addresses, without
 * articles and marks around them, and with both of two brackets or quotes or none. */
typedef enum { BL_ANY_TOKEN, BL_WHOLE_WORDS, BL_WORDS_AND_NUMBERS } bl_whole_words;
typedef struct {
    size_t top_k, max_answer_tokens, max_tokens, stride;
    int no_answer;
    bl_whole_words whole_words;
    bl_unit unit;
    int sum_windows;
} bl_answer_options;

/* Offsets in the context. */
typedef struct {
    uint32_t start, end;
    float score;
} bl_answer;

typedef struct {
    const bl_answer *items;
    size_t count, windows;
} bl_answers;

/* text is the question, its pair the context, of any length. options NULL: the defaults, whole
 * words, offsets in bytes. */
BL_API bl_status bl_answer_question(const bl_session *session, const bl_text *text,
                                    const bl_answer_options *options, bl_answers *out,
                                    bl_error *error);

/* -- words for [MASK] -- */

/* top_k 0: 5. targets (or NULL): only these ids are considered. */
typedef struct {
    size_t top_k;
    const int32_t *targets;
    size_t target_count;
} bl_fill_options;

typedef struct {
    int32_t id;
    float score;
} bl_word;

/* ids: the row that was run. masks: where in it masks stand; words_per_mask words for each. */
typedef struct {
    const int32_t *ids;
    size_t id_count;
    const int32_t *masks;
    size_t mask_count;
    const bl_word *words;
    size_t words_per_mask;
    bl_extent extent;
} bl_filled;

BL_API bl_status bl_fill_mask(const bl_session *session, const bl_text *text,
                              const bl_fill_options *options, bl_filled *out, bl_error *error);
/* The same for a row of ids that is made already; types may be NULL. */
BL_API bl_status bl_fill_row_masks(const bl_session *session, const int32_t *ids,
                                   const int32_t *types, size_t count,
                                   const bl_fill_options *options, bl_filled *out, bl_error *error);

/* -- vectors -- */

/* How the vectors of tokens become one: their mean, the first, none of it (a vector for each), the
 * greatest of each dimension, their sum by the square root of their number, their mean weighted
 * by position, the last; and BL_MODEL_POOLING: what the model's files say, with all that follows
 * it (sentence-transformers: modules.json), or else the mean. */
typedef enum {
    BL_MEAN_POOLING,
    BL_CLS_POOLING,
    BL_NO_POOLING,
    BL_MAX_POOLING,
    BL_MEAN_SQRT_POOLING,
    BL_WEIGHTED_MEAN_POOLING,
    BL_LAST_POOLING,
    BL_MODEL_POOLING
} bl_pooling;

/* skip: tokens at the start of a text that are read, but not pooled. dimensions: only so many are
 * returned; 0: all. */
typedef struct {
    bl_pooling pooling;
    int normalize; /* to length 1, after all else */
    size_t skip, dimensions;
} bl_embed_options;

/* Rows of `width` floats: one, or with BL_NO_POOLING one for each token that was read. */
typedef struct {
    const float *rows;
    size_t count, width;
    bl_extent extent;
} bl_vectors;

/* options NULL: BL_MODEL_POOLING, of length 1. */
BL_API bl_status bl_embed(const bl_session *session, const bl_text *text,
                          const bl_embed_options *options, bl_vectors *out, bl_error *error);

/* What the model's files say about vectors. dimensions: with BL_MODEL_POOLING; 0 if the model was
 * not made for vectors. max_tokens: max_seq_length, or 0. exclude_prompt: the tokens of a prompt
 * are to be skipped. json: all of it (docs/format.md); NULL: nothing. It lives as long as the
 * model. BL_CONFIG_ERROR or BL_FILE_ERROR: they ask for what cannot be done. */
typedef struct {
    size_t dimensions, max_tokens;
    int exclude_prompt;
    const char *json;
    size_t json_size;
} bl_sentence_info;
BL_API bl_status bl_describe_sentence(const bl_model *model, bl_sentence_info *out,
                                      bl_error *error);

/* ---- decisions: which of some options a text means ------------------------------------------
 *
 * An option is one or more rows: vectors of its name, its description or of examples. How well it
 * fits is the mean of two cosines: of the text with the option's nearest row, and with the center
 * of its rows. */

/* Vectors of length 1. ends: for each option, behind its last row; each has a row. centers: see
 * bl_find_centers. denied (or NULL): for each row, not 0 if it says that something is not to be
 * done. */
typedef struct {
    const float *rows, *centers;
    const uint32_t *ends;
    const unsigned char *denied;
    size_t width, options;
} bl_choices;

/* From fits to probabilities, of n options with m rows on average. Each constant is the sum of what
 * is here, in this order: always; times 1 - 1/m; times the natural logarithm of n. An option is
 * meant at all: sigmoid(steepness * (best fit - threshold)); this one of them: its part of the sum of
 * (softness + 1 - fit) to the power of -factor, so that what fits perfectly is surer than what only
 * fits better. */
typedef struct {
    float factor[3], steepness[3], threshold[3], softness[3];
} bl_decision_scale;

/* forced: one of the options is meant. denied: the text says that something is not to be done: then
 * only rows that say so, too, stand for their options; if there are none, no option is meant, and
 * if one is forced, it is not the one that fits best. */
typedef struct {
    bl_decision_scale scale;
    int forced, denied;
} bl_decision_options;

/* The most probable option and the next one (the same, if there is only one); the nearest row of
 * the first with its cosine; none: how probable it is that no option is meant. */
typedef struct {
    uint32_t best, second, row;
    float score, second_score, similarity, none;
} bl_decision;

/* centers: a row for each option, of length 1: the mean of its rows. */
BL_API void bl_find_centers(const bl_choices *choices, float *centers);
/* scores: for each option how probable it is. vector: of length 1. */
BL_API void bl_decide(const bl_choices *choices, const float *vector,
                      const bl_decision_options *options, float *scores, bl_decision *out);
/* The text with what is likely meant in the place of misspelled words, by the list of words that a
 * model for short typed texts has; the text itself where the model has none, no word is misspelled,
 * or the text is longer than what the model takes. Words joined by an apostrophe or a hyphen stay,
 * and so do those in capitals in a text that is not. It lives until the session's next call.
 * words: such as are never misspelled and are the likeliest to be meant, one behind the other: a
 * byte for the size (1 to 20), lowercase ASCII letters and digits, a byte 0. */
BL_API bl_status bl_corrected(const bl_session *session, const char *text, size_t size,
                              const unsigned char *words, size_t words_size, const char **out,
                              size_t *out_size, bl_error *error);
/* The clauses of a text without those that say that something is not to be done ("don't book it,
 * show me the price", "no music tonight") or is to stay as it is ("..., but leave the lights on"),
 * nor what is taken back ("..., forget it", "set an alarm, don't set it").
 * Returns the size of what is left, which is written to `out`, of `size` bytes. */
BL_API size_t bl_affirmed(const char *text, size_t size, char *out);
/* A text without the words that deny: "please don't play jazz" is "play jazz"; "play no jazz" leaves
 * nothing. */
BL_API size_t bl_undenied(const char *text, size_t size, char *out);

/* ---- many texts, shared among threads ------------------------------------------------------
 *
 *     bl_many *many = bl_many_create(BL_EMBED, &session, NULL, NULL, 4, &error);
 *     bl_many_start(many, texts, count, &error);
 *     while (bl_many_work(many, count)) continue;
 *     const bl_result *results = bl_many_results(many);
 *
 * An answer is, to the byte, what the task's own function gives for the text alone. Threads exist
 * while there are texts to take, and end with them. */

/* The functions above, by their names. */
typedef enum {
    BL_CLASSIFY,
    BL_FIND_ENTITIES,
    BL_READ_COMMANDS,
    BL_ANSWER_QUESTION,
    BL_FILL_MASK,
    BL_EMBED
} bl_task;

/* One text's answer: what the task's function returns; or why there is none. */
typedef struct {
    const bl_error *error; /* NULL: there is an answer */
    union {
        bl_labels labels;
        bl_entities entities;
        bl_commands commands;
        bl_answers answers;
        bl_filled filled;
        bl_vectors vectors;
    };
} bl_result;

typedef struct bl_many bl_many;

/* options: those of the task's function, or NULL; they have to stay. slots: as bl_read_commands
 * takes it; NULL for other tasks. The arenas of the sessions are not used. threads: with the one
 * that calls bl_many_work. NULL without memory. */
BL_API bl_many *bl_many_create(bl_task task, const bl_session *session, const bl_session *slots,
                               const void *options, unsigned threads, bl_error *error);
/* The other threads begin. Texts that were started before are given up, if they are not done. The
 * texts have to stay until they are. */
BL_API bl_status bl_many_start(bl_many *many, const bl_text *texts, size_t count, bl_error *error);
/* Takes part, for at most `most` texts. 0: all texts are done, and no other thread is left. */
BL_API int bl_many_work(bl_many *many, size_t most);
/* One for each text that was started last, once bl_many_work returned 0. They stay while the next
 * texts are worked on, until those after them are started. */
BL_API const bl_result *bl_many_results(const bl_many *many);
/* Gives up what is not done; no other thread is left. */
BL_API void bl_many_stop(bl_many *many);
BL_API void bl_many_free(bl_many *many);

/* ---- without an operating system -----------------------------------------------------------
 *
 * A base block (embeddings, tokenizer) and task blocks (layers, head) lie in flash and are used
 * there; docs/microcontrollers.md describes how. What the program needs is in csrc/, as
 * FREESTANDING in tools/core.py lists it, compiled with -DBL_FREESTANDING; then there are no
 * files, threads or malloc, no error texts, and this header's bl_arena_create and bl_open are not
 * there. The answers are those of the converted files, to the byte. */

/* Blocks at multiples of 16 bytes. Sizes: of the memory that they are in, which may be longer.
 * rows: how many tokens a layer takes at once; 0: 2. More are faster where flash is slow to read,
 * and take some memory each. */
typedef struct {
    const void *base;
    size_t base_size;
    const void *task;
    size_t task_size;
    size_t rows;
} bl_flash;

/* Checks both blocks, and makes a session in `memory` (at a multiple of 8 bytes), which has to
 * stay as long as it is used: a model, a tokenizer, and an arena of what is left. Nothing has to
 * be closed. BL_FILE_ERROR: a block is damaged or cut off; BL_CONFIG_ERROR: it is of another
 * version, or the task is of another base; BL_INPUT_ERROR: a pointer is NULL or not aligned;
 * BL_MEMORY_ERROR: the memory is too small. */
BL_API bl_status bl_flash_open(const bl_flash *flash, void *memory, size_t size, bl_session *out,
                               bl_error *error);

/* The greatest number of bytes that the arena has had in use. */
BL_API size_t bl_arena_most(const bl_arena *arena);

/* tokens, bytes: of the longest text, special tokens included; with a pair, of both. The base has
 * positions for no more, so tasks that share it have the same `tokens`. pieces: NULL, or the word
 * pieces that the vocabulary keeps, one a line; texts are spelled with these, and tasks that share
 * the base have the same ones. whole: the base can be shared with a model that fills in words, which
 * has all word pieces under their own ids; without it, it has those that a text can have, under
 * others. */
typedef struct {
    size_t tokens, bytes;
    const char *pieces;
    size_t pieces_size;
    int whole;
} bl_flash_limits;

/* base_id: what both blocks say of the base. memory: enough for bl_flash_open and one call, with
 * default options, on a 32-bit machine; where a text is read in windows, if its tokens have four
 * bytes on average. */
typedef struct {
    size_t base_size, task_size, memory;
    uint64_t base_id, task_id;
    bl_head head;
} bl_flash_info;

/* The blocks of a converted file or a folder. base: see bl_open_with_base. Each file appears whole
 * or not at all; base_file or task_file may be NULL. */
BL_API bl_status bl_flash_write(const char *path, const char *base, const bl_flash_limits *limits,
                                const char *base_file, const char *task_file, bl_flash_info *out,
                                bl_error *error);

/* ---- an index: vectors that are searched --------------------------------------------------
 *
 * Rows are kept in int8, each with a scale, and searched exactly: a score is the dot product of
 * the query, in 8 bits too, and the row; of vectors of length 1, their cosine. Ids and scores are
 * the same on every instruction set and thread count. Any number of threads may search and read
 * an index, but nobody may while it is changed. */

typedef struct bl_index bl_index;

typedef struct {
    const char *data; /* NULL: none */
    size_t size;
} bl_bytes;

/* positions: rows, those that were removed counted; next_id: what is given to the next row. */
typedef struct {
    size_t width, count, positions, mapped_bytes;
    int keeps_floats;
    int64_t next_id;
} bl_index_info;

/* width: values of a vector, 1 to 8192. keep_floats: the vectors are kept as floats too, from
 * which the best candidates of a search can be scored again. */
BL_API bl_index *bl_index_create(size_t width, int keep_floats, bl_error *error);
/* A saved index, memory-mapped. Vectors and ids are checked now, texts when they are read. */
BL_API bl_index *bl_index_open(const char *path, bl_error *error);
/* The same from memory, which has to stay, and begin at a multiple of 8 bytes. */
BL_API bl_index *bl_index_open_memory(const void *data, size_t size, bl_error *error);
BL_API void bl_index_close(bl_index *index);
/* Replaces the file at path atomically. Rows that were removed are left out. */
BL_API bl_status bl_index_save(const bl_index *index, const char *path, bl_error *error);
BL_API void bl_index_describe(const bl_index *index, bl_index_info *out);

/* count vectors. ids (or NULL: those that follow next_id), 0 or more, none of them twice; texts
 * and metadata, one for each, may be NULL. */
typedef struct {
    const float *vectors;
    size_t count;
    const int64_t *ids;
    const bl_bytes *texts, *metadata;
} bl_index_rows;

/* All rows are added, or after a failure none. */
BL_API bl_status bl_index_add(bl_index *index, const bl_index_rows *rows, bl_error *error);
/* All ids are removed, or, if one of them is not there, none. */
BL_API bl_status bl_index_remove(bl_index *index, const int64_t *ids, size_t count,
                                 bl_error *error);

#define BL_NO_POSITION ((size_t)-1)
/* Where a row is, or BL_NO_POSITION. bl_index_next: the first row at or behind a position.
 * Positions stay until rows are added or removed. */
BL_API size_t bl_index_find(const bl_index *index, int64_t id);
BL_API size_t bl_index_next(const bl_index *index, size_t position);

/* text and metadata point into the index, and are valid until it changes. */
typedef struct {
    int64_t id;
    bl_bytes text, metadata;
} bl_index_row;
BL_API bl_status bl_index_read(const bl_index *index, size_t position, bl_index_row *out,
                               bl_error *error);
/* The row's values: as floats where they are kept, otherwise scale * int8. */
BL_API bl_status bl_index_vector(const bl_index *index, size_t position, float *out,
                                 bl_error *error);

/* allowed (or NULL): a bit for each position, bit p % 64 of word p / 64; only those rows are
 * found. candidates: so many of the best rows are scored again from their floats; 0: none. */
typedef struct {
    const float *queries;
    size_t count, k;
    const uint64_t *allowed;
    size_t candidates;
    unsigned threads;
} bl_index_query;

typedef struct {
    int64_t id;
    float score;
    uint32_t position;
} bl_hit;

/* Bytes of workspace that a search takes; 0 if there are too many queries for this machine. */
BL_API size_t bl_index_workspace_size(const bl_index *index, const bl_index_query *query);
/* hits: k for each query, the best first, equal scores in rising order of ids. *found: how many
 * each query has: k, or fewer if there are not as many rows. */
BL_API bl_status bl_index_search(const bl_index *index, const bl_index_query *query, bl_hit *hits,
                                 size_t *found, void *workspace, size_t workspace_size,
                                 bl_error *error);

/* ---- numbers ---------------------------------------------------------------------------- */

/* n logits as scores; out may be logits. */
BL_API void bl_scores(bl_function function, const float *logits, size_t n, float *out);
/* The k largest of n values: their indices in falling order; equal values in rising order of
 * index. Returns how many there are: k, or n if that is less. */
BL_API size_t bl_top_k(const float *values, size_t n, size_t k, int32_t *indices);
/* The softmax of n logits, for k of them only. */
BL_API void bl_probabilities(const float *logits, size_t n, const int32_t *indices, size_t k,
                             float *out);
/* The same where a request's `softmax` is known; the same bytes. */
BL_API void bl_probabilities_of(const float *logits, const float softmax[2], const int32_t *indices,
                                size_t k, float *out);
/* The mean of rows of `width` values. */
BL_API void bl_mean_row(const float *rows, size_t count, size_t width, float *out);
/* Rows scaled to length 1; rows of zeros stay. */
BL_API void bl_normalize_rows(float *rows, size_t count, size_t width);
/* How alike two rows are: the cosine, the dot product, or the negative distance (Euclidean,
 * Manhattan). */
typedef enum { BL_COSINE, BL_DOT_PRODUCT, BL_EUCLIDEAN, BL_MANHATTAN } bl_similarity;
/* Of each row of a with each row of b; with `pairs`, of each with the one beside it, of which there
 * are a_count. */
BL_API void bl_similarities(bl_similarity similarity, const float *a, size_t a_count,
                            const float *b, size_t b_count, size_t width, int pairs, float *out);
/* For each dimension the least value that it has in the rows, and then for each the greatest. */
BL_API void bl_ranges_of_rows(const float *rows, size_t count, size_t width, float *out);
/* Rows in 8 bits a dimension, from 0 (the least value of its range) to 255 (the greatest), minus
 * `zero`; ranges: as above, NULL: those of these rows. Or in a bit, whether it is above 0, the
 * first in the highest bit; minus `zero` too. */
BL_API void bl_rows_to_bytes(const float *rows, size_t count, size_t width, const float *ranges,
                             int zero, void *out);
BL_API void bl_rows_to_bits(const float *rows, size_t count, size_t width, int zero, void *out);
/* The dot product of each row of a with each row of b. */
BL_API void bl_dot_products(const float *a, size_t a_count, const float *b, size_t b_count,
                            size_t width, float *out);

#ifdef __cplusplus
}
#endif
#endif
