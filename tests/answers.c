/* answers.c: the answers of a model, a line for each, for tests/test_answers_c.py.
 *
 *     answers FILE TASK [OPTION=NUMBER ...] TEXT [PAIR]
 *
 * TASK is labels, vectors, words, spans, entities or commands, whose PAIR is the slots' model. A text that begins with @ is read from the
 * file named behind it. words=1: spaces split TEXT into words. repeat=N: N calls.
 * Compiled with BL_FAIL_ALLOCATIONS, it says how many allocations the last call made; with
 * sweep=1 it lets every allocation of a first call fail, one after another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "memory.h"

static const char *const names[] = { "function", "top_k",      "aggregation", "windows", "outside",
                                     "stride",   "characters", "max_answer",  "max",     "none",
                                     "whole",    "pooling",    "normal",      "words",   "repeat",
                                     "null",     "sweep",      "target",      "sum",     "ignored",
                                     "several" };
enum {
    FUNCTION,
    TOP_K,
    AGGREGATION,
    WINDOWS,
    OUTSIDE,
    STRIDE,
    CHARACTERS,
    MAX_ANSWER,
    MAX,
    NONE,
    WHOLE,
    POOLING,
    NORMAL,
    WORDS,
    REPEAT,
    NULL_OPTIONS,
    SWEEP,
    TARGET,
    SUM,
    IGNORED,
    SEVERAL,
    NAMES
};
static long value[NAMES];
static uint32_t word_sizes[100000];

static void usage(void)
{
    fprintf(stderr, "usage: answers FILE TASK [OPTION=NUMBER ...] TEXT [PAIR]\n");
    exit(2);
}

static int read_option(const char *argument)
{
    const char *equals = strchr(argument, '=');
    for (int i = 0; equals && i < NAMES; i++) {
        if (strlen(names[i]) != (size_t)(equals - argument) ||
            strncmp(names[i], argument, strlen(names[i])))
            continue;
        value[i] = atol(equals + 1);
        return 1;
    }
    return 0;
}

static char *read_text(char *argument, size_t *size)
{
    *size = strlen(argument);
    if (*argument != '@') return argument;
    FILE *file = fopen(argument + 1, "rb");
    if (!file) usage();
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*size + 1);
    if (!text || fread(text, 1, *size, file) != *size) exit(2);
    fclose(file);
    return text;
}

/* Words one directly after the other, without the spaces between them. */
static void split(bl_text *text, char *data)
{
    size_t to = 0, count = 0;
    for (size_t from = 0; from < text->size; from++) {
        if (data[from] == ' ') {
            count++;
            continue;
        }
        word_sizes[count]++;
        data[to++] = data[from];
    }
    text->size = to;
    text->word_sizes = word_sizes;
    text->word_count = count + 1;
}

static void print_extent(const bl_extent *e) { printf("extent %zu %zu\n", e->read, e->total); }

static bl_status labels(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    const bl_classify_options options = { (bl_function)value[FUNCTION], (size_t)value[TOP_K] };
    bl_labels out;
    const bl_status status =
        bl_classify(s, text, value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t i = 0; i < out.count; i++)
        printf("%s %.9g\n", bl_label_name(s->model, out.items[i].label),
               (double)out.items[i].score);
    print_extent(&out.extent);
    return status;
}

static bl_status vectors(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    const bl_embed_options options = { .pooling = (bl_pooling)value[POOLING],
                                       .normalize = (int)value[NORMAL] };
    bl_vectors out;
    const bl_status status = bl_embed(s, text, value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t r = 0; r < out.count; r++)
        for (size_t i = 0; i < out.width; i++)
            printf("%.9g%c", (double)out.rows[r * out.width + i], i + 1 < out.width ? ' ' : '\n');
    print_extent(&out.extent);
    return status;
}

