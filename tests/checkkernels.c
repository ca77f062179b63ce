/* checkkernels: tests and measures every kernel of every instruction set.
 *
 *   checkkernels [--seed N] [--rounds N] [--only CHECK] [--isa NAME] [--bench] [--csv]
 *
 * Every kernel of every instruction set that this machine has runs on random and pathological data
 * of odd and even sizes, and must return the same bytes as plain C and write inside its buffers
 * only; where products are fused, the bytes of plain C with fmaf(). Plain C itself is compared with
 * double precision. On ordinary data no result on the way may be denormal, which costs many times
 * as much as others on some processors. It is one static program: copy it to a board and run it
 * there. */
#include <fenv.h>
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

/* Memory between guard bytes, released all at once. */
enum { GUARD = 64, MAX_BLOCKS = 256 };
static struct {
    unsigned char *p;
    size_t size;
} blocks[MAX_BLOCKS];
static size_t block_count;
static void *guarded(size_t size)
{
    unsigned char *p =
        block_count < MAX_BLOCKS ? aligned_alloc(64, (size + 2 * GUARD + 63) / 64 * 64) : NULL;
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

/* What data looks like: most kinds are there to provoke one mistake. */
typedef enum {
    ORDINARY, /* -3 to 3 */
    CONSTANT, /* a variance of 0 */
    SPIKED,   /* few values large, the others lost in one quantization step */
    TINY,
    HUGE_VALUES,
    HALVES, /* ties in rounding */
    ZEROS,
    SKEWED, /* mostly positive */
    DATA_KINDS
} data_kind;

/* Whether a kernel had a denormal result on the way, between watch and watched. */
static int denormal;
static void watch(void) { feclearexcept(FE_UNDERFLOW); }
static void watched(data_kind kind)
{
    if (kind == ORDINARY && fetestexcept(FE_UNDERFLOW)) denormal = 1;
}

static data_kind any_kind(void) { return (data_kind)(rnd() % DATA_KINDS); }
/* The first `count` kinds only. */
static data_kind any_kind_of(unsigned count) { return (data_kind)(rnd() % count); }

static float value_of(data_kind kind)
{
    const float u = (float)((int32_t)rnd() - (1 << 30)) / (float)(1 << 30);
    switch (kind) {
    case CONSTANT: return 0.75f;
    case SPIKED: return rnd() % 31 ? u * 0.01f : u * 60;
    case TINY: return u * 1e-9f;
    case HUGE_VALUES: return u * 1e6f;
    case HALVES: return (float)(int)(u * 20) * 0.5f;
    case ZEROS: return 0;
    case SKEWED: return u > 0 ? u * 8 : u * 0.2f;
    default: return u * 3;
    }
}
static void fill(float *x, size_t n, data_kind kind)
{
    for (size_t i = 0; i < n; i++) x[i] = value_of(kind);
}
/* rows of n with a padded stride, the padding zero */
static float *matrix(size_t rows, size_t n, data_kind kind)
{
    size_t stride = bl_pad(n);
    float *x = guarded(rows * stride * sizeof *x);
    for (size_t r = 0; r < rows; r++) {
        fill(x + r * stride, n, kind);
        memset(x + r * stride + n, 0, (stride - n) * sizeof *x);
    }
    return x;
}

/* The extremes make the largest sums. */
typedef enum { RANDOM_WEIGHTS, ALL_MAXIMUM, ALL_MINIMUM, WEIGHT_KINDS } weight_kind;
static weight_kind any_weights(void)
{
    return rnd() % 2 ? RANDOM_WEIGHTS : (weight_kind)(rnd() % WEIGHT_KINDS);
}
static int8_t *weights(size_t count, size_t n, weight_kind kind)
{
    int8_t *w = guarded(count * n);
    for (size_t i = 0; i < count * n; i++)
        w[i] = kind == ALL_MAXIMUM   ? 127
               : kind == ALL_MINIMUM ? -127
                                     : (int8_t)((int)(rnd() % 255) - 127);
    return w;
}

/* ---- what a kernel returned, to be compared ------------------------------------- */

static unsigned char *record;
static size_t record_size, record_capacity;
static void keep(const void *p, size_t size)
{
    if (record_size + size > record_capacity) {
        record_capacity = (record_size + size) * 2;
        record = realloc(record, record_capacity);
        if (!record) exit(2);
    }
    memcpy(record + record_size, p, size);
    record_size += size;
}
/* The greatest error of plain C against double precision, in units of what is allowed. */
static double worst;
static int against_truth; /* whether this run is compared with double precision at all */
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
    const size_t n = bl_pad(upto(130)), vocabulary = upto(40), count = upto(9);
    const int8_t *words = weights(vocabulary, n, RANDOM_WEIGHTS);
    const float *scale = matrix(1, vocabulary, ORDINARY);
    const float *position = matrix(16, n, ORDINARY);
    const float *type = matrix(2, n, ORDINARY);
    const int32_t *w = indices(count, vocabulary);
    const int32_t *p = indices(count, 16);
    const int32_t *t = indices(count, 2);
    const float *floats = matrix(vocabulary, n, ORDINARY);
    float *out = guarded(count * n * sizeof *out);
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

/* One row of LayerNorm in double precision; y (or NULL): the residual. */
static void norm_truth(const float *out, const float *x, const float *y, const float *gain,
                       const float *shift, size_t n)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++) mean += (double)x[i] + (y ? y[i] : 0);
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) variance += pow((double)x[i] + (y ? y[i] : 0) - mean, 2);
    const double deviation = sqrt(variance / (double)n + 1e-12);
    for (size_t i = 0; i < n; i++) {
        const double v = (double)x[i] + (y ? y[i] : 0) - mean;
        truth(out[i], v / deviation * gain[i] + shift[i], 1e-4);
    }
}

