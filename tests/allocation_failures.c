/* allocation_failures.c: every allocation of the core fails once, alone and with all after it.
 * Whatever is done then has to report BL_MEMORY_ERROR with a sentence, crash nowhere and leak
 * nothing, and a file that was to be replaced has to stay. Meant for -fsanitize=address,undefined
 * and -DBL_FAIL_ALLOCATIONS; allocation_failures.py makes the folder and runs it.
 *
 *     allocation_failures FOLDER
 *
 * A new case is a function and a row of the table at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "kernels/limits.h"
#include "memory.h"

enum { PATH_SIZE = 4096, TOKENS = 16, MOST_ALLOCATIONS = 100000, REPEATS = 200 };

static const char *folder;
static const char text[] = "word1 Word2, [MASK] word3";

static const char *in_folder(const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static void no_failures(void) { bl_allocations_left = -1; }

static void stop(const char *what)
{
    fprintf(stderr, "allocation_failures: %s\n", what);
    exit(1);
}

/* ---- cases: each does something from the beginning, and leaves nothing ------------------ */

static bl_status open_model(const char *name, bl_precision precision, bl_error *error)
{
    char path[PATH_SIZE];
    bl_model *m = bl_open(in_folder(name, path), precision, error);
    bl_close(m);
    return m ? BL_OK : error->status;
}

static bl_status open_safetensors(bl_error *e) { return open_model("words", BL_INT8, e); }
static bl_status open_safetensors_fp32(bl_error *e) { return open_model("words", BL_FP32, e); }
static bl_status open_classifier(bl_error *e) { return open_model("classifier", BL_INT8, e); }
static bl_status open_zip(bl_error *e) { return open_model("zip", BL_INT8, e); }
static bl_status open_legacy(bl_error *e) { return open_model("legacy", BL_FP32, e); }
static bl_status open_converted(bl_error *e) { return open_model("words.bertlite", BL_INT8, e); }
static bl_status open_delta(bl_error *e) { return open_model("delta.bertlite", BL_INT8, e); }

static char *read_file(const char *name, size_t *size)
{
    char path[PATH_SIZE];
    FILE *f = fopen(in_folder(name, path), "rb");
    if (!f || fseek(f, 0, SEEK_END)) stop(path);
    *size = (size_t)ftell(f);
    rewind(f);
    char *data = malloc(*size + 1);
    if (!data || fread(data, 1, *size, f) != *size) stop(path);
    fclose(f);
    return data;
}

static bl_status open_memory(bl_error *error)
{
    size_t size;
    char *data = read_file("words.bertlite", &size);
    bl_model *m = bl_open_memory(NULL, 0, data, size, BL_INT8, error);
    bl_close(m);
    free(data);
    return m ? BL_OK : error->status;
}

/* After a failure the old file is there, and no temporary one. */
static bl_status convert(const char *from, const char *base, bl_error *error)
{
    static const char old[] = "the old file";
    char source[PATH_SIZE], target[PATH_SIZE], base_path[PATH_SIZE];
    FILE *f = fopen(in_folder("target", target), "wb");
    if (!f || fwrite(old, 1, sizeof old, f) != sizeof old || fclose(f)) stop(target);
    const bl_status status = bl_convert(in_folder(from, source), target,
                                        base ? in_folder(base, base_path) : NULL, error);
    size_t size;
    char *data = read_file("target", &size);
    if ((size == sizeof old && !memcmp(data, old, size)) == (status == BL_OK))
        stop("a failed conversion changed the file, or a successful one did not");
    free(data);
    return status;
}

static bl_status convert_whole(bl_error *e) { return convert("words", NULL, e); }
static bl_status convert_delta(bl_error *e) { return convert("classifier", "words.bertlite", e); }

static bl_status open_tokenizer(const char *name, bl_error *error)
{
    char path[PATH_SIZE];
    bl_tokenizer *t = bl_tokenizer_open(in_folder(name, path), error);
    bl_tokenizer_close(t);
    return t ? BL_OK : error->status;
}

static bl_status open_vocab(bl_error *e) { return open_tokenizer("words", e); }
static bl_status open_tokenizer_json(bl_error *e) { return open_tokenizer("tokenizer.json", e); }
static bl_status open_table(bl_error *e) { return open_tokenizer("words.bertlite", e); }
static bl_status open_base_table(bl_error *e) { return open_tokenizer("delta.bertlite", e); }

