/* sharing.c: one model and one tokenizer, many threads, some of whose calls start threads of
 * their own. Every result must be the same bytes. Meant for -fsanitize=thread.
 *
 *     sharing MODEL
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"

enum { CROWD = 6, ROUNDS = 40, LENGTH = 24, TEXTS = 3 };

static const bl_model *model;
static int32_t ids[TEXTS * LENGTH];
static const char words[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nturn\non\nthe\nlight\n##s\nna\n##ive\n";
static const char text[] = "Turn on the lights, [MASK] na\xC3\xAFve \xE4\xB8\xAD";
static const bl_tokenizer *tokenizer;
static float *want;
static size_t count;

static void *work(void *member)
{
    const bl_batch batch = { ids, NULL, NULL, TEXTS, LENGTH };
    const bl_request hidden = { BL_HIDDEN, NULL, 0, NULL };
    const unsigned threads = (uintptr_t)member % 2 ? 3 : 1;
    const size_t size = bl_workspace_size(model, TEXTS * LENGTH, threads);
    void *workspace = malloc(size);
    float *out = malloc(count * sizeof *out);
    bl_error error;
    uintptr_t wrong = !workspace || !out;
    for (int i = 0; i < ROUNDS && !wrong; i++) {
        wrong = bl_run(model, &batch, &hidden, out, workspace, size, threads, &error) != BL_OK;
        wrong |= want && memcmp(out, want, count * sizeof *out) != 0;
        int32_t pieces[sizeof text];
        size_t n = 0;
        wrong |= bl_tokenize(tokenizer, text, sizeof text - 1, 0, pieces, NULL, sizeof text, &n,
                             &error) != BL_OK;
        wrong |= n != 10 || pieces[0] != 5 || pieces[4] != 9 || pieces[6] != 4 || pieces[8] != 11 ||
                 pieces[9] != 1;
    }
    free(workspace);
    if (want) free(out);
    else want = out;
    return (void *)wrong;
}

int main(int argc, char **argv)
{
    bl_error error;
    const bl_batch batch = { ids, NULL, NULL, TEXTS, LENGTH };
    const bl_request hidden = { BL_HIDDEN, NULL, 0, NULL };
    bl_model *m = argc > 1 ? bl_open(argv[1], BL_INT8, &error) : NULL;
    if (!m) return fprintf(stderr, "usage: sharing MODEL\n"), 2;
    model = m;
    bl_tokenizer *t = bl_tokenizer_open_memory(words, sizeof words - 1, 0, NULL, 0, &error);
    if (!t) return fprintf(stderr, "%s\n", error.text), 2;
    tokenizer = t;
    for (int i = 0; i < TEXTS * LENGTH; i++) ids[i] = i * 37 % bl_describe(m)->vocabulary;
    count = bl_output_size(m, &batch, &hidden);
    int wrong = work(NULL) != NULL; /* alone: the bytes that the others must get */
    pthread_t crowd[CROWD];
    for (uintptr_t i = 0; i < CROWD; i++) pthread_create(&crowd[i], NULL, work, (void *)i);
    for (int i = 0; i < CROWD; i++) {
        void *result;
        pthread_join(crowd[i], &result);
        wrong |= result != NULL;
    }
    free(want);
    bl_close(m);
    bl_tokenizer_close(t);
    printf(wrong ? "threads disagree\n" : "threads agree\n");
    return wrong;
}
