#include "settings.h"

#include <stdlib.h>

#include "../files/tensors.h"
#include "unicode.h"
#include "../memory.h"
#include "../error.h"

static const char *const special_keys[BL_SPECIALS] = { "unk_token", "sep_token", "pad_token",
                                                       "cls_token", "mask_token" };

bl_status bl_settings_start(bl_settings *s, size_t texts, bl_error *error)
{
    static const char *const usual[BL_SPECIALS] = { "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]" };
    memset(s, 0, sizeof *s);
    s->rules = (bl_rules){ 1, 1, 1, 1 };
    s->unknown = "[UNK]";
    s->prefix = "##";
    s->longest_word = 100;
    s->types = s->tidy = 1;
    memcpy(s->special, usual, sizeof usual);
    s->arena_size = texts + 1024;
    s->arena = bl_malloc(s->arena_size);
    return s->arena ? BL_OK
                    : bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the tokenizer.");
}

void bl_settings_free(bl_settings *s)
{
    bl_free(s->entries);
    bl_free(s->added);
    bl_free(s->arena);
    memset(s, 0, sizeof *s);
}

/* items[count], with capacity for it; NULL without memory. */
static void *grown(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count == *capacity) {
        const size_t more = *capacity ? 2 * *capacity : 64;
        void *p = bl_realloc(*items, more * size);
        if (!p) return NULL;
        *items = p;
        *capacity = more;
    }
    return (char *)*items + count * size;
}

/* ---- JSON values --------------------------------------------------------------- */

/* The next value, a string, resolved; NULL if it is none. */
static const char *text_of(bl_settings *s, bl_json *j)
{
    bl_json_string value;
    char *out = s->arena + s->arena_used;
    if (bl_json_peek(j) != '"' || !bl_json_text(j, &value) ||
        !bl_json_copy(value, out, s->arena_size - s->arena_used))
        return NULL;
    s->arena_used += strlen(out) + 1;
    return out;
}

/* true or false; `other` for null and everything else. */
static int flag_of(bl_json *j, int other)
{
    if (bl_json_word(j, "true")) return 1;
    if (bl_json_word(j, "false")) return 0;
    bl_json_skip(j);
    return other;
}

/* An added token: a string, or an object with flags. */
static int token_of(bl_settings *s, bl_json *j, bl_token_setting *out)
{
    bl_json_string key;
    memset(out, 0, sizeof *out);
    if (bl_json_peek(j) == '"') return (out->text = text_of(s, j)) != NULL;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "content")) out->text = text_of(s, j);
        else if (bl_json_is(key, "single_word")) out->single_word = (uint8_t)flag_of(j, 0);
        else if (bl_json_is(key, "lstrip")) out->lstrip = (uint8_t)flag_of(j, 0);
        else if (bl_json_is(key, "rstrip")) out->rstrip = (uint8_t)flag_of(j, 0);
        else if (bl_json_is(key, "normalized")) out->normalized = (uint8_t)flag_of(j, 0);
        else if (bl_json_is(key, "special")) out->special = (uint8_t)flag_of(j, 0);
        else bl_json_skip(j);
    }
    return out->text && !j->bad;
}

static int add(bl_settings *s, bl_token_setting token)
{
    bl_token_setting *a = grown((void **)&s->added, s->added_count, &s->added_room, sizeof token);
    if (!a) return 0;
    *a = token;
    s->added_count++;
    return 1;
}

static int add_entry(bl_settings *s, const char *text, size_t size, uint32_t id)
{
    bl_entry *e = grown((void **)&s->entries, s->entry_count, &s->entry_room, sizeof *e);
    if (!e) return 0;
    *e = (bl_entry){ text, (uint32_t)size, id };
    s->entry_count++;
    return 1;
}

/* ---- tokenizer.json ---------------------------------------------------------------- */

static int read_vocabulary(bl_settings *s, bl_json *j)
{
    bl_json_string key;
    uint64_t id;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        const char *text = key.text;
        size_t size = key.size;
        if (key.escaped) {
            char *copy = s->arena + s->arena_used;
            if (!bl_json_copy(key, copy, s->arena_size - s->arena_used)) return 0;
            text = copy;
            size = strlen(copy);
            s->arena_used += size + 1;
        }
        if (!bl_json_size(j, &id) || id > UINT32_MAX || !add_entry(s, text, size, (uint32_t)id))
            return 0;
    }
    return !j->bad;
}

