/* words.c: the words that fit where masks are. In a text that is longer than the model's window,
 * each mask is answered from the sentences around it. */
#include <string.h>

#include "../sizes.h"
#include "text_input.h"
#include "windows.h"

enum { DEFAULT_TOP_K = 5 };

/* The masks of one pass, and the memory that they share with those of the next. */
typedef struct {
    const bl_fill_options *options;
    size_t vocabulary, k;
    float *logits;                       /* of up to BL_MASKS_AT_ONCE masks ... */
    float softmax[2 * BL_MASKS_AT_ONCE]; /* ... and what makes probabilities of them */
    int32_t *best;                       /* k of the vocabulary, or of the targets */
    float *probability;                  /* of k words, or of all targets */
} choice;

static bl_status take_choice(const bl_session *s, const bl_fill_options *options, size_t masks,
                             choice *c, bl_error *error)
{
    const size_t targets = options->targets ? options->target_count : 0;
    c->options = options;
    c->vocabulary = (size_t)bl_describe(s->model)->vocabulary;
    for (size_t i = 0; i < targets; i++)
        if (options->targets[i] < 0 || (size_t)options->targets[i] >= c->vocabulary)
            return bl_fail(error, BL_INPUT_ERROR,
                           "target %zu is %d, but the vocabulary has %zu words; give ids of words.",
                           i, (int)options->targets[i], c->vocabulary);
    const size_t words = targets ? targets : c->vocabulary,
                 wanted = options->top_k ? options->top_k : DEFAULT_TOP_K;
    c->k = wanted < words ? wanted : words;
    if (masks > BL_MASKS_AT_ONCE) masks = BL_MASKS_AT_ONCE;
    c->logits = bl_arena_take(s->arena, masks * c->vocabulary, sizeof *c->logits);
    c->best = bl_arena_take(s->arena, c->k, sizeof *c->best);
    c->probability = bl_arena_take(s->arena, targets ? targets : c->k, sizeof *c->probability);
    return c->logits && c->best && c->probability ? BL_OK : bl_no_memory(error, "the words");
}

/* The best words for one mask. */
static void choose(const choice *c, size_t mask, bl_word *out)
{
    const float *logits = c->logits + mask * c->vocabulary, *softmax = c->softmax + 2 * mask;
    const int32_t *targets = c->options->targets;
    if (targets && c->options->target_count) {
        bl_probabilities_of(logits, softmax, targets, c->options->target_count, c->probability);
        bl_top_k(c->probability, c->options->target_count, c->k, c->best);
        for (size_t i = 0; i < c->k; i++)
            out[i] = (bl_word){ targets[c->best[i]], c->probability[c->best[i]] };
        return;
    }
    bl_top_k(logits, c->vocabulary, c->k, c->best);
    bl_probabilities_of(logits, softmax, c->best, c->k, c->probability);
    for (size_t i = 0; i < c->k; i++) out[i] = (bl_word){ c->best[i], c->probability[i] };
}

/* Where the row has masks. */
static bl_status find_masks(const bl_session *s, const bl_text_row *row, int32_t **masks,
                            size_t *count, bl_error *error)
{
    const bl_tokenizer_info *info = bl_tokenizer_describe(s->tokenizer);
    if (info->id[BL_MASK] < 0)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the tokenizer has no mask token, so there is nothing to fill; use one "
                       "that was made for masked language modeling.");
    int32_t *out = bl_arena_take(s->arena, row->count, sizeof *out);
    if (!out) return bl_no_memory(error, "the masks");
    *count = 0;
    for (size_t i = 0; i < row->count; i++)
        if (row->ids[i] == info->id[BL_MASK]) out[(*count)++] = (int32_t)i;
    if (!*count)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the text that was read has no %s; put one where a word is wanted.",
                       info->token[BL_MASK]);
    *masks = out;
    return BL_OK;
}

