/* run.c: a batch through the encoder in portions, and the heads behind it. */
#include <string.h>

#include "../files/tensors.h"
#include "forward.h"
#include "../error.h"

/* Whether the model can give the output. */
static int offers(const bl_model *m, bl_output o)
{
    switch (o) {
    case BL_HIDDEN:
    case BL_MEAN: return 1;
    case BL_POOLED: return m->info.has_pooler;
    case BL_CLASSES: return m->info.head == BL_CLASS_HEAD;
    case BL_TOKENS: return m->info.head == BL_TOKEN_HEAD || m->info.head == BL_ANSWER_HEAD;
    case BL_WORDS: return m->info.head == BL_WORD_HEAD;
    }
    return 0;
}

static int per_token(bl_output o) { return o == BL_HIDDEN || o == BL_TOKENS || o == BL_WORDS; }

/* Whether the output is computed from the mean over a text's tokens. */
static int from_mean(const bl_model *m, bl_output o)
{
    return o == BL_MEAN || (o == BL_CLASSES && m->classes_from_mean);
}

/* Floats in one row of the output. */
static size_t row_size(const bl_model *m, bl_output o)
{
    return o == BL_WORDS                       ? m->c.vocabulary
           : o == BL_TOKENS || o == BL_CLASSES ? m->c.labels
                                               : m->c.hidden;
}

size_t bl_output_size(const bl_model *m, const bl_batch *batch, const bl_request *request)
{
    if (!offers(m, request->output)) return 0;
    const size_t rows = !per_token(request->output) ? batch->texts
                        : request->positions        ? request->position_count
                                                    : batch->texts * batch->length;
    return rows * row_size(m, request->output);
}

size_t bl_workspace_size(const bl_model *m, size_t tokens, unsigned threads)
{
    bl_pass p;
    /* some to spare: the memory may start anywhere */
    return BL_ALIGNMENT - 1 +
           bl_lay_out(&p, m, tokens ? tokens : 1,
                      threads < 1                 ? 1
                      : threads > BL_MOST_THREADS ? BL_MOST_THREADS
                                                  : threads,
                      NULL);
}

/* ---- the heads ----------------------------------------------------------------- */

/* One row of a float layer whose real size is not a multiple of 16, computed through a small
 * buffer. */
static void project(const bl_model *m, const float *x, const float *w, const float *bias, size_t n,
                    float *out)
{
    enum { COLUMNS = 64 };
    const size_t k = m->hidden;
    float part[COLUMNS];
    for (size_t j = 0; j < n; j += COLUMNS) {
        const size_t some = n - j < COLUMNS ? n - j : COLUMNS;
        m->k->gemm32(x, k, 1, w + j * k, bl_pad(some), k, bias + j, part, COLUMNS);
        memcpy(out + j, part, some * sizeof *out);
    }
}

typedef struct {
    bl_pass pass;
    bl_output output;
    float *out, *pooled, *softmax;
    size_t text, row, stride; /* the portion's first text and listed position; floats in a row */
    int listed;
} job;

/* Where row r of the result goes in out. */
static size_t place(const job *j, size_t r)
{
    return j->listed ? j->row + r : (size_t)j->pass.origin[j->pass.wanted[r]];
}

/* How many rows from r on follow each other in out, too, as far as a kernel takes them at once.
 * From an odd row on, bl_pass_rows gives one, and where there is little memory, always. */
static size_t together(const job *j, size_t r, size_t to)
{
    size_t count = 1;
    if (r % 2 || j->pass.m->frugal) return 1;
    while (count < BL_MASKS_AT_ONCE && r + count < to && place(j, r + count) == place(j, r) + count)
        count++;
    return count;
}

/* Whether the next sweep over the vocabulary goes backward: every other one does, since the words
 * that the one before has read last are likely to be in the caches. Results are the same. */
static int next_direction(const bl_model *m)
{
#ifdef BL_FREESTANDING
    (void)m;
    return 0;
#else
    return m->sweeps && (bl_fetch_add(m->sweeps, 1) & 1);
#endif
}

/* Rows [from, to) of the result, which are rows of x, into out: words. The vocabulary is by far the
 * largest matrix, so it is read once for all rows that follow each other. */
