/* checkkernels: tests and measures every kernel of every instruction set.
 *
 *   checkkernels [--seed N] [--rounds N] [--only NAME] [--isa NAME] [--bench] [--csv]
 *
 * Every kernel of every instruction set that this machine has runs on random and
 * pathological data of odd and even sizes, and must leave the same bytes as plain
 * C, inside its buffers only; plain C itself is held against double precision.
 * One static program: copy it to a board and run it there. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bertlite.h"
#include "../csrc/kernels/kernels.h"

/* ---- data ------------------------------------------------------------------ */

static uint64_t state;
static uint32_t rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}
static size_t upto(size_t n) { return 1 + rnd() % n; }

/* Guarded memory, released all at once. */
enum { GUARD = 64, MOST = 256 };
static struct {
    unsigned char *p;
    size_t size;
} blocks[MOST];
static size_t block_count;
static void *guarded(size_t size)
{
    unsigned char *p = block_count < MOST ? aligned_alloc(64, (size + 2 * GUARD + 63) / 64 * 64)
                                          : NULL;
    if (!p) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    memset(p, 0xA5, size + 2 * GUARD);
    blocks[block_count].p = p;
    blocks[block_count++].size = size;
    return p + GUARD;
}
static int guards_broken(void)
{
    int broken = 0;
    for (size_t b = 0; b < block_count; b++)
        for (size_t i = 0; i < GUARD; i++)
            if (blocks[b].p[i] != 0xA5 || blocks[b].p[GUARD + blocks[b].size + i] != 0xA5)
                broken = 1;
    return broken;
}
static void release(void)
{
    while (block_count) free(blocks[--block_count].p);
}

/* Floats in one of several tempers: the ordinary, the flat, the spiked, the tiny,
 * the huge, halves (which test the rounding), all zero. */
static void fill(float *x, size_t n, int temper)
{
    for (size_t i = 0; i < n; i++) {
        float u = (float)((int32_t)rnd() - (1 << 30)) / (float)(1 << 30);
        switch (temper) {
        case 0: x[i] = u * 3; break;
        case 1: x[i] = 0.75f; break;
        case 2: x[i] = rnd() % 31 ? u * 0.01f : u * 60; break;
        case 3: x[i] = u * 1e-9f; break;
        case 4: x[i] = u * 1e6f; break;
        case 5: x[i] = (float)(int)(u * 20) * 0.5f; break;
        case 6: x[i] = 0; break;
        default: x[i] = u > 0 ? u * 8 : u * 0.2f; break;
        }
    }
}
enum { TEMPERS = 8 };
/* rows of n with a padded stride, the padding zero */
static float *matrix(size_t rows, size_t n, int temper)
{
    size_t stride = bl_pad(n);
    float *x = guarded(rows * stride * sizeof *x);
    for (size_t r = 0; r < rows; r++) {
        fill(x + r * stride, n, temper);
        memset(x + r * stride + n, 0, (stride - n) * sizeof *x);
    }
    return x;
}
static int8_t *weights(size_t count, size_t n, int temper)
{
    int8_t *w = guarded(count * n);
    for (size_t i = 0; i < count * n; i++)
        w[i] = temper == 1 ? 127 : temper == 2 ? -127 : (int8_t)((int)(rnd() % 255) - 127);
    return w;
}

/* ---- what a kernel left behind, to be compared --------------------------------- */

static unsigned char *record;
static size_t record_size, record_room;
static void keep(const void *p, size_t size)
{
    if (record_size + size > record_room) {
        record_room = (record_size + size) * 2;
        record = realloc(record, record_room);
        if (!record) exit(2);
    }
    memcpy(record + record_size, p, size);
    record_size += size;
}
static double worst; /* error of plain C against double, in units of what is allowed */
static int against_truth;
static void truth(double got, double want, double allowed)
{
    double e = fabs(got - want) / allowed;
    if (against_truth && !(e <= worst)) worst = e;
}

/* ---- the checks -------------------------------------------------------------------- */

