/* classify.c: the core without Python. Prints the output of a model for some ids.
 *
 *     classify FOLDER-OR-FILE ID [ID ...]
 */
#include <stdio.h>
#include <stdlib.h>

#include "bertlite.h"

int main(int argc, char **argv)
{
    enum { MOST = 512 };
    int32_t ids[MOST];
    bl_error error;
    if (argc < 3 || argc - 2 > MOST) {
        fprintf(stderr, "usage: classify FOLDER-OR-FILE ID [ID ...]\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) ids[i - 2] = (int32_t)strtol(argv[i], NULL, 10);

    bl_model *model = bl_open(argv[1], BL_INT8, &error);
    if (!model) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const bl_info *info = bl_describe(model);
    const bl_batch batch = { ids, NULL, NULL, 1, (size_t)argc - 2 };
    const bl_want want = { info->head == BL_CLASS_HEAD ? BL_CLASSES : BL_MEAN, NULL, 0, NULL };
    const size_t n = bl_output_size(model, &batch, &want), size = bl_workspace_size(model, batch.length, 1);
    float *out = malloc(n * sizeof *out);
    void *workspace = malloc(size);
    int failed = !out || !workspace || bl_run(model, &batch, &want, out, workspace, size, 1, &error) != BL_OK;
    if (failed) fprintf(stderr, "%s\n", out && workspace ? error.text : "no memory");
    for (size_t i = 0; !failed && i < n; i++) printf("%.6f\n", (double)out[i]);
    free(workspace);
    free(out);
    bl_close(model);
    return failed;
}
