/* sharing.c: one model and one tokenizer, used by several threads at once, some of whose calls
 * start threads of their own. Every result must be the same bytes. Meant for -fsanitize=thread.
 *
 *     sharing MODEL
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"

enum { THREADS = 6, ROUNDS = 40, LENGTH = 24, TEXTS = 3 };

static const bl_model *model;
static const bl_tokenizer *tokenizer;
static int32_t ids[TEXTS * LENGTH];
static const bl_batch batch = { .ids = ids, .texts = TEXTS, .length = LENGTH };
static const bl_request hidden = { .output = BL_HIDDEN };
static float *want; /* what one thread alone computed */
static size_t count;

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nturn\non\nthe\nlight\n##s\nna\n##ive\n";
static const char text[] = "Turn on the lights, [MASK] na\xC3\xAFve \xE4\xB8\xAD";
static const int32_t tokens[] = { 5, 6, 7, 8, 9, 1, 4, 10, 11, 1 };
enum { TOKENS = sizeof tokens / sizeof *tokens };

static int same_tokens(void)
{
    int32_t found[sizeof text];
    size_t n = 0;
    bl_error error;
    const bl_status status =
        bl_tokenize(tokenizer, text, sizeof text - 1, 0, found, NULL, sizeof text, &n, &error);
    return status == BL_OK && n == TOKENS && !memcmp(found, tokens, sizeof tokens);
}

/* Runs the model and the tokenizer again and again; returns NULL if all was right. Without
 * `want`, the result becomes it. */
static void *work(void *thread)
{
    const unsigned threads = (uintptr_t)thread % 2 ? 3 : 1;
    const size_t size = bl_workspace_size(model, TEXTS * LENGTH, threads);
    void *workspace = malloc(size);
    float *out = malloc(count * sizeof *out);
    bl_error error;
    int right = workspace && out;
    for (int i = 0; i < ROUNDS && right; i++) {
        right = bl_run(model, &batch, &hidden, out, workspace, size, threads, &error) == BL_OK;
        if (right && want) right = !memcmp(out, want, count * sizeof *out);
        if (right) right = same_tokens();
    }
    free(workspace);
    if (want) free(out);
    else want = out;
    return right ? NULL : (void *)&ids;
}

/* Whether many texts, shared among threads, have the vectors that each has alone; one of them is
 * given up on the way. */
static int many_agree(void)
{
    enum { MANY = 50 };
    bl_error error;
    bl_session s = { .model = model, .tokenizer = tokenizer, .arena = bl_arena_create() };
    bl_text texts[MANY];
    for (size_t i = 0; i < MANY; i++) texts[i] = (bl_text){ .data = text, .size = i % sizeof text };
    bl_many *many = bl_many_create(BL_EMBED, &s, NULL, NULL, THREADS, &error);
    int right = many && s.arena;
    for (int round = 0; right && round < ROUNDS; round++) {
        right = bl_many_start(many, texts, MANY, &error) == BL_OK;
        if (round % 4 == 1) bl_many_stop(many);
        while (right && bl_many_work(many, 3)) continue;
        for (size_t i = 0; right && round % 4 == 0 && i < MANY; i++) {
            const bl_result *found = bl_many_results(many) + i;
            bl_vectors alone;
            right = !found->error && bl_embed(&s, texts + i, NULL, &alone, &error) == BL_OK &&
                    !memcmp(found->vectors.rows, alone.rows, alone.width * sizeof(float));
        }
    }
    bl_many_free(many);
    bl_arena_free(s.arena);
    return right;
}

/* Whether THREADS threads at once agree with `want`. */
static int threads_agree(void)
{
    pthread_t all[THREADS];
    int right = 1;
    size_t started = 0;
    for (; started < THREADS; started++)
        if (pthread_create(&all[started], NULL, work, (void *)(uintptr_t)started)) break;
    for (size_t i = 0; i < started; i++) {
        void *result;
        pthread_join(all[i], &result);
        if (result) right = 0;
    }
    return right && started == THREADS;
}

int main(int argc, char **argv)
{
    bl_error error;
    if (argc < 2) {
        fprintf(stderr, "usage: sharing MODEL\n");
        return 2;
    }
    bl_model *m = bl_open(argv[1], BL_INT8, &error);
    bl_tokenizer *t =
        m ? bl_tokenizer_open_memory(vocabulary, sizeof vocabulary - 1, 0, NULL, 0, &error) : NULL;
    if (!m || !t) {
        fprintf(stderr, "%s\n", error.text);
        bl_close(m);
        return 2;
    }
    model = m;
    tokenizer = t;
    for (int i = 0; i < TEXTS * LENGTH; i++) ids[i] = i * 37 % bl_describe(m)->vocabulary;
    count = bl_output_size(m, &batch, &hidden);
    const int right = !work(NULL) && threads_agree() && many_agree();
    free(want);
    bl_close(m);
    bl_tokenizer_close(t);
    printf(right ? "threads agree\n" : "threads disagree\n");
    return !right;
}
