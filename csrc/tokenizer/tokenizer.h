/* tokenizer.h: an open tokenizer, as its parts see it. */
#ifndef BL_TOKENIZER_H
#define BL_TOKENIZER_H

#include "bertlite.h"
#include "../platform.h"
#include "added_tokens.h"
#include "normalizer.h"
#include "vocabulary.h"

enum { BL_MOST_WORD = 1000, BL_MOST_PARTS = 16, BL_MOST_NAME = 256 };

/* The tensor of a converted file that the vocabulary's block stands in, as 32-bit words. */
#define BL_TABLE_NAME "tokenizer.table"

/* What stands around texts: a token of its own, or the first or second text. */
typedef struct {
    enum { BL_TOKEN_PART, BL_FIRST_PART, BL_SECOND_PART } kind;
    int32_t id, type;
} bl_part;
typedef struct {
    bl_part parts[BL_MOST_PARTS];
    size_t count, tokens;
} bl_template;

struct bl_tokenizer {
    bl_vocabulary vocabulary;
    bl_rules rules;
    uint32_t longest_word; /* in characters; longer ones are unknown */
    int32_t unknown;       /* the id for words that cannot be spelled, or -1 */
    char prefix[65];
    bl_added *added;
    size_t added_count;
    bl_added_set raw, normal; /* tokens found in the text, and in the normalized text */
    bl_template single, pair;
    bl_tokenizer_info info;
    bl_map map; /* of the converted file that the vocabulary stands in */
};

/* All but the vocabulary: a tokenizer.json with what the tokenizer_config.json said in it. */
size_t bl_tokenizer_settings(const bl_tokenizer *t, char *out, size_t capacity);
#endif
