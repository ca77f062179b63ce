/* settings.h: what tokenizer.json, vocab.txt and tokenizer_config.json say, before it is put to use. */
#ifndef BL_SETTINGS_H
#define BL_SETTINGS_H

#include "../files/json.h"
#include "tokenizer.h"

typedef struct {
    const char *text;
    uint8_t single_word, lstrip, rstrip, normalized, special;
} bl_token_setting;

/* Parts of a template: a token, by its name, or a text. */
typedef struct {
    struct {
        const char *name;
        int kind;
        int32_t type;
    } parts[BL_MOST_PARTS];
    size_t count;
} bl_template_setting;

typedef struct {
    bl_rules rules;
    const char *unknown, *prefix; /* of WordPiece */
    uint64_t longest_word;
    bl_entry *entries; /* their texts may stand in what was read */
    size_t entry_count, entry_room;
    bl_token_setting *added;
    size_t added_count, added_room;
    bl_template_setting single, pair;
    struct {
        const char *name;
        uint32_t ids[BL_MOST_PARTS];
        size_t count;
    } tokens[BL_MOST_PARTS]; /* that templates name */
    size_t token_count;
    const char *special[BL_SPECIALS];
    size_t max_length;
    int pad_left, truncate_left, clean_up, types, join_with_spaces, tidy;
    char *arena; /* all other texts, NUL-terminated */
    size_t arena_used, arena_size;
} bl_settings;

/* BERT's usual settings. texts: bytes of all that will be read. */
bl_status bl_settings_start(bl_settings *s, size_t texts, bl_error *error);
void bl_settings_free(bl_settings *s);

/* A tokenizer.json; with its vocabulary or, as in converted files, without it. */
bl_status bl_settings_json(bl_settings *s, const char *text, size_t size, bl_error *error);
bl_status bl_settings_vocabulary(bl_settings *s, const char *text, size_t size, bl_error *error);
/* A tokenizer_config.json. plain: there is no tokenizer.json, so its word counts on how text is normalized. */
bl_status bl_settings_config(bl_settings *s, const char *text, size_t size, int plain,
                             bl_error *error);
/* BERT's template around texts, and its special tokens as added ones. */
bl_status bl_settings_plain(bl_settings *s, bl_error *error);
#endif
