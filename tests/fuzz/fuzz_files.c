/* fuzz_files.c: the file readers on hostile bytes.
 *
 * The first byte chooses a reader. With clang's -fsanitize=fuzzer it is guided by
 * coverage; without, main() below mutates the corpus at random:
 *
 *     fuzz_files [--seconds N] [--seed N] CORPUS-FILE ...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bertlite.h"
#include "files/config.h"
#include "files/json.h"
#include "files/tensors.h"

/* The config that goes with the corpus's checkpoints. */
static const char config[] =
    "{\"model_type\":\"bert\",\"vocab_size\":20,\"max_position_embeddings\":8,\"num_hidden_layers\":1,\"hidden_size\":16,"
    "\"num_attention_heads\":2,\"intermediate_size\":16,\"hidden_act\":\"gelu\",\"type_vocab_size\":2}";

static void run_model(bl_model *m)
{
    if (!m) return;
    const int32_t ids[3] = { 0, 1, 2 };
    const bl_batch batch = { ids, NULL, NULL, 1, 3 };
    const bl_want want = { BL_HIDDEN, NULL, 0, NULL };
    const size_t size = bl_workspace_size(m, 3, 1), n = bl_output_size(m, &batch, &want);
    bl_error error;
    if (size < 1 << 24 && n < 1 << 20) {
        void *workspace = malloc(size);
        float *out = malloc(n * sizeof *out);
        if (workspace && out) (void)!bl_run(m, &batch, &want, out, workspace, size, 1, &error);
        free(workspace);
        free(out);
    }
    bl_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bl_error error;
    bl_tensors tensors;
    bl_config_values values;
    if (!size) return 0;
    /* a copy of exact size, so that a read beyond it is seen */
    uint8_t *copy = malloc(size - 1 ? size - 1 : 1);
    if (!copy) return 0;
    memcpy(copy, data + 1, size - 1);
    size--;
    switch (*data) {
    case 's':
        run_model(bl_open_memory(config, sizeof config - 1, copy, size, BL_INT8, &error));
        run_model(bl_open_memory(config, sizeof config - 1, copy, size, BL_FP32, &error));
        break;
    case 'b': run_model(bl_open_memory(NULL, 0, copy, size, BL_INT8, &error)); break;
    case 't':
        if (bl_read_torch(copy, size, &tensors, &error) == BL_OK) {
            for (size_t i = 0; i < tensors.count; i++) {
                const bl_tensor *t = &tensors.items[i];
                float some[64];
                if (t->count) bl_floats(t, t->count > 64 ? t->count - 64 : 0, t->count > 64 ? 64 : t->count, some);
            }
            bl_tensors_free(&tensors);
        }
        break;
    case 'c': (void)!bl_read_config((const char *)copy, size, &values, &error); break;
    default: {
        bl_json j = bl_json_start(copy, size);
        bl_json_skip(&j);
        (void)!bl_json_finished(&j);
    }
    }
    free(copy);
    return 0;
}

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
    if (!count) return fprintf(stderr, "usage: fuzz_files [--seconds N] [--seed N] CORPUS-FILE ...\n"), 2;
    printf("fuzz_files --seed %llu\n", seed);
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
                case 3: memmove(work + at, work + at + 1, n - at - 1); n--; break;
                default: memmove(work + at + 1, work + at, n - at); work[at] = "0123456789{}[],:\"-\\.Rtuqhj"[rnd() % 26]; n++; break;
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
