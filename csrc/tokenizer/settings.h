/* settings.h: what a tokenizer's files say, before a tokenizer is made of it.
 *
 * settings_json.c reads a tokenizer.json, settings_vocab.c a vocab.txt, and settings_config.c a
 * tokenizer_config.json; settings_values.h has what the two JSON files share. */
#ifndef BL_SETTINGS_H
#define BL_SETTINGS_H

#include "tokenizer.h"

typedef struct {
    const char *text;
    uint8_t single_word, lstrip, rstrip, normalized, special;
} bl_token_setting;

/* A template's parts: special tokens, by name, and texts. */
typedef struct {
    struct {
        const char *name; /* NULL for a text */
        int kind;         /* as in bl_part */
        int32_t type;
    } parts[BL_MAX_TEMPLATE_PARTS];
    size_t count;
} bl_template_setting;

/* A special token that templates name, and its ids. */
typedef struct {
    const char *name;
    int32_t ids[BL_MAX_TEMPLATE_PARTS];
    size_t count;
} bl_template_token;

typedef struct {
    bl_rules rules;
    const char *unknown, *prefix; /* of the WordPiece model */
    uint64_t longest_word;
    bl_entry *entries; /* their texts may point into the file's bytes */
    size_t entry_count, entry_capacity;
    bl_token_setting *added;
    size_t added_count, added_capacity;
    bl_template_setting single, pair;
    bl_template_token tokens[BL_MAX_TEMPLATE_PARTS];
    size_t token_count;
    const char *special[BL_SPECIALS]; /* the special tokens' texts, or NULL */
    size_t max_length;
    int keeps_rules; /* the tokenizer_class leaves to the tokenizer.json how text is normalized */
    int pad_left, truncate_left, clean_up, types, join_with_spaces, tidy;
    char *texts; /* all other texts, each with a NUL behind it */
    size_t texts_used, texts_capacity;
} bl_settings;

/* "unk_token" and so on: a special token's key in a tokenizer_config.json. */
extern const char *const bl_special_keys[BL_SPECIALS];

/* BERT's usual settings. size: of all files that will be read. */
bl_status bl_settings_start(bl_settings *s, size_t size, bl_error *error);
void bl_settings_free(bl_settings *s);

bl_status bl_settings_add_entry(bl_settings *s, const char *text, size_t size, uint32_t id,
                                bl_error *error);
bl_status bl_settings_add_token(bl_settings *s, bl_token_setting token, bl_error *error);
/* BERT's templates, with cls before and sep behind each text; either may be NULL. */
void bl_settings_templates(bl_settings *s, const char *cls, const char *sep);

/* A tokenizer.json; with its vocabulary or, as in converted files, without it. */
bl_status bl_settings_read_json(bl_settings *s, const char *text, size_t size, bl_error *error);
bl_status bl_settings_read_vocab(bl_settings *s, const char *text, size_t size, bl_error *error);
/* A tokenizer_config.json. As in transformers, what it says of how text is normalized counts, and
 * not what a tokenizer.json says, unless its class is that of any tokenizer.json. */
typedef enum {
    BL_RULES_OF_JSON,   /* only the tokenizer.json's */
    BL_RULES_OF_CLASS,  /* there is a tokenizer.json; the class decides */
    BL_RULES_OF_CONFIG, /* there is none */
} bl_rules_source;
bl_status bl_settings_read_config(bl_settings *s, const char *text, size_t size,
                                  bl_rules_source source, bl_error *error);
/* Without a tokenizer.json: BERT's templates, and the special tokens as added tokens. */
bl_status bl_settings_complete(bl_settings *s, bl_error *error);
#endif