static int32_t *indices(size_t n, size_t below)
{
    int32_t *p = guarded(n * sizeof *p);
    for (size_t i = 0; i < n; i++) p[i] = (int32_t)(rnd() % below);
    return p;
}

static void check_embed(const bl_kernels *k)
{
    size_t n = bl_pad(upto(130)), vocabulary = upto(40), count = upto(9);
    int8_t *words = weights(vocabulary, n, 0);
    float *scale = matrix(1, vocabulary, 0), *position = matrix(16, n, 0), *type = matrix(2, n, 0);
    int32_t *w = indices(count, vocabulary), *p = indices(count, 16), *t = indices(count, 2);
    float *floats = matrix(vocabulary, n, 0), *out = guarded(count * n * sizeof *out);
    bl_tables tables = { words, scale, NULL, position, type };
    k->embed(&tables, w, p, t, count, n, out);
    keep(out, count * n * sizeof *out);
    for (size_t i = 0; i < count * n; i++)
        truth(out[i],
              (double)words[(size_t)w[i / n] * n + i % n] * scale[w[i / n]] +
                  position[(size_t)p[i / n] * n + i % n] + type[(size_t)t[i / n] * n + i % n],
              1e-4);
    tables = (bl_tables){ NULL, NULL, floats, position, NULL };
    k->embed(&tables, w, p, NULL, count, n, out);
    keep(out, count * n * sizeof *out);
}

static void check_norm(const bl_kernels *k)
{
    size_t n = upto(400), rows = upto(7), stride = bl_pad(n), apart = stride + 16 * (rnd() % 3);
    int temper = (int)(rnd() % TEMPERS), with = rnd() & 1;
    float *x = matrix(rows, n, temper), *y = matrix(rows, apart, 0), *gain = matrix(1, n, 0),
          *shift = matrix(1, n, 0);
    float *out = guarded(rows * stride * sizeof *out);
    for (size_t r = 0; r < rows; r++) memset(y + r * apart + n, 0, (apart - n) * sizeof *y);
    memcpy(out, x, rows * stride * sizeof *out);
    k->norm(out, with ? y : NULL, apart, gain, shift, 1e-12f, rows, n);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && temper != 1 && temper != 6 && r < rows && n > 3; r++) {
        double m = 0, v = 0;
        for (size_t i = 0; i < n; i++)
            m += (double)x[r * stride + i] + (with ? y[r * apart + i] : 0);
        m /= (double)n;
        for (size_t i = 0; i < n; i++)
            v += pow((double)x[r * stride + i] + (with ? y[r * apart + i] : 0) - m, 2);
        v = sqrt(v / (double)n + 1e-12);
        for (size_t i = 0; i < n; i++)
            truth(out[r * stride + i],
                  ((double)x[r * stride + i] + (with ? y[r * apart + i] : 0) - m) / v * gain[i] +
                      shift[i],
                  1e-4);
    }
}

static void check_activate(const bl_kernels *k)
{
    size_t n = bl_pad(upto(300)), rows = upto(4), stride = n + 16 * (rnd() % 2);
    int temper = (int)(rnd() % TEMPERS);
    for (int f = BL_LINEAR; f <= BL_TANH; f++) {
        float *x = matrix(rows, stride, temper), *y = guarded(rows * stride * sizeof *y);
        memcpy(y, x, rows * stride * sizeof *y);
        k->activate((bl_activation)f, y, stride, rows, n);
        keep(y, rows * stride * sizeof *y);
        for (size_t i = 0; i < n; i++) {
            double v = x[i],
                   e = f == BL_GELU   ? v * 0.5 * erfc(-v / sqrt(2.0))
                       : f == BL_RELU ? (v > 0 ? v : 0)
                       : f == BL_TANH ? tanh(v)
                       : f == BL_LINEAR
                           ? v
                           : 0.5 * v *
                                 (1 + tanh(sqrt(2 / acos(-1.0)) * (v + 0.044715 * v * v * v)));
            truth(y[i], e, 4e-6 + 5e-7 * fabs(v));
        }
    }
}

