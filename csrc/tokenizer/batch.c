/* batch.c: many texts to rows of ids that lie end to end. Each thread has texts that follow each
 * other, of about as many bytes as the others', and writes where there is room for all their
 * tokens; afterwards the rows of all threads are pushed together. */
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../platform.h"
#include "../sizes.h"
#include "tokenizer.h"

/* What one thread does. */
typedef struct {
    const bl_tokenizer *t;
    const bl_text *texts;
    const bl_limits *limits;
    const bl_flat_rows *out;
    int split_special;
    size_t from, to;  /* its texts */
    size_t room;      /* where its rows begin; */
    size_t made;      /* ids so far */
    int32_t *ids;     /* of one text, */
    int32_t *source;  /* and which of them its row has */
    bl_offset *found; /* or NULL */
    bl_status status;
    bl_error error;
    bl_thread thread;
} share;

static size_t most_of_text(const bl_tokenizer *t, const bl_text *text)
{
    return text->size + t->single.tokens;
}

size_t bl_most_ids(const bl_tokenizer *t, const bl_text *texts, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t of_text = most_of_text(t, texts + i);
        most = of_text > SIZE_MAX - most ? SIZE_MAX : most + of_text;
    }
    return most;
}

static bl_status put_row(share *s, const bl_text *text)
{
    int32_t *ids = s->out->ids + s->room + s->made;
    const size_t most = s->limits->max_length;
    /* The rest of the text need not be read. */
    const int is_cut = s->limits->truncation != BL_KEEP && !s->limits->truncate_left &&
                       most < text->size && most >= s->t->single.tokens;
    const size_t capacity = is_cut ? most : text->size;
    size_t n, count;
    bl_window window;
    bl_status status = bl_tokenize(s->t, text->data, text->size, s->split_special, s->ids, s->found,
                                   capacity, &n, &s->error);
    if (status != BL_OK) return status;
    n = n < capacity ? n : capacity;
    status = bl_windows(s->t, n, BL_NO_PAIR, s->limits, &window, 1, &count, &s->error);
    if (status != BL_OK) return status;
    const size_t size = bl_row_size(s->t, &window, 0, s->limits->specials);
    const bl_row row = { ids, NULL, NULL, s->source };
    bl_fill_row(s->t, s->ids, NULL, n, &window, 0, s->limits->specials, &row);
    if (s->found) {
        int32_t *offsets = s->out->offsets + 2 * (s->room + s->made);
        bl_offsets_in_characters(text->data, text->size, s->found, n);
        for (size_t i = 0; i < size; i++) {
            const int32_t from = s->source[i];
            offsets[2 * i] = from < 0 ? 0 : (int32_t)s->found[from].start;
            offsets[2 * i + 1] = from < 0 ? 0 : (int32_t)s->found[from].end;
        }
    }
    s->made += size;
    return BL_OK;
}

static void put_rows(void *argument)
{
    share *s = argument;
    size_t most = 0;
    for (size_t i = s->from; i < s->to; i++) {
        const size_t of_text = most_of_text(s->t, s->texts + i);
        most = of_text > most ? of_text : most;
    }
    s->ids = bl_malloc(most * sizeof *s->ids + 1);
    s->source = s->out->offsets ? bl_malloc(most * sizeof *s->source + 1) : NULL;
    s->found = s->out->offsets ? bl_malloc(most * sizeof *s->found + 1) : NULL;
    s->status = BL_OK;
    if (!s->ids || (s->out->offsets && (!s->source || !s->found)))
        s->status = bl_no_memory(&s->error, "the tokens of a text");
    for (size_t i = s->from; i < s->to && s->status == BL_OK; i++) {
        s->status = put_row(s, s->texts + i);
        s->out->starts[i + 1] = (int64_t)s->made;
    }
    bl_free(s->ids);
    bl_free(s->source);
    bl_free(s->found);
}

/* Give each share its texts. */
static void divide(share *shares, unsigned threads, const share *whole)
{
    const size_t total = bl_most_ids(whole->t, whole->texts, whole->to);
    size_t i = 0, before = 0;
    for (unsigned n = 0; n < threads; n++) {
        const size_t end = n + 1 < threads ? total / threads * (n + 1) : total;
        shares[n] = *whole;
        shares[n].from = i;
        shares[n].room = before;
        while (i < whole->to && (before < end || n + 1 == threads))
            before += most_of_text(whole->t, whole->texts + i++);
        shares[n].to = i;
    }
}

/* Push the rows together; their starts were counted from their share's. */
static void join_rows(const share *shares, unsigned threads, const bl_flat_rows *out)
{
    size_t made = 0;
    for (unsigned n = 0; n < threads; n++) {
        const share *s = shares + n;
        if (s->room != made) {
            memmove(out->ids + made, out->ids + s->room, s->made * sizeof *out->ids);
            if (out->offsets)
                memmove(out->offsets + 2 * made, out->offsets + 2 * s->room,
                        2 * s->made * sizeof *out->offsets);
        }
        for (size_t i = s->from; i < s->to; i++) out->starts[i + 1] += (int64_t)made;
        made += s->made;
    }
}

bl_status bl_tokenize_texts(const bl_tokenizer *t, const bl_text *texts, size_t count,
                            const bl_limits *limits, int split_special, unsigned threads,
                            const bl_flat_rows *out, bl_error *error)
{
    const share whole = { t, texts, limits, out, split_special, .to = count };
    threads = threads < 1 ? 1 : threads > BL_MOST_THREADS ? BL_MOST_THREADS : threads;
    if (threads > count) threads = count ? (unsigned)count : 1;
    share *shares = bl_calloc(threads, sizeof *shares);
    if (!shares) return bl_no_memory(error, "the threads");
    out->starts[0] = 0;
    divide(shares, threads, &whole);
    unsigned running = 0;
    while (running + 1 < threads &&
           bl_thread_start(&shares[running + 1].thread, put_rows, shares + running + 1))
        running++;
    put_rows(shares);
    for (unsigned n = running + 1; n < threads; n++) put_rows(shares + n);
    for (; running; running--) bl_thread_join(&shares[running].thread);
    bl_status status = BL_OK;
    for (unsigned n = 0; n < threads && status == BL_OK; n++) {
        status = shares[n].status;
        if (status != BL_OK && error) *error = shares[n].error;
    }
    if (status == BL_OK) join_rows(shares, threads, out);
    bl_free(shares);
    return status;
}
