/* settings_json.c: reads a tokenizer.json, as Hugging Face's tokenizers writes it. What BERT's
 * tokenizers do not use is refused, because its ids would be wrong. */
#include "settings_values.h"

#include "../error.h"

/* ---- the WordPiece model ----------------------------------------------------------- */

static bl_status read_vocabulary(bl_settings_reader *r)
{
    static const char problem[] = "its vocabulary is malformed: expected word pieces with ids";
    bl_json *j = &r->json;
    bl_json_string key;
    uint64_t id;
    if (!bl_json_open(j, '{')) return bl_settings_problem(r, problem);
    while (bl_json_key(j, &key)) {
        const char *text = key.text;
        size_t size = key.size;
        if (key.escaped) {
            const bl_status status = bl_settings_copy(r, key, problem, &text);
            if (status != BL_OK) return status;
            size = strlen(text);
        }
        if (!bl_json_size(j, &id) || id > UINT32_MAX) return bl_settings_problem(r, problem);
        const bl_status status =
            bl_settings_add_entry(r->settings, text, size, (uint32_t)id, r->error);
        if (status != BL_OK) return status;
    }
    return j->bad ? bl_settings_problem(r, problem) : BL_OK;
}

static bl_status read_model_value(bl_settings_reader *r, bl_json_string key)
{
    bl_settings *s = r->settings;
    bl_json_string kind;
    if (bl_json_is(key, "type")) {
        if (bl_json_text(&r->json, &kind) && !bl_json_is(kind, "WordPiece"))
            return bl_settings_problem(r, "its model is not WordPiece, which is what BERT has");
        return BL_OK;
    }
    if (bl_json_is(key, "unk_token"))
        return bl_settings_string(r, "its unk_token is not a string", &s->unknown);
    if (bl_json_is(key, "continuing_subword_prefix"))
        return bl_settings_string(r, "its continuing_subword_prefix is not a string", &s->prefix);
    if (bl_json_is(key, "max_input_chars_per_word")) {
        if (!bl_json_size(&r->json, &s->longest_word))
            return bl_settings_problem(r, "its max_input_chars_per_word is not a whole number");
        return BL_OK;
    }
    if (bl_json_is(key, "vocab")) return read_vocabulary(r);
    bl_json_skip(&r->json);
    return BL_OK;
}

static bl_status read_model(bl_settings_reader *r)
{
    bl_json_string key;
    if (!bl_json_open(&r->json, '{'))
        return bl_settings_problem(r, "its model is not a JSON object");
    while (bl_json_key(&r->json, &key)) {
        const bl_status status = read_model_value(r, key);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* ---- normalizer, pre_tokenizer, decoder -------------------------------------------- */

static bl_status read_normalizer(bl_settings_reader *r)
{
    bl_json *j = &r->json;
    bl_rules *rules = &r->settings->rules;
    bl_json_string key;
    int strip_accents = -1; /* null: as lowercase */
    int is_bert = 0;
    memset(rules, 0, sizeof *rules);
    if (bl_json_word(j, "null")) return BL_OK;
    if (!bl_json_open(j, '{')) return bl_settings_problem(r, "its normalizer is not a JSON object");
    rules->lowercase = 1;
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "type")) is_bert = bl_settings_is_kind(r, "BertNormalizer");
        else if (bl_json_is(key, "clean_text")) rules->clean = (uint8_t)bl_settings_flag(r, 1);
        else if (bl_json_is(key, "handle_chinese_chars"))
            rules->split_chinese = (uint8_t)bl_settings_flag(r, 1);
        else if (bl_json_is(key, "strip_accents")) strip_accents = bl_settings_flag(r, -1);
        else if (bl_json_is(key, "lowercase")) rules->lowercase = (uint8_t)bl_settings_flag(r, 1);
        else bl_json_skip(j);
    }
    if (!is_bert) return bl_settings_problem(r, "its normalizer is not BertNormalizer");
    rules->strip_accents = strip_accents < 0 ? rules->lowercase : (uint8_t)strip_accents;
    return BL_OK;
}

static bl_status read_pre_tokenizer(bl_settings_reader *r)
{
    bl_json_string key;
    int is_bert = 0;
    if (bl_json_open(&r->json, '{'))
        while (bl_json_key(&r->json, &key)) {
            if (bl_json_is(key, "type")) is_bert = bl_settings_is_kind(r, "BertPreTokenizer");
            else bl_json_skip(&r->json);
        }
    if (is_bert && !r->json.bad) return BL_OK;
    return bl_settings_problem(r, "its pre_tokenizer is not BertPreTokenizer");
}