static bl_rows8 new_rows(const bl_kernels *k, size_t rows, size_t n)
{
    bl_rows8 a = { guarded((rows + 1) / 2 * 2 * n * k->row_unit), guarded(rows * sizeof(float)),
                   guarded(rows * sizeof(int32_t)) };
    memset(a.data, 0, (rows + 1) / 2 * 2 * n * k->row_unit);
    return a;
}
static float *scales(size_t n)
{
    float *s = guarded(n * sizeof *s);
    for (size_t i = 0; i < n; i++) s[i] = (float)upto(1000) * 1e-5f;
    return s;
}

static void check_gemm8(const bl_kernels *k)
{
    size_t n = bl_pad(upto(rnd() % 4 ? 140 : 900)), rows = upto(rnd() % 4 ? 19 : 40),
           count = bl_pad(upto(170)), stride = count + 16 * (rnd() % 2);
    int temper = (int)(rnd() % TEMPERS), wide = (int)(rnd() % 4), balanced = rnd() & 1;
    bl_activation f = balanced || rnd() & 1 ? BL_LINEAR : BL_GELU;
    float *x = matrix(rows, n, temper), *balance = scales(n), *scale = scales(count),
          *bias = matrix(1, count, 0);
    int8_t *w = weights(count, n, wide);
    bl_rows8 a = new_rows(k, rows, n);
    void *data = guarded(count * n * k->column_unit);
    int32_t *sum = guarded(count * sizeof *sum);
    float *out = guarded(rows * stride * sizeof *out);
    k->quantize(f, x, n, balanced ? balance : NULL, rows, n, a);
    k->pack8(w, count, n, data, sum);
    keep(x, rows * n * sizeof *x);
    keep(a.scale, rows * sizeof *a.scale);
    keep(sum, count * sizeof *sum);
    bl_columns8 b = { data, scale, sum };
    memset(out, 0, rows * stride * sizeof *out);
    k->gemm8(a, rows, b, count, n, rnd() & 1 ? bias : NULL, out, stride);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && r < rows; r++) /* within half a step per term */
        for (size_t c = 0; c < count; c += 7) {
            double s = 0, slack = 1e-3;
            for (size_t i = 0; i < n; i++) {
                double v = (double)x[r * n + i] * (balanced ? balance[i] : 1);
                s += v * w[c * n + i] * scale[c];
                slack += 0.501 * fabs(w[c * n + i] * (double)scale[c]) * a.scale[r] +
                         1e-5 * fabs(v * w[c * n + i] * scale[c]);
            }
            truth(out[r * stride + c], s, slack + 3.1);
        }
    /* a range of rows and of columns, as threads and the last layer take them */
    size_t from = rows / 2 / 2 * 2, column = count / 2 / 16 * 16;
    bl_rows8 part = { (char *)a.data + from * n * k->row_unit, a.scale + from, a.zero + from };
    bl_columns8 half = { (const char *)data + column * n * k->column_unit, scale + column,
                         sum + column };
    k->gemm8(part, rows - from, half, count - column, n, NULL, out, stride);
    keep(out, (rows - from) * stride * sizeof *out);
}

static void check_gemm8_in_place(const bl_kernels *k)
{
    size_t n = bl_pad(upto(200)), rows = upto(5), count = upto(rnd() % 4 ? 100 : 20),
           stride = count + rnd() % 3, capacity = count < 16 ? 16 : count;
    float *x = matrix(rows, n, (int)(rnd() % TEMPERS)), *scale = scales(capacity),
          *bias = matrix(1, capacity, 0);
    int8_t *w = weights(capacity, n, (int)(rnd() % 4));
    int32_t *sum = guarded(capacity * sizeof *sum);
    bl_rows8 a = new_rows(k, rows, n);
    float *out = guarded(rows * stride * sizeof *out);
    k->quantize(BL_LINEAR, x, n, NULL, rows, n, a);
    k->sums8(w, capacity, n, sum);
    memset(out, 0, rows * stride * sizeof *out);
    k->gemm8_in_place(a, rows, w, scale, sum, count, n, rnd() & 1 ? bias : NULL, out, stride);
    keep(sum, capacity * sizeof *sum);
    keep(out, rows * stride * sizeof *out);
}