/* The best words for masks at these positions of a row. */
static bl_status fill_at(const bl_session *s, const bl_text_row *row, const int32_t *masks,
                         size_t count, choice *c, bl_word *words, bl_error *error)
{
    for (size_t done = 0; done < count; done += BL_MASKS_AT_ONCE) {
        const size_t some = count - done < BL_MASKS_AT_ONCE ? count - done : BL_MASKS_AT_ONCE;
        const bl_request request = { .output = BL_WORDS,
                                     .positions = masks + done,
                                     .position_count = some,
                                     .softmax = c->softmax };
        const bl_status status = bl_run_request(s, row, &request, c->logits, error);
        if (status != BL_OK) return status;
        for (size_t i = 0; i < some; i++) choose(c, i, words + (done + i) * c->k);
    }
    return BL_OK;
}

/* What is answered: a row's ids, and where it has masks. */
typedef struct {
    int32_t *masks;
    size_t mask_count;
    choice c;
    bl_word *words; /* for each mask */
} blanks;

static bl_status start_filling(const bl_session *s, const bl_text_row *row,
                               const bl_fill_options *options, blanks *b, bl_error *error)
{
    static const bl_fill_options defaults = { 0, NULL, 0 };
    if (!options) options = &defaults;
    bl_status status = find_masks(s, row, &b->masks, &b->mask_count, error);
    if (status == BL_OK) status = take_choice(s, options, b->mask_count, &b->c, error);
    if (status != BL_OK) return status;
    b->words = bl_arena_take(s->arena, b->mask_count, b->c.k * sizeof *b->words);
    return b->words ? BL_OK : bl_no_memory(error, "the words");
}

static void give(const bl_text_row *row, const blanks *b, bl_filled *out)
{
    out->ids = row->ids;
    out->id_count = row->count;
    out->masks = b->masks;
    out->mask_count = b->mask_count;
    out->words = b->words;
    out->words_per_mask = b->c.k;
}

/* A row that the model takes at once. */
static bl_status fill(const bl_session *s, const bl_text_row *row, const bl_fill_options *options,
                      bl_filled *out, bl_error *error)
{
    blanks b = { 0 };
    bl_status status = start_filling(s, row, options, &b, error);
    if (status == BL_OK) status = fill_at(s, row, b.masks, b.mask_count, &b.c, b.words, error);
    if (status == BL_OK) give(row, &b, out);
    return status;
}

/* ---- windows ------------------------------------------------------------------------------- */

/* Whether the model has windows of its own, and can read the text in them. */
static int has_windows(const bl_session *s, const bl_text *text)
{
    const bl_info *info = bl_describe(s->model);
    return info->window < info->positions && !text->pair && !text->word_sizes &&
           !bl_session_truncates_left(s);
}

/* A text's tokens and its row, of any length, which is not run as a whole. */
static bl_status read_whole(const bl_session *s, const bl_text *text, bl_text_tokens *tokens,
                            bl_text_row *row, bl_extent *extent, bl_error *error)
{
    const bl_window empty = { 0, 0, 0, 0 };
    const size_t specials = bl_row_size(s->tokenizer, &empty, 0, 1),
                 most = !s->max_tokens             ? SIZE_MAX
                        : s->max_tokens > specials ? s->max_tokens - specials
                                                   : 0;
    bl_status status = bl_read_tokens(s, text, most, 1, tokens, error);
    if (status != BL_OK) return status;
    const size_t total = tokens->first + specials;
    if (tokens->first > most) tokens->first = most;
    const bl_window all = { 0, tokens->first, 0, 0 };
    row->count = tokens->first + specials;
    row->ids = bl_arena_take(s->arena, 3 * row->count, sizeof *row->ids);
    if (!row->ids) return bl_no_memory(error, "the tokens of the text");
    row->types = row->ids + row->count;
    row->source = row->types + row->count;
    bl_fill_row(s->tokenizer, tokens->ids, NULL, tokens->first, &all, 0, 1,
                &(bl_row){ row->ids, row->types, NULL, row->source });
    *extent = (bl_extent){ row->count, total };
    return tokens->is_whole ? BL_OK : bl_count_tokens(s, text, &extent->total, error);
}

