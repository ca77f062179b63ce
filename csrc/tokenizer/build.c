#include "build.h"

#include "../error.h"
#include "../memory.h"

static char *copy_text(const char *text, size_t size)
{
    char *copy = bl_malloc(size + 1);
    if (!copy) return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

/* ---- added tokens ------------------------------------------------------------------ */

static bl_added *find_added(bl_tokenizer *t, const char *text, size_t size)
{
    for (size_t i = 0; i < t->added_count; i++)
        if (t->added[i].size == size && !memcmp(t->added[i].text, text, size)) return &t->added[i];
    return NULL;
}

static int is_word_piece(const bl_tokenizer *t, const char *text, size_t size)
{
    return bl_find_piece(&t->vocabulary, (const uint8_t *)text, size) >= 0;
}

/* A new added token. Ids are as in tokenizers: a token that is a word piece has its id; others
 * are numbered on from the vocabulary's size, *next being the next one. */
static bl_status new_added(bl_tokenizer *t, const char *text, size_t size, int64_t *next,
                           bl_error *error)
{
    bl_added *a = &t->added[t->added_count];
    a->text = copy_text(text, size);
    if (!a->text) return bl_no_memory(error, "the added tokens");
    t->added_count++;
    a->size = (uint32_t)size;
    a->id = bl_find_piece(&t->vocabulary, (const uint8_t *)text, size);
    if (a->id >= 0) return BL_OK;
    if (*next >= INT32_MAX)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the tokenizer has more tokens than ids; up to %ld can be used.",
                       (long)INT32_MAX);
    a->id = (int32_t)(*next)++;
    return BL_OK;
}

static bl_status too_long(size_t size, bl_error *error)
{
    return bl_fail(error, BL_CONFIG_ERROR, "an added token has %zu bytes; up to %d can be used.",
                   size, BL_MAX_ADDED_SIZE);
}

/* Set what is searched for. */
static bl_status set_pattern(const bl_tokenizer *t, bl_added *a, bl_error *error)
{
    const size_t size = a->normalized ? bl_normalize(t, a->text, a->size, NULL, 0) : a->size;
    if (size > BL_MAX_ADDED_SIZE) return too_long(size, error);
    a->pattern = bl_malloc(size + 1);
    if (!a->pattern) return bl_no_memory(error, "the added tokens");
    if (a->normalized) bl_normalize(t, a->text, a->size, (char *)a->pattern, size);
    else memcpy(a->pattern, a->text, size);
    a->pattern_size = (uint32_t)size;
    return BL_OK;
}

/* Add a token, or give one that has been added already the flags of this one. */
static bl_status add_token(bl_tokenizer *t, const bl_token_setting *from, int64_t *next,
                           bl_error *error)
{
    const size_t size = strlen(from->text);
    if (!size) return BL_OK;
    if (size > BL_MAX_ADDED_SIZE) return too_long(size, error);
    bl_added *a = find_added(t, from->text, size);
    if (!a) {
        const bl_status status = new_added(t, from->text, size, next, error);
        if (status != BL_OK) return status;
        a = &t->added[t->added_count - 1];
    }
    a->single_word = from->single_word;
    a->lstrip = from->lstrip;
    a->rstrip = from->rstrip;
    a->normalized = from->normalized;
    a->special |= from->special;
    return BL_OK;
}

static bl_status add_tokens(bl_tokenizer *t, const bl_settings *s, bl_error *error)
{
    int64_t next = t->vocabulary.count;
    bl_status status = BL_OK;
    t->added = bl_calloc(s->added_count + 1, sizeof *t->added);
    if (!t->added) return bl_no_memory(error, "the added tokens");
    for (size_t i = 0; i < s->added_count && status == BL_OK; i++)
        status = add_token(t, &s->added[i], &next, error);
    for (size_t i = 0; i < t->added_count && status == BL_OK; i++)
        status = set_pattern(t, &t->added[i], error);
    if (status == BL_OK) status = bl_added_collect(&t->raw, t->added, t->added_count, 0, error);
    if (status == BL_OK) status = bl_added_collect(&t->normal, t->added, t->added_count, 1, error);
    return status;
}

/* ---- templates --------------------------------------------------------------------- */

static bl_status append_part(bl_template *out, bl_part part, bl_error *error)
{
    if (out->count == BL_MAX_TEMPLATE_PARTS)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the tokenizer puts more than %d tokens and texts in a row of ids; that "
                       "many can be used.",
                       BL_MAX_TEMPLATE_PARTS);
    if (part.kind == BL_TOKEN_PART) out->tokens++;
    out->parts[out->count++] = part;
    return BL_OK;
}