static void check_attend8(const bl_kernels *k)
{
    size_t d = bl_pad(upto(80)), count = upto(rnd() % 4 ? 40 : 300), rows = upto(count),
           padded = bl_pad(count), stride = 3 * d;
    int temper = (int)(rnd() % TEMPERS);
    float *x = matrix(count, stride, temper);
    bl_rows8 q = new_rows(k, rows, d);
    bl_columns8 keys = { guarded(padded * d * k->column_unit), guarded(padded * sizeof(float)),
                         guarded(padded * sizeof(int32_t)) };
    bl_columns8 values = { guarded(padded * d * k->column_unit), guarded(padded * sizeof(float)),
                           guarded(d * sizeof(int32_t)) };
    void *scratch = guarded(k->attend8_scratch(count));
    float *out = guarded(rows * stride * sizeof *out), factor = 1 / sqrtf((float)d);
    k->quantize(BL_LINEAR, x, stride, NULL, rows, d, q);
    k->pack_keys8(x + d, stride, count, d, (void *)(uintptr_t)keys.data,
                  (float *)(uintptr_t)keys.scale, (int32_t *)(uintptr_t)keys.sum);
    k->pack_values8(x + 2 * d, stride, count, d, (void *)(uintptr_t)values.data,
                    (float *)(uintptr_t)values.scale, (int32_t *)(uintptr_t)values.sum);
    keep(keys.scale, padded * sizeof(float));
    keep(keys.sum, padded * sizeof(int32_t));
    keep(values.scale, padded * sizeof(float));
    keep(values.sum, d * sizeof(int32_t));
    memset(scratch, 0, k->attend8_scratch(count));
    memset(out, 0, rows * stride * sizeof *out);
    k->attend8(q, rows, keys, values, count, d, factor, scratch, out, stride);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && temper == 0 && r < rows; r++) {
        double *p = malloc(count * sizeof *p), total = 0;
        for (size_t j = 0; j < count; j++) {
            double s = 0;
            for (size_t i = 0; i < d; i++) s += (double)x[r * stride + i] * x[j * stride + d + i];
            total += p[j] = exp(s * factor);
        }
        for (size_t i = 0; i < d; i++) {
            double s = 0;
            for (size_t j = 0; j < count; j++) s += p[j] / total * x[j * stride + 2 * d + i];
            truth(out[r * stride + i], s, 0.4);
        }
        free(p);
    }
}

static void check_float(const bl_kernels *k)
{
    size_t n = bl_pad(upto(140)), rows = upto(19), real = upto(100), count = bl_pad(real),
           stride = count;
    float *a = matrix(rows, n, (int)(rnd() % 3)), *w = matrix(real, n, 0),
          *b = guarded(count * n * sizeof *b);
    float *bias = matrix(1, count, 0), *out = guarded(rows * stride * sizeof *out);
    k->pack32(w, n, real, n, b);
    k->gemm32(a, n, rows, b, count, n, bias, out, stride);
    keep(b, count * n * sizeof *b);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < real; c++) {
            double s = bias[c];
            for (size_t i = 0; i < n; i++) s += (double)a[r * n + i] * w[c * n + i];
            truth(out[r * stride + c], s, 1e-3);
        }
}

