/* words.c: the words that fit where masks are. */
#include <string.h>

#include "text_input.h"

enum {
    DEFAULT_TOP_K = 5,
    MASKS_AT_ONCE = 16 /* each takes a float for every word of the vocabulary */
};

/* The masks of one pass, and the memory that they share with those of the next. */
typedef struct {
    const bl_fill_options *options;
    size_t vocabulary, k;
    float *logits;      /* of up to MASKS_AT_ONCE masks */
    int32_t *best;      /* k of the vocabulary, or of the targets */
    float *probability; /* of k words, or of all targets */
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
    if (masks > MASKS_AT_ONCE) masks = MASKS_AT_ONCE;
    c->logits = bl_arena_take(s->arena, masks * c->vocabulary, sizeof *c->logits);
    c->best = bl_arena_take(s->arena, c->k, sizeof *c->best);
    c->probability = bl_arena_take(s->arena, targets ? targets : c->k, sizeof *c->probability);
    return c->logits && c->best && c->probability ? BL_OK : bl_no_memory(error, "the words");
}

/* The best words for one mask. */
static void choose(const choice *c, const float *logits, bl_word *out)
{
    const int32_t *targets = c->options->targets;
    if (targets && c->options->target_count) {
        bl_probabilities(logits, c->vocabulary, targets, c->options->target_count, c->probability);
        bl_top_k(c->probability, c->options->target_count, c->k, c->best);
        for (size_t i = 0; i < c->k; i++)
            out[i] = (bl_word){ targets[c->best[i]], c->probability[c->best[i]] };
        return;
    }
    bl_top_k(logits, c->vocabulary, c->k, c->best);
    bl_probabilities(logits, c->vocabulary, c->best, c->k, c->probability);
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

static bl_status fill(const bl_session *s, const bl_text_row *row, const bl_fill_options *options,
                      bl_filled *out, bl_error *error)
{
    static const bl_fill_options defaults = { 0, NULL, 0 };
    int32_t *masks = NULL;
    size_t count = 0;
    choice c = { 0 };
    bl_status status = find_masks(s, row, &masks, &count, error);
    if (status == BL_OK) status = take_choice(s, options ? options : &defaults, count, &c, error);
    if (status != BL_OK) return status;
    bl_word *words = bl_arena_take(s->arena, count, c.k * sizeof *words);
    if (!words) return bl_no_memory(error, "the words");
    for (size_t done = 0; done < count; done += MASKS_AT_ONCE) {
        const size_t some = count - done < MASKS_AT_ONCE ? count - done : MASKS_AT_ONCE;
        status = bl_run_row(s, row, BL_WORDS, masks + done, some, c.logits, error);
        if (status != BL_OK) return status;
        for (size_t i = 0; i < some; i++)
            choose(&c, c.logits + i * c.vocabulary, words + (done + i) * c.k);
    }
    out->ids = row->ids;
    out->id_count = row->count;
    out->masks = masks;
    out->mask_count = count;
    out->words = words;
    out->words_per_mask = c.k;
    return BL_OK;
}

bl_status bl_fill_mask(const bl_session *s, const bl_text *text, const bl_fill_options *options,
                       bl_filled *out, bl_error *error)
{
    bl_text_row row;
    bl_status status = bl_begin(s, BL_WORD_HEAD, "filling masks", error);
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