static bl_status read_decoder(bl_settings_reader *r)
{
    bl_json_string key;
    int is_word_piece = 0;
    r->settings->join_with_spaces = bl_json_word(&r->json, "null");
    if (r->settings->join_with_spaces) return BL_OK;
    if (!bl_json_open(&r->json, '{'))
        return bl_settings_problem(r, "its decoder is not a JSON object");
    while (bl_json_key(&r->json, &key)) {
        if (bl_json_is(key, "type")) is_word_piece = bl_settings_is_kind(r, "WordPiece");
        else if (bl_json_is(key, "cleanup")) r->settings->tidy = bl_settings_flag(r, 1);
        else bl_json_skip(&r->json);
    }
    return is_word_piece ? BL_OK : bl_settings_problem(r, "its decoder is not WordPiece");
}

/* ---- post_processor: the templates ------------------------------------------------- */

static const char malformed_processor[] = "its post_processor is malformed, or has more than 16 "
                                          "parts";

/* {"id": "[CLS]", "type_id": 0} */
static bl_status read_part_fields(bl_settings_reader *r, const char **name, uint64_t *type)
{
    bl_json *j = &r->json;
    bl_json_string field;
    if (!bl_json_open(j, '{')) return bl_settings_problem(r, malformed_processor);
    while (bl_json_key(j, &field)) {
        if (bl_json_is(field, "id")) {
            const bl_status status = bl_settings_string(r, malformed_processor, name);
            if (status != BL_OK) return status;
        } else if (bl_json_is(field, "type_id")) {
            bl_json_size(j, type);
        } else {
            bl_json_skip(j);
        }
    }
    return *name && *type <= INT32_MAX ? BL_OK : bl_settings_problem(r, malformed_processor);
}

/* [{"SpecialToken": {...}}, {"Sequence": {"id": "A", "type_id": 0}}, ...] */
static bl_status read_template(bl_settings_reader *r, bl_template_setting *out)
{
    bl_json *j = &r->json;
    bl_json_string key;
    out->count = 0;
    if (!bl_json_open(j, '[')) return bl_settings_problem(r, malformed_processor);
    while (bl_json_item(j)) {
        const char *name = NULL;
        uint64_t type = 0;
        if (out->count == BL_MAX_TEMPLATE_PARTS || !bl_json_open(j, '{') || !bl_json_key(j, &key))
            return bl_settings_problem(r, malformed_processor);
        const int is_text = bl_json_is(key, "Sequence");
        const bl_status status = read_part_fields(r, &name, &type);
        if (status != BL_OK) return status;
        if (bl_json_key(j, &key)) return bl_settings_problem(r, malformed_processor);
        const int text = !strcmp(name, "A") ? BL_FIRST_PART : BL_SECOND_PART;
        out->parts[out->count].name = is_text ? NULL : name;
        out->parts[out->count].kind = is_text ? text : BL_TOKEN_PART;
        out->parts[out->count].type = (int32_t)type;
        out->count++;
    }
    return j->bad ? bl_settings_problem(r, malformed_processor) : BL_OK;
}

/* {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]} */
static bl_status read_template_ids(bl_settings_reader *r, bl_template_token *token)
{
    bl_json *j = &r->json;
    bl_json_string field;
    uint64_t id;
    token->count = 0;
    if (!bl_json_open(j, '{')) return bl_settings_problem(r, malformed_processor);
    while (bl_json_key(j, &field)) {
        if (!bl_json_is(field, "ids")) {
            bl_json_skip(j);
            continue;
        }
        if (!bl_json_open(j, '[')) return bl_settings_problem(r, malformed_processor);
        while (bl_json_item(j)) {
            if (token->count == BL_MAX_TEMPLATE_PARTS || !bl_json_size(j, &id) || id > INT32_MAX)
                return bl_settings_problem(r, malformed_processor);
            token->ids[token->count++] = (int32_t)id;
        }
    }
    return BL_OK;
}

static bl_status read_template_tokens(bl_settings_reader *r)
{
    bl_settings *s = r->settings;
    bl_json_string key;
    if (!bl_json_open(&r->json, '{')) return bl_settings_problem(r, malformed_processor);
    while (bl_json_key(&r->json, &key)) {
        if (s->token_count == BL_MAX_TEMPLATE_PARTS)
            return bl_settings_problem(r, malformed_processor);
        bl_template_token *token = &s->tokens[s->token_count++];
        bl_status status = bl_settings_copy(r, key, malformed_processor, &token->name);
        if (status == BL_OK) status = read_template_ids(r, token);
        if (status != BL_OK) return status;
    }
    return r->json.bad ? bl_settings_problem(r, malformed_processor) : BL_OK;
}

/* BertProcessing's ["[SEP]", 102] */
static bl_status read_token_with_id(bl_settings_reader *r, const char **name)
{
    bl_settings *s = r->settings;
    bl_json *j = &r->json;
    uint64_t id;
    if (s->token_count == BL_MAX_TEMPLATE_PARTS || !bl_json_open(j, '[') || !bl_json_item(j))
        return bl_settings_problem(r, malformed_processor);
    const bl_status status = bl_settings_string(r, malformed_processor, name);
    if (status != BL_OK) return status;
    if (!bl_json_item(j) || !bl_json_size(j, &id) || id > INT32_MAX || bl_json_item(j) || j->bad)
        return bl_settings_problem(r, malformed_processor);
    bl_template_token *token = &s->tokens[s->token_count++];
    token->name = *name;
    token->ids[0] = (int32_t)id;
    token->count = 1;
    return BL_OK;
}

