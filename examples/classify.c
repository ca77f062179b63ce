/* classify.c: the core without Python. Prints a model's output for a text or a pair of texts.
 *
 *     classify FOLDER-OR-FILE TEXT [SECOND-TEXT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"

int main(int argc, char **argv)
{
    bl_error error;
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: classify FOLDER-OR-FILE TEXT [SECOND-TEXT]\n");
        return 2;
    }
    bl_model *model = bl_open(argv[1], BL_INT8, &error);
    bl_tokenizer *tokenizer = model ? bl_tokenizer_open(argv[1], &error) : NULL;
    if (!tokenizer) {
        fprintf(stderr, "%s\n", error.text);
        bl_close(model);
        return 1;
    }
    const bl_info *info = bl_describe(model);
    const int classes = info->head == BL_CLASS_HEAD;
    const size_t n = (size_t)(classes ? info->labels : info->hidden),
                 tokens = bl_max_tokens(model, tokenizer),
                 size = bl_text_workspace_size(model, tokens);
    const bl_request request = { classes ? BL_CLASSES : BL_MEAN, NULL, 0, NULL };
    const bl_text text = { .data = argv[2],
                           .size = strlen(argv[2]),
                           .pair = argc > 3 ? argv[3] : NULL,
                           .pair_size = argc > 3 ? strlen(argv[3]) : 0 };
    float *out = malloc(n * sizeof *out);
    void *workspace = malloc(size);
    size_t count;
    const int failed = !out || !workspace ||
                       bl_run_text(model, tokenizer, &text, tokens, &request, out, &count,
                                   workspace, size, &error) != BL_OK;
    if (failed) fprintf(stderr, "%s\n", out && workspace ? error.text : "no memory");
    for (size_t i = 0; !failed && i < n; i++) printf("%.6f\n", (double)out[i]);
    free(workspace);
    free(out);
    bl_tokenizer_close(tokenizer);
    bl_close(model);
    return failed;
}
