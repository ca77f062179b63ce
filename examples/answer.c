/* answer.c: the answer to a question, where a text has it.
 *
 *     answer FOLDER-OR-FILE QUESTION TEXT
 */
#include <stdio.h>
#include <string.h>

#include "bertlite.h"

int main(int argc, char **argv)
{
    bl_error error;
    if (argc != 4) {
        fprintf(stderr, "usage: answer FOLDER-OR-FILE QUESTION TEXT\n");
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
    const bl_text text = {
        .data = argv[2], .size = strlen(argv[2]), .pair = argv[3], .pair_size = strlen(argv[3])
    };
    bl_answers answers;
    const int failed = bl_answer_question(&session, &text, NULL, &answers, &error) != BL_OK;
    if (failed) fprintf(stderr, "%s\n", error.text);
    for (size_t i = 0; !failed && i < answers.count; i++) {
        const bl_answer *answer = &answers.items[i];
        printf("%.6f %.*s\n", (double)answer->score, (int)(answer->end - answer->start),
               text.pair + answer->start);
    }
    bl_arena_free(session.arena);
    bl_tokenizer_close(tokenizer);
    bl_close(model);
    return failed;
}
