/* mutate.h: what runs a fuzz target. With clang's -fsanitize=fuzzer (and -DWITH_LIBFUZZER)
 * it is guided by coverage; without, main() here mutates the corpus at random:
 *
 *     fuzz_... [--seconds N] [--seed N] CORPUS-FILE ...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef WITH_LIBFUZZER
enum { MAX_FILES = 64, MAX_SIZE = 1 << 20, BURST = 100 };

static struct {
    uint8_t *files[MAX_FILES];
    size_t sizes[MAX_FILES];
    size_t count;
    unsigned seconds;
    unsigned long long seed;
} corpus = { .seconds = 5 };

static uint64_t state = 1;
static uint32_t rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* One random edit of n bytes; returns how many there are then. */
static size_t edit(uint8_t *work, size_t n)
{
    /* headers come first: most edits go there */
    const size_t range = rnd() % 4 && n > 900 ? 900 : n - 1;
    const size_t at = 1 + rnd() % range;
    if (at >= n) return n;
    switch (rnd() % 5) {
    case 0: work[at] = (uint8_t)rnd(); return n;
    case 1: work[at] ^= (uint8_t)(1 << rnd() % 8); return n;
    case 2: return at;
    case 3: memmove(work + at, work + at + 1, n - at - 1); return n - 1;
    default:
        memmove(work + at + 1, work + at, n - at);
        work[at] = "0123456789{}[],:\"-\\.Rtuqhj"[rnd() % 26];
        return n + 1;
    }
}

static int add_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(MAX_SIZE);
    if (!f || !data) {
        fprintf(stderr, "cannot read %s\n", path);
        return 0;
    }
    corpus.sizes[corpus.count] = fread(data, 1, MAX_SIZE, f);
    corpus.files[corpus.count] = data;
    fclose(f);
    LLVMFuzzerTestOneInput(data, corpus.sizes[corpus.count]);
    corpus.count++;
    return 1;
}

static int parse(int argc, char **argv)
{
    corpus.seed = (unsigned long long)time(NULL);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
            corpus.seconds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            corpus.seed = strtoull(argv[++i], NULL, 10);
        else if (corpus.count < MAX_FILES && !add_file(argv[i])) return 0;
    }
    if (!corpus.count)
        fprintf(stderr, "usage: fuzz_... [--seconds N] [--seed N] CORPUS-FILE ...\n");
    return corpus.count > 0;
}

int main(int argc, char **argv)
{
    static uint8_t work[MAX_SIZE + 64]; /* an edit adds at most one byte */
    unsigned long long runs = 0;
    if (!parse(argc, argv)) return 2;
    printf("--seed %llu\n", corpus.seed);
    state = corpus.seed;
    const time_t end = time(NULL) + (time_t)corpus.seconds;
    while (time(NULL) < end) {
        for (int i = 0; i < BURST; i++, runs++) {
            const size_t which = rnd() % corpus.count;
            size_t n = corpus.sizes[which];
            memcpy(work, corpus.files[which], n);
            for (unsigned edits = 1 + rnd() % 6; edits && n > 1; edits--) n = edit(work, n);
            LLVMFuzzerTestOneInput(work, n);
        }
    }
    printf("%llu inputs, none broke anything\n", runs);
    for (size_t i = 0; i < corpus.count; i++) free(corpus.files[i]);
    return 0;
}
#endif