static void check_attend32(const bl_kernels *k)
{
    size_t d = bl_pad(upto(80)), count = upto(100), rows = upto(count), padded = bl_pad(count),
           stride = 3 * d;
    float *x = matrix(count, stride, (int)(rnd() % 6)), *keys = guarded(padded * d * sizeof *keys),
          *values = guarded(padded * d * sizeof *values);
    void *scratch = guarded(k->attend32_scratch(count));
    float *out = guarded(rows * stride * sizeof *out);
    k->pack32(x + d, stride, count, d, keys);
    k->pack_values32(x + 2 * d, stride, count, d, values);
    memset(out, 0, rows * stride * sizeof *out);
    k->attend32(x, stride, rows, keys, values, count, d, 0.17f, scratch, out, stride);
    keep(values, padded * d * sizeof *values);
    keep(out, rows * stride * sizeof *out);
    float *m = guarded(d * sizeof *m);
    k->mean(out, stride, rows, d, m);
    keep(m, d * sizeof *m);
}

static void check_attend_few32(const bl_kernels *k)
{
    size_t n = bl_pad(upto(100)), count = upto(60), rows = upto(5), padded = bl_pad(count);
    float *q = matrix(rows, n, (int)(rnd() % 4)), *x = matrix(count, n, 0),
          *scores = guarded(rows * padded * sizeof *scores), *out = guarded(rows * n * sizeof *out);
    k->attend_few32(q, rows, x, count, n, 0.2f, scores, out);
    keep(scores, rows * padded * sizeof *scores);
    keep(out, rows * n * sizeof *out);
    for (size_t r = 0; r < rows; r++) {
        double p[64], total = 0, top = -1e30;
        for (size_t t = 0; t < count; t++) {
            double s = 0;
            for (size_t i = 0; i < n; i++) s += (double)q[r * n + i] * x[t * n + i] * 0.2;
            p[t] = s;
            top = s > top ? s : top;
        }
        for (size_t t = 0; t < count; t++) total += p[t] = exp(p[t] - top);
        for (size_t i = 0; i < n; i++) {
            double s = 0;
            for (size_t t = 0; t < count; t++) s += p[t] / total * x[t * n + i];
            truth(out[r * n + i], s, 1e-3);
        }
    }
}

static void check_choose(const bl_kernels *k)
{
    size_t n = upto(700);
    float *x = guarded(n * sizeof *x);
    fill(x, n, (int)(rnd() % 6));
    float top = k->largest(x, n) + 0.0f, sum = k->sum_exp(x, n, top);
    keep(&top, sizeof top);
    keep(&sum, sizeof sum);
    double s = 0;
    for (size_t i = 0; i < n; i++) s += exp((double)x[i] - top);
    truth(sum, s, 1e-5 * s);
    for (size_t from = 0; from < n; from += upto(100)) {
        float threshold = x[rnd() % n];
        size_t at = k->find_above(x, from, n, threshold);
        keep(&at, sizeof at);
        for (size_t i = from; i < at; i++) truth(x[i] > threshold, 0, 0.5);
    }
}

static const struct {
    const char *name;
    void (*run)(const bl_kernels *);
} checks[] = {
    { "embed", check_embed },
    { "norm", check_norm },
    { "activate", check_activate },
    { "gemm8", check_gemm8 },
    { "gemm8_in_place", check_gemm8_in_place },
    { "attend8", check_attend8 },
    { "float", check_float },
    { "attend32", check_attend32 },
    { "attend_few32", check_attend_few32 },
    { "choose", check_choose },
};
enum { CHECKS = sizeof checks / sizeof *checks };

