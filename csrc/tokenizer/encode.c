/* encode.c: pieces of one or two texts, made to fit, with tokens around them. */
#include "../files/tensors.h"
#include "tokenizer.h"
#include "../error.h"

/* How a text of n pieces is read in parts of at most `most`. */
typedef struct {
    size_t n, most, step, count;
    int left;
} parts;

static int cut_in_parts(parts *p, size_t n, size_t most, const bl_limits *limits, bl_error *error)
{
    *p = (parts){ n, most, 0, 1, limits->truncate_left };
    if (most >= n) return 1;
    if (most == 0) return p->count = 2, 1; /* nothing, and all of it as what was cut off */
    if (limits->stride >= most)
        return bl_fail(error, BL_INPUT_ERROR,
                       "stride is %zu, but only %zu pieces of a text fit a window; make stride "
                       "smaller or max_length larger.",
                       limits->stride, most),
               0;
    p->step = most - limits->stride;
    p->count = 1 + (n - most + p->step - 1) / p->step;
    return 1;
}

static void part(const parts *p, size_t i, size_t *from, size_t *to)
{
    if (p->most >= p->n || p->most == 0) {
        *from = 0;
        *to = p->most == 0 && i == 0 ? 0 : p->n;
    } else if (p->left) {
        *to = p->n - i * p->step;
        *from = *to > p->most ? *to - p->most : 0;
    } else {
        *from = i * p->step;
        *to = *from + p->most < p->n ? *from + p->most : p->n;
    }
}

/* The pieces that each text may keep. */
static int share(size_t *a, size_t *b, const bl_limits *limits, size_t most, bl_error *error)
{
    const int pair = *b != BL_NO_PAIR;
    const size_t total = *a + (pair ? *b : 0);
    if (most == 0) {
        *a = 0;
        if (pair) *b = 0;
        return 1;
    }
    if (limits->truncation == BL_KEEP || total <= most) return 1;
    if (limits->truncation == BL_LONGEST_FIRST) {
        if (!pair) return *a = most, 1;
        const int swapped = *a > *b;
        size_t small = swapped ? *b : *a, large = swapped ? *a : *b;
        if (small > most || most - small < small) large = small;
        else large = most - small;
        if (small + large > most) {
            small = most / 2;
            large = small + most % 2;
        }
        *a = swapped ? large : small;
        *b = swapped ? small : large;
        return 1;
    }
    size_t *target = limits->truncation == BL_ONLY_FIRST ? a : b;
    if (target == b && !pair)
        return bl_fail(error, BL_INPUT_ERROR,
                       "truncation is only_second, but there is no second text."),
               0;
    if (*target <= total - most)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the %s text has %zu pieces, too few to cut off the %zu that are too many; "
                       "raise max_length or truncate the other one too.",
                       target == a ? "first" : "second", *target, total - most),
               0;
    *target -= total - most;
    return 1;
}

bl_status bl_windows(const bl_tokenizer *t, size_t a, size_t b, const bl_limits *limits,
                     bl_window *out, size_t capacity, size_t *count, bl_error *error)
{
    const int pair = b != BL_NO_PAIR;
    size_t keep_a = a, keep_b = b, n = 0;
    parts first, second;
    if (limits->truncation != BL_KEEP) {
        const size_t around = limits->specials ? (pair ? t->pair : t->single).tokens : 0,
                     usual = t->single.tokens;
        if (limits->max_length >= usual && limits->max_length - usual < limits->stride)
            return bl_fail(error, BL_INPUT_ERROR,
                           "stride is %zu, but only %zu pieces of a text fit a window; make stride "
                           "smaller or max_length larger.",
                           limits->stride, limits->max_length - usual);
        /* Where not even the tokens around the texts fit, the original cuts nothing off. */
        if (limits->max_length >= around &&
            !share(&keep_a, &keep_b, limits, limits->max_length - around, error))
            return BL_INPUT_ERROR;
    }
    if (!cut_in_parts(&first, a, keep_a, limits, error) ||
        !cut_in_parts(&second, pair ? b : 0, pair ? keep_b : 0, limits, error))
        return BL_INPUT_ERROR;
    /* What fits; then the rest of a, each with all of b; then the rest of b. */
    for (size_t i = 0; i <= first.count; i++)
        for (size_t j = 0; j < second.count; j++) {
            const size_t x = i == first.count ? 0 : i;
            if (i == 0 && j) break;
            if (i == first.count && j == 0) continue;
            if (n < capacity) {
                part(&first, x, &out[n].a_from, &out[n].a_to);
                part(&second, j, &out[n].b_from, &out[n].b_to);
            }
            n++;
        }
    *count = n;
    return BL_OK;
}

size_t bl_row_size(const bl_tokenizer *t, const bl_window *w, int pair, int specials)
{
    return w->a_to - w->a_from + (pair ? w->b_to - w->b_from : 0) +
           (specials ? (pair ? t->pair : t->single).tokens : 0);
}

void bl_fill_row(const bl_tokenizer *t, const int32_t *a, const int32_t *b, size_t a_count,
                 const bl_window *w, int pair, int specials, const bl_row *row)
{
    const bl_template *around = pair ? &t->pair : &t->single;
    size_t n = 0;
    for (size_t i = 0; i < around->count; i++) {
        const bl_part *p = &around->parts[i];
        const int token = p->kind == BL_TOKEN_PART, second = p->kind == BL_SECOND_PART;
        if (token && !specials) continue;
        const size_t from = token    ? 0
                            : second ? w->b_from
                                     : w->a_from,
                     to = token    ? 1
                          : second ? w->b_to
                                   : w->a_to;
        for (size_t k = from; k < to; k++, n++) {
            if (row->ids) row->ids[n] = token ? p->id : second ? b[k] : a[k];
            if (row->types) row->types[n] = p->type;
            if (row->special) row->special[n] = token;
            if (row->source) row->source[n] = token ? -1 : (int32_t)(second ? a_count + k : k);
        }
    }
}