/* Tokenizes, then runs the model; only this fails, not opening. */
static bl_status run(bl_error *error)
{
    const long left = bl_allocations_left;
    char path[PATH_SIZE];
    no_failures();
    bl_model *m = bl_open(in_folder("words", path), BL_INT8, error);
    bl_tokenizer *t = bl_tokenizer_open(path, error);
    if (!m || !t) stop(error->text);
    int32_t ids[TOKENS];
    size_t count = 0;
    const size_t size = bl_workspace_size(m, TOKENS, 1);
    float out[TOKENS * 64];
    void *workspace = malloc(size);
    if (!workspace) stop("no memory");
    bl_allocations_left = left;
    bl_status status = bl_tokenize(t, text, strlen(text), 0, ids, NULL, TOKENS, &count, error);
    const bl_batch batch = { ids, NULL, NULL, 1, count };
    const bl_request request = { .output = BL_HIDDEN };
    if (status == BL_OK) status = bl_run(m, &batch, &request, out, workspace, size, 1, error);
    free(workspace);
    bl_close(m);
    bl_tokenizer_close(t);
    return status;
}

typedef bl_status ask(const bl_session *session, const bl_text *text, bl_error *error);

/* Asks a model of the folder; only this fails, not opening. */
static bl_status answer(const char *name, ask *question, bl_error *error)
{
    const long left = bl_allocations_left;
    char path[PATH_SIZE];
    no_failures();
    bl_model *m = bl_open(in_folder(name, path), BL_INT8, error);
    bl_tokenizer *t = bl_tokenizer_open(path, error);
    bl_arena *arena = bl_arena_create();
    if (!m || !t || !arena) stop(error->text);
    const bl_session session = { .model = m, .tokenizer = t, .arena = arena };
    char *long_text = malloc(REPEATS * sizeof text); /* of many windows, and larger than a chunk */
    if (!long_text) stop("no memory");
    for (size_t i = 0; i < REPEATS; i++) memcpy(long_text + i * sizeof text, text, sizeof text);
    const bl_text input = { .data = long_text, .size = REPEATS * sizeof text };
    bl_allocations_left = left;
    const bl_status status = question(&session, &input, error);
    free(long_text);
    bl_arena_free(arena);
    bl_close(m);
    bl_tokenizer_close(t);
    return status;
}

static bl_status ask_labels(const bl_session *s, const bl_text *t, bl_error *e)
{
    bl_labels out;
    return bl_classify(s, t, NULL, &out, e);
}

static bl_status ask_entities(const bl_session *s, const bl_text *t, bl_error *e)
{
    const bl_entity_options options = {
        .aggregation = BL_AVERAGE, .windows = 1, .keep_outside = 1, .unit = BL_CHARACTERS
    };
    bl_entities out;
    return bl_find_entities(s, t, &options, &out, e);
}

static bl_status ask_answers(const bl_session *s, const bl_text *t, bl_error *e)
{
    const bl_text pair = {
        .data = text, .size = strlen(text), .pair = t->data, .pair_size = t->size
    };
    const bl_answer_options options = { .top_k = 3, .no_answer = 1, .unit = BL_CHARACTERS };
    bl_answers out;
    return bl_answer_question(s, &pair, &options, &out, e);
}

static bl_status ask_words(const bl_session *s, const bl_text *t, bl_error *e)
{
    bl_filled out;
    return bl_fill_mask(s, t, NULL, &out, e);
}

static bl_status ask_vectors(const bl_session *s, const bl_text *t, bl_error *e)
{
    bl_vectors out;
    return bl_embed(s, t, NULL, &out, e);
}

/* One thread: it is known which allocation fails. One text: an arena that is used again may do
 * without an allocation that failed. */
static bl_status ask_many(bl_task task, const bl_session *s, const bl_text *t, bl_error *e)
{
    bl_many *many = bl_many_create(task, s, NULL, NULL, 1, e);
    bl_status status = many ? bl_many_start(many, t, 1, e) : BL_MEMORY_ERROR;
    while (status == BL_OK && bl_many_work(many, 1)) continue;
    const bl_error *found = status == BL_OK ? bl_many_results(many)[0].error : NULL;
    if (found) {
        *e = *found;
        status = found->status;
    }
    bl_many_free(many);
    return status;
}
static bl_status ask_many_entities(const bl_session *s, const bl_text *t, bl_error *e)
{
    return ask_many(BL_FIND_ENTITIES, s, t, e);
}
static bl_status ask_many_vectors(const bl_session *s, const bl_text *t, bl_error *e)
{
    return ask_many(BL_EMBED, s, t, e);
}

static bl_status classify(bl_error *e) { return answer("delta.bertlite", ask_labels, e); }
static bl_status find_entities(bl_error *e) { return answer("names", ask_entities, e); }
static bl_status answer_question(bl_error *e) { return answer("answers", ask_answers, e); }
static bl_status fill_mask(bl_error *e) { return answer("words", ask_words, e); }
static bl_status embed(bl_error *e) { return answer("words", ask_vectors, e); }
static bl_status many_entities(bl_error *e) { return answer("names", ask_many_entities, e); }
static bl_status many_vectors(bl_error *e) { return answer("words", ask_many_vectors, e); }

