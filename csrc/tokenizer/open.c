/* open.c: from settings to a tokenizer, and back to a tokenizer.json. */
#include <stdio.h>
#include <stdlib.h>

#include "../files/delta.h"
#include "../files/tensors.h"
#include "settings.h"
#include "unicode.h"
#include "../memory.h"
#include "../error.h"

static int no_memory(bl_error *error)
{
    return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the tokenizer."), 0;
}

/* A piece or token that may not be followed by readable bytes. */
static int32_t piece_id(const bl_tokenizer *t, const char *text, size_t size)
{
    uint8_t near[128], *copy = near;
    if (size > t->vocabulary.longest) return -1;
    if (size + BL_KEY_PAD > sizeof near && !(copy = bl_malloc(size + BL_KEY_PAD))) return -1;
    memcpy(copy, text, size);
    memset(copy + size, 0, BL_KEY_PAD);
    const int32_t id = bl_find_piece(&t->vocabulary, copy, (uint32_t)size, 0);
    if (copy != near) bl_free(copy);
    return id;
}

static const bl_added *added_named(const bl_tokenizer *t, const char *text, size_t size)
{
    for (size_t i = 0; i < t->added_count; i++)
        if (t->added[i].size == size && !memcmp(t->added[i].text, text, size)) return &t->added[i];
    return NULL;
}

int32_t bl_token_id(const bl_tokenizer *t, const char *text, size_t size)
{
    const bl_added *a = added_named(t, text, size);
    return a ? a->id : piece_id(t, text, size);
}

/* Ids are given as the original gives them: a token that is a piece has its id, new ones follow
 * on the vocabulary. */
static int add_tokens(bl_tokenizer *t, const bl_settings *s, bl_error *error)
{
    int64_t next = t->vocabulary.pieces;
    t->added = bl_calloc(s->added_count + 1, sizeof *t->added);
    if (!t->added) return no_memory(error);
    for (size_t i = 0; i < s->added_count; i++) {
        const bl_token_setting *from = &s->added[i];
        const size_t size = strlen(from->text);
        if (!size) continue;
        if (size > BL_MOST_ADDED_SIZE)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "an added token has %zu bytes; up to %d can be used.", size,
                           BL_MOST_ADDED_SIZE),
                   0;
        bl_added *a = (bl_added *)added_named(t, from->text, size);
        if (!a) {
            a = &t->added[t->added_count];
            a->text = bl_malloc(size + 1);
            if (!a->text) return no_memory(error);
            memcpy(a->text, from->text, size + 1);
            a->size = (uint32_t)size;
            a->id = piece_id(t, from->text, size);
            t->added_count++;
            if (a->id < 0) {
                if (next >= INT32_MAX)
                    return bl_fail(error, BL_CONFIG_ERROR, "there are more tokens than ids."), 0;
                a->id = (int32_t)next++;
            }
        }
        a->single_word = from->single_word, a->lstrip = from->lstrip, a->rstrip = from->rstrip;
        a->normalized = from->normalized, a->special |= from->special;
    }
    for (size_t i = 0; i < t->added_count; i++) {
        bl_added *a = &t->added[i];
        const size_t capacity = a->normalized ? bl_normalize(t, a->text, a->size, NULL, 0)
                                              : a->size;
        if (capacity > BL_MOST_ADDED_SIZE)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "an added token has %zu bytes; up to %d can be used.", capacity,
                           BL_MOST_ADDED_SIZE),
                   0;
        a->pattern = bl_malloc(capacity + 1);
        if (!a->pattern) return no_memory(error);
        if (a->normalized) bl_normalize(t, a->text, a->size, (char *)a->pattern, capacity);
        else memcpy(a->pattern, a->text, capacity);
        a->pattern_size = (uint32_t)capacity;
    }
    for (int normalized = 0; normalized < 2; normalized++) {
        const int collected = bl_added_collect(normalized ? &t->normal : &t->raw, t->added,
                                               t->added_count, normalized);
        if (!collected) return no_memory(error);
        if (collected < 0)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "two added tokens are the same once normalized, or one is nothing then; "
                           "change or remove one."),
                   0;
    }
    return 1;
}

