/* search.c: the best rows for each of several queries, in one sweep over all rows.
 *
 * Rows are taken in chunks whose scores stay in the cache; only scores above a query's worst
 * candidate so far are looked at one by one. Which rows are found does not depend on the order:
 * candidates are ranked by score, then by id. */
#include <math.h>
#include <string.h>

#include "../error.h"
#include "../kernels/kernels.h"
#include "../model/threads.h"
#include "index.h"

enum {
    CHUNK = 512,               /* rows whose scores are computed at once, */
    QUERIES = 16,              /* for so many queries; an even number */
    ROWS_PER_THREAD = 1 << 14, /* a thread costs as much as some rows */
    ALIGNMENT = 64
};

/* How a search uses its workspace. */
typedef struct {
    size_t kept; /* candidates of each query: k, or more to score again */
    size_t threads;
    size_t quantized, scales, zeros, padded, scores, hits, counts, size; /* offsets in bytes */
} layout;

typedef struct {
    const bl_index *index;
    const bl_index_query *query;
    const bl_kernels *kernels;
    bl_threads threads;
    layout l;
    char *workspace;
    bl_rows8 rows8; /* the queries */
} search;

/* ---- the best so far: a heap whose root is the worst ---- */

static int is_worse(const bl_hit *a, const bl_hit *b)
{
    if (a->score != b->score) return a->score < b->score;
    return a->id != b->id ? a->id > b->id : a->position > b->position;
}