static void check_norm(const bl_kernels *k)
{
    const size_t n = upto(400), rows = upto(7), stride = bl_pad(n);
    const size_t apart = stride + 16 * (rnd() % 3);
    const data_kind kind = any_kind();
    const int with_residual = rnd() & 1;
    const float *x = matrix(rows, n, kind);
    float *y = matrix(rows, apart, ORDINARY);
    const float *gain = matrix(1, n, ORDINARY);
    const float *shift = matrix(1, n, ORDINARY);
    float *out = guarded(rows * stride * sizeof *out);
    for (size_t r = 0; r < rows; r++) memset(y + r * apart + n, 0, (apart - n) * sizeof *y);
    memcpy(out, x, rows * stride * sizeof *out);
    watch();
    k->norm(out, with_residual ? y : NULL, apart, gain, shift, 1e-12f, rows, n);
    watched(kind);
    keep(out, rows * stride * sizeof *out);
    /* with almost no variance, the result is the rounding error of the mean */
    if (!against_truth || kind == CONSTANT || kind == ZEROS || n <= 3) return;
    for (size_t r = 0; r < rows; r++)
        norm_truth(out + r * stride, x + r * stride, with_residual ? y + r * apart : NULL, gain,
                   shift, n);
}

static double activation_truth(bl_activation f, double v)
{
    switch (f) {
    case BL_GELU: return v * 0.5 * erfc(-v / sqrt(2.0));
    case BL_RELU: return v > 0 ? v : 0;
    case BL_TANH: return tanh(v);
    case BL_SILU: return v / (1 + exp(-v));
    case BL_QUICK_GELU: return v / (1 + exp(-1.702 * v));
    case BL_GELU_TANH:
        return 0.5 * v * (1 + tanh(sqrt(2 / acos(-1.0)) * (v + 0.044715 * v * v * v)));
    default: return v;
    }
}

