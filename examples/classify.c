/* classify.c: labels for a text, or for a pair of texts, the best first.
 *
 *     classify FOLDER-OR-FILE TEXT [SECOND-TEXT]
 */
#include <stdio.h>
#include <string.h>

#include "bertlite.h"

enum { LABELS = 5 };

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
    const bl_session session = { .model = model,
                                 .tokenizer = tokenizer,
                                 .arena = bl_arena_create() };
    const bl_text text = { .data = argv[2],
                           .size = strlen(argv[2]),
                           .pair = argc > 3 ? argv[3] : NULL,
                           .pair_size = argc > 3 ? strlen(argv[3]) : 0 };
    const bl_classify_options options = { BL_SOFTMAX, LABELS };
    bl_labels labels;
    const int failed = bl_classify(&session, &text, &options, &labels, &error) != BL_OK;
    if (failed) fprintf(stderr, "%s\n", error.text);
    for (size_t i = 0; !failed && i < labels.count; i++)
        printf("%-24s %.6f\n", bl_label_name(model, labels.items[i].label),
               (double)labels.items[i].score);
    bl_arena_free(session.arena);
    bl_tokenizer_close(tokenizer);
    bl_close(model);
    return failed;
}
