/* encode.c: fits the tokens of one or two texts into windows, and puts special tokens around
 * them. */
#include "../error.h"
#include "tokenizer.h"

/* The windows over one text of n tokens. */
typedef struct {
    size_t n;
    size_t size; /* tokens in a window at most */
    size_t step; /* from one window to the next */
    size_t count;
    int from_end; /* the first window is the text's end */
} window_series;

static bl_status stride_too_large(size_t stride, size_t size, bl_error *error)
{
    return bl_fail(error, BL_INPUT_ERROR,
                   "stride is %zu, but only %zu tokens of a text fit a window; make stride smaller "
                   "or max_length larger.",
                   stride, size);
}

static bl_status make_windows(window_series *w, size_t n, size_t size, const bl_limits *limits,
                              bl_error *error)
{
    *w = (window_series){ n, size, 0, 1, limits->truncate_left };
    if (size >= n) return BL_OK;
    if (size == 0) { /* nothing is kept: an empty window, and one with all that was truncated */
        w->count = 2;
        return BL_OK;
    }
    if (limits->stride >= size) return stride_too_large(limits->stride, size, error);
    w->step = size - limits->stride;
    w->count = 1 + (n - size + w->step - 1) / w->step;
    return BL_OK;
}

/* The tokens [*from, *to) of window i. */
static void window_at(const window_series *w, size_t i, size_t *from, size_t *to)
{
    if (w->size >= w->n || w->size == 0) {
        *from = 0;
        *to = w->size == 0 && i == 0 ? 0 : w->n;
    } else if (w->from_end) {
        *to = w->n - i * w->step;
        *from = *to > w->size ? *to - w->size : 0;
    } else {
        *from = i * w->step;
        *to = *from + w->size < w->n ? *from + w->size : w->n;
    }
}

/* Shorten the longer of two texts, and both once they are equally long, as tokenizers does. */
static void share_longest_first(size_t *a, size_t *b, size_t size)
{
    const int swapped = *a > *b;
    size_t small = swapped ? *b : *a;
    size_t large = small > size || size - small < small ? small : size - small;
    if (small + large > size) {
        small = size / 2;
        large = small + size % 2;
    }
    *a = swapped ? large : small;
    *b = swapped ? small : large;
}

/* *a and *b, the tokens of each text (BL_NO_PAIR: there is no second), become what each may keep of
 * `size` tokens in all. */
static bl_status share_size(size_t *a, size_t *b, const bl_limits *limits, size_t size,
                            bl_error *error)
{
    const int pair = *b != BL_NO_PAIR;
    const size_t total = *a + (pair ? *b : 0);
    if (size == 0) {
        *a = 0;
        if (pair) *b = 0;
        return BL_OK;
    }
    if (limits->truncation == BL_KEEP || total <= size) return BL_OK;
    if (limits->truncation == BL_LONGEST_FIRST) {
        if (pair) share_longest_first(a, b, size);
        else *a = size;
        return BL_OK;
    }
    size_t *target = limits->truncation == BL_ONLY_FIRST ? a : b;
    if (target == b && !pair)
        return bl_fail(error, BL_INPUT_ERROR,
                       "truncation is only_second, but there is no second text; give one or use "
                       "only_first.");
    if (*target <= total - size)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the %s text has %zu tokens, so the %zu that are too many cannot be "
                       "truncated from it alone; raise max_length or truncate the other text too.",
                       target == a ? "first" : "second", *target, total - size);
    *target -= total - size;
    return BL_OK;
}