static int make_template(bl_tokenizer *t, const bl_settings *s, const bl_template_setting *from,
                         bl_template *out, int texts, bl_error *error)
{
    int seen = 0;
    for (size_t i = 0; i < from->count; i++) {
        bl_part part = { .kind = from->parts[i].kind, .id = -1, .type = from->parts[i].type };
        const char *name = from->parts[i].name;
        uint32_t own = 0;
        const uint32_t *ids = &own;
        size_t count = 1;
        if (part.kind == BL_TOKEN_PART) {
            int known = 0;
            for (size_t k = 0; k < s->token_count && !known; k++)
                if (!strcmp(s->tokens[k].name, name))
                    known = 1, ids = s->tokens[k].ids, count = s->tokens[k].count;
            if (!known) {
                const int32_t id = bl_token_id(t, name, strlen(name));
                if (id < 0)
                    return bl_fail(
                               error, BL_CONFIG_ERROR,
                               "the vocabulary lacks the token %.100s, which belongs around texts.",
                               name),
                           0;
                own = (uint32_t)id;
            }
        } else if (part.kind != (seen == 0 ? BL_FIRST_PART : BL_SECOND_PART) || ++seen > texts) {
            seen = 3;
            break;
        }
        for (size_t k = 0; k < count; k++) {
            if (out->count == BL_MOST_PARTS)
                return bl_fail(error, BL_CONFIG_ERROR, "more than %d tokens belong around a text.",
                               BL_MOST_PARTS),
                       0;
            part.id = (int32_t)ids[k];
            out->tokens += part.kind == BL_TOKEN_PART;
            out->parts[out->count++] = part;
        }
    }
    if (seen != texts)
        return bl_fail(
                   error, BL_CONFIG_ERROR,
                   "the tokenizer.json's post_processor does not name each text once, in order."),
               0;
    return 1;
}

static char *copied(const char *text)
{
    char *copy = bl_malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

/* With the vocabulary in place, the rest. */
static int furnish(bl_tokenizer *t, const bl_settings *s, bl_error *error)
{
    if (s->longest_word > BL_MOST_WORD)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the tokenizer's max_input_chars_per_word is %llu; up to %d can be used.",
                       (unsigned long long)s->longest_word, BL_MOST_WORD),
               0;
    if (strlen(s->prefix) >= sizeof t->prefix)
        return bl_fail(error, BL_CONFIG_ERROR, "the prefix of continuing pieces is too long."), 0;
    strcpy(t->prefix, s->prefix);
    t->rules = s->rules;
    t->longest_word = (uint32_t)s->longest_word;
    t->unknown = piece_id(t, s->unknown, strlen(s->unknown));
    if (!add_tokens(t, s, error) || !make_template(t, s, &s->single, &t->single, 1, error) ||
        !make_template(t, s, &s->pair, &t->pair, 2, error))
        return 0;

    bl_tokenizer_info *i = &t->info;
    i->vocabulary = i->tokens = t->vocabulary.pieces;
    for (size_t k = 0; k < t->added_count; k++)
        i->tokens += piece_id(t, t->added[k].text, t->added[k].size) < 0;
    i->max_length = s->max_length;
    i->lowercase = s->rules.lowercase, i->strip_accents = s->rules.strip_accents,
    i->split_chinese = s->rules.split_chinese;
    i->pad_left = s->pad_left, i->truncate_left = s->truncate_left, i->clean_up = s->clean_up;
    i->types = s->types, i->join_with_spaces = s->join_with_spaces, i->tidy = s->tidy;
    i->prefix = t->prefix;
    i->table_bytes = t->vocabulary.size;
    for (int k = 0; k < BL_SPECIALS; k++) {
        i->id[k] = s->special[k] ? bl_token_id(t, s->special[k], strlen(s->special[k])) : -1;
        if (s->special[k] && !(i->token[k] = copied(s->special[k]))) return no_memory(error);
    }
    return 1;
}

/* settings: what has been read; table: the vocabulary's block, or NULL if the settings have it. */
static bl_tokenizer *finish(bl_settings *s, const void *table, size_t table_size, bl_error *error)
{
    bl_tokenizer *t = bl_calloc(1, sizeof *t);
    int fine = t || no_memory(error);
    fine = fine && (table ? bl_vocabulary_read(&t->vocabulary, table, table_size, error)
                          : bl_vocabulary_build(&t->vocabulary, s->entries, s->entry_count,
                                                s->prefix, error)) == BL_OK;
    if (fine && t->vocabulary.prefix != strlen(s->prefix)) {
        bl_fail(error, BL_FILE_ERROR,
                "the file's table of words does not fit its settings; convert the model again.");
        fine = 0;
    }
    fine = fine && furnish(t, s, error);
    bl_settings_free(s);
    if (fine) return t;
    bl_tokenizer_close(t);
    return NULL;
}