/* The ids of a special token: those that the tokenizer.json names, or else its own. */
static bl_status append_token(const bl_tokenizer *t, const bl_settings *s, bl_template *out,
                              const char *name, int32_t type, bl_error *error)
{
    const int32_t own = bl_token_id(t, name, strlen(name));
    const int32_t *ids = &own;
    size_t count = 1;
    int named = 0;
    for (size_t i = 0; i < s->token_count && !named; i++) {
        if (strcmp(s->tokens[i].name, name) != 0) continue;
        named = 1;
        ids = s->tokens[i].ids;
        count = s->tokens[i].count;
    }
    if (!named && own < 0)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the vocabulary lacks the special token %.100s, which belongs around texts; "
                       "add it.",
                       name);
    for (size_t i = 0; i < count; i++) {
        const bl_part part = { .kind = BL_TOKEN_PART, .id = ids[i], .type = type };
        const bl_status status = append_part(out, part, error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* texts: how many the template has to name, each once and in order. */
static bl_status make_template(const bl_tokenizer *t, const bl_settings *s,
                               const bl_template_setting *from, bl_template *out, int texts,
                               bl_error *error)
{
    int seen = 0;
    int ordered = 1;
    for (size_t i = 0; i < from->count && ordered; i++) {
        const int kind = from->parts[i].kind;
        const int32_t type = from->parts[i].type;
        bl_status status;
        if (kind == BL_TOKEN_PART) {
            status = append_token(t, s, out, from->parts[i].name, type, error);
        } else {
            const bl_part part = { .kind = kind, .id = 0, .type = type };
            ordered = kind == (seen == 0 ? BL_FIRST_PART : BL_SECOND_PART) && seen < texts;
            seen++;
            status = append_part(out, part, error);
        }
        if (status != BL_OK) return status;
    }
    if (ordered && seen == texts) return BL_OK;
    return bl_fail(error, BL_CONFIG_ERROR,
                   "the tokenizer.json's post_processor does not name each text once and in order; "
                   "expected A in \"single\", and A, then B in \"pair\".");
}

/* ---- the whole tokenizer ----------------------------------------------------------- */

static bl_status describe(bl_tokenizer *t, const bl_settings *s, bl_error *error)
{
    bl_tokenizer_info *info = &t->info;
    info->vocabulary = t->vocabulary.count;
    info->tokens = t->vocabulary.count;
    for (size_t i = 0; i < t->added_count; i++)
        info->tokens += !is_word_piece(t, t->added[i].text, t->added[i].size);
    info->max_length = s->max_length;
    info->lowercase = s->rules.lowercase;
    info->strip_accents = s->rules.strip_accents;
    info->split_chinese = s->rules.split_chinese;
    info->pad_left = s->pad_left;
    info->truncate_left = s->truncate_left;
    info->clean_up = s->clean_up;
    info->types = s->types;
    info->join_with_spaces = s->join_with_spaces;
    info->tidy = s->tidy;
    info->prefix = t->prefix;
    info->table_bytes = t->vocabulary.size;
    for (int i = 0; i < BL_SPECIALS; i++) {
        info->id[i] = -1;
        if (!s->special[i]) continue;
        const size_t size = strlen(s->special[i]);
        info->id[i] = bl_token_id(t, s->special[i], size);
        info->token[i] = copy_text(s->special[i], size);
        if (!info->token[i]) return bl_no_memory(error, "the special tokens");
    }
    return BL_OK;
}

/* All but the vocabulary. */
static bl_status init_from_settings(bl_tokenizer *t, const bl_settings *s, bl_error *error)
{
    const size_t prefix_size = strlen(s->prefix);
    if (s->longest_word > BL_MAX_WORD)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the tokenizer's max_input_chars_per_word is %llu; up to %d can be used.",
                       (unsigned long long)s->longest_word, BL_MAX_WORD);
    if (prefix_size >= sizeof t->prefix)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the prefix of continuing word pieces has %zu bytes; up to %zu can be used.",
                       prefix_size, sizeof t->prefix - 1);
    if (t->vocabulary.prefix != prefix_size)
        return bl_fail(error, BL_FILE_ERROR,
                       "the file's vocabulary was made for a prefix of %lu bytes, but its settings "
                       "have \"%s\"; convert the model again.",
                       (unsigned long)t->vocabulary.prefix, s->prefix);
    memcpy(t->prefix, s->prefix, prefix_size + 1);
    t->rules = s->rules;
    t->longest_word = (uint32_t)s->longest_word;
    t->unknown = bl_find_piece(&t->vocabulary, (const uint8_t *)s->unknown, strlen(s->unknown));
    bl_status status = add_tokens(t, s, error);
    if (status == BL_OK) status = make_template(t, s, &s->single, &t->single, 1, error);
    if (status == BL_OK) status = make_template(t, s, &s->pair, &t->pair, 2, error);
    return status == BL_OK ? describe(t, s, error) : status;
}

/* block NULL: the settings have the vocabulary. */
static bl_tokenizer *build(const bl_settings *s, const void *block, size_t size, bl_error *error)
{
    bl_tokenizer *t = bl_calloc(1, sizeof *t);
    if (!t) {
        bl_no_memory(error, "the tokenizer");
        return NULL;
    }
    bl_status status =
        block ? bl_vocabulary_read(&t->vocabulary, block, size, error)
              : bl_vocabulary_build(&t->vocabulary, s->entries, s->entry_count, s->prefix, error);
    if (status == BL_OK) status = init_from_settings(t, s, error);
    if (status == BL_OK) return t;
    bl_tokenizer_close(t);
    return NULL;
}

bl_tokenizer *bl_tokenizer_build(const bl_settings *s, bl_error *error)
{
    return build(s, NULL, 0, error);
}

bl_tokenizer *bl_tokenizer_build_with_block(const bl_settings *s, const void *block, size_t size,
                                            bl_error *error)
{
    return build(s, block, size, error);
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
    bl_added_free(&t->raw);
    bl_added_free(&t->normal);
    bl_vocabulary_free(&t->vocabulary);
    bl_map_close(&t->map);
    bl_free(t);
}