static bl_status words(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    const int32_t targets[3] = { (int32_t)value[TARGET], (int32_t)value[TARGET] + 1, 7 };
    const bl_fill_options options = { (size_t)value[TOP_K], value[TARGET] ? targets : NULL, 3 };
    bl_filled out;
    const bl_status status =
        bl_fill_mask(s, text, value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t m = 0; m < out.mask_count; m++)
        for (size_t i = 0; i < out.words_per_mask; i++) {
            const bl_word *w = &out.words[m * out.words_per_mask + i];
            printf("%d %d %.9g\n", (int)out.masks[m], (int)w->id, (double)w->score);
        }
    print_extent(&out.extent);
    return status;
}

static bl_status spans(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    const bl_answer_options options = { .top_k = (size_t)value[TOP_K],
                                        .max_answer_tokens = (size_t)value[MAX_ANSWER],
                                        .max_tokens = (size_t)value[MAX],
                                        .stride = (size_t)value[STRIDE],
                                        .no_answer = (int)value[NONE],
                                        .whole_words = (bl_whole_words)value[WHOLE],
                                        .unit = (bl_unit)value[CHARACTERS],
                                        .sum_windows = (int)value[SUM] };
    bl_answers out;
    const bl_status status =
        bl_answer_question(s, text, value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t i = 0; i < out.count; i++)
        printf("%u %u %.9g\n", out.items[i].start, out.items[i].end, (double)out.items[i].score);
    printf("windows %zu\n", out.windows);
    return status;
}

static bl_status entities(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    unsigned char ignored[256] = { 0 };
    ignored[value[IGNORED]] = 1;
    const bl_entity_options options = { (bl_aggregation)value[AGGREGATION],
                                        (bl_windowing)value[WINDOWS],
                                        (int)value[OUTSIDE],
                                        (size_t)value[STRIDE],
                                        (bl_unit)value[CHARACTERS],
                                        value[IGNORED] ? ignored : NULL };
    bl_entities out;
    const bl_status status =
        bl_find_entities(s, text, value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t i = 0; i < out.count; i++) {
        const bl_entity *e = &out.items[i];
        printf("%s %u %u %.9g",
               value[AGGREGATION] || value[NULL_OPTIONS] ? bl_entity_type(s->model, e->label)
                                                         : bl_label_name(s->model, e->label),
               e->start, e->end, (double)e->score);
        for (size_t t = e->first; t < e->first + e->count; t++)
            printf(" %d:%u:%u:%u:%u:%d", (int)out.tokens[t].id, out.tokens[t].start,
                   out.tokens[t].end, out.tokens[t].word, out.tokens[t].row,
                   out.tokens[t].continues);
        printf("\n");
    }
    printf("windows %zu\n", out.windows);
    print_extent(&out.extent);
    return status;
}

static bl_session slots; /* of commands; or without a model */

static bl_status commands(const bl_session *s, const bl_text *text, int print, bl_error *error)
{
    const bl_command_options options = { .threshold = 0.3f,
                                         .several = (int)value[SEVERAL],
                                         .unit = (bl_unit)value[CHARACTERS] };
    bl_commands out;
    const bl_status status = bl_read_commands(s, slots.model ? &slots : NULL, text,
                                              value[NULL_OPTIONS] ? NULL : &options, &out, error);
    if (status != BL_OK || !print) return status;
    for (size_t i = 0; i < out.count; i++) {
        const bl_command *c = &out.items[i];
        printf("%s %u %u %d %.9g %.9g", bl_label_name(s->model, c->label), c->start, c->end,
               c->is_refused, (double)c->score, (double)c->margin);
        for (size_t v = c->first_value; v < c->first_value + c->value_count; v++)
            printf(" %s:%u:%u", bl_entity_type(slots.model, out.values[v].label),
                   out.values[v].start, out.values[v].end);
        printf("\n");
    }
    print_extent(&out.extent);
    return status;
}

/* Opens the second model; 0 if that fails. */
static int open_slots(const char *path, bl_error *error)
{
    bl_tokenizer *tokenizer = bl_tokenizer_open(path, error);
    bl_model *model = tokenizer ? bl_open(path, BL_INT8, error) : NULL;
    slots = (bl_session){ .model = model, .tokenizer = tokenizer, .arena = bl_arena_create() };
    return model != NULL;
}