static const char *read_model(bl_settings *s, bl_json *j)
{
    bl_json_string key;
    if (!bl_json_open(j, '{')) return "its model is no object";
    while (bl_json_key(j, &key)) {
        bl_json_string kind;
        if (bl_json_is(key, "type")) {
            if (bl_json_text(j, &kind) && !bl_json_is(kind, "WordPiece"))
                return "its model is not WordPiece, which is what BERT has";
        } else if (bl_json_is(key, "unk_token")) {
            if (!(s->unknown = text_of(s, j))) return "its unk_token is no text";
        } else if (bl_json_is(key, "continuing_subword_prefix")) {
            if (!(s->prefix = text_of(s, j))) return "its continuing_subword_prefix is no text";
        } else if (bl_json_is(key, "max_input_chars_per_word")) {
            if (!bl_json_size(j, &s->longest_word))
                return "its max_input_chars_per_word is no number";
        } else if (bl_json_is(key, "vocab")) {
            if (!read_vocabulary(s, j)) return "its vocabulary is not pieces with ids";
        } else {
            bl_json_skip(j);
        }
    }
    return NULL;
}

static const char *read_normalizer(bl_settings *s, bl_json *j)
{
    bl_json_string key, kind;
    int lowercase = 1, strip = -1, named = 0;
    if (bl_json_word(j, "null")) {
        memset(&s->rules, 0, sizeof s->rules);
        return NULL;
    }
    if (!bl_json_open(j, '{')) return "its normalizer is no object";
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "type"))
            named = bl_json_text(j, &kind) && bl_json_is(kind, "BertNormalizer");
        else if (bl_json_is(key, "clean_text")) s->rules.clean = (uint8_t)flag_of(j, 1);
        else if (bl_json_is(key, "handle_chinese_chars"))
            s->rules.split_chinese = (uint8_t)flag_of(j, 1);
        else if (bl_json_is(key, "strip_accents")) strip = flag_of(j, -1);
        else if (bl_json_is(key, "lowercase")) lowercase = flag_of(j, 1);
        else bl_json_skip(j);
    }
    if (!named) return "its normalizer is not BertNormalizer";
    s->rules.lowercase = (uint8_t)lowercase;
    s->rules.strip_accents = (uint8_t)(strip < 0 ? lowercase : strip);
    return NULL;
}

static int read_template(bl_settings *s, bl_json *j, bl_template_setting *out)
{
    bl_json_string key, field;
    out->count = 0;
    if (!bl_json_open(j, '[')) return 0;
    while (bl_json_item(j)) {
        const char *name = NULL;
        uint64_t type = 0;
        if (out->count == BL_MOST_PARTS || !bl_json_open(j, '{') || !bl_json_key(j, &key) ||
            !bl_json_open(j, '{'))
            return 0;
        while (bl_json_key(j, &field)) {
            if (bl_json_is(field, "id")) name = text_of(s, j);
            else if (bl_json_is(field, "type_id")) bl_json_size(j, &type);
            else bl_json_skip(j);
        }
        if (!name || type > INT32_MAX || bl_json_key(j, &field)) return 0;
        const int sequence = bl_json_is(key, "Sequence");
        out->parts[out->count].name = sequence ? NULL : name;
        out->parts[out->count].kind = !sequence            ? BL_TOKEN_PART
                                      : !strcmp(name, "A") ? BL_FIRST_PART
                                                           : BL_SECOND_PART;
        out->parts[out->count++].type = (int32_t)type;
    }
    return !j->bad;
}

static int read_template_tokens(bl_settings *s, bl_json *j)
{
    bl_json_string key, field;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        size_t *count;
        uint64_t id;
        if (s->token_count == BL_MOST_PARTS) return 0;
        char *copy = s->arena + s->arena_used;
        if (!bl_json_copy(key, copy, s->arena_size - s->arena_used)) return 0;
        s->arena_used += strlen(copy) + 1;
        s->tokens[s->token_count].name = copy;
        count = &s->tokens[s->token_count].count;
        *count = 0;
        if (!bl_json_open(j, '{')) return 0;
        while (bl_json_key(j, &field)) {
            if (!bl_json_is(field, "ids")) {
                bl_json_skip(j);
                continue;
            }
            if (!bl_json_open(j, '[')) return 0;
            while (bl_json_item(j)) {
                if (*count == BL_MOST_PARTS || !bl_json_size(j, &id) || id > INT32_MAX) return 0;
                s->tokens[s->token_count].ids[(*count)++] = (uint32_t)id;
            }
        }
        s->token_count++;
    }
    return !j->bad;
}

