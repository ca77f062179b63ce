/* sharing.c: one model, many threads, some of whose calls start threads of their own.
 * Every result must be the same bytes. Meant for -fsanitize=thread.
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
static float *want;
static size_t count;

static void *work(void *member)
{
    const bl_batch batch = { ids, NULL, NULL, TEXTS, LENGTH };
    const bl_want hidden = { BL_HIDDEN, NULL, 0, NULL };
    const unsigned threads = (uintptr_t)member % 2 ? 3 : 1;
    const size_t size = bl_workspace_size(model, TEXTS * LENGTH, threads);
    void *workspace = malloc(size);
    float *out = malloc(count * sizeof *out);
    bl_error error;
    uintptr_t wrong = !workspace || !out;
    for (int i = 0; i < ROUNDS && !wrong; i++) {
        wrong = bl_run(model, &batch, &hidden, out, workspace, size, threads, &error) != BL_OK;
        wrong |= want && memcmp(out, want, count * sizeof *out) != 0;
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
    const bl_want hidden = { BL_HIDDEN, NULL, 0, NULL };
    bl_model *m = argc > 1 ? bl_open(argv[1], BL_INT8, &error) : NULL;
    if (!m) return fprintf(stderr, "usage: sharing MODEL\n"), 2;
    model = m;
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
    printf(wrong ? "threads disagree\n" : "threads agree\n");
    return wrong;
}