/* ---- measuring ------------------------------------------------------------------------ */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
typedef struct {
    size_t rows, n, count;
    float *x, *y;
    bl_rows8 a;
    bl_columns8 b, v;
    float *ones, *out;
    void *scratch;
    bl_tables tables;
    int32_t *ids;
} bench_data;
#define BENCH(name) static void bench_##name(const bl_kernels *k, const bench_data *d)
BENCH(embed) { k->embed(&d->tables, d->ids, d->ids, NULL, d->rows, d->n, d->out); }
BENCH(norm) { k->norm(d->x, d->y, d->n, d->ones, d->ones, 1e-12f, d->rows, d->n); }
BENCH(gelu) { k->activate(BL_GELU, d->out, d->count, d->rows, d->count); }
BENCH(quantize) { k->quantize(BL_LINEAR, d->x, d->n, d->ones, d->rows, d->n, d->a); }
BENCH(gemm8) { k->gemm8(d->a, d->rows, d->b, d->count, d->n, d->ones, d->out, d->count); }
BENCH(pack_keys)
{
    k->pack_keys8(d->x, d->n, d->rows, d->n, (void *)(uintptr_t)d->b.data,
                  (float *)(uintptr_t)d->b.scale, (int32_t *)(uintptr_t)d->b.sum);
}
BENCH(pack_values)
{
    k->pack_values8(d->x, d->n, d->rows, d->n, (void *)(uintptr_t)d->v.data,
                    (float *)(uintptr_t)d->v.scale, (int32_t *)(uintptr_t)d->v.sum);
}
BENCH(attend8)
{
    k->attend8(d->a, d->rows, d->b, d->v, d->rows, d->n, 0.125f, d->scratch, d->out, d->n);
}
BENCH(gemm32) { k->gemm32(d->x, d->n, d->rows, d->y, d->count, d->n, NULL, d->out, d->count); }
BENCH(largest) { *d->out = k->largest(d->x, d->rows * d->n); }
static const struct {
    const char *name;
    void (*run)(const bl_kernels *, const bench_data *);
} benches[] = {
    { "embed", bench_embed },
    { "norm", bench_norm },
    { "gelu", bench_gelu },
    { "quantize", bench_quantize },
    { "gemm8", bench_gemm8 },
    { "pack_keys8", bench_pack_keys },
    { "pack_values8", bench_pack_values },
    { "attend8", bench_attend8 },
    { "gemm32", bench_gemm32 },
    { "largest", bench_largest },
};

/* ns per call: the least of several batches, each long enough for the clock. */
static double measure(size_t which, const bl_kernels *k, const bench_data *d)
{
    double best = 1e18;
    for (int batch = 0; batch < 15; batch++) {
        size_t calls = 0;
        double t = now(), e;
        do {
            for (int i = 0; i < 16; i++) benches[which].run(k, d);
            calls += 16;
        } while ((e = now() - t) < 3e5);
        if (e / (double)calls < best) best = e / (double)calls;
    }
    return best;
}

static void bench(const bl_kernels *const *isas, size_t count, size_t rows, size_t n,
                  size_t columns, int csv)
{
    for (size_t b = 0; b < sizeof benches / sizeof *benches; b++) {
        double plain = 0;
        for (size_t i = 0; i < count; i++) {
            const bl_kernels *k = isas[i];
            if (!bl_isa_available(k)) continue;
            size_t most = columns > rows ? columns : rows;
            most = bl_pad(most > n ? most : n);
            bench_data d = {
                rows,
                n,
                columns,
                matrix(rows, n, 0),
                matrix(most, n, 0),
                new_rows(k, rows, n),
                { guarded(most * n * k->column_unit), scales(most), guarded(most * 4) },
                { guarded(most * n * k->column_unit), scales(most), guarded(most * 4) },
                matrix(1, most, 1),
                guarded(rows * most * 4),
                guarded(k->attend8_scratch(rows)),
                { NULL, NULL, NULL, NULL, NULL },
                indices(rows, rows)
            };
            d.tables = (bl_tables){ weights(most, n, 0), scales(most), NULL, d.y, NULL };
            k->quantize(BL_LINEAR, d.x, n, NULL, rows, n, d.a);
            k->pack8(weights(most, n, 0), most, n, (void *)(uintptr_t)d.b.data,
                     (int32_t *)(uintptr_t)d.b.sum);
            k->pack8(weights(most, n, 0), most, n, (void *)(uintptr_t)d.v.data,
                     (int32_t *)(uintptr_t)d.v.sum);
            memset(d.out, 0, rows * most * 4);
            double t = measure(b, k, &d);
            if (!i) plain = t;
            printf(csv ? "%s,%s,%zu,%zu,%zu,%.1f,%.2f\n"
                       : "%-14s %-12s %4zu x %4zu x %4zu %10.1f ns %8.2f x plain C\n",
                   benches[b].name, k->name, rows, n, columns, t, plain / t);
            release();
        }
    }
}

