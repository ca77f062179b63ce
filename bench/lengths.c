/* lengths.c: what a forward pass costs at each length; bench/lengths.py judges the figures.
 *
 *     lengths MODEL OUTPUT ROUNDS LENGTH...
 *
 * OUTPUT: classes, mean, hidden. In every round each length is timed once, so that what else the
 * machine does meets all lengths alike. A line for each: the length, and the minimum and the median
 * time of a call in nanoseconds. ROUNDS 0: each length is called twice, untimed, for callgrind.
 * Without arguments: the instruction sets that this machine can run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "timing.h"

static const double BATCH = 150e3; /* nanoseconds that are timed at once */

typedef struct {
    bl_model *model;
    bl_request request;
    int32_t *ids;
    float *out;
    void *workspace;
    size_t workspace_size;
} run;

static void call(const run *r, size_t length)
{
    bl_error error;
    const bl_batch batch = { .ids = r->ids, .texts = 1, .length = length };
    if (bl_run(r->model, &batch, &r->request, r->out, r->workspace, r->workspace_size, 1, &error) ==
        BL_OK)
        return;
    fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static double time_calls(const run *r, size_t length, size_t calls)
{
    const double start = nanoseconds();
    for (size_t i = 0; i < calls; i++) call(r, length);
    return (nanoseconds() - start) / (double)calls;
}

static void measure(const run *r, const size_t *lengths, size_t count, size_t rounds)
{
    size_t *calls = malloc(count * sizeof *calls);
    double *times = malloc(count * rounds * sizeof *times);
    if (!calls || !times) exit(1);
    for (size_t i = 0; i < count; i++) {
        double once = 1e9;
        for (int warm = 0; warm < 5; warm++) {
            const double t = time_calls(r, lengths[i], 1);
            once = t < once ? t : once;
        }
        calls[i] = 1 + (size_t)(BATCH / once);
    }
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++) {
            call(r, lengths[i]); /* the branches of this length */
            times[i * rounds + round] = time_calls(r, lengths[i], calls[i]);
        }
    for (size_t i = 0; i < count; i++) {
        sort_times(times + i * rounds, rounds);
        printf("%zu %.1f %.1f\n", lengths[i], times[i * rounds], times[i * rounds + rounds / 2]);
    }
    free(calls);
    free(times);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        const char *names[16];
        const size_t isas = bl_isa_list(names, 16);
        for (size_t i = 0; i < isas && i < 16; i++) puts(names[i]);
        return 0;
    }
    if (argc < 5) {
        fprintf(stderr, "usage: lengths MODEL OUTPUT ROUNDS LENGTH...\n");
        return 2;
    }
    const size_t rounds = strtoul(argv[3], NULL, 10), count = (size_t)argc - 4;
    bl_error error;
    run r = { .model = bl_open(argv[1], BL_INT8, &error) };
    size_t *lengths = malloc(count * sizeof *lengths), longest = 1;
    if (!r.model || !lengths) {
        fprintf(stderr, "%s\n", r.model ? "no memory" : error.text);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        lengths[i] = strtoul(argv[4 + i], NULL, 10);
        if (lengths[i] > longest) longest = lengths[i];
    }
    r.request.output = !strcmp(argv[2], "mean")     ? BL_MEAN
                       : !strcmp(argv[2], "hidden") ? BL_HIDDEN
                                                    : BL_CLASSES;
    const bl_batch batch = { .ids = NULL, .texts = 1, .length = longest };
    const size_t vocabulary = (size_t)bl_describe(r.model)->vocabulary;
    r.ids = malloc(longest * sizeof *r.ids);
    r.out = malloc((bl_output_size(r.model, &batch, &r.request) + 1) * sizeof *r.out);
    r.workspace_size = bl_workspace_size(r.model, longest, 1);
    r.workspace = malloc(r.workspace_size);
    if (!r.ids || !r.out || !r.workspace) return 1;
    for (size_t i = 0; i < longest; i++)
        r.ids[i] = (int32_t)((1000 + i * 7919 % 20000) % vocabulary);
    if (rounds) measure(&r, lengths, count, rounds);
    for (size_t i = 0; !rounds && i < count; i++)
        for (int twice = 0; twice < 2; twice++) call(&r, lengths[i]);
    free(lengths);
    free(r.ids);
    free(r.out);
    free(r.workspace);
    bl_close(r.model);
    return 0;
}
