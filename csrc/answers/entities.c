/* entities.c: labels for tokens, and names that they spell together, as in transformers.
 *
 * A window's tokens get labels; but with BL_EACH_TOKEN and BL_SIMPLE, words get one of their
 * tokens'; neighbors of one type become an entity. With BL_MODEL_WINDOWS each token is answered by
 * one window, and entities go on from one to the next. With BL_STRIDE_WINDOWS, as in transformers,
 * windows stand alone: of entities that two of them have, the longer or the surer one stays. */
#include <string.h>

#include "../sizes.h"
#include "list.h"
#include "phrases.h"
#include "spelling.h"
#include "windows.h"
#include "written.h"

/* The entity that the last unit belongs to. */
typedef struct {
    int is_open, is_left_out;
    int32_t label, last_label;  /* of its first and its last unit */
    size_t units, first, count; /* tokens [first, first + count) of those that are found */
    size_t end;                 /* of the last unit, in the text */
    double sum;                 /* of the units' scores */
} open_entity;

typedef struct {
    const bl_session *s;
    bl_entity_options options;
    size_t labels;
    bl_label_set label_set;
    const char *text;
    size_t text_size;
    int words_given; /* the text is split into words already */
    bl_text_tokens tokens;
    const bl_window *windows; /* of BL_STRIDE_WINDOWS; others are in model_windows */
    bl_text_windows model_windows;
    size_t window_count;
    const uint32_t *word_starts; /* with words_given: where in the text each begins */
    bl_characters characters;
    int count_characters; /* whether they are counted */
    /* one window */
    bl_text_row row;
    float *scores; /* labels for each token of the row */
    bl_text_token *list;
    bl_labeled_word *units;
    size_t token_count, unit_count;
    uint32_t row_shift; /* of the tokens' rows, from the window to the whole text */
    open_entity open;
    /* all windows; offsets of the tokens are in bytes, and of the entities not yet known */
    bl_list found_tokens, found;
} reader;

const char *bl_entity_type(const bl_model *m, int label)
{
    const char *name = bl_label_name(m, label);
    const int prefixed = name && (name[0] == 'B' || name[0] == 'I') && name[1] == '-';
    return prefixed ? name + 2 : name;
}

/* ---- one window --------------------------------------------------------------------------- */

/* The length of a token as it is shown: a word piece with its prefix, an added token normalized
 * if it is found in normalized text. */
static uint32_t shown_characters(const bl_tokenizer *t, int32_t id, int added)
{
    enum { SHOWN = 4 * BL_MAX_ADDED_SIZE };
    char shown[SHOWN];
    bl_added_token a;
    size_t size;
    for (size_t n = 0; added && bl_added_item(t, n, &a); n++) {
        if (a.id != id || !a.normalized) continue;
        size = bl_normalize(t, a.text, a.size, shown, SHOWN);
        return bl_characters_in(shown, size < SHOWN ? size : SHOWN);
    }
    const char *text = added ? NULL : bl_word_piece(t, id, &size);
    if (!text) text = bl_token_text(t, id, &size);
    return text ? bl_characters_in(text, size) : 0;
}

/* Where a token's word begins, if the text is split into words; else 0. */
static uint32_t word_start(const reader *r, const bl_text_token *t)
{
    return r->words_given ? r->word_starts[t->word] : 0;
}

/* As in transformers, a token continues a word if its text is not as long as what it is shown
 * as: because of its prefix. */
static int continues(const reader *r, const char *text, const bl_text_token *t, int added)
{
    if (bl_corrects_spelling(r->s)) {
        size_t size;
        int is_continued;
        bl_piece_of(r->s, t->id, &size, &is_continued);
        return is_continued;
    }
    const int32_t unknown = bl_tokenizer_describe(r->s->tokenizer)->id[BL_UNK];
    if (t->id == unknown && unknown >= 0) return 0;
    const uint32_t length = bl_characters_in(text + word_start(r, t) + t->start, t->end - t->start);
    return length != shown_characters(r->s->tokenizer, t->id, added);
}

/* Whether a token is a part of the number or abbreviation that the one before it is a part of, or
 * of the word that was given. */