/* Shorten the texts to max_length. */
static bl_status truncate_texts(const bl_tokenizer *t, size_t *a, size_t *b,
                                const bl_limits *limits, bl_error *error)
{
    const bl_template *around = *b != BL_NO_PAIR ? &t->pair : &t->single;
    const size_t specials = limits->specials ? around->tokens : 0;
    const size_t usual = t->single.tokens;
    if (limits->truncation == BL_KEEP) return BL_OK;
    /* tokenizers checks the stride against a single text's special tokens, whatever is encoded. */
    if (limits->max_length >= usual && limits->max_length - usual < limits->stride)
        return stride_too_large(limits->stride, limits->max_length - usual, error);
    /* Where not even the special tokens fit, tokenizers truncates nothing. */
    if (limits->max_length < specials) return BL_OK;
    return share_size(a, b, limits, limits->max_length - specials, error);
}

/* Write the windows: what is kept; then the rest of the first text, each with all of the second;
 * then the rest of the second. */
static void write_windows(const window_series *first, const window_series *second, bl_window *out,
                          size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i <= first->count; i++) {
        const int first_again = i == first->count; /* its first window, with the second's others */
        const size_t from = first_again ? 1 : 0;
        const size_t to = i == 0 ? 1 : second->count;
        for (size_t j = from; j < to; j++) {
            if (n == capacity) return;
            window_at(first, first_again ? 0 : i, &out[n].a_from, &out[n].a_to);
            window_at(second, j, &out[n].b_from, &out[n].b_to);
            n++;
        }
    }
}

bl_status bl_windows(const bl_tokenizer *t, size_t a, size_t b, const bl_limits *limits,
                     bl_window *out, size_t capacity, size_t *count, bl_error *error)
{
    const int pair = b != BL_NO_PAIR;
    size_t keep_a = a;
    size_t keep_b = b;
    window_series first;
    window_series second;
    if (a > INT32_MAX || (pair && b > INT32_MAX))
        return bl_fail(error, BL_INPUT_ERROR,
                       "the texts have %zu and %zu tokens; up to %ld each can be encoded.", a,
                       pair ? b : 0, (long)INT32_MAX);
    bl_status status = truncate_texts(t, &keep_a, &keep_b, limits, error);
    if (status == BL_OK) status = make_windows(&first, a, keep_a, limits, error);
    if (status == BL_OK)
        status = make_windows(&second, pair ? b : 0, pair ? keep_b : 0, limits, error);
    if (status != BL_OK) return status;
    if (first.count > SIZE_MAX / second.count)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the texts have more windows than can be counted; make stride smaller or "
                       "max_length larger.");
    *count = first.count * second.count;
    write_windows(&first, &second, out, capacity);
    return BL_OK;
}

size_t bl_row_size(const bl_tokenizer *t, const bl_window *w, int pair, int specials)
{
    const bl_template *around = pair ? &t->pair : &t->single;
    const size_t first = w->a_to - w->a_from;
    const size_t second = pair ? w->b_to - w->b_from : 0;
    return first + second + (specials ? around->tokens : 0);
}

/* One column of a row; arrays may be NULL. */
static void put_column(const bl_row *row, size_t column, int32_t id, int32_t type, int special,
                       int32_t source)
{
    if (row->ids) row->ids[column] = id;
    if (row->types) row->types[column] = type;
    if (row->special) row->special[column] = special;
    if (row->source) row->source[column] = source;
}

void bl_fill_row(const bl_tokenizer *t, const int32_t *a, const int32_t *b, size_t a_count,
                 const bl_window *w, int pair, int specials, const bl_row *row)
{
    const bl_template *around = pair ? &t->pair : &t->single;
    size_t n = 0;
    for (size_t i = 0; i < around->count; i++) {
        const bl_part *p = &around->parts[i];
        if (p->kind == BL_TOKEN_PART) {
            if (specials) put_column(row, n++, p->id, p->type, 1, -1);
            continue;
        }
        const int second = p->kind == BL_SECOND_PART;
        const int32_t *ids = second ? b : a;
        const size_t to = second ? w->b_to : w->a_to;
        for (size_t k = second ? w->b_from : w->a_from; k < to; k++)
            put_column(row, n++, ids[k], p->type, 0, (int32_t)(second ? a_count + k : k));
    }
}
