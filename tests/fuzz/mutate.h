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
static uint64_t state = 1;
static uint32_t rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

int main(int argc, char **argv)
{
    enum { MOST = 64, ROOM = 1 << 20 };
    static uint8_t *files[MOST], work[ROOM + 64];
    static size_t sizes[MOST];
    size_t count = 0;
    double seconds = 5;
    unsigned long long seed = (unsigned long long)time(NULL), runs = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--seconds") && i + 1 < argc) seconds = atof(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) seed = strtoull(argv[++i], NULL, 10);
        else if (count < MOST) {
            FILE *f = fopen(argv[i], "rb");
            files[count] = malloc(ROOM);
            if (!f || !files[count]) return fprintf(stderr, "cannot read %s\n", argv[i]), 2;
            sizes[count] = fread(files[count], 1, ROOM, f);
            fclose(f);
            LLVMFuzzerTestOneInput(files[count], sizes[count]);
            count++;
        }
    }
    if (!count)
        return fprintf(stderr, "usage: fuzz_... [--seconds N] [--seed N] CORPUS-FILE ...\n"), 2;
    printf("--seed %llu\n", seed);
    state = seed;
    for (const time_t end = time(NULL) + (time_t)seconds; time(NULL) < end;) {
        for (int burst = 0; burst < 100; burst++, runs++) {
            const size_t which = rnd() % count;
            size_t n = sizes[which];
            memcpy(work, files[which], n);
            for (unsigned edits = 1 + rnd() % 6; edits && n > 1; edits--) {
                /* headers stand first: most edits go there */
                const size_t at = 1 + rnd() % (rnd() % 4 ? (n > 900 ? 900 : n - 1) : n - 1);
                if (at >= n) continue;
                switch (rnd() % 5) {
                case 0: work[at] = (uint8_t)rnd(); break;
                case 1: work[at] ^= (uint8_t)(1 << rnd() % 8); break;
                case 2: n = at; break;
                case 3:
                    memmove(work + at, work + at + 1, n - at - 1);
                    n--;
                    break;
                default:
                    memmove(work + at + 1, work + at, n - at);
                    work[at] = "0123456789{}[],:\"-\\.Rtuqhj"[rnd() % 26];
                    n++;
                    break;
                }
            }
            LLVMFuzzerTestOneInput(work, n);
        }
    }
    printf("%llu inputs, none broke anything\n", runs);
    for (size_t i = 0; i < count; i++) free(files[i]);
    return 0;
}
#endif