static int goes_on_word(const reader *r, size_t source, size_t from)
{
    const bl_phrase_text t = { r->text, r->text_size, r->tokens.offsets, r->tokens.first, NULL };
    if (r->options.aggregation != BL_AS_WRITTEN || source == from) return 0;
    return r->words_given ? t.tokens[source - 1].word == t.tokens[source].word
                          : bl_is_one_number(&t, source - 1);
}

/* The row's tokens [from, to) of the text, each with the label that is best. */
static void read_labels(reader *r, const char *text, size_t from, size_t to)
{
    r->token_count = 0;
    for (size_t i = 0; i < r->row.count; i++) {
        if (r->row.source[i] < 0) continue;
        const size_t source = (size_t)r->row.source[i];
        if (source < from || source >= to) continue;
        const bl_offset *o = &r->tokens.offsets[source];
        float *scores = r->scores + i * r->labels;
        int32_t best;
        bl_scores(BL_SOFTMAX, scores, r->labels, scores);
        bl_top_k(scores, r->labels, 1, &best);
        bl_text_token t = {
            r->row.ids[i], o->start, o->end, o->word, r->row_shift + (uint32_t)i, 0
        };
        t.continues = continues(r, text, &t, o->left >= 0) || goes_on_word(r, source, from);
        const size_t word = word_start(r, &t);
        r->units[r->token_count] =
            (bl_labeled_word){ r->token_count, 1,      best, scores[best], word + t.start,
                               word + t.end,   scores, 0 };
        r->list[r->token_count++] = t;
    }
    r->unit_count = r->token_count;
}

/* The label whose mean over a word's tokens is best. */
static void average(const reader *r, bl_labeled_word *word)
{
    word->score = -1.0f;
    for (size_t label = 0; label < r->labels; label++) {
        double sum = 0.0;
        for (size_t i = word->first; i < word->first + word->count; i++)
            sum += (double)r->scores[(r->list[i].row - r->row_shift) * r->labels + label];
        const float mean = (float)(sum / (double)word->count);
        if (!(mean > word->score)) continue;
        word->label = (int32_t)label;
        word->score = mean;
    }
}

/* Tokens become words. */
static void join_words(reader *r)
{
    const size_t tokens = r->unit_count;
    r->unit_count = 0;
    for (size_t i = 0; i < tokens; i++) {
        const bl_labeled_word token = r->units[i];
        if (!r->unit_count || !r->list[token.first].continues) {
            r->units[r->unit_count++] = token;
            continue;
        }
        bl_labeled_word *word = &r->units[r->unit_count - 1];
        word->count++;
        word->end = token.end;
        if (r->options.aggregation == BL_MAX && token.score > word->score) {
            word->score = token.score;
            word->label = token.label;
        }
    }
    for (size_t i = 0; r->options.aggregation == BL_AVERAGE && i < r->unit_count; i++)
        average(r, &r->units[i]);
}

/* ---- entities -------------------------------------------------------------------------------- */

static int is_grouped(const reader *r)
{
    return r->options.aggregation != BL_EACH_TOKEN && r->options.aggregation != BL_EACH_WORD;
}

/* Whether the writing of the text counts, too. */
static int heeds_writing(const reader *r)
{
    return r->options.aggregation == BL_AS_WRITTEN && r->label_set.is_read;
}

static int left_out(const reader *r, int32_t label)
{
    const char *name = is_grouped(r) ? bl_entity_type(r->s->model, label)
                                     : bl_label_name(r->s->model, label);
    if (r->options.ignored && r->options.ignored[label]) return 1;
    return !r->options.keep_outside && !strcmp(name, "O");
}

/* Whether a unit goes on with the entity of the one before it. */
static int goes_on(const reader *r, int32_t before, int32_t label)
{
    const char *name = bl_label_name(r->s->model, label);
    if (!is_grouped(r) || (name[0] == 'B' && name[1] == '-')) return 0;
    return before == label ||
           !strcmp(bl_entity_type(r->s->model, before), bl_entity_type(r->s->model, label));
}

