/* tokenize.c: texts to ids, and nothing else: to be timed, or to have its instructions counted.
 *
 *     tokenize TOKENIZER CALLS FILE
 *
 * FILE holds one text a line. Prints the minimum and the median time of a text over 15 rounds of
 * CALLS passes over the file, and how long opening took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "timing.h"

enum { MAX_ROUNDS = 15, MAX_FILE = 1 << 24, MAX_TEXTS = 1 << 16 };

/* A file's lines. */
typedef struct {
    char *data;
    const char **starts;
    size_t *sizes;
    size_t count, bytes;
} lines;

static void free_lines(lines *l)
{
    free(l->data);
    free(l->starts);
    free(l->sizes);
}

static int read_lines(const char *path, lines *l)
{
    FILE *f = fopen(path, "rb");
    l->data = malloc(MAX_FILE);
    l->starts = malloc(MAX_TEXTS * sizeof *l->starts);
    l->sizes = malloc(MAX_TEXTS * sizeof *l->sizes);
    const int ok = f && l->data && l->starts && l->sizes;
    const size_t size = ok ? fread(l->data, 1, MAX_FILE, f) : 0;
    if (f) fclose(f);
    for (size_t at = 0; at < size && l->count < MAX_TEXTS; l->count++) {
        const char *end = memchr(l->data + at, '\n', size - at);
        const size_t bytes = (end ? (size_t)(end - l->data) : size) - at;
        l->starts[l->count] = l->data + at;
        l->sizes[l->count] = bytes;
        l->bytes += bytes;
        at += bytes + 1;
    }
    return ok;
}

/* `passes` passes over the texts; adds to *tokens. */
static int tokenize_all(const bl_tokenizer *t, const lines *l, unsigned long passes, int32_t *ids,
                        size_t *tokens)
{
    bl_error error;
    for (unsigned long p = 0; p < passes; p++)
        for (size_t i = 0; i < l->count; i++) {
            size_t n;
            if (bl_tokenize(t, l->starts[i], l->sizes[i], 0, ids, NULL, MAX_FILE, &n, &error) !=
                BL_OK) {
                fprintf(stderr, "%s\n", error.text);
                return 0;
            }
            *tokens += n;
        }
    return 1;
}

static int measure(const bl_tokenizer *t, const lines *l, unsigned long calls, double open_us)
{
    int32_t *ids = malloc(MAX_FILE * sizeof *ids);
    double times[MAX_ROUNDS];
    const size_t rounds = calls > 1 ? MAX_ROUNDS : 1;
    const double texts = (double)calls * (double)l->count;
    size_t tokens = 0;
    int ok = ids != NULL;
    for (size_t r = 0; ok && r < rounds; r++) {
        const double start = nanoseconds();
        ok = tokenize_all(t, l, calls, ids, &tokens);
        times[r] = (nanoseconds() - start) / texts;
    }
    free(ids);
    if (!ok) return 0;
    sort_times(times, rounds);
    const double bytes = (double)l->bytes / (double)l->count, median = times[rounds / 2];
    printf("%zu texts of %.1f bytes and %.1f tokens: %.1f ns minimum, %.1f ns median, %.0f MB/s; "
           "opened in %.0f us\n",
           l->count, bytes, (double)tokens / (double)rounds / texts, times[0], median,
           bytes / median * 1e3, open_us);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: tokenize TOKENIZER CALLS FILE\n");
        return 2;
    }
    bl_error error;
    const double start = nanoseconds();
    bl_tokenizer *t = bl_tokenizer_open(argv[1], &error);
    const double open_us = (nanoseconds() - start) * 1e-3;
    if (!t) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    lines l = { 0 };
    int ok = read_lines(argv[3], &l);
    if (!ok) fprintf(stderr, "cannot read %s\n", argv[3]);
    if (ok) ok = measure(t, &l, strtoul(argv[2], NULL, 10), open_us);
    free_lines(&l);
    bl_tokenizer_close(t);
    return !ok;
}
