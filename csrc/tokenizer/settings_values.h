/* settings_values.h: the values that tokenizer.json and tokenizer_config.json are made of. */
#ifndef BL_SETTINGS_VALUES_H
#define BL_SETTINGS_VALUES_H

#include "../files/json.h"
#include "settings.h"

/* A file that is being read. */
typedef struct {
    bl_settings *settings;
    bl_json json;
    const char *file; /* its name, for messages */
    bl_error *error;
} bl_settings_reader;

/* "the <file> cannot be used: <problem>." */
bl_status bl_settings_problem(const bl_settings_reader *r, const char *problem);
/* BL_OK if the file has been read to its end and is well formed. */
bl_status bl_settings_finish(bl_settings_reader *r);

/* A copy of a string, with escapes resolved and a NUL behind it. problem: what to report if the
 * string has a NUL in it. */
bl_status bl_settings_copy(bl_settings_reader *r, bl_json_string string, const char *problem,
                           const char **out);
/* The next value, which has to be a string. */
bl_status bl_settings_string(bl_settings_reader *r, const char *problem, const char **out);
/* The next value: true or false; `otherwise` if it is neither. */
int bl_settings_flag(bl_settings_reader *r, int otherwise);
/* The next value: "WordPiece" or another kind; whether it is the one wanted. */
int bl_settings_is_kind(bl_settings_reader *r, const char *wanted);
/* An added token: a string, or an object with flags. */
bl_status bl_settings_token(bl_settings_reader *r, const char *problem, bl_token_setting *out);

/* The object of a tokenizer_config.json, or of a converted file's "config". */
bl_status bl_settings_config_object(bl_settings_reader *r, bl_rules_source source);
#endif
