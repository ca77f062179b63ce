#include "text_input.h"

#include <string.h>

#include "spelling.h"

/* Up to this many bytes, memory for the tokens is taken by the size of the text; the tokens of
 * larger texts are counted first. */
enum { COUNTED_FROM = 1 << 16 };

static const char *head_name(bl_head head)
{
    switch (head) {
    case BL_CLASS_HEAD: return "a head for sequence classification";
    case BL_TOKEN_HEAD: return "a head for token classification";
    case BL_ANSWER_HEAD: return "a head for question answering";
    case BL_WORD_HEAD: return "a head for masked language modeling";
    case BL_NO_HEAD: break;
    }
    return "no head";
}

bl_status bl_begin(const bl_session *s, bl_head head, const char *task, bl_error *error)
{
    if (!s->model || !s->tokenizer || !s->arena)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the session has no %s; a session needs a model, a tokenizer and an arena.",
                       !s->model       ? "model"
                       : !s->tokenizer ? "tokenizer"
                                       : "arena");
    const bl_head found = bl_describe(s->model)->head;
    if (head != BL_NO_HEAD && found != head)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model has %s, but %s needs %s; open a model that has one.",
                       head_name(found), task, head_name(head));
    bl_arena_reset(s->arena);
    return BL_OK;
}

size_t bl_max_tokens(const bl_model *m, const bl_tokenizer *t)
{
    const size_t own = bl_tokenizer_describe(t)->max_length,
                 positions = (size_t)bl_describe(m)->positions;
    return own && own < positions ? own : positions;
}

size_t bl_session_tokens(const bl_session *s)
{
    const size_t positions = (size_t)bl_describe(s->model)->positions;
    if (!s->max_tokens) return bl_max_tokens(s->model, s->tokenizer);
    return s->max_tokens < positions ? s->max_tokens : positions;
}

int bl_session_truncates_left(const bl_session *s)
{
    return s->truncation_side == BL_OWN_SIDE ? bl_tokenizer_describe(s->tokenizer)->truncate_left
                                             : s->truncation_side == BL_LEFT_SIDE;
}

/* ---- tokens --------------------------------------------------------------------------- */

/* The text of a bl_text, or its pair. */
typedef struct {
    const char *data;
    size_t size;
    const uint32_t *word_sizes;
    size_t word_count;
} part;

static part first_part(const bl_text *text)
{
    return (part){ text->data ? text->data : "", text->size, text->word_sizes,
                   text->word_sizes ? text->word_count : 0 };
}

static part second_part(const bl_text *text)
{
    return (part){ text->pair ? text->pair : "", text->pair ? text->pair_size : 0, NULL, 0 };
}

/* As bl_tokenize, word by word if the text is split into words already. */
static bl_status tokenize(const bl_session *s, const part *p, int32_t *ids, bl_offset *offsets,
                          size_t capacity, size_t *count, bl_error *error)
{
    if (!p->word_sizes)
        return bl_tokenize(s->tokenizer, p->data, p->size, 0, ids, offsets, capacity, count, error);
    size_t done = 0, byte = 0;
    for (size_t w = 0; w < p->word_count; w++) {
        size_t n;
        if (p->word_sizes[w] > p->size - byte)
            return bl_fail(error, BL_INPUT_ERROR,
                           "word %zu ends behind the text, which has %zu bytes; word_sizes has to "
                           "hold the sizes of the text's words.",
                           w, p->size);
        const bl_status status =
            bl_tokenize(s->tokenizer, p->data + byte, p->word_sizes[w], 0, ids ? ids + done : NULL,
                        offsets ? offsets + done : NULL, capacity - done, &n, error);
        if (status != BL_OK) return status;
        if (ids && n > capacity - done) {
            *count = capacity + 1;
            return BL_OK;
        }
        for (size_t i = 0; ids && offsets && i < n; i++) offsets[done + i].word = (uint32_t)w;
        done += n;
        byte += p->word_sizes[w];
    }
    *count = done;
    return BL_OK;
}

