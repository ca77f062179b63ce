/* masks.c: what masked words cost beside the memory that they read.
 *
 *     masks MODEL CLASSIFIER TOKENS ROUNDS
 *
 * Prints a line of minimum times in microseconds for each of: the loop that reads the table of
 * word embeddings (limits.h); the product of that table with 1, 2 and 4 rows; the same with the
 * sums of their softmax; a pass of CLASSIFIER, which is an encoder and little else, for a text of
 * TOKENS tokens; and a pass of MODEL with one masked word and its five best. In every round each is
 * timed once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "timing.h"
#include "../csrc/kernels/kernels.h"
#include "../csrc/kernels/limits.h"

enum { WORDS = 30522, WIDTH = 64, MOST = 4, TOP = 5, TIMES = 3 };

static struct {
    bl_model *model, *classifier;
    const bl_kernels *k;
    int8_t *table;
    float *scale, *bias, *out, *few;
    int32_t *sum, *ids;
    void *workspace;
    size_t workspace_size, tokens;
    bl_rows8 rows;
    uint64_t read;
} r;

static void multiply(size_t rows, float *softmax)
{
    static int sweeps; /* as models alternate their direction */
    r.k->gemm8_in_place(r.rows, rows, r.table, r.scale, r.sum, WORDS, WIDTH, r.bias, r.out, WORDS,
                        softmax, sweeps++ & 1);
}
static void pass(const bl_model *model, const bl_request *request)
{
    bl_error error;
    const bl_batch batch = { .ids = r.ids, .texts = 1, .length = r.tokens };
    if (bl_run(model, &batch, request, r.out, r.workspace, r.workspace_size, 1, &error) == BL_OK)
        return;
    fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static void stream(void) { r.read += bl_read_all(r.table, (size_t)WORDS * WIDTH); }
static void one(void) { multiply(1, NULL); }
static void two(void) { multiply(2, NULL); }
static void four(void) { multiply(4, NULL); }
static void one_softmax(void) { multiply(1, r.few); }
static void two_softmax(void) { multiply(2, r.few); }
static void four_softmax(void) { multiply(4, r.few); }
static void encoder(void) { pass(r.classifier, &(bl_request){ .output = BL_CLASSES }); }
static void words(void)
{
    const int32_t masked = (int32_t)r.tokens / 2;
    const bl_request request = {
        .output = BL_WORDS, .positions = &masked, .position_count = 1, .softmax = r.few
    };
    int32_t index[TOP];
    float probability[TOP];
    pass(r.model, &request);
    bl_top_k(r.out, WORDS, TOP, index);
    bl_probabilities_of(r.out, r.few, index, TOP, probability);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "read", stream },
    { "1 row", one },
    { "2 rows", two },
    { "4 rows", four },
    { "1 row, softmax", one_softmax },
    { "2 rows, softmax", two_softmax },
    { "4 rows, softmax", four_softmax },
    { "encoder", encoder },
    { "words", words },
};
enum { CASES = sizeof cases / sizeof *cases };

static void *take(size_t size)
{
    void *p = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!p) exit(1);
    return memset(p, 0, size);
}

static void prepare(void)
{
    float x[MOST * WIDTH];
    r.k = bl_active_isa();
    r.table = take((size_t)WORDS * WIDTH);
    r.scale = take(WORDS * sizeof *r.scale);
    r.bias = take(WORDS * sizeof *r.bias);
    r.sum = take(WORDS * sizeof *r.sum);
    r.out = take((size_t)MOST * WORDS * sizeof *r.out);
    r.few = take(2 * MOST * sizeof *r.few);
    r.ids = take(r.tokens * sizeof *r.ids);
    r.rows = (bl_rows8){ take((size_t)MOST * WIDTH * r.k->row_unit), take(MOST * sizeof(float)),
                         take(MOST * sizeof(int32_t)) };
    for (size_t i = 0; i < (size_t)WORDS * WIDTH; i++)
        r.table[i] = (int8_t)((int)(i * 2654435761u >> 7) % 127);
    for (size_t i = 0; i < WORDS; i++) r.scale[i] = 1e-3f;
    r.bias[2000] = 100.0f; /* the largest result, among the frequent words, as in texts */
    for (size_t i = 0; i < MOST * WIDTH; i++) x[i] = (float)(i * 37 % 255) - 127.0f;
    for (size_t i = 0; i < r.tokens; i++) r.ids[i] = (int32_t)(1000 + i * 7919 % 20000);
    r.k->quantize(BL_LINEAR, x, WIDTH, NULL, MOST, WIDTH, r.rows);
    r.k->sums8(r.table, WORDS, WIDTH, r.sum);
    r.workspace_size = bl_workspace_size(r.model, r.tokens, 1);
    r.workspace = take(r.workspace_size);
}

int main(int argc, char **argv)
{
    bl_error error;
    if (argc != 5) {
        fprintf(stderr, "usage: masks MODEL CLASSIFIER TOKENS ROUNDS\n");
        return 2;
    }
    r.model = bl_open(argv[1], BL_INT8, &error);
    r.classifier = r.model ? bl_open(argv[2], BL_INT8, &error) : NULL;
    if (!r.classifier || bl_describe(r.model)->vocabulary != WORDS) {
        fprintf(stderr, "%s\n", r.classifier ? "the model has not 30,522 words." : error.text);
        return 1;
    }
    r.tokens = strtoul(argv[3], NULL, 10);
    prepare();
    const size_t rounds = strtoul(argv[4], NULL, 10);
    double *times = take(CASES * (rounds + 1) * sizeof *times);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < CASES; i++) {
            cases[i].run();
            const double start = nanoseconds();
            for (int t = 0; t < TIMES; t++) cases[i].run();
            times[i * rounds + round] = (nanoseconds() - start) / TIMES;
        }
    for (size_t i = 0; i < CASES; i++) {
        sort_times(times + i * rounds, rounds);
        printf("%s\t%.3f\n", cases[i].name, times[i * rounds] * 1e-3);
    }
    bl_close(r.classifier);
    bl_close(r.model);
    return r.read == 1;
}