static void put_part(bl_template_setting *t, const char *name, int kind, int32_t type)
{
    t->parts[t->count].name = name;
    t->parts[t->count].kind = kind;
    t->parts[t->count++].type = type;
}

static void bert_templates(bl_settings *s, const char *cls, const char *sep)
{
    s->single.count = s->pair.count = 0;
    bl_template_setting *const both[] = { &s->single, &s->pair };
    for (int i = 0; i < 2; i++) {
        if (cls) put_part(both[i], cls, BL_TOKEN_PART, 0);
        put_part(both[i], NULL, BL_FIRST_PART, 0);
        if (sep) put_part(both[i], sep, BL_TOKEN_PART, 0);
    }
    put_part(&s->pair, NULL, BL_SECOND_PART, 1);
    if (sep) put_part(&s->pair, sep, BL_TOKEN_PART, 1);
}

/* ["[SEP]", 102] */
static int read_named(bl_settings *s, bl_json *j, const char **name)
{
    uint64_t id;
    if (s->token_count == BL_MOST_PARTS || !bl_json_open(j, '[') || !bl_json_item(j) ||
        !(*name = text_of(s, j)) || !bl_json_item(j) || !bl_json_size(j, &id) || id > INT32_MAX)
        return 0;
    s->tokens[s->token_count].name = *name;
    s->tokens[s->token_count].ids[0] = (uint32_t)id;
    s->tokens[s->token_count++].count = 1;
    return !bl_json_item(j) && !j->bad;
}

static const char *read_processor(bl_settings *s, bl_json *j)
{
    static const char damaged[] = "its post_processor is malformed, or has more than 16 parts";
    bl_json_string key, kind = { "", 0, 0 };
    const char *cls = NULL, *sep = NULL;
    s->token_count = 0;
    bert_templates(s, NULL, NULL);
    if (bl_json_word(j, "null")) return NULL;
    if (!bl_json_open(j, '{')) return damaged;
    while (bl_json_key(j, &key)) {
        int fine = 1;
        if (bl_json_is(key, "type")) fine = bl_json_text(j, &kind);
        else if (bl_json_is(key, "single")) fine = read_template(s, j, &s->single);
        else if (bl_json_is(key, "pair")) fine = read_template(s, j, &s->pair);
        else if (bl_json_is(key, "special_tokens")) fine = read_template_tokens(s, j);
        else if (bl_json_is(key, "sep")) fine = read_named(s, j, &sep);
        else if (bl_json_is(key, "cls")) fine = read_named(s, j, &cls);
        else bl_json_skip(j);
        if (!fine) return damaged;
    }
    if (bl_json_is(kind, "BertProcessing")) {
        if (!cls || !sep) return damaged;
        bert_templates(s, cls, sep);
    } else if (!bl_json_is(kind, "TemplateProcessing")) {
        return "its post_processor is neither TemplateProcessing nor BertProcessing";
    }
    return NULL;
}

/* {"type": wanted, ...}, or null where that is allowed. */
static int is_object_of(bl_json *j, const char *wanted)
{
    bl_json_string key, kind;
    int named = 0;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "type")) named = bl_json_text(j, &kind) && bl_json_is(kind, wanted);
        else bl_json_skip(j);
    }
    return named && !j->bad;
}

static const char *read_decoder(bl_settings *s, bl_json *j)
{
    bl_json_string key, kind;
    int named = 0;
    if ((s->join_with_spaces = bl_json_word(j, "null"))) return NULL;
    if (!bl_json_open(j, '{')) return "its decoder is no object";
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "type"))
            named = bl_json_text(j, &kind) && bl_json_is(kind, "WordPiece");
        else if (bl_json_is(key, "cleanup")) s->tidy = flag_of(j, 1);
        else bl_json_skip(j);
    }
    return named ? NULL : "its decoder is not WordPiece";
}

static const char *read_added(bl_settings *s, bl_json *j)
{
    bl_token_setting token;
    if (bl_json_word(j, "null")) return NULL;
    if (!bl_json_open(j, '[')) return "its added_tokens are no list";
    while (bl_json_item(j))
        if (!token_of(s, j, &token) || !add(s, token))
            return "one of its added_tokens is malformed";
    return NULL;
}