/* Ends the open entity; 0 without memory. */
static int close_entity(reader *r)
{
    open_entity *o = &r->open;
    if (!o->is_open) return 1;
    o->is_open = 0;
    if (o->is_left_out) return 1;
    bl_entity *entity = bl_list_append(r->s->arena, &r->found, 1);
    if (!entity) return 0;
    *entity = (bl_entity){
        0, 0, (uint32_t)o->first, (uint32_t)o->count, o->label, (float)(o->sum / (double)o->units)
    };
    return 1;
}

/* Adds a unit to the open entity, or begins one with it; 0 without memory. */
static int add_unit(reader *r, const bl_labeled_word *u)
{
    open_entity *o = &r->open;
    if (!o->is_open || !goes_on(r, o->last_label, u->label) ||
        (heeds_writing(r) && bl_ends_at_line(r->text, o->end, u->start))) {
        if (!close_entity(r)) return 0;
        *o = (open_entity){ .is_open = 1,
                            .is_left_out = left_out(r, u->label),
                            .label = u->label,
                            .first = r->found_tokens.count };
    }
    o->last_label = u->label;
    o->end = u->end;
    if (o->is_left_out) return 1;
    if (o->first + o->count + u->count > UINT32_MAX) return 0;
    bl_text_token *tokens = bl_list_append(r->s->arena, &r->found_tokens, u->count);
    if (!tokens) return 0;
    memcpy(tokens, r->list + u->first, u->count * sizeof *tokens);
    o->count += u->count;
    o->units++;
    o->sum += (double)u->score;
    return 1;
}

/* Runs a window and adds what its tokens [from, to) are; the last entity stays open. */
static bl_status read_window(reader *r, const char *text, const bl_window *w, size_t from,
                             size_t to, bl_error *error)
{
    bl_fill_window_row(r->s, &r->tokens, w, &r->row);
    const bl_status status = bl_run_row(r->s, &r->row, BL_TOKENS, NULL, 0, r->scores, error);
    if (status != BL_OK) return status;
    read_labels(r, text, from, to);
    if (r->options.aggregation != BL_EACH_TOKEN && r->options.aggregation != BL_SIMPLE)
        join_words(r);
    if (heeds_writing(r))
        bl_heed_writing(&r->label_set, r->text, r->text_size, r->units, r->unit_count);
    for (size_t i = 0; i < r->unit_count; i++)
        if (!add_unit(r, &r->units[i])) return bl_no_memory(error, "the entities of the text");
    return BL_OK;
}

/* Windows that stand alone. */
static bl_status read_stride_windows(reader *r, const char *text, bl_error *error)
{
    for (size_t i = 0; i < r->window_count; i++) {
        const bl_window *w = &r->windows[i];
        const bl_status status = read_window(r, text, w, w->a_from, w->a_to, error);
        if (status != BL_OK) return status;
        if (!close_entity(r)) return bl_no_memory(error, "the entities of the text");
    }
    return BL_OK;
}

/* Windows that go on with one another, but for the end of a sentence. */
static bl_status read_model_windows(reader *r, const char *text, bl_error *error)
{
    bl_text_windows *w = &r->model_windows;
    for (r->window_count = 0; bl_text_windows_next(w); r->window_count++) {
        const bl_window run = { w->from, w->to, 0, 0 };
        r->row_shift = (uint32_t)w->from;
        const bl_status status = read_window(r, text, &run, w->core_from, w->core_to, error);
        if (status != BL_OK) return status;
        if (w->at_sentence_end && !close_entity(r))
            return bl_no_memory(error, "the entities of the text");
    }
    return BL_OK;
}

/* ---- overlapping windows ------------------------------------------------------------------ */

/* An offset in characters of the whole text; words that were given are a character apart. */
static uint32_t position(const reader *r, const bl_text_token *t, uint32_t byte)
{
    return bl_character_at(&r->characters, word_start(r, t) + byte) +
           (r->words_given ? t->word : 0);
}