/* ---- running ---------------------------------------------------------------------------- */

static sigjmp_buf escape;
static void caught(int signal) { siglongjmp(escape, signal); }

static struct {
    unsigned long long seed;
    unsigned rounds, round;
    const char *only, *isa;
    int bench, csv;
} options = { .rounds = 60 };

/* One check on one instruction set, against plain C: what was wrong, or NULL. */
static const char *compare(size_t check, const bl_kernels *plain, const bl_kernels *isa)
{
    static unsigned char *reference;
    static size_t reference_size, reference_room;
    worst = 0;
    for (options.round = 0; options.round < options.rounds; options.round++) {
        for (int side = 0; side < 2; side++) { /* plain C, then this one */
            state = (options.seed + options.round) * 2654435761u + check;
            record_size = 0;
            against_truth = isa == plain && side == 1;
            checks[check].run(side ? isa : plain);
            int broken = guards_broken();
            release();
            if (broken) return "wrote outside its buffers";
            if (side == 0) {
                if (record_size > reference_room) {
                    reference = realloc(reference, reference_room = record_size);
                    if (!reference) exit(2);
                }
                memcpy(reference, record, reference_size = record_size);
            } else if (record_size != reference_size || memcmp(record, reference, record_size))
                return "differs from plain C";
        }
        if (worst > 1) return "is not accurate";
    }
    return NULL;
}

static const char *compare_caught(size_t check, const bl_kernels *plain, const bl_kernels *isa)
{
    int hit = sigsetjmp(escape, 1);
    if (!hit) return compare(check, plain, isa);
    release();
    return hit == SIGILL ? "illegal instruction" : "memory or arithmetic fault";
}

static int parse(int argc, char **argv)
{
    options.seed = (unsigned long long)time(NULL);
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--bench")) options.bench = 1;
        else if (!strcmp(argv[i], "--csv")) options.csv = 1;
        else if (!value) return 0;
        else if (!strcmp(argv[i], "--seed")) options.seed = strtoull(value, NULL, 10), i++;
        else if (!strcmp(argv[i], "--rounds"))
            options.rounds = (unsigned)strtoul(value, NULL, 10), i++;
        else if (!strcmp(argv[i], "--only")) options.only = value, i++;
        else if (!strcmp(argv[i], "--isa")) options.isa = value, i++;
        else return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (!parse(argc, argv)) {
        fprintf(stderr, "usage: checkkernels [--seed N] [--rounds N] [--only CHECK] [--isa NAME] "
                        "[--bench] [--csv]\n");
        return 2;
    }
    size_t count;
    unsigned passed = 0, failed = 0;
    const bl_kernels *const *isas = bl_isas(&count);
    if (options.bench) {
        bench(isas, count, 16, 64, 256, options.csv);
        bench(isas, count, 128, 64, 256, options.csv);
        return 0;
    }
    printf("checkkernels --seed %llu --rounds %u\n", options.seed, options.rounds);
    const int signals[] = { SIGILL, SIGSEGV, SIGFPE, SIGBUS };
    for (size_t i = 0; i < 4; i++) signal(signals[i], caught);
    for (size_t i = 0; i < count; i++) {
        if (!bl_isa_available(isas[i]) || (options.isa && strcmp(options.isa, isas[i]->name)))
            continue;
        for (size_t c = 0; c < CHECKS; c++) {
            if (options.only && strcmp(options.only, checks[c].name)) continue;
            const char *problem = compare_caught(c, isas[0], isas[i]);
            if (problem)
                printf("%-12s %-16s %s (round %u, error %.2f of what is allowed)\n", isas[i]->name,
                       checks[c].name, problem, options.round, worst);
            else printf("%-12s %-16s ok\n", isas[i]->name, checks[c].name);
            if (problem) failed++;
            else passed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