static const char *read_config(bl_settings *s, bl_json *j, int plain);

bl_status bl_settings_json(bl_settings *s, const char *text, size_t size, bl_error *error)
{
    bl_json j = bl_json_start(text, size);
    bl_json_string key;
    const char *problem = NULL;
    int model = 0, cutter = 0;
    bert_templates(s, NULL, NULL);
    memset(&s->rules, 0, sizeof s->rules);
    if (!bl_json_open(&j, '{')) problem = "it is no JSON object";
    while (!problem && bl_json_key(&j, &key)) {
        if (bl_json_is(key, "model")) model = 1, problem = read_model(s, &j);
        else if (bl_json_is(key, "normalizer")) problem = read_normalizer(s, &j);
        else if (bl_json_is(key, "pre_tokenizer"))
            problem = (cutter = is_object_of(&j, "BertPreTokenizer"))
                          ? NULL
                          : "its pre_tokenizer is not BertPreTokenizer";
        else if (bl_json_is(key, "post_processor")) problem = read_processor(s, &j);
        else if (bl_json_is(key, "decoder")) problem = read_decoder(s, &j);
        else if (bl_json_is(key, "added_tokens")) problem = read_added(s, &j);
        else if (bl_json_is(key, "config")) problem = read_config(s, &j, 0);
        else bl_json_skip(&j);
    }
    if (!problem && !bl_json_finished(&j)) problem = "it is not well-formed JSON, or not UTF-8";
    if (!problem && !model) problem = "it has no model";
    if (!problem && !cutter) problem = "its pre_tokenizer is not BertPreTokenizer";
    return problem
               ? bl_fail(error, BL_CONFIG_ERROR, "the tokenizer.json cannot be used: %s.", problem)
               : BL_OK;
}

/* ---- tokenizer_config.json ----------------------------------------------------------- */

static int read_side(bl_json *j)
{
    bl_json_string side;
    if (bl_json_peek(j) == '"') return bl_json_text(j, &side) && bl_json_is(side, "left");
    bl_json_skip(j);
    return 0;
}

/* A list of tokens, or an object with tokens as its values. */
static int read_tokens(bl_settings *s, bl_json *j, int special)
{
    const int list = bl_json_peek(j) == '[';
    bl_json_string key;
    bl_token_setting token;
    if (!list && bl_json_peek(j) != '{') return bl_json_skip(j);
    bl_json_open(j, list ? '[' : '{');
    while (list ? bl_json_item(j) : bl_json_key(j, &key)) {
        if (!token_of(s, j, &token)) return 0;
        if (special) token.special = 1;
        if (!add(s, token)) return 0;
    }
    return !j->bad;
}