bl_tokenizer *bl_tokenizer_open_memory(const void *vocabulary, size_t size, int json,
                                       const void *config, size_t config_size, bl_error *error)
{
    bl_settings s;
    if (size > SIZE_MAX / 4 || config_size > SIZE_MAX / 4)
        return bl_fail(error, BL_INPUT_ERROR, "the tokenizer's files are too large."), NULL;
    bl_status status = bl_settings_start(&s, size + config_size, error);
    if (status == BL_OK)
        status = json ? bl_settings_json(&s, vocabulary, size, error)
                      : bl_settings_vocabulary(&s, vocabulary, size, error);
    if (status == BL_OK && config)
        status = bl_settings_config(&s, config, config_size, !json, error);
    if (status == BL_OK && !json) status = bl_settings_plain(&s, error);
    if (status == BL_OK && !s.entry_count)
        status = bl_fail(error, BL_CONFIG_ERROR, "the tokenizer.json has no vocabulary.");
    if (status == BL_OK) return finish(&s, NULL, 0, error);
    bl_settings_free(&s);
    return NULL;
}

/* path/name; 0 if that is too long or no file. */
static int file_in(const char *folder, const char *name, char *out, size_t capacity)
{
    const int n = snprintf(out, capacity, "%s/%s", folder, name);
    return n > 0 && (size_t)n < capacity && bl_is_file(out);
}

static bl_tokenizer *open_files(const char *vocabulary, int json, const char *config,
                                bl_error *error)
{
    bl_map a, b = { 0 };
    bl_tokenizer *t = NULL;
    if (!bl_map_open(&a, vocabulary))
        return bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", vocabulary), NULL;
    if (config && !bl_map_open(&b, config))
        bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", config);
    else
        t = bl_tokenizer_open_memory(a.data ? (const void *)a.data : "", a.size, json,
                                     config ? b.data ? (const void *)b.data : "" : NULL, b.size,
                                     error);
    bl_map_close(&a);
    bl_map_close(&b);
    return t;
}

static bl_tokenizer *open_converted(bl_map map, const char *path, const char *base, bl_error *error)
{
    bl_tensors tensors;
    bl_settings s;
    bl_tokenizer *t = NULL;
    if (bl_read_safetensors(map.data, map.size, &tensors, error) == BL_OK) {
        if (tensors.base) { /* the tokenizer is the base's */
            bl_map base_map;
            bl_tensors of_base;
            const bl_status status = bl_open_base(&tensors, path, base, &base_map, &of_base, error);
            bl_tensors_free(&tensors);
            bl_map_close(&map);
            if (status != BL_OK) return NULL;
            map = base_map;
            tensors = of_base;
        }
        const bl_tensor *table = bl_find(&tensors, BL_TABLE_NAME);
        if (!tensors.tokenizer || !table) {
            bl_fail(error, BL_CONFIG_ERROR,
                    "%.300s has no tokenizer in it; convert a folder that has a vocab.txt or "
                    "tokenizer.json.",
                    path);
        } else if (bl_settings_start(&s, strlen(tensors.tokenizer), error) == BL_OK) {
            if (bl_settings_json(&s, tensors.tokenizer, strlen(tensors.tokenizer), error) == BL_OK)
                t = finish(&s, table->data, table->count * 4, error);
            else bl_settings_free(&s);
        }
        bl_tensors_free(&tensors);
    }
    if (t) t->map = map;
    else bl_map_close(&map);
    return t;
}

bl_tokenizer *bl_tokenizer_open(const char *path, bl_error *error)
{
    return bl_tokenizer_open_with_base(path, NULL, error);
}

bl_tokenizer *bl_tokenizer_open_with_base(const char *path, const char *base, bl_error *error)
{
    char file[4096], config[4096];
    if (bl_is_folder(path)) {
        const char *beside = file_in(path, "tokenizer_config.json", config, sizeof config) ? config
                                                                                           : NULL;
        if (file_in(path, "tokenizer.json", file, sizeof file))
            return open_files(file, 1, beside, error);
        if (file_in(path, "vocab.txt", file, sizeof file))
            return open_files(file, 0, beside, error);
        bl_fail(error, BL_FILE_ERROR, "%.300s has neither a tokenizer.json nor a vocab.txt.", path);
        return NULL;
    }
    const size_t n = strlen(path);
    if (!bl_is_file(path))
        return bl_fail(error, BL_FILE_ERROR, "%.300s is no folder and no file.", path), NULL;
    if (n >= 4 && !strcmp(path + n - 4, ".txt")) return open_files(path, 0, NULL, error);
    if (n >= 5 && !strcmp(path + n - 5, ".json")) return open_files(path, 1, NULL, error);
    bl_map map;
    if (!bl_map_open(&map, path))
        return bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", path), NULL;
    return open_converted(map, path, base, error);
}