static void emit_words(job *j, size_t from, size_t to)
{
    const bl_model *m = j->pass.m;
    const size_t h = m->hidden, n = j->stride, spare = j->pass.q_stride;
    for (size_t r = from, count; r < to; r += count) {
        float *y = j->pass.q + r * spare, *out = j->out + place(j, r) * n,
              *softmax = j->softmax ? j->softmax + 2 * place(j, r) : NULL;
        const bl_rows8 rows = bl_pass_rows(&j->pass, r);
        count = together(j, r, to);
        bl_apply(m, &m->transform, BL_LINEAR, j->pass.x + r * h, h, count, rows, 0, h, y, spare);
        m->k->activate(m->c.activation, y, spare, count, h);
        for (size_t i = 0; i < count; i++)
            m->k->norm(y + i * spare, NULL, 0, m->transform_norm.gain, m->transform_norm.shift,
                       m->c.epsilon, 1, m->c.hidden);
        if (m->info.precision == BL_INT8) {
            m->k->quantize(BL_LINEAR, y, spare, NULL, count, h, rows);
            m->k->gemm8_in_place(rows, count, m->words, m->words_scale, m->words_sum, n, h,
                                 m->words_bias, out, n, softmax, next_direction(m));
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            project(m, y + i * spare, m->words_packed, m->words_bias, n, out + i * n);
            if (!softmax) continue;
            softmax[2 * i] = m->k->largest(out + i * n, n);
            softmax[2 * i + 1] = m->k->sum_exp(out + i * n, n, softmax[2 * i]);
        }
    }
}

/* The same: hidden states, or the logits of tokens. */
static void emit_rows(job *j, size_t from, size_t to)
{
    const bl_model *m = j->pass.m;
    const size_t h = m->hidden, n = j->stride;
    for (size_t r = from; r < to; r++) {
        const float *x = j->pass.x + r * h;
        float *out = j->out + place(j, r) * n;
        if (j->output == BL_HIDDEN) memcpy(out, x, n * sizeof *out);
        else project(m, x, m->classifier.floats, m->classifier.bias, n, out);
    }
}

/* A text's logits from its vector and its ids. Behind the vector, its rows have place for the rows
 * and values of n-grams. */
static void classify(job *j, float *vector, const int32_t *ids, size_t tokens, float *out)
{
    const bl_model *m = j->pass.m;
    float *values = vector + m->hidden;
    project(m, vector, m->classifier.floats, m->classifier.bias, m->c.labels, out);
    if (m->ngrams.count)
        bl_ngrams_add(&m->ngrams, ids, tokens, (int32_t *)(void *)(values + 2 * tokens), values,
                      out);
}

/* Texts [from, to) of the result, into out. */
static void emit_texts(job *j, bl_output output, size_t from, size_t to, float *all)
{
    const bl_model *m = j->pass.m;
    const size_t h = m->hidden, n = row_size(m, output), spare = j->pass.q_stride;
    for (size_t t = from; t < to; t++) {
        const size_t first = j->pass.wanted_start[t]; /* the text's first row in x */
        const size_t begin = j->pass.start[t], tokens = j->pass.start[t + 1] - begin;
        /* The rows of its tokens, from 48 floats a token on, are free by now; of a frugal model,
         * which has one thread, all rows. */
        float *out = all + (j->text + t) * n, *y = j->pass.q + (m->frugal ? 0 : begin * spare);
        if (from_mean(m, output)) {
            m->k->mean(j->pass.x + first * h, h, tokens, h, y);
        } else {
            const bl_rows8 rows = bl_pass_rows(&j->pass, t);
            bl_apply(m, &m->pooler, BL_LINEAR, j->pass.x + first * h, h, 1, rows, 0, h, y, spare);
            m->k->activate(m->pooler_activation, y, spare, 1, h);
        }
        if (output == BL_CLASSES) classify(j, y, j->pass.words + begin, tokens, out);
        else memcpy(out, y, n * sizeof *out);
    }
}

static void work(void *context, unsigned thread)
{
    job *j = context;
    size_t from, to;
    bl_forward(&j->pass, thread);
    bl_barrier(&j->pass.threads);
    if (per_token(j->output)) {
        bl_thread_range(&j->pass.threads, thread, j->pass.wanted_count, 2, &from, &to);
        if (j->output == BL_WORDS) emit_words(j, from, to);
        else emit_rows(j, from, to);
    }
    bl_thread_range(&j->pass.threads, thread, j->pass.texts, 2, &from, &to);
    if (j->pooled) emit_texts(j, BL_POOLED, from, to, j->pooled);
    else if (!per_token(j->output)) emit_texts(j, j->output, from, to, j->out);
}