static void sift_down(bl_hit *heap, size_t at, size_t n)
{
    const bl_hit moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_worse(&heap[child + 1], &heap[child])) child++;
        if (!is_worse(&heap[child], &moved)) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void offer(bl_hit *heap, size_t *count, size_t capacity, const bl_hit *hit)
{
    if (*count == capacity) {
        if (!is_worse(heap, hit)) return;
        heap[0] = *hit;
        sift_down(heap, 0, capacity);
        return;
    }
    size_t at = (*count)++;
    for (; at && is_worse(hit, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = *hit;
}

/* A heap becomes a list, the best first. */
static void sort_heap(bl_hit *heap, size_t n)
{
    while (n > 1) {
        const bl_hit worst = heap[0];
        heap[0] = heap[--n];
        heap[n] = worst;
        sift_down(heap, 0, n);
    }
}

/* ---- the sweep ---- */

static bl_hit *heap_of(const search *s, unsigned thread, size_t query, size_t **count)
{
    const size_t n = thread * s->query->count + query;
    *count = (size_t *)(void *)(s->workspace + s->l.counts) + n;
    return (bl_hit *)(void *)(s->workspace + s->l.hits) + n * s->l.kept;
}

/* 64 bits from a position on; those behind the last position may be anything. */
static uint64_t bits_from(const uint64_t *bits, size_t words, size_t position)
{
    const size_t word = position / 64, shift = position % 64;
    const uint64_t low = bits[word] >> shift;
    return shift && word + 1 < words ? low | bits[word + 1] << (64 - shift) : low;
}

/* Which of n rows from a position on cannot be found: their offsets, in rising order. */
static size_t list_hidden(const search *s, size_t position, size_t n, uint16_t hidden[CHUNK])
{
    const bl_index *index = s->index;
    const uint64_t *allowed = s->query->allowed;
    const size_t words = (index->rows + 63) / 64;
    size_t count = 0;
    if (!allowed && !index->removed) return 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t bits = allowed ? ~bits_from(allowed, words, position + i) : 0;
        if (index->removed) bits |= bits_from(index->gone, words, position + i);
        for (size_t j = 0; bits && j < 64 && i + j < n; j++, bits >>= 1)
            if (bits & 1) hidden[count++] = (uint16_t)(i + j);
    }
    return count;
}

/* The scores of one query for a chunk. */
static void collect(const search *s, unsigned thread, size_t query, const bl_segment *segment,
                    size_t row, const float *scores, size_t n)
{
    size_t *count;
    bl_hit *heap = heap_of(s, thread, query, &count);
    for (size_t i = 0;; i++) {
        float least = -INFINITY;
        if (*count == s->l.kept) {
            least = heap[0].score;
            /* an equal score counts if its id is lower, which it cannot be where ids rise */
            if (!s->index->ascending) least -= fabsf(least) * 1e-6f + 1e-30f;
        }
        i = s->kernels->find_above(scores, i, n, least);
        if (i >= n) return;
        const bl_hit hit = { segment->ids[row + i], scores[i],
                             (uint32_t)(segment->first + row + i) };
        offer(heap, count, s->l.kept, &hit);
    }
}

/* The queries from an even one on. */
static bl_rows8 queries_from(const search *s, size_t query)
{
    const size_t size = s->kernels->row_unit * s->index->padded;
    return (bl_rows8){ (char *)s->rows8.data + query * size, s->rows8.scale + query,
                       s->rows8.zero + query };
}

static void sweep_chunk(const search *s, unsigned thread, const bl_segment *segment, size_t row,
                        size_t n)
{
    const bl_index *index = s->index;
    const size_t queries = s->query->count;
    float *scores = (float *)(void *)(s->workspace + s->l.scores) +
                    (size_t)thread * QUERIES * CHUNK;
    uint16_t hidden[CHUNK];
    const size_t hidden_count = list_hidden(s, segment->first + row, n, hidden);
    if (hidden_count == n) return;
    for (size_t q = 0; q < queries; q += QUERIES) {
        const size_t some = queries - q < QUERIES ? queries - q : QUERIES;
        s->kernels->gemm8_in_place(queries_from(s, q), some, segment->rows + row * index->padded,
                                   segment->scales + row, segment->sums + row, n, index->padded,
                                   NULL, scores, CHUNK, NULL, 0);
        for (size_t i = 0; i < some; i++) {
            float *own = scores + i * CHUNK;
            for (size_t h = 0; h < hidden_count; h++) own[hidden[h]] = -INFINITY;
            collect(s, thread, q + i, segment, row, own, n);
        }
    }
}

static void sweep(void *context, unsigned thread)
{
    search *s = context;
    size_t from, to, *count;
    for (size_t q = 0; q < s->query->count; q++) {
        heap_of(s, thread, q, &count);
        *count = 0;
    }
    bl_thread_range(&s->threads, thread, s->index->rows, CHUNK, &from, &to);
    while (from < to) {
        const bl_segment *segment = bl_segment_at(s->index, from);
        const size_t row = from - segment->first, left = segment->count - row;
        size_t n = to - from < CHUNK ? to - from : CHUNK;
        n = n < left ? n : left;
        sweep_chunk(s, thread, segment, row, n);
        from += n;
    }
}

/* ---- before and after ---- */

static int add_part(size_t *total, size_t *at, size_t count, size_t size)
{
    *at = *total;
    if (count > (SIZE_MAX / 2 - *total - ALIGNMENT) / size) return 0;
    *total += (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return 1;
}

static int plan(const bl_index *index, const bl_index_query *query, layout *l)
{
    const size_t living = index->rows - index->removed, most = (size_t)1 << 30;
    size_t threads = index->rows / ROWS_PER_THREAD + 1, unused;
    threads = threads < query->threads ? threads : query->threads;
    threads = threads < 1 ? 1 : threads > BL_MOST_THREADS ? BL_MOST_THREADS : threads;
    *l = (layout){ .threads = threads, .kept = query->k };
    if (l->kept < query->candidates) l->kept = query->candidates;
    if (l->kept > living) l->kept = living;
    if (!l->kept) l->kept = 1;
    if (query->count > most || l->kept > most / threads) return 0;
    const size_t rows = query->count + (query->count & 1), kept = threads * l->kept;
    return add_part(&l->size, &l->quantized, rows, 2 * index->padded) &&
           add_part(&l->size, &l->scales, rows, sizeof(float)) &&
           add_part(&l->size, &l->zeros, rows, sizeof(int32_t)) &&
           add_part(&l->size, &l->padded, 2 * index->padded, sizeof(float)) &&
           add_part(&l->size, &l->scores, threads * QUERIES * CHUNK, sizeof(float)) &&
           query->count <= SIZE_MAX / 4 / sizeof(bl_hit) / kept &&
           add_part(&l->size, &l->hits, query->count * kept, sizeof(bl_hit)) &&
           add_part(&l->size, &l->counts, query->count * threads, sizeof(size_t)) &&
           add_part(&l->size, &unused, 1, ALIGNMENT); /* the workspace need not be aligned */
}

size_t bl_index_workspace_size(const bl_index *index, const bl_index_query *query)
{
    layout l;
    return plan(index, query, &l) ? l.size : 0;
}

static void quantize_queries(search *s)
{
    const size_t width = s->index->width, padded = s->index->padded, count = s->query->count;
    float *pair = (float *)(void *)(s->workspace + s->l.padded);
    s->rows8 = (bl_rows8){ s->workspace + s->l.quantized,
                           (float *)(void *)(s->workspace + s->l.scales),
                           (int32_t *)(void *)(s->workspace + s->l.zeros) };
    memset(pair, 0, 2 * padded * sizeof *pair);
    for (size_t q = 0; q < count; q += 2) {
        const size_t some = count - q < 2 ? 1 : 2;
        for (size_t i = 0; i < some; i++)
            memcpy(pair + i * padded, s->query->queries + (q + i) * width, width * sizeof *pair);
        s->kernels->quantize(BL_LINEAR, pair, padded, NULL, some, padded, queries_from(s, q));
    }
}

/* The candidates' scores from their floats. */
static bl_status score_again(const search *s, const float *query, bl_hit *hits, size_t count,
                             bl_error *error)
{
    float *row = (float *)(void *)(s->workspace + s->l.padded);
    for (size_t i = 0; i < count; i++) {
        const bl_status status = bl_index_vector(s->index, hits[i].position, row, error);
        if (status != BL_OK) return status;
        bl_dot_products(query, 1, row, 1, s->index->width, &hits[i].score);
    }
    for (size_t i = count / 2; i-- > 0;) sift_down(hits, i, count);
    sort_heap(hits, count);
    return BL_OK;
}

static bl_status gather(const search *s, bl_hit *hits, size_t *found, bl_error *error)
{
    const bl_index_query *query = s->query;
    *found = 0;
    for (size_t q = 0; q < query->count; q++) {
        size_t *count, *more;
        bl_hit *heap = heap_of(s, 0, q, &count);
        for (unsigned t = 1; t < s->threads.count; t++) {
            const bl_hit *other = heap_of(s, t, q, &more);
            for (size_t i = 0; i < *more; i++) offer(heap, count, s->l.kept, &other[i]);
        }
        sort_heap(heap, *count);
        if (query->candidates) {
            const bl_status status =
                score_again(s, query->queries + q * s->index->width, heap, *count, error);
            if (status != BL_OK) return status;
        }
        *found = *count < query->k ? *count : query->k;
        memcpy(hits + q * query->k, heap, *found * sizeof *hits);
    }
    return BL_OK;
}

static bl_status check_query(const bl_index *index, const bl_index_query *query, bl_error *error)
{
    if (!query->k) return bl_fail(error, BL_INPUT_ERROR, "k is 0; ask for one row or more.");
    if (query->candidates && !index->keep_floats)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the index does not keep floats to score candidates again; make it with "
                       "floats, or search without rescoring.");
    return bl_check_vectors(query->queries, query->count, index->width, "query", error);
}

bl_status bl_index_search(const bl_index *index, const bl_index_query *query, bl_hit *hits,
                          size_t *found, void *workspace, size_t workspace_size, bl_error *error)
{
    search s = { .index = index, .query = query, .kernels = bl_active_isa() };
    *found = 0;
    bl_status status = check_query(index, query, error);
    if (status != BL_OK) return status;
    if (!s.kernels)
        return bl_fail(error, BL_ISA_ERROR,
                       "BERTLITE_ISA names an instruction set that this machine or build lacks.");
    if (!plan(index, query, &s.l) || s.l.size > workspace_size)
        return bl_fail(error, BL_INPUT_ERROR,
                       "a workspace of %llu bytes is too small; bl_index_workspace_size tells how "
                       "many this search takes.",
                       (unsigned long long)workspace_size);
    if (!query->count || index->rows == index->removed) return BL_OK;
    s.workspace = (char *)(((uintptr_t)workspace + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
    quantize_queries(&s);
    bl_threads_run(&s.threads, (unsigned)s.l.threads, sweep, &s);
    return gather(&s, hits, found, error);
}