static void check_activate(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(300)), rows = upto(4), stride = n + 16 * (rnd() % 2);
    const data_kind kind = any_kind();
    for (int f = BL_LINEAR; f < BL_ACTIVATIONS; f++) {
        const float *x = matrix(rows, stride, kind);
        float *y = guarded(rows * stride * sizeof *y);
        memcpy(y, x, rows * stride * sizeof *y);
        watch();
        k->activate((bl_activation)f, y, stride, rows, n);
        watched(kind);
        keep(y, rows * stride * sizeof *y);
        for (size_t i = 0; i < n; i++)
            truth(y[i], activation_truth((bl_activation)f, x[i]), 4e-6 + 5e-7 * fabs(x[i]));
    }
}

static bl_rows8 new_rows(const bl_kernels *k, size_t rows, size_t n)
{
    const size_t size = (rows + 1) / 2 * 2 * n * k->row_unit;
    const bl_rows8 a = { guarded(size), guarded(rows * sizeof(float)),
                         guarded(rows * sizeof(int32_t)) };
    memset(a.data, 0, size);
    return a;
}

/* Columns that a kernel fills, and the same as the others read them. */
typedef struct {
    void *data;
    float *scale;
    int32_t *sum;
} columns8;
static columns8 new_columns(const bl_kernels *k, size_t columns, size_t n, size_t scales)
{
    return (columns8){ guarded(columns * n * k->column_unit), guarded(scales * sizeof(float)),
                       guarded(columns * sizeof(int32_t)) };
}
static bl_columns8 read_only(columns8 c) { return (bl_columns8){ c.data, c.scale, c.sum }; }

static float *scales(size_t n)
{
    float *s = guarded(n * sizeof *s);
    for (size_t i = 0; i < n; i++) s[i] = (float)upto(1000) * 1e-5f;
    return s;
}

/* Every term of a sum may be off by half a quantization step of its activation. */
static void gemm8_truth(const float *out, size_t stride, const float *x, size_t rows, size_t n,
                        const float *balance, const float *row_scale, const int8_t *w,
                        const float *scale, size_t count)
{
    for (size_t r = 0; against_truth && r < rows; r++)
        for (size_t c = 0; c < count; c += 7) {
            double s = 0, slack = 1e-3;
            for (size_t i = 0; i < n; i++) {
                const double v = (double)x[r * n + i] * (balance ? balance[i] : 1);
                const double weight = w[c * n + i] * (double)scale[c];
                s += v * weight;
                slack += 0.501 * fabs(weight) * row_scale[r] + 1e-5 * fabs(v * weight);
            }
            truth(out[r * stride + c], s, slack + 3.1);
        }
}

static void check_gemm8(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(rnd() % 4 ? 140 : 900)), rows = upto(rnd() % 4 ? 19 : 40);
    const size_t count = bl_pad(upto(170)), stride = count + 16 * (rnd() % 2);
    const int balanced = rnd() & 1;
    const bl_activation f = balanced || rnd() & 1 ? BL_LINEAR : BL_GELU;
    float *x = matrix(rows, n, any_kind());
    const float *balance = balanced ? scales(n) : NULL;
    const float *scale = scales(count);
    const float *bias = rnd() & 1 ? matrix(1, count, ORDINARY) : NULL;
    const int8_t *w = weights(count, n, any_weights());
    const bl_rows8 a = new_rows(k, rows, n);
    void *data = guarded(count * n * k->column_unit);
    int32_t *sum = guarded(count * sizeof *sum);
    float *out = guarded(rows * stride * sizeof *out);
    k->quantize(f, x, n, balance, rows, n, a);
    k->pack8(w, count, n, data, sum);
    keep(x, rows * n * sizeof *x);
    keep(a.scale, rows * sizeof *a.scale);
    keep(sum, count * sizeof *sum);
    memset(out, 0, rows * stride * sizeof *out);
    k->gemm8(a, rows, (bl_columns8){ data, scale, sum }, count, n, bias, out, stride);
    keep(out, rows * stride * sizeof *out);
    gemm8_truth(out, stride, x, rows, n, balance, a.scale, w, scale, count);
    /* a range of rows and of columns, as threads and the last layer use them */
    const size_t from = rows / 2 / 2 * 2, column = count / 2 / 16 * 16;
    const bl_rows8 part = { (char *)a.data + from * n * k->row_unit, a.scale + from,
                            a.zero + from };
    const bl_columns8 half = { (const char *)data + column * n * k->column_unit, scale + column,
                               sum + column };
    k->gemm8(part, rows - from, half, count - column, n, NULL, out, stride);
    keep(out, (rows - from) * stride * sizeof *out);
}