void bl_tokenizer_close(bl_tokenizer *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->added_count; i++) {
        bl_free(t->added[i].text);
        bl_free(t->added[i].pattern);
    }
    for (int i = 0; i < BL_SPECIALS; i++) bl_free((char *)t->info.token[i]);
    bl_free(t->added);
    bl_added_forget(&t->raw);
    bl_added_forget(&t->normal);
    bl_vocabulary_free(&t->vocabulary);
    bl_map_close(&t->map);
    bl_free(t);
}

const bl_tokenizer_info *bl_tokenizer_describe(const bl_tokenizer *t) { return &t->info; }

const char *bl_token_text(const bl_tokenizer *t, int32_t id, size_t *size)
{
    for (size_t i = 0; i < t->added_count; i++)
        if (t->added[i].id == id) return *size = t->added[i].size, t->added[i].text;
    return bl_word_piece(t, id, size);
}

const char *bl_word_piece(const bl_tokenizer *t, int32_t id, size_t *size)
{
    uint32_t n = 0;
    const char *text = id < 0 ? NULL : bl_piece_text(&t->vocabulary, (uint32_t)id, &n);
    *size = n;
    return text;
}

int bl_vocabulary_item(const bl_tokenizer *t, size_t n, const char **text, size_t *size,
                       int32_t *id)
{
    uint32_t length, number;
    if (n >= t->vocabulary.pieces ||
        !(*text = bl_piece_at(&t->vocabulary, (uint32_t)n, &length, &number)))
        return 0;
    *size = length;
    *id = (int32_t)number;
    return 1;
}

int bl_added_item(const bl_tokenizer *t, size_t n, bl_added_token *out)
{
    if (n >= t->added_count) return 0;
    const bl_added *a = &t->added[n];
    *out = (bl_added_token){ a->text,   a->size,   a->id,         a->single_word,
                             a->lstrip, a->rstrip, a->normalized, a->special };
    return 1;
}

/* ---- tokenizer.json ----------------------------------------------------------------------- */

typedef struct {
    char *out;
    size_t capacity, size;
} writer;

static void raw(writer *w, const char *text, size_t n)
{
    if (w->size + n <= w->capacity) memcpy(w->out + w->size, text, n);
    w->size += n;
}

static void word(writer *w, const char *text) { raw(w, text, strlen(text)); }

static void number(writer *w, long long n)
{
    char text[32];
    raw(w, text, (size_t)snprintf(text, sizeof text, "%lld", n));
}

static void quoted(writer *w, const char *text, size_t n)
{
    raw(w, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        char code[8];
        if (c == '"' || c == '\\') raw(w, "\\", 1);
        if (c < 0x20) raw(w, code, (size_t)snprintf(code, sizeof code, "\\u%04x", c));
        else raw(w, text + i, 1);
    }
    raw(w, "\"", 1);
}

static void flag(writer *w, const char *key, int value)
{
    word(w, ",\"");
    word(w, key);
    word(w, value ? "\":true" : "\":false");
}

static void named(writer *w, const char *key, const char *text)
{
    word(w, ",\"");
    word(w, key);
    word(w, "\":");
    quoted(w, text, strlen(text));
}

/* An id's token; nothing for ids that no token has, which a template may name. */
static void quoted_token(writer *w, const bl_tokenizer *t, int32_t id)
{
    size_t n;
    const char *text = bl_token_text(t, id, &n);
    quoted(w, text ? text : "", text ? n : 0);
}

static void write_template(writer *w, const bl_tokenizer *t, const bl_template *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const bl_part *p = &from->parts[i];
        word(w, i ? ",{\"" : "[{\"");
        word(w, p->kind == BL_TOKEN_PART ? "SpecialToken\":{\"id\":" : "Sequence\":{\"id\":");
        if (p->kind == BL_TOKEN_PART) quoted_token(w, t, p->id);
        else word(w, p->kind == BL_FIRST_PART ? "\"A\"" : "\"B\"");
        word(w, ",\"type_id\":");
        number(w, p->type);
        word(w, "}}");
    }
    word(w, "]");
}

static void write_template_tokens(writer *w, const bl_tokenizer *t)
{
    int32_t seen[2 * BL_MOST_PARTS];
    size_t count = 0;
    word(w, "{");
    for (size_t i = 0; i < t->single.count + t->pair.count; i++) {
        const bl_part *p = i < t->single.count ? &t->single.parts[i]
                                               : &t->pair.parts[i - t->single.count];
        int known = p->kind != BL_TOKEN_PART;
        for (size_t k = 0; k < count; k++) known |= seen[k] == p->id;
        if (known) continue;
        if (count) word(w, ",");
        seen[count++] = p->id;
        quoted_token(w, t, p->id);
        word(w, ":{\"id\":");
        quoted_token(w, t, p->id);
        word(w, ",\"ids\":[");
        number(w, p->id);
        word(w, "],\"tokens\":[");
        quoted_token(w, t, p->id);
        word(w, "]}");
    }
    word(w, "}");
}

