/* write_json.c: writes a tokenizer as a tokenizer.json, for transformers and for converted
 * files. */
#include "../files/json_writer.h"
#include "settings.h"

static void write_flag(bl_json_writer *w, const char *key, int value)
{
    bl_json_write_key(w, key);
    bl_json_write_bool(w, value);
}

static void write_number(bl_json_writer *w, const char *key, int64_t value)
{
    bl_json_write_key(w, key);
    bl_json_write_number(w, value);
}

/* text may be NULL: null is written. */
static void write_text(bl_json_writer *w, const char *key, const char *text)
{
    bl_json_write_key(w, key);
    bl_json_write_text(w, text);
}

static void write_null(bl_json_writer *w, const char *key)
{
    bl_json_write_key(w, key);
    bl_json_write_null(w);
}

static void begin(bl_json_writer *w, const char *key, char bracket)
{
    bl_json_write_key(w, key);
    bl_json_begin(w, bracket);
}

static void write_added(bl_json_writer *w, const bl_tokenizer *t)
{
    begin(w, "added_tokens", '[');
    for (size_t i = 0; i < t->added_count; i++) {
        const bl_added *a = &t->added[i];
        bl_json_begin(w, '{');
        write_number(w, "id", a->id);
        write_text(w, "content", a->text);
        write_flag(w, "single_word", a->single_word);
        write_flag(w, "lstrip", a->lstrip);
        write_flag(w, "rstrip", a->rstrip);
        write_flag(w, "normalized", a->normalized);
        write_flag(w, "special", a->special);
        bl_json_end(w, '}');
    }
    bl_json_end(w, ']');
}

static void write_normalizer(bl_json_writer *w, const bl_rules *rules)
{
    const bl_rules none = { 0, 0, 0, 0 };
    if (!memcmp(rules, &none, sizeof none)) {
        write_null(w, "normalizer");
        return;
    }
    begin(w, "normalizer", '{');
    write_text(w, "type", "BertNormalizer");
    write_flag(w, "clean_text", rules->clean);
    write_flag(w, "handle_chinese_chars", rules->split_chinese);
    write_flag(w, "strip_accents", rules->strip_accents);
    write_flag(w, "lowercase", rules->lowercase);
    bl_json_end(w, '}');
}

/* A token's text, which need not have a NUL behind it. */
typedef struct {
    const char *text;
    size_t size;
} token_text;

/* The token with an id. A template may have ids that no token has: they are written as "". */
static token_text text_of(const bl_tokenizer *t, int32_t id)
{
    token_text token;
    token.text = bl_token_text(t, id, &token.size);
    return token.text ? token : (token_text){ "", 0 };
}

static void write_token(bl_json_writer *w, const char *key, token_text token)
{
    bl_json_write_key(w, key);
    bl_json_write_string(w, token.text, token.size);
}

static void write_template(bl_json_writer *w, const char *key, const bl_tokenizer *t,
                           const bl_template *from)
{
    begin(w, key, '[');
    for (size_t i = 0; i < from->count; i++) {
        const bl_part *p = &from->parts[i];
        bl_json_begin(w, '{');
        begin(w, p->kind == BL_TOKEN_PART ? "SpecialToken" : "Sequence", '{');
        if (p->kind == BL_TOKEN_PART) write_token(w, "id", text_of(t, p->id));
        else write_text(w, "id", p->kind == BL_FIRST_PART ? "A" : "B");
        write_number(w, "type_id", p->type);
        bl_json_end(w, '}');
        bl_json_end(w, '}');
    }
    bl_json_end(w, ']');
}

/* "[CLS]":{"id":"[CLS]","ids":[101],"tokens":["[CLS]"]} */
static void write_template_token(bl_json_writer *w, const bl_tokenizer *t, int32_t id)
{
    const token_text token = text_of(t, id);
    bl_json_write_sized_key(w, token.text, token.size);
    bl_json_begin(w, '{');
    write_token(w, "id", token);
    begin(w, "ids", '[');
    bl_json_write_number(w, id);
    bl_json_end(w, ']');
    begin(w, "tokens", '[');
    bl_json_write_string(w, token.text, token.size);
    bl_json_end(w, ']');
    bl_json_end(w, '}');
}