static void check_gemm8_in_place(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(200)), rows = upto(5), count = upto(rnd() % 4 ? 300 : 20);
    const size_t stride = count + rnd() % 3, padded = count < 16 ? 16 : count;
    float *x = matrix(rows, n, any_kind());
    const float *scale = scales(padded);
    const float *bias = rnd() & 1 ? matrix(1, padded, ORDINARY) : NULL;
    const int8_t *w = weights(padded, n, any_weights());
    int32_t *sum = guarded(padded * sizeof *sum);
    const bl_rows8 a = new_rows(k, rows, n);
    float *out = guarded(rows * stride * sizeof *out);
    k->quantize(BL_LINEAR, x, n, NULL, rows, n, a);
    k->sums8(w, padded, n, sum);
    memset(out, 0, rows * stride * sizeof *out);
    k->gemm8_in_place(a, rows, w, scale, sum, count, n, bias, out, stride, NULL, 0);
    keep(sum, padded * sizeof *sum);
    keep(out, rows * stride * sizeof *out);
    float *softmax = guarded(2 * rows * sizeof *softmax);
    memset(out, 0, rows * stride * sizeof *out);
    k->gemm8_in_place(a, rows, w, scale, sum, count, n, bias, out, stride, softmax, rnd() & 1);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; r < rows; r++) {
        const float *row = out + r * stride, largest = k->largest(row, count);
        truth(softmax[2 * r], largest, 1e-30);
        truth(softmax[2 * r + 1], k->sum_exp(row, count, largest), 1e-30);
        softmax[2 * r] += 0.0f; /* -0 becomes +0 */
    }
    keep(softmax, 2 * rows * sizeof *softmax);
}

/* Attention of one query in double precision, against count keys and values, stride apart. */
static void attend_truth(const float *out, const float *q, const float *keys, const float *values,
                         size_t stride, size_t count, size_t d, double factor, double allowed)
{
    double *p = malloc(count * sizeof *p);
    if (!p) exit(2);
    double top = -1e30, total = 0;
    for (size_t j = 0; j < count; j++) {
        p[j] = 0;
        for (size_t i = 0; i < d; i++) p[j] += (double)q[i] * keys[j * stride + i] * factor;
        top = p[j] > top ? p[j] : top;
    }
    for (size_t j = 0; j < count; j++) {
        p[j] = exp(p[j] - top);
        total += p[j];
    }
    for (size_t i = 0; i < d; i++) {
        double s = 0;
        for (size_t j = 0; j < count; j++) s += p[j] / total * values[j * stride + i];
        truth(out[i], s, allowed);
    }
    free(p);
}

