/* names.c: the names in a text, with a model for token classification.
 *
 *     names FOLDER-OR-FILE TEXT
 */
#include <stdio.h>
#include <string.h>

#include "bertlite.h"

int main(int argc, char **argv)
{
    bl_error error;
    if (argc != 3) {
        fprintf(stderr, "usage: names FOLDER-OR-FILE TEXT\n");
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
    const bl_text text = { .data = argv[2], .size = strlen(argv[2]) };
    bl_entities names;
    const int failed = bl_find_entities(&session, &text, NULL, &names, &error) != BL_OK;
    if (failed) fprintf(stderr, "%s\n", error.text);
    for (size_t i = 0; !failed && i < names.count; i++) {
        const bl_entity *name = &names.items[i];
        printf("%-8s %.6f %.*s\n", bl_entity_type(model, name->label), (double)name->score,
               (int)(name->end - name->start), text.data + name->start);
    }
    bl_arena_free(session.arena);
    bl_tokenizer_close(tokenizer);
    bl_close(model);
    return failed;
}
