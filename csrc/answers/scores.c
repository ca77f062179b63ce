/* scores.c: from logits to what people read. Little of it is ever hot, so it is plain C in
 * double precision, whose order of operations makes the results the same on every board. */
#include <math.h>
#include <string.h>

#include "bertlite.h"

/* e^x for x <= 0, from operations that are exact everywhere; libm's differ between systems. */
static double exponential(double x)
{
    if (!(x > -700.0)) return 0.0;
    const double k = (double)(int64_t)(x * 1.4426950408889634 - 0.5);
    const double r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
    double sum = 1.0;
    for (int i = 13; i > 0; i--) sum = 1.0 + r / i * sum;
    uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

static double sigmoid(double x)
{
    const double e = exponential(x < 0 ? x : -x);
    return x < 0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}

void bl_scores(bl_function function, const float *logits, size_t n, float *out)
{
    if (function == BL_RAW) {
        memmove(out, logits, n * sizeof *out);
    } else if (function == BL_SIGMOID) {
        for (size_t i = 0; i < n; i++) out[i] = (float)sigmoid((double)logits[i]);
    } else {
        double most = n ? (double)logits[0] : 0.0, sum = 0.0;
        for (size_t i = 1; i < n; i++) most = (double)logits[i] > most ? (double)logits[i] : most;
        for (size_t i = 0; i < n; i++) {
            const double e = exponential((double)logits[i] - most);
            sum += e;
            out[i] = (float)e;
        }
        for (size_t i = 0; i < n; i++) out[i] = (float)((double)out[i] / sum);
    }
}

/* Heap order: the root is the one that goes first when a better one comes. */
static int worse(const float *values, int32_t a, int32_t b)
{
    return values[a] < values[b] || (values[a] == values[b] && a > b);
}

static void sift(const float *values, int32_t *heap, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && worse(values, heap[child + 1], heap[child])) child++;
        if (!worse(values, heap[child], heap[at])) break;
        const int32_t other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

size_t bl_top_k(const float *values, size_t n, size_t k, int32_t *index)
{
    k = k < n ? k : n;
    for (size_t i = 0; i < k; i++) index[i] = (int32_t)i;
    for (size_t i = k / 2; i-- > 0;) sift(values, index, i, k);
    for (size_t i = k; k && i < n; i++)
        if (worse(values, index[0], (int32_t)i)) {
            index[0] = (int32_t)i;
            sift(values, index, 0, k);
        }
    for (size_t i = k; i-- > 1;) {
        const int32_t worst = index[0];
        index[0] = index[i];
        index[i] = worst;
        sift(values, index, 0, i);
    }
    return k;
}

size_t bl_spans(const float *starts, const float *ends, size_t n, size_t longest, size_t k,
                float *scores, int32_t *index, bl_span *out)
{
    for (size_t s = 0; s < n; s++)
        for (size_t more = 0; more < longest; more++) {
            const float score = s + more < n ? starts[s] * ends[s + more] : 0.0f;
            scores[s * longest + more] = score > 0.0f ? score : 0.0f;
        }
    k = k < n * longest ? k : n * longest;
    bl_top_k(scores, n * longest, k, index);
    size_t have = 0;
    for (; have < k && scores[index[have]] > 0.0f; have++) {
        const int32_t start = index[have] / (int32_t)longest;
        out[have] = (bl_span){ start, start + index[have] % (int32_t)longest, scores[index[have]] };
    }
    return have;
}

void bl_mean_row(const float *rows, size_t count, size_t width, float *out)
{
    for (size_t c = 0; c < width; c++) {
        double sum = 0.0;
        for (size_t r = 0; r < count; r++) sum += (double)rows[r * width + c];
        out[c] = (float)(count ? sum / (double)count : 0.0);
    }
}

void bl_normalize_rows(float *rows, size_t count, size_t width)
{
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        double sum = 0.0;
        for (size_t c = 0; c < width; c++) sum += (double)row[c] * (double)row[c];
        const double length = sqrt(sum);
        for (size_t c = 0; c < width && length > 0.0; c++)
            row[c] = (float)((double)row[c] / length);
    }
}

void bl_dot_products(const float *a, size_t a_count, const float *b, size_t b_count, size_t width,
                     float *out)
{
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++) {
            double sum[4] = { 0.0, 0.0, 0.0, 0.0 }; /* four chains, to be added while others wait */
            size_t c = 0;
            for (; c + 4 <= width; c += 4)
                for (int k = 0; k < 4; k++)
                    sum[k] += (double)a[i * width + c + (size_t)k] *
                              (double)b[j * width + c + (size_t)k];
            for (; c < width; c++) sum[0] += (double)a[i * width + c] * (double)b[j * width + c];
            out[i * b_count + j] = (float)((sum[0] + sum[1]) + (sum[2] + sum[3]));
        }
}
