/* sentence_settings.h: how a model of sentence-transformers makes a vector of a text: what the
 * files of its folder say, or "sentence" in the metadata of a converted file (docs/format.md). */
#ifndef BL_SENTENCE_SETTINGS_H
#define BL_SENTENCE_SETTINGS_H

#include "bertlite.h"

#include "../files/json.h"

enum { BL_MOST_POOLINGS = 8, BL_MOST_STEPS = 16 };

typedef enum { BL_DENSE_STEP, BL_NORMALIZE_STEP } bl_step_kind;
typedef enum {
    BL_STEP_IDENTITY,
    BL_STEP_TANH,
    BL_STEP_RELU,
    BL_STEP_GELU,
    BL_STEP_SIGMOID,
    BL_STEP_SILU,
    BL_STEP_FUNCTIONS
} bl_step_function;

typedef struct {
    bl_step_kind kind;
    size_t in, out; /* of BL_DENSE_STEP, as are the others */
    int bias;
    bl_step_function function;
} bl_step_settings;

typedef struct {
    bl_pooling poolings[BL_MOST_POOLINGS]; /* their vectors, one behind the other */
    size_t pooling_count;                  /* 0: the model gives no vectors */
    size_t pooling_width;                  /* of one of them, or 0 if nothing says */
    int exclude_prompt;
    bl_step_settings steps[BL_MOST_STEPS]; /* what follows, in order */
    size_t step_count;
    size_t max_tokens; /* max_seq_length; 0: that of the tokenizer */
    size_t dimensions; /* truncate_dim; 0: all */
    int lowercase;
    const char *config; /* config_sentence_transformers.json, or NULL */
    size_t config_size;
} bl_sentence_settings;

/* Each reads the JSON object of one file, or a part of the converted file's object. name: the
 * file's, for errors. */
bl_status bl_read_encoder_settings(bl_json *j, const char *name, bl_sentence_settings *s,
                                   bl_error *error);
bl_status bl_read_pooling_settings(bl_json *j, const char *name, bl_sentence_settings *s,
                                   bl_error *error);
/* Adds a step. type: as in a bl_module; text: its config.json, empty if it has none. */
bl_status bl_add_step_settings(const char *type, const char *name, const char *text, size_t size,
                               bl_sentence_settings *s, bl_error *error);
/* config_sentence_transformers.json, which s points into from then on. */
bl_status bl_read_sentence_config(const char *text, size_t size, bl_sentence_settings *s,
                                  bl_error *error);

/* As one JSON object. Returns the size; at most `capacity` bytes are written. */
size_t bl_write_sentence_settings(const bl_sentence_settings *s, char *out, size_t capacity);
bl_status bl_read_sentence_settings(const char *text, size_t size, bl_sentence_settings *s,
                                    bl_error *error);
#endif