/* ---- the batch -------------------------------------------------------------------- */

static int is_token(const bl_batch *b, size_t i) { return !b->mask || b->mask[i]; }

/* The i-th token of the batch, which is at [text][column]. */
static bl_status check_token(const bl_model *m, const bl_batch *b, size_t i, bl_error *error)
{
    const size_t text = i / b->length, column = i % b->length;
    if (b->mask && b->mask[i] != 0 && b->mask[i] != 1)
        return bl_fail(error, BL_INPUT_ERROR,
                       "attention_mask[%zu][%zu] is %d; it has to be 0 or 1.", text, column,
                       (int)b->mask[i]);
    if (b->ids[i] < 0 || (size_t)b->ids[i] >= m->c.vocabulary)
        return bl_fail(error, BL_INPUT_ERROR,
                       "input_ids[%zu][%zu] is %d, but the vocabulary has %zu words.", text, column,
                       (int)b->ids[i], m->c.vocabulary);
    if (b->types && m->c.token_types &&
        (b->types[i] < 0 || (size_t)b->types[i] >= m->c.token_types))
        return bl_fail(error, BL_INPUT_ERROR,
                       "token_type_ids[%zu][%zu] is %d, but the model has %zu types.", text, column,
                       (int)b->types[i], m->c.token_types);
    return BL_OK;
}

static bl_status check_texts(const bl_model *m, const bl_batch *b, int needs_first, bl_error *error)
{
    for (size_t t = 0; t < b->texts; t++) {
        size_t tokens = 0;
        for (size_t i = t * b->length; i < (t + 1) * b->length; i++) {
            const bl_status status = check_token(m, b, i, error);
            if (status != BL_OK) return status;
            tokens += is_token(b, i) != 0;
        }
        if (!tokens)
            return bl_fail(error, BL_INPUT_ERROR, "the attention_mask of text %zu leaves no token.",
                           t);
        if (needs_first && !is_token(b, t * b->length))
            return bl_fail(error, BL_INPUT_ERROR,
                           "the attention_mask of text %zu hides its first token, from which this "
                           "output is computed; pad on the right.",
                           t);
    }
    return BL_OK;
}

static bl_status check_positions(const bl_batch *b, const bl_request *request, bl_error *error)
{
    const int32_t *positions = request->positions;
    for (size_t i = 0; positions && i < request->position_count; i++) {
        if (positions[i] < 0 || (size_t)positions[i] >= b->texts * b->length ||
            (i && positions[i] <= positions[i - 1]))
            return bl_fail(error, BL_INPUT_ERROR,
                           "position %d is outside the batch or not behind the one before it.",
                           (int)positions[i]);
        if (!is_token(b, (size_t)positions[i]))
            return bl_fail(error, BL_INPUT_ERROR, "position %d is hidden by the attention_mask.",
                           (int)positions[i]);
    }
    if (positions && !per_token(request->output))
        return bl_fail(error, BL_INPUT_ERROR,
                       "positions can only be chosen for outputs per token.");
    return BL_OK;
}

static bl_status check(const bl_model *m, const bl_batch *b, const bl_request *request,
                       bl_error *error)
{
    if (!offers(m, request->output))
        return bl_fail(
            error, BL_CONFIG_ERROR,
            "this model has no head for that output; open one that was made for the task.");
    if (!b->texts || !b->length)
        return bl_fail(error, BL_INPUT_ERROR, "the batch has 0 ids; give at least one.");
    if (b->length > m->c.positions)
        return bl_fail(
            error, BL_INPUT_ERROR,
            "a text of %zu tokens is too long for this model, which takes %zu; truncate it.",
            b->length, m->c.positions);
    const int needs_first = request->pooled ||
                            (!per_token(request->output) && !from_mean(m, request->output));
    const bl_status status = check_texts(m, b, needs_first, error);
    if (status != BL_OK) return status;
    if (request->pooled &&
        (request->output != BL_HIDDEN || request->positions || !m->info.has_pooler))
        return bl_fail(
            error, BL_INPUT_ERROR,
            "the pooled output comes with all hidden states only, and from a model with a pooler.");
    if (request->states && (request->output != BL_HIDDEN || request->positions))
        return bl_fail(error, BL_INPUT_ERROR,
                       "the states of all layers come with the hidden states of all tokens only; "
                       "ask for these.");
    if (request->softmax && request->output != BL_WORDS)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the sums of a softmax come with the logits of words only; ask for these.");
    return check_positions(b, request, error);
}