/* whole: a tokenizer.json; else without the vocabulary, and with what its config says. */
static size_t write_json(const bl_tokenizer *t, int whole, char *out, size_t capacity)
{
    writer w = { out, capacity, 0 };
    word(&w, "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[");
    for (size_t i = 0; i < t->added_count; i++) {
        const bl_added *a = &t->added[i];
        word(&w, i ? ",{\"id\":" : "{\"id\":");
        number(&w, a->id);
        word(&w, ",\"content\":");
        quoted(&w, a->text, a->size);
        flag(&w, "single_word", a->single_word);
        flag(&w, "lstrip", a->lstrip);
        flag(&w, "rstrip", a->rstrip);
        flag(&w, "normalized", a->normalized);
        flag(&w, "special", a->special);
        word(&w, "}");
    }
    word(&w, "],\"normalizer\":");
    const bl_rules none = { 0, 0, 0, 0 };
    if (!memcmp(&t->rules, &none, sizeof none)) {
        word(&w, "null");
    } else {
        word(&w, "{\"type\":\"BertNormalizer\"");
        flag(&w, "clean_text", t->rules.clean);
        flag(&w, "handle_chinese_chars", t->rules.split_chinese);
        flag(&w, "strip_accents", t->rules.strip_accents);
        flag(&w, "lowercase", t->rules.lowercase);
        word(&w, "}");
    }
    word(&w, ",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":");
    if (t->pair.tokens || t->single.tokens || t->pair.parts[0].type || t->pair.parts[1].type != 1) {
        word(&w, "{\"type\":\"TemplateProcessing\",\"single\":");
        write_template(&w, t, &t->single);
        word(&w, ",\"pair\":");
        write_template(&w, t, &t->pair);
        word(&w, ",\"special_tokens\":");
        write_template_tokens(&w, t);
        word(&w, "}");
    } else {
        word(&w, "null");
    }
    word(&w, ",\"decoder\":");
    if (t->info.join_with_spaces) {
        word(&w, "null");
    } else {
        word(&w, "{\"type\":\"WordPiece\"");
        named(&w, "prefix", t->prefix);
        flag(&w, "cleanup", t->info.tidy);
        word(&w, "}");
    }
    word(&w, ",\"model\":{\"type\":\"WordPiece\",\"unk_token\":");
    uint32_t unknown_size = 0;
    const char *unknown =
        t->unknown < 0 ? NULL : bl_piece_text(&t->vocabulary, (uint32_t)t->unknown, &unknown_size);
    quoted(&w, unknown ? unknown : "[UNK]", unknown ? unknown_size : 5);
    named(&w, "continuing_subword_prefix", t->prefix);
    word(&w, ",\"max_input_chars_per_word\":");
    number(&w, t->longest_word);
    if (whole) {
        word(&w, ",\"vocab\":{");
        for (uint32_t i = 0; i < t->vocabulary.pieces; i++) {
            uint32_t n, id;
            const char *text = bl_piece_at(&t->vocabulary, i, &n, &id);
            if (i) word(&w, ",");
            quoted(&w, text ? text : "", text ? n : 0);
            word(&w, ":");
            number(&w, text ? id : 0);
        }
        word(&w, "}");
    }
    word(&w, "}");
    if (!whole) {
        static const char *const keys[BL_SPECIALS] = { "unk_token", "sep_token", "pad_token",
                                                       "cls_token", "mask_token" };
        word(&w, ",\"config\":{\"model_max_length\":");
        number(&w, (long long)t->info.max_length);
        flag(&w, "clean_up_tokenization_spaces", t->info.clean_up);
        word(&w, t->info.types ? "" : ",\"model_input_names\":[]");
        named(&w, "padding_side", t->info.pad_left ? "left" : "right");
        named(&w, "truncation_side", t->info.truncate_left ? "left" : "right");
        for (int i = 0; i < BL_SPECIALS; i++) {
            if (t->info.token[i]) {
                named(&w, keys[i], t->info.token[i]);
            } else {
                word(&w, ",\"");
                word(&w, keys[i]);
                word(&w, "\":null");
            }
        }
        word(&w, "}");
    }
    word(&w, "}");
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