static void check_attend8(const bl_kernels *k)
{
    const size_t d = bl_pad(upto(80)), count = upto(rnd() % 4 ? 40 : 300), rows = upto(count);
    const size_t padded = bl_pad(count), stride = 3 * d;
    const data_kind kind = any_kind();
    float *x = matrix(count, stride, kind);
    const bl_rows8 q = new_rows(k, rows, d);
    const columns8 keys = new_columns(k, padded, d, padded);
    const columns8 values = new_columns(k, d, padded, padded);
    void *scratch = guarded(k->attend8_scratch(count));
    float *out = guarded(rows * stride * sizeof *out);
    const float factor = 1 / sqrtf((float)d);
    watch();
    k->quantize(BL_LINEAR, x, stride, NULL, rows, d, q);
    k->pack_keys8(x + d, stride, count, d, keys.data, keys.scale, keys.sum);
    k->pack_values8(x + 2 * d, stride, count, d, values.data, values.scale, values.sum);
    keep(keys.scale, padded * sizeof(float));
    keep(keys.sum, padded * sizeof(int32_t));
    keep(values.scale, padded * sizeof(float));
    keep(values.sum, d * sizeof(int32_t));
    memset(scratch, 0, k->attend8_scratch(count));
    memset(out, 0, rows * stride * sizeof *out);
    k->attend8(q, rows, read_only(keys), read_only(values), count, d, factor, scratch, out, stride);
    watched(kind);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && kind == ORDINARY && r < rows; r++)
        attend_truth(out + r * stride, x + r * stride, x + d, x + 2 * d, stride, count, d, factor,
                     0.4);
}

static void check_gemm32(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(140)), rows = upto(19), unpadded = upto(100);
    const size_t count = bl_pad(unpadded), stride = count;
    const float *a = matrix(rows, n, any_kind_of(3));
    const float *w = matrix(unpadded, n, ORDINARY);
    float *b = guarded(count * n * sizeof *b);
    const float *bias = matrix(1, count, ORDINARY);
    float *out = guarded(rows * stride * sizeof *out);
    k->pack32(w, n, unpadded, n, b);
    k->gemm32(a, n, rows, b, count, n, bias, out, stride);
    keep(b, count * n * sizeof *b);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && r < rows; r++)
        for (size_t c = 0; c < unpadded; c++) {
            double s = bias[c];
            for (size_t i = 0; i < n; i++) s += (double)a[r * n + i] * w[c * n + i];
            truth(out[r * stride + c], s, 1e-3);
        }
}

static void check_attend32(const bl_kernels *k)
{
    const size_t d = bl_pad(upto(80)), count = upto(100), rows = upto(count);
    const size_t padded = bl_pad(count), stride = 3 * d;
    const data_kind kind = any_kind_of(6);
    const float *x = matrix(count, stride, kind);
    float *keys = guarded(padded * d * sizeof *keys);
    float *values = guarded(padded * d * sizeof *values);
    void *scratch = guarded(k->attend32_scratch(count));
    float *out = guarded(rows * stride * sizeof *out);
    watch();
    k->pack32(x + d, stride, count, d, keys);
    k->pack_values32(x + 2 * d, stride, count, d, values);
    memset(out, 0, rows * stride * sizeof *out);
    k->attend32(x, stride, rows, keys, values, count, d, 0.17f, scratch, out, stride);
    watched(kind);
    keep(values, padded * d * sizeof *values);
    keep(out, rows * stride * sizeof *out);
    for (size_t r = 0; against_truth && kind == ORDINARY && r < rows; r++)
        attend_truth(out + r * stride, x + r * stride, x + d, x + 2 * d, stride, count, d, 0.17,
                     1e-3);
    float *m = guarded(d * sizeof *m);
    k->mean(out, stride, rows, d, m);
    keep(m, d * sizeof *m);
}

static void check_attend_few32(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(100)), count = upto(60), rows = upto(5), padded = bl_pad(count);
    const float *q = matrix(rows, n, any_kind_of(4));
    const float *x = matrix(count, n, ORDINARY);
    float *scores = guarded(rows * padded * sizeof *scores);
    float *out = guarded(rows * n * sizeof *out);
    k->attend_few32(q, rows, x, count, n, 0.2f, scores, out);
    keep(scores, rows * padded * sizeof *scores);
    keep(out, rows * n * sizeof *out);
    for (size_t r = 0; against_truth && r < rows; r++)
        attend_truth(out + r * n, q + r * n, x, x, n, count, n, 0.2, 1e-3);
}

