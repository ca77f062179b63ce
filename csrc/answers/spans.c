/* spans.c: answers to a question, found in a context.
 *
 * The context is read in windows. In each, the model says how probable it is that an answer
 * begins and ends at a token; a span's score is the product of both. A model with windows of its
 * own reads whole sentences: the fewer it reads together, the better it finds what answers. Its
 * answers end at the latest with their line, unless that was wrapped: below it something else
 * begins, a greeting or the next item of a list, which the model does not see. Which
 * sentences are asked about, the words tell that they share with the question: a window that has
 * fewer of them than another counts less. */
#include <math.h>
#include <string.h>

#include "answer_set.h"
#include "phrases.h"
#include "shared_words.h"
#include "windows.h"

enum {
    TOP_K = 1,
    ANSWER_TOKENS = 15,
    MAX_TOKENS = 384,
    STRIDE = 128,
    REACH = 16,
    LEAST_CONTEXT = 16,   /* tokens that a question leaves to windows of sentences */
    SENTENCE_TOKENS = 128 /* a sentence of so many is read as one, or in windows */
};

/* Tokens [start, end] of a row. */
typedef struct {
    int32_t start, end;
    float score;
} span;

typedef struct {
    const bl_session *s;
    bl_answer_options options; /* with the defaults filled in */
    const char *question, *context;
    size_t context_size;
    bl_text_tokens tokens;
    int in_sentences;          /* windows are those of `sentences`, */
    const bl_window *windows;  /* or else these */
    bl_text_tokens of_context; /* its tokens alone */
    bl_text_windows sentences;
    bl_question_words words;
    uint32_t most_shared; /* weight of the question's words that a window has, at most */
    size_t window_count;
    bl_text_row row;
    float *logits, *starts, *ends;
    span *spans; /* of one window, up to span_capacity */
    size_t span_capacity;
    uint8_t *found_phrases; /* as in bl_phrase_text: spans have most tokens in common */
    float no_answer;        /* the least score of no answer so far */
    bl_answer_set found;
} search;

/* ---- the best spans of a window ---------------------------------------------------------- */

/* Heap order: the root goes first when a better one comes. */
static int worse(const span *a, const span *b)
{
    if (a->score != b->score) return a->score < b->score;
    return a->start != b->start ? a->start > b->start : a->end > b->end;
}

static void sift(span *heap, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && worse(&heap[child + 1], &heap[child])) child++;
        if (!worse(&heap[child], &heap[at])) break;
        const span other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

