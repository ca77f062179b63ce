/* open.c: finds and reads a tokenizer's files. */
#include <stdio.h>

#include "../error.h"
#include "../files/delta.h"
#include "../files/formats.h"
#include "../files/json.h"
#include "../files/modules.h"
#include "../files/tensors.h"
#include "../memory.h"
#include "build.h"

/* ---- vocab.txt or tokenizer.json --------------------------------------------------- */

static bl_status read_files(bl_settings *s, const void *vocabulary, size_t size, int json,
                            const void *config, size_t config_size, bl_error *error)
{
    bl_status status = json ? bl_settings_read_json(s, vocabulary, size, error)
                            : bl_settings_read_vocab(s, vocabulary, size, error);
    if (status == BL_OK && config)
        status = bl_settings_read_config(s, config, config_size,
                                         json ? BL_RULES_OF_CLASS : BL_RULES_OF_CONFIG, error);
    if (status == BL_OK && !json) status = bl_settings_complete(s, error);
    if (status == BL_OK && !s->entry_count)
        status = bl_fail(error, BL_CONFIG_ERROR,
                         "the tokenizer.json has no vocabulary; expected word pieces with ids in "
                         "its model's \"vocab\".");
    return status;
}

/* What a folder says besides the tokenizer's files. */
typedef enum {
    LOWERCASE = 1, /* texts are lowercased, whatever those say */
    OF_A_MODEL = 2 /* a model's: its class decides how text is normalized */
} folder_says;

static bl_tokenizer *open_bytes(const void *vocabulary, size_t size, int json, const void *config,
                                size_t config_size, int says, bl_error *error)
{
    bl_settings s;
    bl_tokenizer *t = NULL;
    if (size > INT32_MAX || config_size > INT32_MAX) {
        bl_fail(error, BL_INPUT_ERROR,
                "the tokenizer's files have %zu and %zu bytes; up to %ld each can be used.", size,
                config_size, (long)INT32_MAX);
        return NULL;
    }
    if (json && !config && (says & OF_A_MODEL)) {
        config = "{}";
        config_size = 2;
    }
    if (bl_settings_start(&s, size + config_size, error) != BL_OK) return NULL;
    if (read_files(&s, vocabulary, size, json, config, config_size, error) == BL_OK) {
        if (says & LOWERCASE) s.rules.lowercase = 1;
        t = bl_tokenizer_build(&s, error);
    }
    bl_settings_free(&s);
    return t;
}

bl_tokenizer *bl_tokenizer_open_memory(const void *vocabulary, size_t size, int json,
                                       const void *config, size_t config_size, bl_error *error)
{
    return open_bytes(vocabulary, size, json, config, config_size, 0, error);
}

/* config may be NULL. */
static bl_tokenizer *open_files(const char *vocabulary, int json, const char *config, int says,
                                bl_error *error)
{
    bl_map a = { 0 };
    bl_map b = { 0 };
    bl_tokenizer *t = NULL;
    bl_status status = bl_map_file(&a, vocabulary, error);
    if (status == BL_OK && config) status = bl_map_file(&b, config, error);
    if (status == BL_OK) {
        /* An empty file has no bytes to point to. */
        const void *a_data = a.data ? (const void *)a.data : "";
        const void *b_data = b.data ? (const void *)b.data : "";
        status =
            bl_refuse_formats_but_text(a_data, a.size, vocabulary, "a tokenizer's file", error);
        if (status == BL_OK)
            t = open_bytes(a_data, a.size, json, config ? b_data : NULL, b.size, says, error);
    }
    bl_map_close(&a);
    bl_map_close(&b);
    return t;
}

/* folder/name in `out`; 0 if that is too long or not a file. */
static int is_file_in(const char *folder, const char *name, char *out, size_t capacity)
{
    const int n = snprintf(out, capacity, "%s/%s", folder, name);
    return n > 0 && (size_t)n < capacity && bl_is_file(out);
}

/* Whether sentence-transformers lowercases texts before they are tokenized. A file that cannot be
 * read is reported when the model is opened. */
static bl_status read_lowercase(const char *folder, int *lowercase, bl_error *error)
{
    char file[4096];
    bl_map map = { 0 };
    bl_json_string key;
    *lowercase = 0;
    if (!is_file_in(folder, "sentence_bert_config.json", file, sizeof file)) return BL_OK;
    const bl_status status = bl_map_file(&map, file, error);
    if (status != BL_OK) return status;
    bl_json j = bl_json_start(map.data, map.size);
    bl_json_open(&j, '{');
    while (bl_json_key(&j, &key))
        if (bl_json_is(key, "do_lower_case") && bl_json_word(&j, "true")) *lowercase = 1;
        else bl_json_skip(&j);
    bl_map_close(&map);
    return BL_OK;
}

