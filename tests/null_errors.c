/* null_errors.c: every function that can fail fails here, once with an error to fill in and once
 * with NULL. Both have to report the same status, and nothing may crash.
 *
 *     null_errors MODEL.bertlite FOLDER
 *
 * MODEL.bertlite: a model that has a head for sequence classification. FOLDER: one of
 * sentence-transformers, with a module that cannot be run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"

static const char missing[] = "/nowhere/at/all";
static const bl_model *model;
static const bl_model *unknown_module;
static const bl_tokenizer *tokenizer;
static bl_arena *arena;

/* What a function that returns an object reports. */
static bl_status of(const void *object, const bl_error *error)
{
    if (object) return BL_OK;
    return error ? error->status : BL_FILE_ERROR;
}

static bl_status open_missing(bl_error *e) { return of(bl_open(missing, BL_INT8, e), e); }
static bl_status open_with(bl_error *e)
{
    const bl_open_options options = { .head = BL_CLASS_HEAD, .new_classifier = 1 };
    return of(bl_open_with(missing, &options, BL_INT8, e), e);
}

static bl_status open_delta(bl_error *e)
{
    return of(bl_open_with_base(missing, missing, BL_INT8, e), e);
}
static bl_status open_memory(bl_error *e)
{
    return of(bl_open_memory(NULL, 0, "damaged", 7, BL_INT8, e), e);
}
static bl_status convert(bl_error *e) { return bl_convert(missing, missing, NULL, e); }
static bl_status convert_delta(bl_error *e) { return bl_convert(missing, missing, missing, e); }
static bl_status check_isa(bl_error *e) { return bl_check_isa("z80", e); }

static bl_status open_tokenizer(bl_error *e) { return of(bl_tokenizer_open(missing, e), e); }
static bl_status open_tokenizer_delta(bl_error *e)
{
    return of(bl_tokenizer_open_with_base(missing, missing, e), e);
}
static bl_status open_tokenizer_memory(bl_error *e)
{
    const bl_tokenizer *t = bl_tokenizer_open_memory("{\"model\": 1}", 12, 1, NULL, 0, e);
    return t ? BL_OK : BL_FILE_ERROR;
}
static bl_status tokenize(bl_error *e)
{
    size_t count;
    return bl_tokenize(tokenizer, "a", SIZE_MAX, 0, NULL, NULL, 0, &count, e);
}
static bl_status windows(bl_error *e)
{
    const bl_limits limits = { BL_LONGEST_FIRST, 4, 100, 0, 1 };
    bl_window window;
    size_t count;
    return bl_windows(tokenizer, 1000, BL_NO_PAIR, &limits, &window, 1, &count, e);
}
static bl_status tokenize_texts(bl_error *e)
{
    const bl_limits limits = { BL_ONLY_SECOND, 3, 0, 0, 1 };
    const bl_text text = { .data = "a a a", .size = 5 };
    int32_t ids[16];
    int64_t starts[2];
    const bl_flat_rows out = { ids, NULL, starts };
    return bl_tokenize_texts(tokenizer, &text, 1, &limits, 0, 1, &out, e);
}

static bl_status run(bl_error *e)
{
    const int32_t ids[] = { -1 };
    const bl_batch batch = { ids, NULL, NULL, 1, 1 };
    const bl_request request = { BL_HIDDEN, NULL, 0, NULL, NULL, NULL };
    float out[1024], workspace[1];
    return bl_run(model, &batch, &request, out, workspace, sizeof workspace, 1, e);
}

static const bl_text text = { .data = "a text", .size = 6 };