static void push(search *q, size_t *count, const span *new_one)
{
    span *heap = q->spans;
    if (*count == q->span_capacity) { /* spans come in order, so an equal one is worse */
        if (!(new_one->score > heap[0].score)) return;
        heap[0] = *new_one;
        sift(heap, 0, *count);
        return;
    }
    size_t at = (*count)++;
    for (; at && worse(new_one, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = *new_one;
}

/* The first token of the context behind `token` that no answer reaches from there; or `end`. */
static size_t part_end(const search *q, size_t token, size_t end)
{
    do token++;
    while (token < end && !(q->in_sentences && bl_text_windows_part(&q->sentences, token)));
    return token < end ? token : end;
}

/* q->spans: the best spans of the window, whose first token of the context stands at `from` of the
 * row, best first. */
static size_t find_spans(search *q, const bl_window *w, size_t from)
{
    const size_t to = from + (w->b_to - w->b_from);
    size_t count = 0;
    for (size_t s = from, part = from; s < to; s++) {
        if (s == part) part = from + (part_end(q, w->b_from + (s - from), w->b_to) - w->b_from);
        const size_t most = part - s < q->options.max_answer_tokens ? part - s
                                                                    : q->options.max_answer_tokens;
        /* an end's probability is 1 at most */
        if (count == q->span_capacity && q->starts[s] <= q->spans[0].score) continue;
        for (size_t e = s; e < s + most; e++) {
            const span one = { (int32_t)s, (int32_t)e, q->starts[s] * q->ends[e] };
            if (one.score > 0.0f) push(q, &count, &one);
        }
    }
    for (size_t i = count; i-- > 1;) {
        const span worst = q->spans[0];
        q->spans[0] = q->spans[i];
        q->spans[i] = worst;
        sift(q->spans, 0, i);
    }
    return count;
}

/* Probabilities of starts and ends, over the context and the first token, which stands for no
 * answer. */
static void read_logits(search *q, int32_t cls)
{
    const bl_text_row *row = &q->row;
    for (size_t i = 0; i < row->count; i++) {
        const int takes_part = row->source[i] >= (int32_t)q->tokens.first ||
                               (cls >= 0 && row->ids[i] == cls);
        q->starts[i] = takes_part ? q->logits[2 * i] : -INFINITY;
        q->ends[i] = takes_part ? q->logits[2 * i + 1] : -INFINITY;
    }
    bl_scores(BL_SOFTMAX, q->starts, row->count, q->starts);
    bl_scores(BL_SOFTMAX, q->ends, row->count, q->ends);
}

/* ---- windows -------------------------------------------------------------------------------- */

/* The span's bytes in the context. The window's first token of it stands at `from` of the row.
 * Whole words are those within the window, as in transformers; phrases reach a bit beyond it. */
static void locate(const search *q, const span *s, const bl_window *w, size_t from, uint32_t *start,
                   uint32_t *end)
{
    const bl_offset *o = q->tokens.offsets + q->tokens.first;
    const bl_phrase_text phrases = { q->context, q->context_size, o, q->tokens.second,
                                     q->found_phrases };
    const int joined = q->options.whole_words == BL_WORDS_AND_NUMBERS;
    const size_t reach = joined ? REACH : 0, first = w->b_from < reach ? 0 : w->b_from - reach,
                 last = q->tokens.second - w->b_to < reach ? q->tokens.second : w->b_to + reach;
    size_t a = w->b_from + ((size_t)s->start - from), b = w->b_from + ((size_t)s->end - from);
    if (joined) bl_make_phrase(&phrases, first, part_end(q, b, last), &a, &b);
    while (q->options.whole_words && a > first && o[a - 1].word == o[a].word) a--;
    while (q->options.whole_words && b + 1 < last && o[b].word == o[b + 1].word) b++;
    *start = o[a].start;
    *end = o[b].end;
}

/* `trust`: how much the window counts, 1 at most. */
static bl_status read_window(search *q, const bl_window *w, size_t number, float trust,
                             bl_error *error)
{
    bl_fill_window_row(q->s, &q->tokens, w, &q->row);
    const bl_status status = bl_run_row(q->s, &q->row, BL_TOKENS, NULL, 0, q->logits, error);
    if (status != BL_OK) return status;
    size_t from = 0; /* of the context's tokens */
    while (from < q->row.count && q->row.source[from] < (int32_t)q->tokens.first) from++;
    const int32_t cls = bl_tokenizer_describe(q->s->tokenizer)->id[BL_CLS];
    if (from == q->row.count && cls < 0) return BL_OK; /* nothing could be an answer */
    read_logits(q, cls);
    const float empty = q->starts[0] * q->ends[0], none = empty + (1.0f - trust) * (1.0f - empty);
    if (none < q->no_answer) q->no_answer = none;
    q->starts[0] = q->ends[0] = 0.0f;
    const size_t count = find_spans(q, w, from);
    for (size_t i = 0; i < count; i++) {
        uint32_t start, end;
        locate(q, &q->spans[i], w, from, &start, &end);
        if (!bl_answer_set_add(&q->found, number, start, end, trust * q->spans[i].score))
            return bl_no_memory(error, "the answers");
    }
    return bl_answer_set_trim(&q->found) ? BL_OK : bl_no_memory(error, "the answers");
}

static bl_status read_windows(search *q, bl_error *error)
{
    bl_status status = BL_OK;
    for (size_t i = 0; status == BL_OK && i < q->window_count; i++)
        status = read_window(q, &q->windows[i], i, 1.0f, error);
    return status;
}

/* ---- windows of whole sentences -------------------------------------------------------------- */

static bl_read_text read_context(const search *q)
{
    return (bl_read_text){ q->context, q->of_context.ids, q->of_context.offsets,
                           q->of_context.first };
}

/* How much a window counts that has words of this weight, where another has the most: the eighth
 * power of what it has of the question, were that other one to have all. */
static float trust_in(const search *q, uint32_t shared)
{
    if (shared == q->most_shared) return 1.0f;
    const float part = 1.0f - (float)(q->most_shared - shared) / (float)q->words.weight,
                square = part * part, fourth = square * square;
    return fourth * fourth;
}

static bl_status read_sentences(search *q, bl_error *error)
{
    const float least = 1.0f / 128; /* what counts less is not read */
    const bl_read_text context = read_context(q);
    bl_text_windows w = q->sentences;
    uint32_t named = 0;
    q->window_count = 0;
    while (bl_text_windows_next(&w)) {
        const uint32_t shared = bl_shared_weight(&q->words, &context, w.from, w.to, &named);
        if (shared > q->most_shared) q->most_shared = shared;
    }
    named = 0;
    for (w = q->sentences; bl_text_windows_next(&w);) {
        const uint32_t shared = bl_shared_weight(&q->words, &context, w.from, w.to, &named);
        const float trust = trust_in(q, shared);
        if (trust < least) continue;
        const bl_window run = { 0, q->tokens.first, w.from, w.to };
        const bl_status status = read_window(q, &run, q->window_count++, trust, error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* ---- the call -------------------------------------------------------------------------------- */

static bl_answer_options with_defaults(const bl_session *s, const bl_answer_options *given)
{
    static const bl_answer_options defaults = { .whole_words = BL_WHOLE_WORDS };
    bl_answer_options o = given ? *given : defaults;
    const size_t most = bl_session_tokens(s);
    if (!o.top_k) o.top_k = TOP_K;
    if (!o.max_answer_tokens) o.max_answer_tokens = ANSWER_TOKENS;
    if (!o.max_tokens) o.max_tokens = MAX_TOKENS;
    if (o.max_tokens > most) o.max_tokens = most;
    if (o.stride == BL_NO_STRIDE) o.stride = 0;
    else if (!o.stride) o.stride = o.max_tokens / 2 < STRIDE ? o.max_tokens / 2 : STRIDE;
    return o;
}

/* A long question makes the windows longer than they are by default, or no context would fit. */
static void fit_question(search *q, const bl_answer_options *given)
{
    const bl_session *s = q->s;
    const bl_window question = { 0, q->tokens.first, 0, 0 };
    const size_t most = bl_session_tokens(s),
                 needed = bl_row_size(s->tokenizer, &question, 1, 1) + 2 * q->options.stride;
    if (given && (given->max_tokens || given->stride)) return;
    if (needed > q->options.max_tokens) q->options.max_tokens = needed < most ? needed : most;
}

/* Windows as in transformers, and a row for any of them. */
static bl_status take_windows(search *q, bl_error *error)
{
    const bl_session *s = q->s;
    const bl_answer_options *o = &q->options;
    const bl_limits limits = { BL_ONLY_SECOND, o->max_tokens, o->stride,
                               bl_session_truncates_left(s), 1 };
    const bl_status status =
        bl_read_windows(s, &q->tokens, &limits, &q->windows, &q->window_count, error);
    return status == BL_OK ? bl_take_window_row(s, q->windows, q->window_count, 1, &q->row, error)
                           : status;
}

/* Windows of whole sentences beside the question, and a row for any of them. *fits: whether the
 * question leaves enough space. */
static bl_status take_sentences(search *q, int *fits, bl_error *error)
{
    const bl_session *s = q->s;
    bl_text_windows *w = &q->sentences;
    const bl_text context = { .data = q->context, .size = q->context_size };
    const bl_window question = { 0, q->tokens.first, 0, 0 };
    const size_t most = bl_session_tokens(s), taken = bl_row_size(s->tokenizer, &question, 1, 1),
                 space = taken < most ? most - taken : 0;
    const bl_status status = bl_text_windows_start(w, s, &context, NULL, &q->of_context,
                                                   (size_t)bl_describe(s->model)->window_overlap,
                                                   error);
    *fits = status == BL_OK && space >= LEAST_CONTEXT;
    if (!*fits) return status;
    if (w->size < taken / 2) w->size = taken / 2; /* or a long question would be read too often */
    if (w->size > space) w->size = space;
    if (w->overlap > w->size / 2) w->overlap = w->size / 2;
    w->with_sentence_before = 1;
    w->longest = space < SENTENCE_TOKENS ? space : SENTENCE_TOKENS;
    const bl_read_text asked = { q->question, q->tokens.ids, q->tokens.offsets, q->tokens.first };
    bl_question_words_start(&q->words, &asked);
    const size_t longest = w->longest > w->size ? w->longest : w->size,
                 context_size = longest < q->of_context.first ? longest : q->of_context.first;
    return bl_take_row(s, taken + context_size, &q->row, error);
}

/* Reads the text, and takes the memory for its windows. */
static bl_status prepare(search *q, const bl_text *text, const bl_answer_options *given,
                         bl_error *error)
{
    const bl_session *s = q->s;
    const bl_answer_options *o = &q->options;
    const int is_default = !given || !(given->max_tokens || given->stride || given->sum_windows);
    bl_status status = bl_read_tokens(s, text, SIZE_MAX, 1, &q->tokens, error);
    if (status != BL_OK) return status;
    q->of_context = (bl_text_tokens){ .ids = q->tokens.ids + q->tokens.first,
                                      .offsets = q->tokens.offsets + q->tokens.first,
                                      .first = q->tokens.second,
                                      .second = BL_NO_PAIR,
                                      .is_whole = 1 };
    q->in_sentences = 0;
    if (is_default && bl_describe(s->model)->has_own_windows)
        status = take_sentences(q, &q->in_sentences, error);
    if (status == BL_OK && !q->in_sentences) {
        fit_question(q, given);
        status = take_windows(q, error);
    }
    if (status != BL_OK) return status;
    const size_t n = q->row.count;
    if (q->options.max_answer_tokens > n) q->options.max_answer_tokens = n;
    /* Some spans are the same once they are whole words. */
    const size_t spans = n * q->options.max_answer_tokens, wanted = !o->whole_words ? o->top_k
                                                                    : o->top_k < spans / 2
                                                                        ? 2 * o->top_k + 10
                                                                        : spans;
    q->span_capacity = wanted < spans ? wanted : spans;
    q->logits = bl_arena_take(s->arena, 4 * n, sizeof *q->logits);
    q->spans = bl_arena_take(s->arena, q->span_capacity, sizeof *q->spans);
    if (!q->logits || !q->spans) return bl_no_memory(error, "the answers");
    q->found_phrases = NULL;
#ifndef BL_FREESTANDING
    q->found_phrases = bl_arena_take(s->arena, q->tokens.second, 1);
    if (q->found_phrases) memset(q->found_phrases, 0, q->tokens.second);
#endif
    q->starts = q->logits + 2 * n;
    q->ends = q->starts + n;
    q->no_answer = 1.0f;
    q->most_shared = 0;
    bl_answer_set_start(&q->found, s->arena, text->pair, o->top_k, o->sum_windows);
    return BL_OK;
}

/* The answers that are best over all windows. */
static bl_status finish(search *q, const bl_text *text, bl_answers *out, bl_error *error)
{
    const int in_characters = q->options.unit == BL_CHARACTERS;
    bl_characters characters;
    const int32_t *best;
    size_t count;
    if (!bl_answer_set_best(&q->found, q->options.no_answer ? &q->no_answer : NULL, &best, &count))
        return bl_no_memory(error, "the answers");
    bl_answer *items = bl_arena_take(q->s->arena, count, sizeof *items);
    if (!items) return bl_no_memory(error, "the answers");
    if (in_characters) {
        const bl_status status =
            bl_count_characters(q->s, text->pair, text->pair_size, &characters, error);
        if (status != BL_OK) return status;
    }
    for (size_t i = 0; i < count; i++) {
        if ((size_t)best[i] == q->found.answers.count) {
            items[i] = (bl_answer){ 0, 0, q->no_answer };
            continue;
        }
        const bl_found_answer *a = (const bl_found_answer *)q->found.answers.items + best[i];
        items[i] = (bl_answer){ in_characters ? bl_character_at(&characters, a->start) : a->start,
                                in_characters ? bl_character_at(&characters, a->end) : a->end,
                                bl_answer_score(a) };
    }
    *out = (bl_answers){ items, count, q->window_count };
    return BL_OK;
}

bl_status bl_answer_question(const bl_session *s, const bl_text *text,
                             const bl_answer_options *options, bl_answers *out, bl_error *error)
{
    search q;
    bl_status status = bl_begin(s, BL_ANSWER_HEAD, "answering questions", error);
    if (status != BL_OK) return status;
    if (bl_describe(s->model)->labels != 2)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model's head for question answering has %d outputs for a token, but it "
                       "needs 2, for start and end; open a model that has those.",
                       bl_describe(s->model)->labels);
    if (!text->pair)
        return bl_fail(error, BL_INPUT_ERROR,
                       "there is a question, but no context; give it as the text's pair.");
    q.s = s;
    q.question = text->data;
    q.context = text->pair;
    q.context_size = text->pair_size;
    q.options = with_defaults(s, options);
    status = prepare(&q, text, options, error);
    if (status == BL_OK)
        status = q.in_sentences ? read_sentences(&q, error) : read_windows(&q, error);
    return status == BL_OK ? finish(&q, text, out, error) : status;
}