/* An index whose ids do not rise, so that it has a table, with a mapped segment and a new one. */
static bl_status index_rows(bl_index *index, int64_t first, bl_error *error)
{
    static const float vectors[4 * TOKENS] = { 1, 2, 3, 4 };
    static const bl_bytes texts[4] = { { "one", 3 }, { "two", 3 }, { NULL, 0 }, { "", 0 } };
    const int64_t ids[4] = { first + 3, first, first + 2, first + 1 };
    const bl_index_rows rows = { vectors, 4, ids, texts, texts };
    bl_index_info before, after;
    bl_index_describe(index, &before);
    const bl_status status = bl_index_add(index, &rows, error);
    bl_index_describe(index, &after);
    if (after.count != before.count + (status == BL_OK ? 4 : 0))
        stop("rows were added in part, or not at all");
    return status;
}

static bl_status index_file(bl_error *error)
{
    char path[PATH_SIZE];
    bl_index *index = bl_index_create(TOKENS, 1, error), *again = NULL;
    bl_status status = index ? index_rows(index, 0, error) : error->status;
    if (status == BL_OK) status = bl_index_save(index, in_folder("index", path), error);
    if (status == BL_OK) {
        again = bl_index_open(path, error);
        status = again ? index_rows(again, 10, error) : error->status;
    }
    const int64_t ids[] = { 2, 12 };
    if (status == BL_OK) status = bl_index_remove(again, ids, 2, error);
    if (status == BL_OK) status = index_rows(again, 20, error);
    bl_index_close(index);
    bl_index_close(again);
    return status;
}

static bl_status check_isa(bl_error *error) { return bl_check_isa(bl_isa_name(), error); }
static bl_status multiply_in_cache(bl_error *error)
{
    uint64_t products;
    return bl_multiply_in_cache(bl_isa_name(), 1, &products, error);
}

static const struct {
    const char *name;
    bl_status (*run)(bl_error *error);
} cases[] = {
    { "open a folder, int8", open_safetensors },
    { "open a folder, fp32", open_safetensors_fp32 },
    { "open a classifier", open_classifier },
    { "open torch's ZIP file", open_zip },
    { "open torch's older file", open_legacy },
    { "open a converted file", open_converted },
    { "open a delta file", open_delta },
    { "open from memory", open_memory },
    { "convert", convert_whole },
    { "convert to a delta file", convert_delta },
    { "open vocab.txt", open_vocab },
    { "open tokenizer.json", open_tokenizer_json },
    { "open a converted tokenizer", open_table },
    { "open a delta file's tokenizer", open_base_table },
    { "tokenize and run", run },
    { "classify", classify },
    { "find entities", find_entities },
    { "answer a question", answer_question },
    { "fill a mask", fill_mask },
    { "embed", embed },
    { "find entities in many texts", many_entities },
    { "embed many texts", many_vectors },
    { "save and open an index", index_file },
    { "check an instruction set", check_isa },
    { "measure a kernel", multiply_in_cache },
};

/* ---- the sweep ---------------------------------------------------------------------------- */

/* Runs a case with the n-th allocation failing. 0 if it makes no n-th allocation. */
static int fail_one(size_t index, long n, int only_one)
{
    bl_error error = { BL_OK, "" };
    bl_allocations_left = n;
    bl_allocations_failed = 0;
    bl_fail_only_one = only_one;
    const bl_status status = cases[index].run(&error);
    no_failures();
    const int failed = bl_allocations_failed != 0;
    if (failed ? status == BL_MEMORY_ERROR && strstr(error.text, "memory") : status == BL_OK)
        return failed;
    fprintf(stderr, "%s, allocation %ld%s: status %d: %s\n", cases[index].name, n,
            only_one ? " alone" : "", (int)status, error.text);
    exit(1);
}

static void prepare(void)
{
    char a[PATH_SIZE], b[PATH_SIZE], c[PATH_SIZE];
    bl_error error;
    if (bl_convert(in_folder("words", a), in_folder("words.bertlite", b), NULL, &error) != BL_OK ||
        bl_convert(in_folder("classifier", a), in_folder("delta.bertlite", c), b, &error) != BL_OK)
        stop(error.text);
    bl_tokenizer *t = bl_tokenizer_open(b, &error);
    if (!t) stop(error.text);
    const size_t size = bl_tokenizer_json(t, NULL, 0);
    char *json = malloc(size);
    FILE *f = fopen(in_folder("tokenizer.json", a), "wb");
    if (!json || !f || bl_tokenizer_json(t, json, size) != size ||
        fwrite(json, 1, size, f) != size || fclose(f))
        stop(a);
    free(json);
    bl_tokenizer_close(t);
}

int main(int argc, char **argv)
{
    if (argc != 2) stop("usage: allocation_failures FOLDER");
    folder = argv[1];
    prepare();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long n[2];
        for (int only_one = 0; only_one < 2; only_one++)
            for (n[only_one] = 0; fail_one(i, n[only_one], only_one); n[only_one]++)
                if (n[only_one] == MOST_ALLOCATIONS) stop("it allocates without an end");
        printf("%-30s %ld allocations\n", cases[i].name, n[0]);
    }
    return 0;
}
