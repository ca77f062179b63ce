/* tokenizer.h: an open tokenizer, as the files of this folder see it.
 *
 * open.c reads files into settings (settings.h), build.c makes a tokenizer of the settings.
 * tokenize.c turns a text into ids, with vocabulary.h, normalizer.h and added_tokens.h.
 * encode.c fits ids into windows and puts special tokens around them; describe.c answers
 * questions about tokens; write_json.c writes the settings back. */
#ifndef BL_TOKENIZER_H
#define BL_TOKENIZER_H

#include "bertlite.h"
#include "../platform.h"
#include "../sizes.h"
#include "added_tokens.h"
#include "normalizer.h"
#include "vocabulary.h"

enum { BL_MAX_TEMPLATE_PARTS = 16 /* tokens and texts in a template */ };

/* The tensor of a converted file that holds the vocabulary's block, as 32-bit words. */
#define BL_TABLE_NAME "tokenizer.table"

/* What a row of ids consists of, in order: special tokens, the first and the second text. */
typedef struct {
    enum { BL_TOKEN_PART, BL_FIRST_PART, BL_SECOND_PART } kind;
    int32_t id; /* of a special token */
    int32_t type;
} bl_part;
typedef struct {
    bl_part parts[BL_MAX_TEMPLATE_PARTS];
    size_t count;
    size_t tokens; /* special tokens among them */
} bl_template;

struct bl_tokenizer {
    bl_vocabulary vocabulary;
    bl_rules rules;
    uint32_t longest_word; /* in characters; longer words become the unknown token */
    int32_t unknown;       /* the id for words that cannot be tokenized, or -1 */
    char prefix[65];
    bl_added *added;
    size_t added_count;
    bl_added_set raw;    /* added tokens that are searched for in the text */
    bl_added_set normal; /* added tokens that are searched for in the normalized text */
    bl_template single, pair;
    bl_tokenizer_info info;
    bl_map map; /* the converted file that the vocabulary is in, if it is in one */
};

/* A tokenizer.json without the vocabulary, with the settings of a tokenizer_config.json: what a
 * converted file holds besides BL_TABLE_NAME. */
size_t bl_tokenizer_settings(const bl_tokenizer *t, char *out, size_t capacity);
#endif