/* Capacity for what a text has of tokens, up to `most`. */
static bl_status token_capacity(const bl_session *s, const part *p, size_t most, size_t *capacity,
                                bl_error *error)
{
    *capacity = p->size < most ? p->size : most; /* a token has a byte at least */
    if (*capacity < COUNTED_FROM) return BL_OK;
    size_t count = 0;
    const bl_status status = tokenize(s, p, NULL, NULL, 0, &count, error);
    if (status == BL_OK && count < *capacity) *capacity = count;
    return status;
}

bl_status bl_read_tokens(const bl_session *s, const bl_text *text, size_t most, int offsets,
                         bl_text_tokens *out, bl_error *error)
{
    const part first = first_part(text), second = second_part(text);
    size_t a, b, read;
    bl_status status = token_capacity(s, &first, most, &a, error);
    if (status == BL_OK) status = token_capacity(s, &second, SIZE_MAX, &b, error);
    if (status != BL_OK) return status;
    if (a > INT32_MAX - b)
        return bl_fail(error, BL_INPUT_ERROR,
                       "a text and its pair have %zu and %zu tokens; up to %ld in all can be read.",
                       a, b, (long)INT32_MAX);
    out->ids = bl_arena_take(s->arena, a + b, sizeof *out->ids);
    out->offsets = offsets ? bl_arena_take(s->arena, a + b, sizeof *out->offsets) : NULL;
    if (!out->ids || (offsets && !out->offsets))
        return bl_no_memory(error, "the tokens of the text");
    status = tokenize(s, &first, out->ids, out->offsets, a, &out->first, error);
    out->second = BL_NO_PAIR;
    if (status != BL_OK) return status;
    out->is_whole = out->first <= a;
    if (!text->pair)
        return out->is_whole ? bl_correct_spelling(s, &out->ids, &out->offsets, &out->first, error)
                             : BL_OK;
    read = out->first < a ? out->first : a;
    return tokenize(s, &second, out->ids + read, offsets ? out->offsets + read : NULL, b,
                    &out->second, error);
}

/* Special tokens around a text or a pair. */
static size_t specials(const bl_session *s, int pair)
{
    const bl_window empty = { 0, 0, 0, 0 };
    return bl_row_size(s->tokenizer, &empty, pair, 1);
}

bl_status bl_count_tokens(const bl_session *s, const bl_text *text, size_t *count, bl_error *error)
{
    const part first = first_part(text), second = second_part(text);
    size_t a, b;
    bl_status status = tokenize(s, &first, NULL, NULL, 0, &a, error);
    if (status == BL_OK) status = tokenize(s, &second, NULL, NULL, 0, &b, error);
    if (status == BL_OK) *count = a + b + specials(s, text->pair != NULL);
    return status;
}

bl_status bl_read_windows(const bl_session *s, const bl_text_tokens *tokens,
                          const bl_limits *limits, const bl_window **windows, size_t *count,
                          bl_error *error)
{
    bl_status status =
        bl_windows(s->tokenizer, tokens->first, tokens->second, limits, NULL, 0, count, error);
    if (status != BL_OK) return status;
    bl_window *out = bl_arena_take(s->arena, *count, sizeof *out);
    if (!out) return bl_no_memory(error, "the windows over the text");
    *windows = out;
    return bl_windows(s->tokenizer, tokens->first, tokens->second, limits, out, *count, count,
                      error);
}

/* ---- rows ----------------------------------------------------------------------------- */