/* Each token of both templates once. */
static void write_template_tokens(bl_json_writer *w, const bl_tokenizer *t)
{
    int32_t seen[2 * BL_MAX_TEMPLATE_PARTS];
    size_t count = 0;
    begin(w, "special_tokens", '{');
    for (size_t i = 0; i < t->single.count + t->pair.count; i++) {
        const bl_part *p = i < t->single.count ? &t->single.parts[i]
                                               : &t->pair.parts[i - t->single.count];
        int known = p->kind != BL_TOKEN_PART;
        for (size_t k = 0; k < count; k++) known |= seen[k] == p->id;
        if (known) continue;
        seen[count++] = p->id;
        write_template_token(w, t, p->id);
    }
    bl_json_end(w, '}');
}

static void write_processor(bl_json_writer *w, const bl_tokenizer *t)
{
    /* Without special tokens, and with the types 0 and 1, templates change nothing. */
    const int plain = !t->pair.tokens && !t->single.tokens && !t->pair.parts[0].type &&
                      t->pair.parts[1].type == 1;
    if (plain) {
        write_null(w, "post_processor");
        return;
    }
    begin(w, "post_processor", '{');
    write_text(w, "type", "TemplateProcessing");
    write_template(w, "single", t, &t->single);
    write_template(w, "pair", t, &t->pair);
    write_template_tokens(w, t);
    bl_json_end(w, '}');
}

static void write_decoder(bl_json_writer *w, const bl_tokenizer *t)
{
    if (t->info.join_with_spaces) {
        write_null(w, "decoder");
        return;
    }
    begin(w, "decoder", '{');
    write_text(w, "type", "WordPiece");
    write_text(w, "prefix", t->prefix);
    write_flag(w, "cleanup", t->info.tidy);
    bl_json_end(w, '}');
}

static void write_vocabulary(bl_json_writer *w, const bl_vocabulary *v)
{
    begin(w, "vocab", '{');
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t size;
        uint32_t id;
        const char *text = bl_piece_at(v, i, &size, &id);
        /* NULL: the file that v is mapped from is damaged. */
        bl_json_write_sized_key(w, text ? text : "", text ? size : 0);
        bl_json_write_number(w, text ? id : 0);
    }
    bl_json_end(w, '}');
}

static void write_model(bl_json_writer *w, const bl_tokenizer *t, int with_vocabulary)
{
    token_text unknown = { "[UNK]", 5 };
    uint32_t size;
    const char *text = t->unknown < 0 ? NULL
                                      : bl_piece_text(&t->vocabulary, (uint32_t)t->unknown, &size);
    if (text) unknown = (token_text){ text, size };
    begin(w, "model", '{');
    write_text(w, "type", "WordPiece");
    write_token(w, "unk_token", unknown);
    write_text(w, "continuing_subword_prefix", t->prefix);
    write_number(w, "max_input_chars_per_word", t->longest_word);
    if (with_vocabulary) write_vocabulary(w, &t->vocabulary);
    bl_json_end(w, '}');
}

/* What bl_settings_config_object reads. */
static void write_config(bl_json_writer *w, const bl_tokenizer_info *info)
{
    begin(w, "config", '{');
    write_number(w, "model_max_length", (int64_t)info->max_length);
    write_flag(w, "clean_up_tokenization_spaces", info->clean_up);
    if (!info->types) {
        begin(w, "model_input_names", '[');
        bl_json_end(w, ']');
    }
    write_text(w, "padding_side", info->pad_left ? "left" : "right");
    write_text(w, "truncation_side", info->truncate_left ? "left" : "right");
    for (int i = 0; i < BL_SPECIALS; i++) write_text(w, bl_special_keys[i], info->token[i]);
    bl_json_end(w, '}');
}

/* A tokenizer.json; with the vocabulary, or else with the settings of a tokenizer_config.json. */
static size_t write_json(const bl_tokenizer *t, int with_vocabulary, char *out, size_t capacity)
{
    bl_json_writer w = bl_json_writer_start(out, capacity);
    bl_json_begin(&w, '{');
    write_text(&w, "version", "1.0");
    write_null(&w, "truncation");
    write_null(&w, "padding");
    write_added(&w, t);
    write_normalizer(&w, &t->rules);
    begin(&w, "pre_tokenizer", '{');
    write_text(&w, "type", "BertPreTokenizer");
    bl_json_end(&w, '}');
    write_processor(&w, t);
    write_decoder(&w, t);
    write_model(&w, t, with_vocabulary);
    if (!with_vocabulary) write_config(&w, &t->info);
    bl_json_end(&w, '}');
    return w.size;
}

size_t bl_tokenizer_json(const bl_tokenizer *t, char *out, size_t capacity)
{
    return write_json(t, 1, out, capacity);
}

size_t bl_tokenizer_settings(const bl_tokenizer *t, char *out, size_t capacity)
{
    return write_json(t, 0, out, capacity);
}