/* path: where the tokenizer's own files are; folder: the name for errors. */
static bl_tokenizer *open_folder_files(const char *path, const char *folder, bl_error *error)
{
    char file[4096];
    char config[4096];
    char model[4096];
    int lowercase;
    const int has_config = is_file_in(path, "tokenizer_config.json", config, sizeof config);
    const char *beside = has_config ? config : NULL;
    if (read_lowercase(path, &lowercase, error) != BL_OK) return NULL;
    const int says = (lowercase ? LOWERCASE : 0) |
                     (is_file_in(path, "config.json", model, sizeof model) ? OF_A_MODEL : 0);
    if (is_file_in(path, "tokenizer.json", file, sizeof file))
        return open_files(file, 1, beside, says, error);
    if (is_file_in(path, "vocab.txt", file, sizeof file))
        return open_files(file, 0, beside, says, error);
    bl_fail(error, BL_FILE_ERROR,
            "%.300s has neither a tokenizer.json nor a vocab.txt; copy one of them there.", folder);
    return NULL;
}

static bl_tokenizer *open_folder(const char *folder, bl_error *error)
{
    char *path;
    if (bl_find_encoder_folder(folder, &path, error) != BL_OK) return NULL;
    bl_tokenizer *t = open_folder_files(path, folder, error);
    bl_free(path);
    return t;
}

/* ---- converted files --------------------------------------------------------------- */

/* A converted file, mapped, with the tensors that point into it. */
typedef struct {
    bl_map map;
    bl_tensors tensors;
} converted_file;

/* A delta file has no tokenizer, but shares the base file's: open that file instead. */
static bl_status replace_by_base(converted_file *file, const char *path, const char *base,
                                 bl_error *error)
{
    converted_file of_base;
    const bl_status status =
        bl_open_base(&file->tensors, path, base, &of_base.map, &of_base.tensors, error);
    if (status != BL_OK) return status;
    bl_tensors_free(&file->tensors);
    bl_map_close(&file->map);
    *file = of_base;
    return BL_OK;
}

/* Whether the map has as many words of 32 bits at the tensor as it has elements; what kind of
 * numbers they are has been read from the file, and is not relied on. */
static int has_words(const bl_map *map, const bl_tensor *table)
{
    return table->count <= (size_t)(map->data + map->size - table->data) / 4;
}

static bl_tokenizer *build_from_converted(const converted_file *file, const char *path,
                                          bl_error *error)
{
    const char *text = file->tensors.tokenizer;
    const bl_tensor *table = bl_find(&file->tensors, BL_TABLE_NAME);
    bl_settings s;
    bl_tokenizer *t = NULL;
    if (!text || !table) {
        bl_fail(error, BL_CONFIG_ERROR,
                "%.300s has no tokenizer in it; convert a folder that has a vocab.txt or "
                "tokenizer.json.",
                path);
        return NULL;
    }
    if (!has_words(&file->map, table)) {
        bl_fail(error, BL_FILE_ERROR,
                "%.300s is damaged: it ends within its tokenizer; convert the model again.", path);
        return NULL;
    }
    if (bl_settings_start(&s, strlen(text), error) != BL_OK) return NULL;
    if (bl_settings_read_json(&s, text, strlen(text), error) == BL_OK)
        t = bl_tokenizer_build_with_block(&s, table->data, 4 * table->count, error);
    bl_settings_free(&s);
    return t;
}

#define EXPECTED "a converted file with a tokenizer"

static bl_tokenizer *open_converted(const char *path, const char *base, bl_error *error)
{
    converted_file file;
    bl_tokenizer *t = NULL;
    if (bl_map_file(&file.map, path, error) != BL_OK) return NULL;
    bl_status status = bl_read_safetensors(file.map.data, file.map.size, &file.tensors, error);
    if (status == BL_FILE_ERROR)
        (void)bl_refuse_other_formats(file.map.data, file.map.size, path, EXPECTED, error);
    if (status == BL_OK) {
        if (file.tensors.base) status = replace_by_base(&file, path, base, error);
        if (status == BL_OK) t = build_from_converted(&file, path, error);
        bl_tensors_free(&file.tensors);
    }
    if (t) t->map = file.map;
    else bl_map_close(&file.map);
    return t;
}

/* ---- any of them ------------------------------------------------------------------- */

static int ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path);
    const size_t m = strlen(end);
    return n >= m && !strcmp(path + n - m, end);
}

bl_tokenizer *bl_tokenizer_open_with_base(const char *path, const char *base, bl_error *error)
{
    if (bl_is_folder(path)) return open_folder(path, error);
    if (!bl_is_file(path)) {
        bl_fail(error, BL_FILE_ERROR,
                "%.300s is not a folder or a file: expected a model's folder, its vocab.txt or "
                "tokenizer.json, or a converted file.",
                path);
        return NULL;
    }
    if (ends_with(path, ".txt")) return open_files(path, 0, NULL, 0, error);
    if (ends_with(path, ".json")) return open_files(path, 1, NULL, 0, error);
    return open_converted(path, base, error);
}

bl_tokenizer *bl_tokenizer_open(const char *path, bl_error *error)
{
    return bl_tokenizer_open_with_base(path, NULL, error);
}