static bl_status classify(bl_error *e)
{
    const bl_session no_model = { .tokenizer = tokenizer, .arena = arena };
    bl_labels out;
    return bl_classify(&no_model, &text, NULL, &out, e);
}
static bl_status find_entities(bl_error *e)
{
    const bl_session s = { .model = model, .tokenizer = tokenizer, .arena = arena };
    bl_entities out;
    return bl_find_entities(&s, &text, NULL, &out, e);
}
static bl_status answer_question(bl_error *e)
{
    const bl_session s = { .model = model, .tokenizer = tokenizer, .arena = arena };
    bl_answers out;
    return bl_answer_question(&s, &text, NULL, &out, e);
}
static bl_status fill_mask(bl_error *e)
{
    const bl_session s = { .model = model, .tokenizer = tokenizer, .arena = arena };
    bl_filled out;
    return bl_fill_mask(&s, &text, NULL, &out, e);
}
static bl_status fill_row_masks(bl_error *e)
{
    const bl_session s = { .model = model, .tokenizer = tokenizer, .arena = arena };
    const int32_t ids[] = { 1 };
    bl_filled out;
    return bl_fill_row_masks(&s, ids, NULL, 1, NULL, &out, e);
}
static bl_status embed(bl_error *e)
{
    const bl_session no_tokenizer = { .model = model, .arena = arena };
    bl_vectors out;
    return bl_embed(&no_tokenizer, &text, NULL, &out, e);
}

static bl_status corrected(bl_error *e)
{
    const bl_session no_tokenizer = { .model = model, .arena = arena };
    const char *out;
    size_t size;
    return bl_corrected(&no_tokenizer, "a", 1, NULL, 0, &out, &size, e);
}

static bl_status read_commands(bl_error *e)
{
    const bl_session no_tokenizer = { .model = model, .arena = arena };
    bl_commands out;
    return bl_read_commands(&no_tokenizer, NULL, &text, NULL, &out, e);
}
static bl_status describe_sentence(bl_error *e)
{
    bl_sentence_info out;
    return bl_describe_sentence(unknown_module, &out, e);
}

static bl_status index_create(bl_error *e)
{
    return bl_index_create(0, 0, e) ? BL_OK : BL_INPUT_ERROR;
}
static bl_status index_open(bl_error *e) { return of(bl_index_open(missing, e), e); }
static bl_status index_open_memory(bl_error *e)
{
    static const uint64_t damaged[32];
    return of(bl_index_open_memory(damaged, sizeof damaged, e), e);
}

/* What happens to an index of two rows of two values. */
static bl_status with_index(bl_status (*does)(bl_index *, bl_error *), bl_error *e)
{
    static const float vectors[] = { 1, 2, 3, 4 };
    const bl_index_rows rows = { vectors, 2, NULL, NULL, NULL };
    bl_index *index = bl_index_create(2, 0, NULL);
    const bl_status added = index ? bl_index_add(index, &rows, NULL) : BL_MEMORY_ERROR;
    const bl_status status = added == BL_OK ? does(index, e) : BL_OK;
    bl_index_close(index);
    return status;
}
static bl_status add_twice(bl_index *index, bl_error *e)
{
    static const float vectors[] = { 1, 2, 3, 4 };
    static const int64_t ids[] = { 7, 7 };
    const bl_index_rows rows = { vectors, 2, ids, NULL, NULL };
    return bl_index_add(index, &rows, e);
}
static bl_status remove_missing(bl_index *index, bl_error *e)
{
    static const int64_t ids[] = { 0, 5 };
    return bl_index_remove(index, ids, 2, e);
}
static bl_status read_missing(bl_index *index, bl_error *e)
{
    bl_index_row row;
    return bl_index_read(index, 2, &row, e);
}
static bl_status vector_missing(bl_index *index, bl_error *e)
{
    float row[2];
    return bl_index_vector(index, 2, row, e);
}
static bl_status search_small(bl_index *index, bl_error *e)
{
    static const float query[] = { 1, 2 };
    const bl_index_query search = { query, 1, 1, NULL, 0, 1 };
    bl_hit hit;
    size_t found;
    char workspace[1];
    return bl_index_search(index, &search, &hit, &found, workspace, sizeof workspace, e);
}
static bl_status save_nowhere(bl_index *index, bl_error *e)
{
    return bl_index_save(index, missing, e);
}
static bl_status index_add(bl_error *e) { return with_index(add_twice, e); }
static bl_status index_remove(bl_error *e) { return with_index(remove_missing, e); }
static bl_status index_read(bl_error *e) { return with_index(read_missing, e); }
static bl_status index_vector(bl_error *e) { return with_index(vector_missing, e); }
static bl_status index_search(bl_error *e) { return with_index(search_small, e); }
static bl_status index_save(bl_error *e) { return with_index(save_nowhere, e); }

