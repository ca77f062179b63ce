/* settings_config.c: reads a tokenizer_config.json, as transformers writes it. */
#include "settings_values.h"

#include "../error.h"

/* How texts are normalized; -1: not said. */
typedef struct {
    int lowercase, strip_accents, split_chinese;
} rules_said;

static const bl_rules rules_of_bert = {
    .clean = 1, .split_chinese = 1, .strip_accents = 1, .lowercase = 1
};

static int special_of(bl_json_string key)
{
    for (int i = 0; i < BL_SPECIALS; i++)
        if (bl_json_is(key, bl_special_keys[i])) return i;
    return -1;
}

static bl_status read_special(bl_settings_reader *r, int special)
{
    bl_settings *s = r->settings;
    bl_token_setting token;
    if (bl_json_word(&r->json, "null")) {
        s->special[special] = NULL;
        return BL_OK;
    }
    const bl_status status = bl_settings_token(r, "one of its special tokens is malformed", &token);
    if (status != BL_OK) return status;
    s->special[special] = token.text;
    token.special = 1;
    if (!token.lstrip && !token.rstrip && !token.single_word) return BL_OK;
    return bl_settings_add_token(s, token, r->error);
}

/* "left" or "right", or nothing. */
static bl_status read_side(bl_settings_reader *r, int *left)
{
    bl_json_string side;
    if (bl_json_peek(&r->json) != '"') {
        bl_json_skip(&r->json);
        return BL_OK;
    }
    if (!bl_json_text(&r->json, &side)) return BL_OK; /* bl_settings_finish says so */
    *left = bl_json_is(side, "left");
    if (*left || bl_json_is(side, "right")) return BL_OK;
    return bl_settings_problem(r, "one of its sides is neither left nor right");
}

/* A list of tokens, or an object with tokens as its values. */
static bl_status read_tokens(bl_settings_reader *r, int special, const char *problem)
{
    bl_json *j = &r->json;
    const int list = bl_json_peek(j) == '[';
    bl_json_string key;
    bl_token_setting token;
    if (!list && bl_json_peek(j) != '{')
        return bl_json_skip(j) ? BL_OK : bl_settings_problem(r, problem);
    bl_json_open(j, list ? '[' : '{');
    while (list ? bl_json_item(j) : bl_json_key(j, &key)) {
        bl_status status = bl_settings_token(r, problem, &token);
        if (status != BL_OK) return status;
        if (special) token.special = 1;
        status = bl_settings_add_token(r->settings, token, r->error);
        if (status != BL_OK) return status;
    }
    return j->bad ? bl_settings_problem(r, problem) : BL_OK;
}

static bl_status read_max_length(bl_settings_reader *r)
{
    double number;
    if (bl_json_word(&r->json, "null")) return BL_OK;
    if (!bl_json_number(&r->json, &number))
        return bl_settings_problem(r, "its model_max_length is not a number");
    /* transformers writes 1e30 where there is no limit. */
    r->settings->max_length = number >= 1 && number < 1e9 ? (size_t)number : 0;
    return BL_OK;
}

/* model_input_names; *types: whether token_type_ids is among them. */
static void read_input_names(bl_settings_reader *r, int *types)
{
    if (bl_json_peek(&r->json) != '[') {
        bl_json_skip(&r->json);
        return;
    }
    *types = 0;
    bl_json_open(&r->json, '[');
    while (bl_json_item(&r->json)) *types |= bl_settings_is_kind(r, "token_type_ids");
}

static int begins_with(bl_json_string name, const char *start)
{
    const size_t size = strlen(start);
    return name.size >= size && !memcmp(name.text, start, size);
}