/* Sorts by start; those that start together stay in their order. */
static void sort_by_start(bl_entity *items, bl_entity *other, size_t count)
{
    bl_entity *from = items, *to = other;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * run) {
            const size_t middle = count - begin > run ? begin + run : count,
                         end = count - middle > run ? middle + run : count;
            for (size_t a = begin, b = middle, out = begin; out < end; out++)
                to[out] = b == end || (a < middle && from[a].start <= from[b].start) ? from[a++]
                                                                                     : from[b++];
        }
        bl_entity *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != items) memcpy(items, from, count * sizeof *items);
}

/* Of entities that overlap, the longer or the surer stays. */
static bl_status merge(reader *r, bl_error *error)
{
    bl_entity *items = r->found.items;
    const bl_text_token *tokens = r->found_tokens.items;
    bl_entity *other = bl_arena_take(r->s->arena, r->found.count, sizeof *other);
    size_t kept = 0;
    if (!other) return bl_no_memory(error, "the entities of the text");
    for (size_t i = 0; i < r->found.count; i++) {
        const bl_text_token *first = tokens + items[i].first, *last = first + items[i].count - 1;
        items[i].start = position(r, first, first->start);
        items[i].end = position(r, last, last->end);
    }
    if (r->found.count) sort_by_start(items, other, r->found.count);
    for (size_t i = 0; i < r->found.count; i++) {
        const bl_entity *e = &items[i];
        bl_entity *last = kept ? &items[kept - 1] : NULL;
        if (!last || e->start >= last->end) {
            items[kept++] = *e;
            continue;
        }
        const uint32_t length = e->end - e->start, last_length = last->end - last->start;
        if (length > last_length || (length == last_length && e->score > last->score)) *last = *e;
    }
    r->found.count = kept;
    return BL_OK;
}

/* ---- the call ------------------------------------------------------------------------------ */

static bl_status find_word_starts(reader *r, const bl_text *text, bl_error *error)
{
    uint32_t byte = 0;
    if (!text->word_sizes) return BL_OK;
    uint32_t *starts = bl_arena_take(r->s->arena, text->word_count, sizeof *starts);
    if (!starts) return bl_no_memory(error, "the words of the text");
    for (size_t i = 0; i < text->word_count; i++) {
        starts[i] = byte;
        byte += text->word_sizes[i];
    }
    r->word_starts = starts;
    return BL_OK;
}

/* Reads the text, and as in transformers its windows, or the one that it is truncated to. */
static bl_status read_text(reader *r, const bl_text *text, bl_extent *extent, bl_error *error)
{
    const bl_session *s = r->s;
    const int left = bl_session_truncates_left(s),
              has_windows = r->options.windows == BL_STRIDE_WINDOWS;
    const size_t most = bl_session_tokens(s), wanted = has_windows || left ? SIZE_MAX : most;
    const bl_limits limits = { BL_LONGEST_FIRST, most, has_windows ? r->options.stride : 0, left,
                               1 };
    bl_status status = bl_read_tokens(s, text, wanted, 1, &r->tokens, error);
    if (status == BL_OK)
        status = bl_read_windows(s, &r->tokens, &limits, &r->windows, &r->window_count, error);
    if (status == BL_OK)
        status = bl_take_window_row(s, r->windows, r->window_count, 0, &r->row, error);
    if (status != BL_OK) return status;
    const bl_window *w = &r->windows[0];
    const size_t read = bl_row_size(s->tokenizer, w, 0, 1), around = read - (w->a_to - w->a_from);
    *extent = (bl_extent){ read, r->tokens.first + around };
    if (has_windows) extent->read = extent->total;
    else r->window_count = 1;
    return r->tokens.is_whole ? BL_OK : bl_count_tokens(s, text, &extent->total, error);
}

/* Reads the whole text, and takes a row for windows of the model's own length. */
static bl_status read_whole_text(reader *r, const bl_text *text, bl_extent *extent, bl_error *error)
{
    const bl_session *s = r->s;
    bl_text_windows *w = &r->model_windows;
    bl_status status = bl_read_tokens(s, text, SIZE_MAX, 1, &r->tokens, error);
    if (status == BL_OK)
        status =
            bl_text_windows_start(w, s, text, r->word_starts, &r->tokens, r->options.stride, error);
    if (status != BL_OK) return status;
    const size_t count = r->tokens.first;
    const bl_window all = { 0, count, 0, 0 },
                    largest = { 0, w->size < count ? w->size : count, 0, 0 };
    extent->read = extent->total = bl_row_size(s->tokenizer, &all, 0, 1);
    return bl_take_window_row(s, &largest, 1, 0, &r->row, error);
}