bl_status bl_take_row(const bl_session *s, size_t count, bl_text_row *row, bl_error *error)
{
    const size_t positions = (size_t)bl_describe(s->model)->positions;
    if (count > positions)
        return bl_fail(error, BL_INPUT_ERROR,
                       "a text of %zu tokens is too long for this model, which takes %zu; truncate "
                       "it.",
                       count, positions);
    row->count = count;
    row->ids = bl_arena_take(s->arena, 3 * count, sizeof *row->ids);
    row->workspace_size = bl_workspace_size(s->model, count, 1);
    row->workspace = bl_arena_take(s->arena, row->workspace_size, 1);
    if (!row->ids || !row->workspace) return bl_no_memory(error, "running the text");
    row->types = row->ids + count;
    row->source = row->types + count;
    return BL_OK;
}

bl_status bl_take_window_row(const bl_session *s, const bl_window *windows, size_t count, int pair,
                             bl_text_row *row, bl_error *error)
{
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t size = bl_row_size(s->tokenizer, &windows[i], pair, 1);
        if (size > largest) largest = size;
    }
    return bl_take_row(s, largest, row, error);
}

void bl_fill_window_row(const bl_session *s, const bl_text_tokens *tokens, const bl_window *window,
                        bl_text_row *row)
{
    const int pair = tokens->second != BL_NO_PAIR;
    row->count = bl_row_size(s->tokenizer, window, pair, 1);
    bl_fill_row(s->tokenizer, tokens->ids, tokens->ids + tokens->first, tokens->first, window, pair,
                1, &(bl_row){ row->ids, row->types, NULL, row->source });
}

/* A text's tokens, and the window of them that is read; the text has `total` with special ones. */
typedef struct {
    const int32_t *a, *b;
    size_t a_count, b_count, total;
} tokens_of_row;

/* As far as they can be read: `most` of each, and more of a text whose words become fewer tokens
 * when they are corrected. */
static bl_status read_beginning(const bl_session *s, const bl_text *text, size_t most,
                                tokens_of_row *t, bl_error *error)
{
    part first = first_part(text);
    const part second = second_part(text);
    const int pair = text->pair != NULL;
    bl_status status =
        pair || first.word_sizes ? BL_OK : bl_spell_symbols(s, &first.data, &first.size, error);
    if (status != BL_OK) return status;
    const size_t a_most = bl_corrects_spelling(s) && !pair ? bl_read_to_correct(most) : most,
                 a_capacity = first.size < a_most ? first.size : a_most,
                 b_capacity = second.size < most ? second.size : most;
    int32_t *ids = bl_arena_take(s->arena, a_capacity + b_capacity, sizeof *ids);
    size_t a = 0, b = BL_NO_PAIR, total;
    if (!ids) return bl_no_memory(error, "the tokens of the text");
    int32_t *a_ids = ids;
    bl_offset *no_offsets = NULL;
    status = tokenize(s, &first, ids, NULL, a_capacity, &a, error);
    const int is_cut = status == BL_OK && a > a_capacity;
    if (is_cut && !pair) a = a_capacity;
    if (status == BL_OK && !pair) status = bl_correct_spelling(s, &a_ids, &no_offsets, &a, error);
    if (status == BL_OK && pair)
        status = tokenize(s, &second, ids + a_capacity, NULL, b_capacity, &b, error);
    total = a + (pair ? b : 0) + specials(s, pair);
    /* Where both are too long it matters which is longer. */
    if (status == BL_OK && (is_cut || (pair && total > most))) {
        status = bl_count_tokens(s, text, &total, error);
        if (status == BL_OK && is_cut && pair)
            status = tokenize(s, &first, NULL, NULL, 0, &a, error);
        if (status == BL_OK && pair) b = total - specials(s, 1) - a;
    }
    *t = (tokens_of_row){ a_ids, ids + a_capacity, a, b, total };
    return status;
}

/* All of them, for a text that loses its beginning. */
static bl_status read_all(const bl_session *s, const bl_text *text, tokens_of_row *t,
                          bl_error *error)
{
    bl_text_tokens all = { 0 };
    const bl_status status = bl_read_tokens(s, text, SIZE_MAX, 0, &all, error);
    if (status != BL_OK) return status;
    const int pair = all.second != BL_NO_PAIR;
    *t = (tokens_of_row){ all.ids, all.ids + all.first, all.first, all.second,
                          all.first + (pair ? all.second : 0) + specials(s, pair) };
    return BL_OK;
}