static bl_status many_create(bl_error *e)
{
    const bl_session session = { .model = model, .tokenizer = tokenizer };
    return bl_many_create((bl_task)99, &session, NULL, NULL, 1, e) ? BL_OK : BL_INPUT_ERROR;
}
static bl_status many_start(bl_error *e)
{
    const bl_session session = { .model = model, .tokenizer = tokenizer };
    bl_many *many = bl_many_create(BL_CLASSIFY, &session, NULL, NULL, 1, NULL);
    const bl_status status = many ? bl_many_start(many, NULL, SIZE_MAX, e) : BL_OK;
    bl_many_free(many);
    return status;
}
static bl_status flash_open(bl_error *e)
{
    static const bl_flash nothing;
    static uint64_t memory[64];
    bl_session session;
    return bl_flash_open(&nothing, memory, sizeof memory, &session, e);
}
static bl_status flash_write(bl_error *e)
{
    const bl_flash_limits limits = { .tokens = 32, .bytes = 128 };
    bl_flash_info info;
    return bl_flash_write(missing, NULL, &limits, NULL, NULL, &info, e);
}

static const struct {
    const char *name;
    bl_status (*fails)(bl_error *error);
} cases[] = {
    { "bl_open", open_missing },
    { "bl_open_with", open_with },
    { "bl_open_with_base", open_delta },
    { "bl_open_memory", open_memory },
    { "bl_convert", convert },
    { "bl_convert with a base", convert_delta },
    { "bl_check_isa", check_isa },
    { "bl_tokenizer_open", open_tokenizer },
    { "bl_tokenizer_open_with_base", open_tokenizer_delta },
    { "bl_tokenizer_open_memory", open_tokenizer_memory },
    { "bl_tokenize", tokenize },
    { "bl_windows", windows },
    { "bl_tokenize_texts", tokenize_texts },
    { "bl_run", run },
    { "bl_classify", classify },
    { "bl_find_entities", find_entities },
    { "bl_answer_question", answer_question },
    { "bl_fill_mask", fill_mask },
    { "bl_fill_row_masks", fill_row_masks },
    { "bl_embed", embed },
    { "bl_read_commands", read_commands },
    { "bl_corrected", corrected },
    { "bl_describe_sentence", describe_sentence },
    { "bl_many_create", many_create },
    { "bl_many_start", many_start },
    { "bl_flash_open", flash_open },
    { "bl_flash_write", flash_write },
    { "bl_index_create", index_create },
    { "bl_index_open", index_open },
    { "bl_index_open_memory", index_open_memory },
    { "bl_index_add", index_add },
    { "bl_index_remove", index_remove },
    { "bl_index_read", index_read },
    { "bl_index_vector", index_vector },
    { "bl_index_search", index_search },
    { "bl_index_save", index_save },
};

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    model = bl_open(argv[1], BL_INT8, NULL);
    unknown_module = bl_open(argv[2], BL_INT8, NULL);
    tokenizer = bl_tokenizer_open(argv[1], NULL);
    arena = bl_arena_create();
    if (!model || !unknown_module || !tokenizer || !arena) return 2;
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bl_error error = { BL_OK, "" };
        const bl_status told = cases[i].fails(&error), untold = cases[i].fails(NULL);
        const int good = told != BL_OK && untold == told && error.text[0] &&
                         memchr(error.text, 0, sizeof error.text);
        printf("%-30s %s%s\n", cases[i].name, good ? "" : "WRONG: ", error.text);
        wrong += !good;
    }
    bl_arena_free(arena);
    bl_tokenizer_close((bl_tokenizer *)tokenizer);
    bl_close((bl_model *)unknown_module);
    bl_close((bl_model *)model);
    return wrong != 0;
}
