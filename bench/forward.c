/* forward.c: forward passes of one model, and nothing else: to be timed, or to have
 * its instructions counted.
 *
 *     forward MODEL LENGTH CALLS [OUTPUT [THREADS]]
 *
 * OUTPUT: classes, hidden, mean, words (one masked position, top 5). Prints the least
 * and the median time of a call over 15 batches of CALLS calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bertlite.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}
static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    enum { BATCHES = 15 };
    bl_error error;
    if (argc < 4)
        return fprintf(stderr, "usage: forward MODEL LENGTH CALLS [OUTPUT [THREADS]]\n"), 2;
    const size_t length = strtoul(argv[2], NULL, 10), calls = strtoul(argv[3], NULL, 10);
    const char *output = argc > 4 ? argv[4] : "classes";
    const unsigned threads = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1;
    bl_model *m = bl_open(argv[1], getenv("FORWARD_FP32") ? BL_FP32 : BL_INT8, &error);
    if (!m) return fprintf(stderr, "%s\n", error.text), 1;

    int32_t *ids = calloc(length ? length : 1, sizeof *ids), mask[1] = { (int32_t)length / 2 };
    for (size_t i = 0; i < length; i++)
        ids[i] = (int32_t)(1000 + i * 7919 % 20000) % bl_describe(m)->vocabulary;
    const int words = !strcmp(output, "words");
    const bl_batch batch = { ids, NULL, NULL, 1, length };
    const bl_request request = { words                       ? BL_WORDS
                                 : !strcmp(output, "hidden") ? BL_HIDDEN
                                 : !strcmp(output, "mean")   ? BL_MEAN
                                                             : BL_CLASSES,
                                 words ? mask : NULL, words, NULL };
    const size_t size = bl_workspace_size(m, length, threads);
    float *out = malloc((bl_output_size(m, &batch, &request) + 1) * sizeof *out), probability[5];
    int32_t index[5];
    void *workspace = malloc(size);
    double times[BATCHES];
    for (int b = 0; b < (calls > 1 ? BATCHES : 1); b++) {
        const double t = now();
        for (size_t i = 0; i < calls; i++) {
            if (bl_run(m, &batch, &request, out, workspace, size, threads, &error) != BL_OK)
                return fprintf(stderr, "%s\n", error.text), 1;
            if (words) bl_top(out, (size_t)bl_describe(m)->vocabulary, 5, index, probability);
        }
        times[b] = (now() - t) / (double)(calls ? calls : 1);
    }
    qsort(times, calls > 1 ? BATCHES : 1, sizeof *times, rising);
    printf("%s, %zu tokens, %s: %.3f us least, %.3f us median (workspace %zu bytes)\n", output,
           length, bl_isa_name(), times[0], times[calls > 1 ? BATCHES / 2 : 0], size);
    free(workspace);
    free(out);
    free(ids);
    bl_close(m);
    return 0;
}