static bl_status prepare(reader *r, const bl_text *text, bl_extent *extent, bl_error *error)
{
    const bl_session *s = r->s;
    const int own_windows = r->options.windows == BL_MODEL_WINDOWS;
    bl_status status = find_word_starts(r, text, error);
    if (status == BL_OK)
        status = own_windows ? read_whole_text(r, text, extent, error)
                             : read_text(r, text, extent, error);
    const int has_overlaps = !own_windows && r->window_count > 1;
    r->count_characters = r->options.unit == BL_CHARACTERS || has_overlaps;
    if (status == BL_OK && r->count_characters)
        status =
            bl_count_characters(s, text->data ? text->data : "", text->size, &r->characters, error);
    if (status != BL_OK) return status;
    const size_t n = r->row.count;
    r->labels = (size_t)bl_describe(s->model)->labels;
    r->scores = bl_arena_take(s->arena, n * r->labels, sizeof *r->scores);
    r->list = bl_arena_take(s->arena, n, sizeof *r->list);
    r->units = bl_arena_take(s->arena, n, sizeof *r->units);
    if (!r->scores || !r->list || !r->units) return bl_no_memory(error, "the labels of the text");
    bl_describe_labels(s, &r->label_set);
    r->found_tokens.item_size = sizeof(bl_text_token);
    r->found.item_size = sizeof(bl_entity);
    return BL_OK;
}

/* Offsets as they are asked for. */
static void finish(reader *r, bl_entities *out)
{
    bl_text_token *tokens = r->found_tokens.items;
    bl_entity *items = r->found.items;
    for (size_t i = 0; r->options.unit == BL_CHARACTERS && i < r->found_tokens.count; i++) {
        const uint32_t word = word_start(r, &tokens[i]),
                       base = bl_character_at(&r->characters, word);
        tokens[i].start = bl_character_at(&r->characters, word + tokens[i].start) - base;
        tokens[i].end = bl_character_at(&r->characters, word + tokens[i].end) - base;
    }
    for (size_t i = 0; i < r->found.count; i++) {
        items[i].start = tokens[items[i].first].start;
        items[i].end = tokens[items[i].first + items[i].count - 1].end;
    }
    out->items = items;
    out->count = r->found.count;
    out->tokens = tokens;
    out->token_count = r->found_tokens.count;
    out->windows = r->window_count;
}

bl_status bl_find_entities(const bl_session *s, const bl_text *text,
                           const bl_entity_options *options, bl_entities *out, bl_error *error)
{
    reader r;
    bl_status status = bl_begin(s, BL_TOKEN_HEAD, "finding entities", error);
    if (status != BL_OK) return status;
    if (text->pair)
        return bl_fail(error, BL_INPUT_ERROR,
                       "entities are found in one text, but a pair was given; leave it out.");
    memset(&r, 0, sizeof r);
    r.s = s;
    r.words_given = text->word_sizes != NULL;
    r.text = text->data ? text->data : "";
    r.text_size = text->size;
    r.options = options ? *options
                        : (bl_entity_options){ .aggregation = BL_AS_WRITTEN,
                                               .windows = BL_MODEL_WINDOWS,
                                               .stride = BL_OWN_STRIDE };
    const char *data = text->data ? text->data : "";
    const int own_windows = r.options.windows == BL_MODEL_WINDOWS;
    if (r.options.stride == BL_OWN_STRIDE)
        r.options.stride = (size_t)bl_describe(s->model)->window_overlap;
    status = prepare(&r, text, &out->extent, error);
    if (status == BL_OK)
        status = own_windows ? read_model_windows(&r, data, error)
                             : read_stride_windows(&r, data, error);
    if (status == BL_OK && !own_windows && r.window_count > 1) status = merge(&r, error);
    if (status == BL_OK) finish(&r, out);
    return status;
}