static void close_slots(void)
{
    bl_arena_free(slots.arena);
    bl_tokenizer_close((bl_tokenizer *)(uintptr_t)slots.tokenizer);
    bl_close((bl_model *)(uintptr_t)slots.model);
}

typedef bl_status task(const bl_session *, const bl_text *, int, bl_error *);

static task *task_named(const char *name)
{
    return !strcmp(name, "labels")     ? labels
           : !strcmp(name, "vectors")  ? vectors
           : !strcmp(name, "words")    ? words
           : !strcmp(name, "spans")    ? spans
           : !strcmp(name, "entities") ? entities
           : !strcmp(name, "commands") ? commands
                                       : NULL;
}

#ifdef BL_FAIL_ALLOCATIONS
/* Every allocation of a first call fails once; each time the call has to say so, and a later one
 * to succeed. */
static int sweep(bl_session *s, const bl_text *text, task *run)
{
    for (long n = 0;; n++) {
        bl_error error = { BL_OK, "" };
        bl_arena_free(s->arena);
        s->arena = bl_arena_create();
        if (slots.model) {
            bl_arena_free(slots.arena);
            slots.arena = bl_arena_create();
        }
        bl_allocations_left = n;
        const bl_status status = run(s, text, 0, n % 2 ? &error : NULL);
        bl_allocations_left = -1;
        if (status == BL_OK) {
            printf("failures %ld\n", n);
            return 0;
        }
        if (status != BL_MEMORY_ERROR || (n % 2 && !strstr(error.text, "not enough memory"))) {
            printf("allocation %ld: %d %s\n", n, (int)status, error.text);
            return 1;
        }
        if (run(s, text, 0, NULL) != BL_OK) return 1;
    }
}
#endif

int main(int argc, char **argv)
{
    bl_error error;
    int at = 3;
    if (argc < 4) usage();
    task *run = task_named(argv[2]);
    value[REPEAT] = 1;
    while (at < argc && read_option(argv[at])) at++;
    if (!run || at >= argc) usage();
    bl_text text = { 0 };
    char *data = read_text(argv[at], &text.size);
    text.data = data;
    if (value[WORDS]) split(&text, data);
    if (at + 1 < argc && run == commands) {
        if (!open_slots(argv[at + 1], &error)) return fprintf(stderr, "%s\n", error.text), 1;
    } else if (at + 1 < argc) {
        text.pair = read_text(argv[at + 1], &text.pair_size);
    }
    bl_model *model = bl_open(argv[1], BL_INT8, &error);
    bl_tokenizer *tokenizer = model ? bl_tokenizer_open(argv[1], &error) : NULL;
    if (!tokenizer) return fprintf(stderr, "%s\n", error.text), 1;
    bl_session session = { .model = model, .tokenizer = tokenizer, .arena = bl_arena_create() };
    int failed = 0;
    for (long i = 1; !failed && i <= value[REPEAT]; i++) {
#ifdef BL_FAIL_ALLOCATIONS
        const long before = bl_allocation_count;
#endif
        failed = run(&session, &text, i == value[REPEAT], &error) != BL_OK;
#ifdef BL_FAIL_ALLOCATIONS
        if (i == value[REPEAT]) printf("allocations %ld\n", bl_allocation_count - before);
#endif
    }
    if (failed) fprintf(stderr, "%s\n", error.text);
#ifdef BL_FAIL_ALLOCATIONS
    if (!failed && value[SWEEP]) failed = sweep(&session, &text, run);
#endif
    if (*argv[at] == '@') free(data);
    if (text.pair && *argv[at + 1] == '@') free((void *)(uintptr_t)text.pair);
    bl_arena_free(session.arena);
    close_slots();
    bl_tokenizer_close(tokenizer);
    bl_close(model);
    return failed;
}