bl_status bl_read_short_row(const bl_session *s, const bl_text *text, size_t most, bl_text_row *row,
                            bl_extent *extent, bl_error *error)
{
    const int left = bl_session_truncates_left(s), pair = text->pair != NULL;
    const bl_limits limits = { BL_LONGEST_FIRST, most, 0, left, 1 };
    tokens_of_row t = { 0 };
    bl_window window;
    size_t windows;
    bl_status status = left ? read_all(s, text, &t, error)
                            : read_beginning(s, text, most, &t, error);
    if (status == BL_OK)
        status =
            bl_windows(s->tokenizer, t.a_count, t.b_count, &limits, &window, 1, &windows, error);
    if (status != BL_OK) return status;
    const size_t count = bl_row_size(s->tokenizer, &window, pair, 1);
    if (!count || count > most)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model takes %zu tokens, too few for the special tokens around a text; "
                       "use a model that takes more.",
                       most);
    status = bl_take_row(s, count, row, error);
    if (status != BL_OK) return status;
    bl_fill_row(s->tokenizer, t.a, t.b, t.a_count, &window, pair, 1,
                &(bl_row){ row->ids, row->types, NULL, NULL });
    *extent = (bl_extent){ count, t.total };
    return BL_OK;
}

bl_status bl_read_row(const bl_session *s, const bl_text *text, bl_text_row *row, bl_extent *extent,
                      bl_error *error)
{
    return bl_read_short_row(s, text, bl_session_tokens(s), row, extent, error);
}

bl_status bl_run_request(const bl_session *s, const bl_text_row *row, const bl_request *request,
                         float *out, bl_error *error)
{
    const int types = bl_tokenizer_describe(s->tokenizer)->types;
    const bl_batch batch = { row->ids, NULL, types ? row->types : NULL, 1, row->count };
    return bl_run(s->model, &batch, request, out, row->workspace, row->workspace_size, 1, error);
}

bl_status bl_run_row(const bl_session *s, const bl_text_row *row, bl_output output,
                     const int32_t *positions, size_t position_count, float *out, bl_error *error)
{
    const bl_request request = { .output = output,
                                 .positions = positions,
                                 .position_count = position_count };
    return bl_run_request(s, row, &request, out, error);
}

/* ---- characters ------------------------------------------------------------------------ */

enum { BLOCK = 256 }; /* bytes */

/* Bytes that do not continue a character, eight at a time: those are the ones of 10xxxxxx. */
uint32_t bl_characters_in(const char *text, size_t size)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t continuing = 0;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t x;
        memcpy(&x, text + i, sizeof x);
        x = (x >> 7 & ~(x >> 6)) & ones;
        continuing += (x * ones) >> 56;
    }
    for (; i < size; i++) continuing += ((uint8_t)text[i] & 0xC0) == 0x80;
    return (uint32_t)(size - continuing);
}

bl_status bl_count_characters(const bl_session *s, const char *text, size_t size,
                              bl_characters *out, bl_error *error)
{
    const size_t blocks = size / BLOCK + 1;
    uint32_t count = 0;
    *out = (bl_characters){ text, size, bl_arena_take(s->arena, blocks, sizeof *out->before) };
    if (!out->before) return bl_no_memory(error, "the offsets in characters");
    for (size_t i = 0; i < blocks; i++) {
        out->before[i] = count;
        if (i + 1 < blocks) count += bl_characters_in(text + i * BLOCK, BLOCK);
    }
    return BL_OK;
}

uint32_t bl_character_at(const bl_characters *c, size_t byte)
{
    if (byte > c->size) byte = c->size;
    const size_t block = byte / BLOCK;
    return c->before[block] + bl_characters_in(c->text + block * BLOCK, byte % BLOCK);
}