/* Masks from `done` on that the window answers: where they are in its row. Their number; 0 if the
 * first is none of the text's. */
static size_t masks_inside(const blanks *b, size_t done, const bl_text_row *whole,
                           const bl_text_windows *w, const bl_text_row *row, int32_t *inside)
{
    size_t some = 0;
    for (size_t i = 0; i < row->count && done + some < b->mask_count; i++) {
        const int32_t source = row->source[i], next = whole->source[b->masks[done + some]];
        if (source >= 0 && source == next && (size_t)source < w->core_to)
            inside[some++] = (int32_t)i;
    }
    return some;
}

static bl_status fill_in_windows(const bl_session *s, const bl_text *text,
                                 const bl_fill_options *options, bl_filled *out, bl_error *error)
{
    bl_text_tokens tokens = { 0 };
    bl_text_row whole = { 0 }, row = { 0 };
    bl_text_windows w;
    blanks b = { 0 };
    bl_status status = read_whole(s, text, &tokens, &whole, &out->extent, error);
    if (status == BL_OK) status = start_filling(s, &whole, options, &b, error);
    if (status == BL_OK) status = bl_text_windows_start(&w, s, text, NULL, &tokens, 0, error);
    if (status != BL_OK || !whole.source) return status;
    const size_t longest = w.size < tokens.first ? w.size : tokens.first;
    const bl_window widest = { 0, longest, 0, 0 };
    status = bl_take_window_row(s, &widest, 1, 0, &row, error);
    if (status != BL_OK) return status;
    int32_t *inside = bl_arena_take(s->arena, row.count, sizeof *inside);
    if (!inside) return bl_no_memory(error, "the masks");
    for (size_t done = 0, some; done < b.mask_count; done += some) {
        const int32_t token = whole.source[b.masks[done]];
        if (token >= 0) bl_text_windows_around(&w, (size_t)token);
        else w.from = w.to = w.core_to = 0; /* a mask that the tokenizer puts around every text */
        bl_fill_window_row(s, &tokens, &(bl_window){ w.from, w.to, 0, 0 }, &row);
        some = masks_inside(&b, done, &whole, &w, &row, inside);
        if (!some)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "the tokenizer puts masks around texts; use one that does not.");
        status = fill_at(s, &row, inside, some, &b.c, b.words + done * b.c.k, error);
        if (status != BL_OK) return status;
    }
    give(&whole, &b, out);
    return BL_OK;
}

/* ---- the calls ----------------------------------------------------------------------------- */

bl_status bl_fill_mask(const bl_session *s, const bl_text *text, const bl_fill_options *options,
                       bl_filled *out, bl_error *error)
{
    bl_text_row row;
    bl_status status = bl_begin(s, BL_WORD_HEAD, "filling masks", error);
    if (status == BL_OK && has_windows(s, text))
        return fill_in_windows(s, text, options, out, error);
    if (status == BL_OK) status = bl_read_row(s, text, &row, &out->extent, error);
    return status == BL_OK ? fill(s, &row, options, out, error) : status;
}

bl_status bl_fill_row_masks(const bl_session *s, const int32_t *ids, const int32_t *types,
                            size_t count, const bl_fill_options *options, bl_filled *out,
                            bl_error *error)
{
    bl_text_row row;
    bl_status status = bl_begin(s, BL_WORD_HEAD, "filling masks", error);
    if (status == BL_OK) status = bl_take_row(s, count, &row, error);
    if (status != BL_OK) return status;
    memcpy(row.ids, ids, count * sizeof *ids);
    if (types) memcpy(row.types, types, count * sizeof *types);
    else memset(row.types, 0, count * sizeof *row.types);
    out->extent = (bl_extent){ count, count };
    return fill(s, &row, options, out, error);
}
