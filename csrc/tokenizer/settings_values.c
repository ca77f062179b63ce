#include "settings_values.h"

#include "../error.h"

bl_status bl_settings_problem(const bl_settings_reader *r, const char *problem)
{
    return bl_fail(r->error, BL_CONFIG_ERROR, "the %s cannot be used: %s.", r->file, problem);
}

bl_status bl_settings_finish(bl_settings_reader *r)
{
    if (bl_json_finished(&r->json)) return BL_OK;
    return bl_settings_problem(r, "it is not well-formed JSON, or not UTF-8");
}

bl_status bl_settings_copy(bl_settings_reader *r, bl_json_string string, const char *problem,
                           const char **out)
{
    bl_settings *s = r->settings;
    char *copy = s->texts + s->texts_used;
    const size_t left = s->texts_capacity - s->texts_used;
    if (string.size >= left) return bl_no_memory(r->error, "the tokenizer's texts");
    if (!bl_json_copy(string, copy, left)) return bl_settings_problem(r, problem);
    s->texts_used += strlen(copy) + 1;
    *out = copy;
    return BL_OK;
}

bl_status bl_settings_string(bl_settings_reader *r, const char *problem, const char **out)
{
    bl_json_string string;
    if (bl_json_peek(&r->json) != '"' || !bl_json_text(&r->json, &string))
        return bl_settings_problem(r, problem);
    return bl_settings_copy(r, string, problem, out);
}

int bl_settings_flag(bl_settings_reader *r, int otherwise)
{
    if (bl_json_word(&r->json, "true")) return 1;
    if (bl_json_word(&r->json, "false")) return 0;
    bl_json_skip(&r->json);
    return otherwise;
}

int bl_settings_is_kind(bl_settings_reader *r, const char *wanted)
{
    bl_json_string kind;
    return bl_json_text(&r->json, &kind) && bl_json_is(kind, wanted);
}

/* The flag of an added token that a key names, or NULL. */
static uint8_t *token_flag(bl_token_setting *token, bl_json_string key)
{
    if (bl_json_is(key, "single_word")) return &token->single_word;
    if (bl_json_is(key, "lstrip")) return &token->lstrip;
    if (bl_json_is(key, "rstrip")) return &token->rstrip;
    if (bl_json_is(key, "normalized")) return &token->normalized;
    if (bl_json_is(key, "special")) return &token->special;
    return NULL;
}

bl_status bl_settings_token(bl_settings_reader *r, const char *problem, bl_token_setting *out)
{
    bl_json *j = &r->json;
    bl_json_string key;
    memset(out, 0, sizeof *out);
    if (bl_json_peek(j) == '"') return bl_settings_string(r, problem, &out->text);
    if (!bl_json_open(j, '{')) return bl_settings_problem(r, problem);
    while (bl_json_key(j, &key)) {
        uint8_t *flag = token_flag(out, key);
        if (flag) {
            *flag = (uint8_t)bl_settings_flag(r, 0);
        } else if (bl_json_is(key, "content")) {
            const bl_status status = bl_settings_string(r, problem, &out->text);
            if (status != BL_OK) return status;
        } else {
            bl_json_skip(j);
        }
    }
    return out->text && !j->bad ? BL_OK : bl_settings_problem(r, problem);
}