/* out[r][c] = bias[c] + a[r] . w[c], in the order of k, each step rounded once; columns of w are
 * `apart` floats from each other, and their values `step` floats. */
static void fused_truth(const float *a, size_t a_stride, size_t rows, const float *w, size_t apart,
                        size_t step, size_t count, size_t k, const float *bias, float *out,
                        size_t stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < count; c++) {
            float s = bias ? bias[c] : 0.0f;
            for (size_t i = 0; i < k; i++)
                s = fmaf(a[r * a_stride + i], w[c * apart + i * step], s);
            out[r * stride + c] = s;
        }
}

/* Rows of count scores become plain C's softmax, which its attention gives where keys and values
 * are the identity: sums of one value and of zeros are exact. */
static void plain_softmax(const bl_kernels *plain, float *scores, size_t rows, size_t count,
                          float factor)
{
    const size_t d = bl_pad(count);
    float *identity = matrix(count, d, ZEROS), *packed = guarded(2 * d * d * sizeof *packed);
    for (size_t i = 0; i < count; i++) identity[i * d + i] = 1.0f;
    plain->pack32(identity, d, count, d, packed);
    plain->pack_values32(identity, d, count, d, packed + d * d);
    plain->attend32(scores, d, rows, packed, packed + d * d, count, d, factor,
                    guarded(plain->attend32_scratch(count)), scores, d);
}

/* Plain C has none: what stands for it is fmaf(). */
static void check_fused_gemm32(const bl_kernels *k)
{
    const size_t n = bl_pad(upto(rnd() % 8 ? 140 : 600)), rows = upto(27), unpadded = upto(100);
    const size_t count = bl_pad(unpadded), stride = count + 16 * (rnd() % 2);
    const float *a = matrix(rows, n, any_kind());
    const float *w = matrix(count, n, any_kind());
    const float *bias = rnd() % 2 ? matrix(1, count, ORDINARY) : NULL;
    float *b = guarded(count * n * sizeof *b), *out = guarded(rows * stride * sizeof *out);
    const bl_kernels *fused = bl_fused_kernels(k);
    memset(out, 0, rows * stride * sizeof *out);
    k->pack32(w, n, unpadded, n, b);
    if (fused) fused->gemm32(a, n, rows, b, count, n, bias, out, stride);
    else fused_truth(a, n, rows, w, n, 1, unpadded, n, bias, out, stride);
    for (size_t r = 0; r < rows; r++) keep(out + r * stride, unpadded * sizeof *out);
}

static void check_fused_attend32(const bl_kernels *k)
{
    size_t isas;
    const size_t d = bl_pad(upto(80)), count = upto(100), rows = upto(count);
    const size_t padded = bl_pad(count), stride = 3 * d;
    const float *x = matrix(count, stride, any_kind_of(6));
    float *packed = guarded(2 * padded * d * sizeof *packed);
    float *out = guarded(rows * stride * sizeof *out);
    const bl_kernels *plain = bl_isas(&isas)[0], *fused = bl_fused_kernels(k);
    memset(out, 0, rows * stride * sizeof *out);
    if (fused) {
        fused->pack32(x + d, stride, count, d, packed);
        fused->pack_values32(x + 2 * d, stride, count, d, packed + padded * d);
        fused->attend32(x, stride, rows, packed, packed + padded * d, count, d, 0.17f,
                        guarded(fused->attend32_scratch(count)), out, stride);
    } else {
        float *scores = matrix(rows, padded, ZEROS);
        fused_truth(x, stride, rows, x + d, stride, 1, count, d, NULL, scores, padded);
        plain_softmax(plain, scores, rows, count, 0.17f);
        fused_truth(scores, padded, rows, x + 2 * d, 1, stride, d, count, NULL, out, stride);
    }
    keep(out, rows * stride * sizeof *out);
}

