/* limits.c: what a forward pass reaches of the processor's limit, and where its time goes.
 *
 *     limits MODEL TOKENS ROUNDS
 *
 * Prints lines of a name and a number: `products`, the multiply-adds a second of the int8 kernel on
 * data in the first-level cache (limits.h); `pass`, the nanoseconds of a pass for all tokens'
 * hidden states; and for each kernel its nanoseconds in a pass, less what reading the clock takes.
 * All are minima over rounds, in which each is measured once; of a pass that is longer than the
 * system leaves a core alone, the sum of its calls' minima and of what is between them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "timing.h"
#include "../csrc/kernels/kernels.h"
#include "../csrc/kernels/limits.h"
#include "../csrc/model/model.h"

enum { EMBED, NORM, QUANTIZE, PRODUCT, PACK_KEYS, PACK_VALUES, ATTEND, KERNELS };
static const char *const names[KERNELS] = { "embed",      "norm",         "quantize", "gemm8",
                                            "pack_keys8", "pack_values8", "attend8" };
static const bl_kernels *plain; /* the kernels without a clock */
static double clock_cost;

/* The calls of kernels in a pass, always the same ones, and the least time that each has taken.
 * Calls are short, so that the system leaves some of each alone where it never does a pass. */
enum { MOST_CALLS = 4096 };
static struct {
    int kernel;
    double least;
} calls[MOST_CALLS];
static size_t call_count;
static double counted; /* of the pass */

static void add_call(int kernel, double time)
{
    counted += time;
    if (call_count == MOST_CALLS) exit(1);
    if (calls[call_count].least <= 0 || time < calls[call_count].least)
        calls[call_count].least = time;
    calls[call_count++].kernel = kernel;
}

/* Runs a call of the kernels and counts its time. */
#define COUNT(kernel, call)                                                                        \
    do {                                                                                           \
        const double start = nanoseconds();                                                        \
        plain->call;                                                                               \
        add_call(kernel, nanoseconds() - start);                                                   \
    } while (0)

static void embed(const bl_tables *t, const int32_t *words, const int32_t *positions,
                  const int32_t *types, size_t count, size_t n, float *out)
{
    COUNT(EMBED, embed(t, words, positions, types, count, n, out));
}
static void norm(float *x, const float *residual, size_t stride, const float *gain,
                 const float *shift, float epsilon, size_t rows, size_t n)
{
    COUNT(NORM, norm(x, residual, stride, gain, shift, epsilon, rows, n));
}
static void quantize(bl_activation f, float *x, size_t stride, const float *balance, size_t rows,
                     size_t n, bl_rows8 out)
{
    COUNT(QUANTIZE, quantize(f, x, stride, balance, rows, n, out));
}
static void gemm8(bl_rows8 a, size_t rows, bl_columns8 b, size_t count, size_t k, const float *bias,
                  float *out, size_t stride)
{
    COUNT(PRODUCT, gemm8(a, rows, b, count, k, bias, out, stride));
}
static void pack_keys8(const float *x, size_t stride, size_t count, size_t d, void *data,
                       float *scale, int32_t *sum)
{
    COUNT(PACK_KEYS, pack_keys8(x, stride, count, d, data, scale, sum));
}
static void pack_values8(const float *x, size_t stride, size_t count, size_t d, void *data,
                         float *scale, int32_t *sum)
{
    COUNT(PACK_VALUES, pack_values8(x, stride, count, d, data, scale, sum));
}
static void attend8(bl_rows8 q, size_t rows, bl_columns8 keys, bl_columns8 values, size_t count,
                    size_t d, float factor, void *scratch, float *out, size_t stride)
{
    COUNT(ATTEND, attend8(q, rows, keys, values, count, d, factor, scratch, out, stride));
}

static struct {
    bl_model *model;
    bl_batch batch;
    float *out;
    void *workspace;
    size_t workspace_size;
} run;

static double pass(const bl_kernels *kernels)
{
    const bl_request request = { .output = BL_HIDDEN };
    bl_error error;
    run.model->k = kernels;
    const double start = nanoseconds();
    if (bl_run(run.model, &run.batch, &request, run.out, run.workspace, run.workspace_size, 1,
               &error) != BL_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    return nanoseconds() - start;
}

/* Nanoseconds of one multiply-add. */
static double product_time(void)
{
    uint64_t products = 1;
    bl_error error;
    const double start = nanoseconds();
    if (bl_multiply_in_cache(plain->name, 2000, &products, &error) != BL_OK) exit(1);
    return (nanoseconds() - start) / (double)products;
}

static void less(double *best, double value)
{
    if (value < *best) *best = value;
}

int main(int argc, char **argv)
{
    bl_error error;
    if (argc != 4) {
        fprintf(stderr, "usage: limits MODEL TOKENS ROUNDS\n");
        return 2;
    }
    run.model = bl_open(argv[1], BL_INT8, &error);
    if (!run.model) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const size_t tokens = strtoul(argv[2], NULL, 10), rounds = strtoul(argv[3], NULL, 10);
    int32_t *ids = calloc(tokens ? tokens : 1, sizeof *ids);
    double *times = calloc(rounds ? rounds : 1, sizeof *times);
    if (!ids || !times) return 1;
    for (size_t i = 0; i < tokens; i++) ids[i] = (int32_t)(i * 7919 % 1000);
    const bl_request hidden = { .output = BL_HIDDEN };
    run.batch = (bl_batch){ .ids = ids, .texts = 1, .length = tokens };
    run.workspace_size = bl_workspace_size(run.model, tokens, 1);
    run.workspace = malloc(run.workspace_size);
    run.out = malloc((bl_output_size(run.model, &run.batch, &hidden) + 1) * sizeof *run.out);
    plain = bl_active_isa();
    bl_kernels clocked = *plain;
    clocked.embed = embed;
    clocked.norm = norm;
    clocked.quantize = quantize;
    clocked.gemm8 = gemm8;
    clocked.pack_keys8 = pack_keys8;
    clocked.pack_values8 = pack_values8;
    clocked.attend8 = attend8;
    clock_cost = 1e9;
    for (int i = 0; i < 1000; i++) {
        const double start = nanoseconds();
        less(&clock_cost, nanoseconds() - start);
    }
    double product = 1e9, rest = 1e18, sums[KERNELS] = { 0 }, all = 0;
    for (size_t round = 0; round < rounds; round++) {
        less(&product, product_time());
        pass(plain); /* into the caches */
        times[round] = pass(plain) - clock_cost;
        counted = 0;
        call_count = 0;
        const double whole = pass(&clocked);
        /* every call reads the clock twice, once of it within what is counted */
        less(&rest, whole - counted - (double)call_count * clock_cost);
    }
    for (size_t i = 0; i < call_count; i++) {
        const double least = calls[i].least - clock_cost;
        sums[calls[i].kernel] += least;
        all += least;
    }
    sort_times(times, rounds);
    less(&times[0], all + (rest > 0 ? rest : 0));
    printf("products\t%.4g\npass\t%.0f\n", 1e9 / product, times[0]);
    for (int k = 0; k < KERNELS; k++) printf("%s\t%.0f\n", names[k], sums[k]);
    run.model->k = plain;
    bl_close(run.model);
    free(run.workspace);
    free(run.out);
    free(times);
    free(ids);
    return 0;
}