/* As many texts from `text` on as fit; returns the first that does not. *at walks
 * through the wanted positions. */
static size_t fill(job *j, const bl_batch *b, const bl_request *request, size_t text,
                   size_t capacity, size_t *at)
{
    bl_pass *p = &j->pass;
    const int each = per_token(request->output);
    p->tokens = p->texts = p->wanted_count = 0;
    for (; text < b->texts; text++) {
        const size_t first = p->tokens, left = capacity - first, row = text * b->length;
        if (left < b->length) {
            size_t need = 0;
            for (size_t c = 0; c < b->length; c++) need += is_token(b, row + c) != 0;
            if (need > left) break;
        }
        p->start[p->texts] = first;
        p->wanted_start[p->texts++] = p->wanted_count;
        for (size_t c = 0; c < b->length; c++) {
            const size_t i = row + c;
            if (!is_token(b, i)) {
                if (each && !request->positions)
                    memset(j->out + i * j->stride, 0, j->stride * sizeof *j->out);
                continue;
            }
            const int listed = request->positions && *at < request->position_count &&
                               (size_t)request->positions[*at] == i;
            if (listed) ++*at;
            if (from_mean(p->m, request->output) || (each ? !request->positions || listed : c == 0))
                p->wanted[p->wanted_count++] = (int32_t)p->tokens;
            p->words[p->tokens] = b->ids[i];
            p->positions[p->tokens] = (int32_t)c;
            p->types[p->tokens] = b->types ? b->types[i] : 0;
            p->origin[p->tokens++] = (int32_t)i;
        }
    }
    p->start[p->texts] = p->tokens;
    p->wanted_start[p->texts] = p->wanted_count;
    return text;
}

bl_status bl_run(const bl_model *m, const bl_batch *batch, const bl_request *request, float *out,
                 void *workspace, size_t workspace_size, unsigned threads, bl_error *error)
{
    job j;
    bl_status status = check(m, batch, request, error);
    if (status != BL_OK) return status;
    threads = threads < 1 ? 1 : threads > BL_MOST_THREADS ? BL_MOST_THREADS : threads;
    /* the workspace may start anywhere, its parts at multiples of BL_ALIGNMENT */
    const size_t shift = (size_t)(-(uintptr_t)workspace & (BL_ALIGNMENT - 1));
    const size_t available = workspace_size > shift ? workspace_size - shift : 0;
    size_t capacity = batch->texts * batch->length;
    if (bl_lay_out(&j.pass, m, capacity, threads, (char *)workspace + shift) > available) {
        size_t low = 0, high = capacity; /* low fits, high does not */
        while (high - low > 1) {
            const size_t middle = low + (high - low) / 2;
            if (bl_lay_out(&j.pass, m, middle, threads, NULL) > available) high = middle;
            else low = middle;
        }
        capacity = low;
        bl_lay_out(&j.pass, m, capacity, threads, (char *)workspace + shift);
    }
    if (capacity < batch->length)
        return bl_fail(error, BL_MEMORY_ERROR,
                       "the workspace has %zu bytes; a text of %zu tokens needs %zu.",
                       workspace_size, batch->length, bl_workspace_size(m, batch->length, threads));
    j.output = request->output;
    j.out = out;
    j.pooled = request->pooled;
    j.softmax = request->softmax;
    j.stride = row_size(m, request->output);
    j.listed = request->positions != NULL;
    j.pass.first_only = !per_token(request->output) && !from_mean(m, request->output);
    j.pass.states = request->states;
    j.pass.batch_size = batch->texts * batch->length * m->c.hidden;
    size_t at = 0;
    for (size_t text = 0; text < batch->texts;) {
        const size_t first = text, listed = at;
        text = fill(&j, batch, request, text, capacity, &at);
        j.text = first;
        j.row = listed;
        if (j.pass.wanted_count) bl_threads_run(&j.pass.threads, threads, work, &j);
    }
    return BL_OK;
}
