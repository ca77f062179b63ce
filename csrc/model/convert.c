/* convert.c: a folder's model and tokenizer as one int8 file, or as a delta file of a base file. */
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../files/delta.h"
#include "../memory.h"
#include "../tokenizer/tokenizer.h"
#include "open.h"
#include "sentence.h"
#include "sentence_folder.h"
#include "writer.h"

/* ---- the base file of a delta file --------------------------------------------------------- */

typedef struct {
    bl_map map;
    bl_tensors tensors;
    const char *name;
} base_file;

static const char *file_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\') name = path + 1;
    return name;
}

static bl_status open_base(const char *path, base_file *base, bl_error *error)
{
    enum { LONGEST_ID = 63 };
    const bl_tensors *t = &base->tensors;
    bl_status status = bl_map_file(&base->map, path, error);
    if (status != BL_OK) return status;
    status = bl_read_safetensors(base->map.data, base->map.size, &base->tensors, error);
    if (status != BL_OK) return status;
    base->name = file_name(path);
    if (t->converted && t->id && !t->base && strlen(t->id) <= LONGEST_ID && *base->name &&
        !strpbrk(base->name, "\"\\:"))
        return BL_OK;
    return bl_fail(error, BL_CONFIG_ERROR,
                   "%.300s cannot be a base file; give a converted file that is not a delta file "
                   "itself.",
                   path);
}

static void close_base(base_file *base)
{
    bl_tensors_free(&base->tensors);
    bl_map_close(&base->map);
}

/* ---- the tokenizer ------------------------------------------------------------------------- */

static bl_status has_tokenizer(const char *folder, int *has, bl_error *error)
{
    static const char *const names[] = { "tokenizer.json", "vocab.txt" };
    const size_t size = strlen(folder) + 32;
    char *path = bl_malloc(size);
    if (!path) return bl_no_memory(error, "the path");
    *has = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, size, "%s/%s", folder, names[i]);
        *has |= bl_is_file(path);
    }
    bl_free(path);
    return BL_OK;
}

/* The folder's tokenizer, if it has one: its table as a tensor, its settings as a text. */
static bl_status add_tokenizer(bl_writer *w, const char *folder, char **settings, size_t *size,
                               bl_error *error)
{
    bl_error reason; /* bl_tokenizer_open tells the status nowhere else */
    int has = 0;
    char *encoder;
    bl_status status = bl_find_encoder_folder(folder, &encoder, error);
    if (status != BL_OK) return status;
    status = has_tokenizer(encoder, &has, error);
    bl_free(encoder);
    if (status != BL_OK || !has) return status;
    bl_tokenizer *t = bl_tokenizer_open(folder, &reason);
    if (!t) return bl_fail(error, reason.status, "%s", reason.text);
    *size = bl_tokenizer_settings(t, NULL, 0);
    *settings = bl_malloc(*size);
    if (*settings) {
        bl_tokenizer_settings(t, *settings, *size);
        status =
            bl_writer_int32(w, BL_TABLE_NAME, t->vocabulary.block, t->vocabulary.size / 4, error);
    } else {
        status = bl_no_memory(error, "the tokenizer");
    }
    bl_tokenizer_close(t);
    return status;
}

/* ---- the two kinds of files ---------------------------------------------------------------- */

static bl_status save_whole(bl_writer *w, bl_writer_metadata *metadata, const char *folder,
                            const char *file, bl_error *error)
{
    char *settings = NULL;
    bl_status status = add_tokenizer(w, folder, &settings, &metadata->tokenizer_size, error);
    metadata->tokenizer = settings;
    if (status == BL_OK) status = bl_writer_save(w, metadata, file, error);
    bl_free(settings);
    return status;
}

static bl_status save_delta(bl_writer *w, bl_writer_metadata *metadata, const char *base_path,
                            const char *file, bl_error *error)
{
    base_file base = { 0 };
    bl_status status = open_base(base_path, &base, error);
    if (status == BL_OK) status = bl_writer_share(w, &base.tensors, base_path, error);
    if (status == BL_OK) {
        metadata->base = base.name;
        metadata->base_id = base.tensors.id;
        status = bl_writer_save(w, metadata, file, error);
    }
    close_base(&base);
    return status;
}

/* ---- what must not be written over --------------------------------------------------------- */

static bl_status refuse_input(const char *file, const char *input, bl_error *error)
{
    if (!bl_is_same_file(file, input)) return BL_OK;
    return bl_fail(error, BL_FILE_ERROR,
                   "%.300s is a file that the conversion reads, and would be lost; write to "
                   "another name.",
                   file);
}

/* An error if file is the base file, or one of those in the folder that make up the model. */
static bl_status check_target(const char *folder, const char *file, const char *base_path,
                              bl_error *error)
{
    static const char *const names[] = {
        "config.json", "model.safetensors", "pytorch_model.bin",       "tokenizer.json",
        "vocab.txt",   "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json",
    };
    const size_t size = strlen(folder) + 32;
    bl_status status = base_path ? refuse_input(file, base_path, error) : BL_OK;
    char *path = bl_malloc(size);
    if (!path) return bl_no_memory(error, "the path");
    for (size_t i = 0; i < sizeof names / sizeof *names && status == BL_OK; i++) {
        snprintf(path, size, "%s/%s", folder, names[i]);
        status = refuse_input(file, path, error);
    }
    bl_free(path);
    return status;
}

bl_status bl_convert(const char *folder, const char *file, const char *base_path, bl_error *error)
{
    bl_writer w;
    bl_error reason; /* error may be NULL, but the status is needed */
    bl_writer_start(&w);
    if (!bl_is_folder(folder)) {
        bl_model *converted = bl_open(folder, BL_INT8, &reason);
        if (!converted) return bl_fail(error, reason.status, "%s", reason.text);
        bl_close(converted);
        return bl_fail(error, BL_CONFIG_ERROR,
                       "%.300s is converted already; give the folder of a checkpoint.", folder);
    }
    bl_status allowed = check_target(folder, file, base_path, error);
    if (allowed == BL_OK) allowed = bl_refuse_sentence_file(folder, file, error);
    if (allowed != BL_OK) return allowed;
    bl_model *m = bl_open_for_conversion(folder, &w, &reason);
    bl_status status = m ? BL_OK : bl_fail(error, reason.status, "%s", reason.text);
    if (m) {
        bl_writer_metadata metadata = { .config = m->config, .config_size = m->config_size };
        if (m->sentence) {
            metadata.sentence = m->sentence->json;
            metadata.sentence_size = m->sentence->json_size;
        }
        status = base_path ? save_delta(&w, &metadata, base_path, file, error)
                           : save_whole(&w, &metadata, folder, file, error);
    }
    bl_close(m);
    bl_writer_free(&w);
    return status;
}
