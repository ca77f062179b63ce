/* forward.c: forward passes of one model, and nothing else: to be timed, or to have its
 * instructions counted.
 *
 *     forward MODEL LENGTH CALLS [OUTPUT [THREADS]]
 *
 * OUTPUT: classes, tokens, hidden, mean, words (one masked position, top 5). Prints the minimum and
 * the median time of a call over 15 batches of CALLS calls. FORWARD_FP32 in the environment: in
 * floats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "timing.h"

enum { MAX_BATCHES = 15, TOP = 5 };

typedef struct {
    bl_model *model;
    bl_batch batch;
    bl_request request;
    float *out;
    void *workspace;
    size_t workspace_size;
    unsigned threads;
} run;

static bl_output output_of(const char *name)
{
    if (!strcmp(name, "words")) return BL_WORDS;
    if (!strcmp(name, "hidden")) return BL_HIDDEN;
    if (!strcmp(name, "tokens")) return BL_TOKENS;
    if (!strcmp(name, "mean")) return BL_MEAN;
    return BL_CLASSES;
}

/* Ids that differ, so that embeddings are read from all over the table. */
static int32_t *spread_ids(size_t length, int vocabulary)
{
    int32_t *ids = calloc(length ? length : 1, sizeof *ids);
    for (size_t i = 0; ids && i < length; i++)
        ids[i] = (int32_t)(1000 + i * 7919 % 20000) % vocabulary;
    return ids;
}

static int call(const run *r, bl_error *error)
{
    const bl_status status = bl_run(r->model, &r->batch, &r->request, r->out, r->workspace,
                                    r->workspace_size, r->threads, error);
    if (status != BL_OK) return 0;
    if (r->request.output == BL_WORDS) {
        const size_t vocabulary = (size_t)bl_describe(r->model)->vocabulary;
        int32_t index[TOP];
        float probability[TOP];
        bl_top_k(r->out, vocabulary, TOP, index);
        bl_probabilities_of(r->out, r->request.softmax, index, TOP, probability);
    }
    return 1;
}

/* Fills in the time of a call in each batch, in microseconds. */
static int time_batches(const run *r, size_t calls, double *times, size_t batches)
{
    bl_error error;
    for (size_t b = 0; b < batches; b++) {
        const double start = nanoseconds();
        for (size_t i = 0; i < calls; i++)
            if (!call(r, &error)) {
                fprintf(stderr, "%s\n", error.text);
                return 0;
            }
        times[b] = (nanoseconds() - start) * 1e-3 / (double)(calls ? calls : 1);
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: forward MODEL LENGTH CALLS [OUTPUT [THREADS]]\n");
        return 2;
    }
    const size_t length = strtoul(argv[2], NULL, 10), calls = strtoul(argv[3], NULL, 10);
    const char *output = argc > 4 ? argv[4] : "classes";
    bl_error error;
    run r = { .threads = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1 };
    r.model = bl_open(argv[1], getenv("FORWARD_FP32") ? BL_FP32 : BL_INT8, &error);
    if (!r.model) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    int32_t *ids = spread_ids(length, bl_describe(r.model)->vocabulary);
    float softmax[2];
    const int32_t masked = (int32_t)length / 2;
    r.batch = (bl_batch){ .ids = ids, .texts = 1, .length = length };
    r.request.output = output_of(output);
    if (r.request.output == BL_WORDS) {
        r.request.positions = &masked;
        r.request.position_count = 1;
        r.request.softmax = softmax;
    }
    r.workspace_size = bl_workspace_size(r.model, length, r.threads);
    r.workspace = malloc(r.workspace_size);
    r.out = malloc((bl_output_size(r.model, &r.batch, &r.request) + 1) * sizeof *r.out);
    double times[MAX_BATCHES];
    const size_t batches = calls > 1 ? MAX_BATCHES : 1;
    const int ok = ids && r.workspace && r.out && time_batches(&r, calls, times, batches);
    if (ok) {
        sort_times(times, batches);
        printf("%s, %zu tokens, %s: %.3f us minimum, %.3f us median (workspace %zu bytes)\n",
               output, length, bl_isa_name(), times[0], times[batches / 2], r.workspace_size);
    }
    free(r.workspace);
    free(r.out);
    free(ids);
    bl_close(r.model);
    return !ok;
}