/* What a post_processor says besides templates. */
typedef struct {
    bl_json_string kind;
    const char *cls, *sep; /* of a BertProcessing */
} processor;

static bl_status read_processor_value(bl_settings_reader *r, bl_json_string key, processor *out)
{
    bl_settings *s = r->settings;
    if (bl_json_is(key, "type")) {
        if (bl_json_text(&r->json, &out->kind)) return BL_OK;
        return bl_settings_problem(r, malformed_processor);
    }
    if (bl_json_is(key, "single")) return read_template(r, &s->single);
    if (bl_json_is(key, "pair")) return read_template(r, &s->pair);
    if (bl_json_is(key, "special_tokens")) return read_template_tokens(r);
    if (bl_json_is(key, "sep")) return read_token_with_id(r, &out->sep);
    if (bl_json_is(key, "cls")) return read_token_with_id(r, &out->cls);
    bl_json_skip(&r->json);
    return BL_OK;
}

static bl_status read_processor(bl_settings_reader *r)
{
    processor p = { { "", 0, 0 }, NULL, NULL };
    bl_json_string key;
    r->settings->token_count = 0;
    bl_settings_templates(r->settings, NULL, NULL);
    if (bl_json_word(&r->json, "null")) return BL_OK;
    if (!bl_json_open(&r->json, '{')) return bl_settings_problem(r, malformed_processor);
    while (bl_json_key(&r->json, &key)) {
        const bl_status status = read_processor_value(r, key, &p);
        if (status != BL_OK) return status;
    }
    if (bl_json_is(p.kind, "TemplateProcessing")) return BL_OK;
    if (!bl_json_is(p.kind, "BertProcessing"))
        return bl_settings_problem(
            r, "its post_processor is neither TemplateProcessing nor BertProcessing");
    if (!p.cls || !p.sep) return bl_settings_problem(r, malformed_processor);
    bl_settings_templates(r->settings, p.cls, p.sep);
    return BL_OK;
}

/* ---- the whole file ---------------------------------------------------------------- */

static bl_status read_added(bl_settings_reader *r)
{
    bl_token_setting token;
    if (bl_json_word(&r->json, "null")) return BL_OK;
    if (!bl_json_open(&r->json, '['))
        return bl_settings_problem(r, "its added_tokens are not a list");
    while (bl_json_item(&r->json)) {
        bl_status status = bl_settings_token(r, "one of its added_tokens is malformed", &token);
        if (status == BL_OK) status = bl_settings_add_token(r->settings, token, r->error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* The value of one key; *has_model, *has_pre_tokenizer: whether it was that. */
static bl_status read_value(bl_settings_reader *r, bl_json_string key, int *has_model,
                            int *has_pre_tokenizer)
{
    if (bl_json_is(key, "model")) {
        *has_model = 1;
        return read_model(r);
    }
    if (bl_json_is(key, "pre_tokenizer")) {
        *has_pre_tokenizer = 1;
        return read_pre_tokenizer(r);
    }
    if (bl_json_is(key, "normalizer")) return read_normalizer(r);
    if (bl_json_is(key, "post_processor")) return read_processor(r);
    if (bl_json_is(key, "decoder")) return read_decoder(r);
    if (bl_json_is(key, "added_tokens")) return read_added(r);
    /* Only converted files have this: the settings of a tokenizer_config.json. */
    if (bl_json_is(key, "config")) return bl_settings_config_object(r, BL_RULES_OF_JSON);
    bl_json_skip(&r->json);
    return BL_OK;
}

bl_status bl_settings_read_json(bl_settings *s, const char *text, size_t size, bl_error *error)
{
    bl_settings_reader r = { s, bl_json_start(text, size), "tokenizer.json", error };
    bl_json_string key;
    int has_model = 0;
    int has_pre_tokenizer = 0;
    bl_settings_templates(s, NULL, NULL);
    memset(&s->rules, 0, sizeof s->rules);
    if (!bl_json_open(&r.json, '{')) return bl_settings_problem(&r, "it is not a JSON object");
    while (bl_json_key(&r.json, &key)) {
        const bl_status status = read_value(&r, key, &has_model, &has_pre_tokenizer);
        if (status != BL_OK) return status;
    }
    const bl_status status = bl_settings_finish(&r);
    if (status != BL_OK) return status;
    if (!has_model) return bl_settings_problem(&r, "it has no model");
    if (!has_pre_tokenizer)
        return bl_settings_problem(&r, "its pre_tokenizer is not BertPreTokenizer");
    return BL_OK;
}
