/* tokenize.c: texts to ids, and nothing else: to be timed, or to have its instructions counted.
 *
 *     cut TOKENIZER CALLS FILE
 *
 * FILE holds a text a line. Prints the least and the median time of a text over 15 rounds of
 * CALLS passes over the file, and how long opening took. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bertlite.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
static int rising(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 15, ROOM = 1 << 24, MOST = 1 << 16 };
    bl_error error;
    if (argc < 4) return fprintf(stderr, "usage: cut TOKENIZER CALLS FILE\n"), 2;
    double opened = now();
    bl_tokenizer *t = bl_tokenizer_open(argv[1], &error);
    opened = (now() - opened) / 1e3;
    if (!t) return fprintf(stderr, "%s\n", error.text), 1;
    FILE *f = fopen(argv[3], "rb");
    char *data = malloc(ROOM);
    int32_t *ids = malloc(ROOM * sizeof *ids);
    const char **texts = malloc(MOST * sizeof *texts);
    size_t *sizes = malloc(MOST * sizeof *sizes), count = 0, pieces = 0, bytes = 0;
    if (!f || !data || !ids || !texts || !sizes)
        return fprintf(stderr, "cannot read %s\n", argv[3]), 1;
    const size_t size = fread(data, 1, ROOM, f);
    fclose(f);
    for (size_t at = 0; at < size && count < MOST; count++) {
        const char *end = memchr(data + at, '\n', size - at);
        texts[count] = data + at;
        sizes[count] = (end ? (size_t)(end - data) : size) - at;
        bytes += sizes[count];
        at += sizes[count] + 1;
    }
    const unsigned long calls = strtoul(argv[2], NULL, 10);
    double times[ROUNDS];
    const int rounds = calls > 1 ? ROUNDS : 1;
    for (int r = 0; r < rounds; r++) {
        const double start = now();
        pieces = 0;
        for (unsigned long c = 0; c < calls; c++)
            for (size_t i = 0; i < count; i++) {
                size_t n;
                if (bl_tokenize(t, texts[i], sizes[i], 0, ids, NULL, ROOM, &n, &error) != BL_OK)
                    return fprintf(stderr, "%s\n", error.text), 1;
                pieces += n;
            }
        times[r] = (now() - start) / (double)(calls * count);
    }
    qsort(times, (size_t)rounds, sizeof *times, rising);
    printf("%zu texts of %.1f bytes and %.1f pieces: %.1f ns least, %.1f ns median, %.0f MB/s; "
           "opened in %.0f us\n",
           count, (double)bytes / (double)count, (double)pieces / (double)(calls * count), times[0],
           times[rounds / 2], (double)bytes / (double)count / times[rounds / 2] * 1e3, opened);
    bl_tokenizer_close(t);
    free(data);
    free(ids);
    free(texts);
    free(sizes);
    return 0;
}