/* Classes that split words otherwise than WordPiece does, some of them with a vocab.txt too. */
static bl_status read_class(bl_settings_reader *r)
{
    static const char *const others[] = {
        "Albert",    "BertGeneration", "BertJapanese", "Bertweet", "Bart",
        "Camembert", "Deberta",        "FlauBert",     "GPT",      "Llama",
        "Phobert",   "Roberta",        "T5",           "XLM",
    };
    bl_json_string name;
    if (bl_json_peek(&r->json) != '"') {
        bl_json_skip(&r->json);
        return BL_OK;
    }
    if (!bl_json_text(&r->json, &name)) return BL_OK; /* bl_settings_finish says so */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (begins_with(name, others[i]))
            return bl_fail(r->error, BL_CONFIG_ERROR,
                           "the %s names the tokenizer_class %.*s, which is not a WordPiece "
                           "tokenizer, as BERT has; use a model with a BertTokenizer.",
                           r->file, (int)(name.size < 60 ? name.size : 60), name.text);
    r->settings->keeps_rules = bl_json_is(name, "PreTrainedTokenizerFast") ||
                               bl_json_is(name, "TokenizersBackend");
    /* DistilBERT's tokenizers are BERT's, but its models take no token types; and classes of no
     * model give none. */
    if (begins_with(name, "DistilBert") || r->settings->keeps_rules) r->settings->types = 0;
    return BL_OK;
}

/* The value of one key; types is -1 until model_input_names is read. */
static bl_status read_value(bl_settings_reader *r, bl_json_string key, rules_said *said, int *types)
{
    bl_settings *s = r->settings;
    const int special = special_of(key);
    if (special >= 0) return read_special(r, special);
    if (bl_json_is(key, "model_max_length")) return read_max_length(r);
    if (bl_json_is(key, "added_tokens_decoder"))
        return read_tokens(r, 0, "its added_tokens_decoder is malformed");
    if (bl_json_is(key, "additional_special_tokens") || bl_json_is(key, "extra_special_tokens"))
        return read_tokens(r, 1, "its additional special tokens are malformed");
    if (bl_json_is(key, "do_lower_case")) said->lowercase = bl_settings_flag(r, -1);
    else if (bl_json_is(key, "strip_accents")) said->strip_accents = bl_settings_flag(r, -1);
    else if (bl_json_is(key, "tokenize_chinese_chars"))
        said->split_chinese = bl_settings_flag(r, -1);
    else if (bl_json_is(key, "padding_side")) return read_side(r, &s->pad_left);
    else if (bl_json_is(key, "truncation_side")) return read_side(r, &s->truncate_left);
    else if (bl_json_is(key, "clean_up_tokenization_spaces")) s->clean_up = bl_settings_flag(r, 0);
    else if (bl_json_is(key, "model_input_names")) read_input_names(r, types);
    else if (bl_json_is(key, "tokenizer_class")) return read_class(r);
    else bl_json_skip(&r->json);
    return BL_OK;
}

bl_status bl_settings_config_object(bl_settings_reader *r, bl_rules_source source)
{
    bl_rules *rules = &r->settings->rules;
    rules_said said = { -1, -1, -1 };
    int types = -1;
    bl_json_string key;
    if (!bl_json_open(&r->json, '{')) return bl_settings_problem(r, "it is not a JSON object");
    while (bl_json_key(&r->json, &key)) {
        const bl_status status = read_value(r, key, &said, &types);
        if (status != BL_OK) return status;
    }
    if (types >= 0) r->settings->types = types;
    if (source == BL_RULES_OF_JSON || (source == BL_RULES_OF_CLASS && r->settings->keeps_rules))
        return BL_OK;
    if (source == BL_RULES_OF_CLASS) *rules = rules_of_bert;
    if (said.lowercase >= 0) {
        rules->lowercase = (uint8_t)said.lowercase;
        rules->strip_accents = rules->lowercase; /* unless strip_accents says otherwise */
    }
    if (said.strip_accents >= 0) rules->strip_accents = (uint8_t)said.strip_accents;
    if (said.split_chinese >= 0) rules->split_chinese = (uint8_t)said.split_chinese;
    return BL_OK;
}

bl_status bl_settings_read_config(bl_settings *s, const char *text, size_t size,
                                  bl_rules_source source, bl_error *error)
{
    bl_settings_reader r = { s, bl_json_start(text, size), "tokenizer_config.json", error };
    const bl_status status = bl_settings_config_object(&r, source);
    return status == BL_OK ? bl_settings_finish(&r) : status;
}