static void check_top_k(const bl_kernels *k)
{
    const size_t n = upto(700);
    float *x = guarded(n * sizeof *x);
    fill(x, n, any_kind_of(6));
    float greatest = x[0];
    for (size_t i = 1; i < n; i++) greatest = x[i] > greatest ? x[i] : greatest;
    const float largest = k->largest(x, n) + 0.0f; /* -0 becomes +0 */
    truth(largest, greatest, 1e-30);
    const float sum = k->sum_exp(x, n, largest);
    keep(&largest, sizeof largest);
    keep(&sum, sizeof sum);
    double s = 0;
    for (size_t i = 0; i < n; i++) s += exp((double)x[i] - greatest);
    truth(sum, s, 1e-5 * s);
    for (size_t from = 0; from < n; from += upto(100)) {
        const float threshold = x[rnd() % n];
        const size_t found = k->find_above(x, from, n, threshold);
        keep(&found, sizeof found);
        for (size_t i = from; i < found; i++) truth(x[i] > threshold, 0, 0.5);
        if (found < n) truth(x[found] > threshold, 1, 0.5);
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
    { "gemm32", check_gemm32 },
    { "attend32", check_attend32 },
    { "attend_few32", check_attend_few32 },
    { "fused_gemm32", check_fused_gemm32 },
    { "fused_attend32", check_fused_attend32 },
    { "top_k", check_top_k },
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
    columns8 b, v;
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
BENCH(gemm8)
{
    k->gemm8(d->a, d->rows, read_only(d->b), d->count, d->n, d->ones, d->out, d->count);
}
BENCH(pack_keys) { k->pack_keys8(d->x, d->n, d->rows, d->n, d->b.data, d->b.scale, d->b.sum); }
BENCH(pack_values) { k->pack_values8(d->x, d->n, d->rows, d->n, d->v.data, d->v.scale, d->v.sum); }
BENCH(attend8)
{
    k->attend8(d->a, d->rows, read_only(d->b), read_only(d->v), d->rows, d->n, 0.125f, d->scratch,
               d->out, d->n);
}
BENCH(gemm32) { k->gemm32(d->x, d->n, d->rows, d->y, d->count, d->n, NULL, d->out, d->count); }
BENCH(largest) { *d->out = k->largest(d->x, d->rows * d->n); }
BENCH(sum_exp) { *d->out = k->sum_exp(d->x, d->rows * d->n, 3); }
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
    { "sum_exp", bench_sum_exp },
};

/* ns per call: the minimum of several batches, each long enough for the clock. */
static double measure(size_t which, const bl_kernels *k, const bench_data *d)
{
    double best = 1e18;
    for (int batch = 0; batch < 15; batch++) {
        size_t calls = 0;
        double elapsed = 0;
        const double start = now();
        while (elapsed < 3e5) {
            for (int i = 0; i < 16; i++) benches[which].run(k, d);
            calls += 16;
            elapsed = now() - start;
        }
        if (elapsed / (double)calls < best) best = elapsed / (double)calls;
    }
    return best;
}

static bench_data bench_inputs(const bl_kernels *k, size_t rows, size_t n, size_t columns)
{
    const size_t larger = columns > rows ? columns : rows;
    const size_t most = bl_pad(larger > n ? larger : n);
    bench_data d = { .rows = rows, .n = n, .count = columns };
    d.x = matrix(rows, n, ORDINARY);
    d.y = matrix(most, n, ORDINARY);
    d.a = new_rows(k, rows, n);
    d.b = new_columns(k, most, n, most);
    d.v = new_columns(k, most, n, most);
    d.ones = matrix(1, most, CONSTANT);
    d.out = guarded(rows * most * sizeof(float));
    d.scratch = guarded(k->attend8_scratch(rows));
    d.ids = indices(rows, rows);
    d.tables = (bl_tables){ weights(most, n, RANDOM_WEIGHTS), scales(most), NULL, d.y, NULL };
    memcpy(d.b.scale, scales(most), most * sizeof(float));
    memcpy(d.v.scale, scales(most), most * sizeof(float));
    k->quantize(BL_LINEAR, d.x, n, NULL, rows, n, d.a);
    k->pack8(weights(most, n, RANDOM_WEIGHTS), most, n, d.b.data, d.b.sum);
    k->pack8(weights(most, n, RANDOM_WEIGHTS), most, n, d.v.data, d.v.sum);
    memset(d.out, 0, rows * most * sizeof(float));
    return d;
}

static void bench(const bl_kernels *const *isas, size_t count, size_t rows, size_t n,
                  size_t columns, int csv)
{
    for (size_t b = 0; b < sizeof benches / sizeof *benches; b++) {
        double plain = 0;
        for (size_t i = 0; i < count; i++) {
            const bl_kernels *k = isas[i];
            if (!bl_isa_available(k)) continue;
            const bench_data d = bench_inputs(k, rows, n, columns);
            const double t = measure(b, k, &d);
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

/* One check on the round's data; returns whether it wrote outside its buffers. */
static int run_check(size_t check, const bl_kernels *isa)
{
    state = (options.seed + options.round) * 2654435761u + check;
    record_size = 0;
    checks[check].run(isa);
    const int broken = guards_broken();
    release();
    return broken;
}

/* One check on one instruction set, against plain C: what was wrong, or NULL. */
static const char *compare(size_t check, const bl_kernels *plain, const bl_kernels *isa)
{
    static unsigned char *reference;
    static size_t reference_capacity;
    worst = 0;
    denormal = 0;
    for (options.round = 0; options.round < options.rounds; options.round++) {
        against_truth = 0;
        if (run_check(check, plain)) return "plain C wrote outside its buffers";
        const size_t size = record_size;
        if (size > reference_capacity) {
            reference = realloc(reference, size);
            reference_capacity = size;
            if (!reference) exit(2);
        }
        memcpy(reference, record, size);
        against_truth = isa == plain;
        if (run_check(check, isa)) return "wrote outside its buffers";
        if (record_size != size || memcmp(record, reference, size)) return "differs from plain C";
        if (worst > 1) return "is not accurate";
        if (denormal) return "has denormal results";
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
        if (!strcmp(argv[i], "--bench")) {
            options.bench = 1;
            continue;
        }
        if (!strcmp(argv[i], "--csv")) {
            options.csv = 1;
            continue;
        }
        if (i + 1 == argc) return 0;
        const char *name = argv[i++];
        const char *value = argv[i];
        if (!strcmp(name, "--seed")) options.seed = strtoull(value, NULL, 10);
        else if (!strcmp(name, "--rounds")) options.rounds = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(name, "--only")) options.only = value;
        else if (!strcmp(name, "--isa")) options.isa = value;
        else return 0;
    }
    return 1;
}

/* Every chosen check of one instruction set; returns how many failed. */
static unsigned check_isa(const bl_kernels *plain, const bl_kernels *isa, unsigned *passed)
{
    unsigned failed = 0;
    for (size_t c = 0; c < CHECKS; c++) {
        if (options.only && strcmp(options.only, checks[c].name)) continue;
        const char *problem = compare_caught(c, plain, isa);
        if (problem) {
            printf("%-12s %-16s %s (round %u, error %.2f of what is allowed)\n", isa->name,
                   checks[c].name, problem, options.round, worst);
            failed++;
        } else {
            printf("%-12s %-16s ok\n", isa->name, checks[c].name);
            ++*passed;
        }
    }
    return failed;
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
        const int chosen = !options.isa || !strcmp(options.isa, isas[i]->name);
        if (chosen && bl_isa_available(isas[i])) failed += check_isa(isas[0], isas[i], &passed);
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
