/* fuzz_files.c: the file readers on hostile bytes.
 *
 * The first byte chooses a reader. mutate.h says how to run it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "model/config.h"
#include "files/json.h"
#include "files/tensors.h"

/* The config that goes with the corpus's checkpoints. */
static const char config[] = "{\"model_type\":\"bert\",\"vocab_size\":20,\"max_position_"
                             "embeddings\":8,\"num_hidden_layers\":1,\"hidden_size\":16,"
                             "\"num_attention_heads\":2,\"intermediate_size\":16,\"hidden_act\":"
                             "\"gelu\",\"type_vocab_size\":2}";

static void run_model(bl_model *m)
{
    if (!m) return;
    const int32_t ids[3] = { 0, 1, 2 };
    const bl_batch batch = { .ids = ids, .texts = 1, .length = 3 };
    const int is_classifier = bl_describe(m)->head == BL_CLASS_HEAD;
    const bl_request request = { .output = is_classifier ? BL_CLASSES : BL_HIDDEN };
    const size_t size = bl_workspace_size(m, 3, 1), n = bl_output_size(m, &batch, &request);
    bl_error error;
    if (size < 1 << 24 && n < 1 << 20) {
        void *workspace = malloc(size);
        float *out = malloc(n * sizeof *out);
        if (workspace && out) (void)!bl_run(m, &batch, &request, out, workspace, size, 1, &error);
        free(workspace);
        free(out);
    }
    bl_close(m);
}

/* A torch file, and the last values of each of its tensors. */
static void read_torch(const uint8_t *data, size_t size)
{
    enum { SOME = 64 };
    bl_error error;
    bl_tensors tensors;
    if (bl_read_torch(data, size, &tensors, &error) != BL_OK) return;
    for (size_t i = 0; i < tensors.count; i++) {
        const bl_tensor *t = &tensors.items[i];
        const size_t n = t->count > SOME ? SOME : t->count;
        float some[SOME];
        if (n) bl_floats(t, t->count - n, n, some);
    }
    bl_tensors_free(&tensors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bl_error error;
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
    case 't': read_torch(copy, size); break;
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

#include "mutate.h"