static const char *read_config(bl_settings *s, bl_json *j, int plain)
{
    int lowercase = -1, strip = -1, chinese = -1, types = -1;
    bl_json_string key, name;
    double number;
    if (!bl_json_open(j, '{')) return "it is no JSON object";
    while (bl_json_key(j, &key)) {
        int special = -1;
        for (int i = 0; i < BL_SPECIALS; i++)
            if (bl_json_is(key, special_keys[i])) special = i;
        if (special >= 0) {
            bl_token_setting token;
            if (bl_json_word(j, "null")) {
                s->special[special] = NULL;
                continue;
            }
            if (!token_of(s, j, &token)) return "one of its special tokens is malformed";
            s->special[special] = token.text;
            token.special = 1;
            if ((token.lstrip || token.rstrip || token.single_word) && !add(s, token))
                return "there is no memory for it";
        } else if (bl_json_is(key, "do_lower_case")) {
            lowercase = flag_of(j, -1);
        } else if (bl_json_is(key, "strip_accents")) {
            strip = flag_of(j, -1);
        } else if (bl_json_is(key, "tokenize_chinese_chars")) {
            chinese = flag_of(j, -1);
        } else if (bl_json_is(key, "model_max_length") && !bl_json_word(j, "null")) {
            if (!bl_json_number(j, &number)) return "its model_max_length is no number";
            s->max_length = number >= 1 && number < 1e9 ? (size_t)number : 0;
        } else if (bl_json_is(key, "padding_side")) {
            s->pad_left = read_side(j);
        } else if (bl_json_is(key, "truncation_side")) {
            s->truncate_left = read_side(j);
        } else if (bl_json_is(key, "clean_up_tokenization_spaces")) {
            s->clean_up = flag_of(j, 0);
        } else if (bl_json_is(key, "model_input_names") && bl_json_peek(j) == '[') {
            types = 0;
            for (bl_json_open(j, '['); bl_json_item(j);)
                types |= bl_json_text(j, &name) && bl_json_is(name, "token_type_ids");
        } else if (bl_json_is(key, "tokenizer_class") && bl_json_peek(j) == '"') {
            /* DistilBERT's tokenizers are BERT's, but their models know no token types. */
            if (bl_json_text(j, &name) && name.size >= 10 && !memcmp(name.text, "DistilBert", 10))
                s->types = 0;
        } else if (bl_json_is(key, "added_tokens_decoder")) {
            if (!read_tokens(s, j, 0)) return "its added_tokens_decoder is malformed";
        } else if (bl_json_is(key, "additional_special_tokens") ||
                   bl_json_is(key, "extra_special_tokens")) {
            if (!read_tokens(s, j, 1)) return "its special tokens are malformed";
        } else if (!bl_json_is(key, "model_max_length")) {
            bl_json_skip(j);
        }
    }
    if (types >= 0) s->types = types;
    if (plain) {
        if (lowercase >= 0) s->rules.lowercase = s->rules.strip_accents = (uint8_t)lowercase;
        if (strip >= 0) s->rules.strip_accents = (uint8_t)strip;
        if (chinese >= 0) s->rules.split_chinese = (uint8_t)chinese;
    }
    return NULL;
}

bl_status bl_settings_config(bl_settings *s, const char *text, size_t size, int plain,
                             bl_error *error)
{
    bl_json j = bl_json_start(text, size);
    const char *problem = read_config(s, &j, plain);
    if (!problem && !bl_json_finished(&j)) problem = "it is not well-formed JSON, or not UTF-8";
    return problem ? bl_fail(error, BL_CONFIG_ERROR,
                             "the tokenizer_config.json cannot be used: %s.", problem)
                   : BL_OK;
}

bl_status bl_settings_plain(bl_settings *s, bl_error *error)
{
    s->unknown = s->special[BL_UNK] ? s->special[BL_UNK] : "[UNK]";
    bert_templates(s, s->special[BL_CLS], s->special[BL_SEP]);
    for (int i = 0; i < BL_SPECIALS; i++) {
        const bl_token_setting token = { .text = s->special[i], .special = 1 };
        int known = !token.text;
        for (size_t k = 0; k < s->added_count; k++)
            known |= token.text && !strcmp(s->added[k].text, token.text);
        if (!known && !add(s, token))
            return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the tokenizer.");
    }
    return BL_OK;
}

/* ---- vocab.txt --------------------------------------------------------------------------- */

bl_status bl_settings_vocabulary(bl_settings *s, const char *text, size_t size, bl_error *error)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t from = 0;
    if (size > INT32_MAX) return bl_fail(error, BL_FILE_ERROR, "the vocab.txt has more than 2 GB.");
    size_t lines = 1; /* capacity for all at once */
    for (const char *end = text; (end = memchr(end, '\n', size - (size_t)(end - text))) != NULL;
         end++)
        lines++;
    s->entries = bl_malloc(lines * sizeof *s->entries);
    s->entry_room = lines;
    if (!s->entries)
        return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the vocabulary.");
    for (size_t at = 0; at < size;) {
        uint32_t c;
        const unsigned n = bl_decode(p + at, p + size, &c);
        if (n == 1 && c == 0xFFFD)
            return bl_fail(error, BL_FILE_ERROR,
                           "the vocab.txt is not UTF-8: line %zu; save it in that encoding.",
                           s->entry_count + 1);
        at += n;
        if (c != '\n' && at < size) continue;
        const size_t end = c == '\n' ? at - 1 : at;
        /* The original drops spaces at the end of a line, whichever they are. */
        const size_t kept = from + bl_skip_spaces_back(p + from, end - from);
        if (!add_entry(s, text + from, kept - from, (uint32_t)s->entry_count))
            return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the vocabulary.");
        from = at;
    }
    if (!s->entry_count) return bl_fail(error, BL_FILE_ERROR, "the vocab.txt is empty.");
    return BL_OK;
}
