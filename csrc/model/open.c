/* open.c: from a path or from memory to a model, and what can be asked of one. The way is: map the
 * files, read the config, find the tensors, build. */
#include "open.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../files/delta.h"
#include "../files/formats.h"
#include "../files/shards.h"
#include "../memory.h"
#include "builder.h"
#include "classifier.h"
#include "embeddings.h"
#include "heads.h"
#include "labels.h"
#include "layers.h"
#include "sentence.h"
#include "sentence_folder.h"
#include "spelling_build.h"

#define EXPECTED "a model that can be opened" /* in messages about other formats */

static bl_model *create_for(const bl_kernels *k, bl_precision precision, bl_error *error)
{
    if (!k) {
        bl_fail(error, BL_ISA_ERROR,
                "BERTLITE_ISA names an instruction set that this machine or this build lacks; "
                "bertlite_fast.available_isas() lists them.");
        return NULL;
    }
    bl_model *m = bl_calloc(1, sizeof *m);
    if (!m) {
        bl_no_memory(error, "the model");
        return NULL;
    }
    m->k = k;
    m->info.precision = precision;
    return m;
}

static bl_model *create(bl_precision precision, bl_error *error)
{
    const bl_kernels *k = bl_active_isa();
    const bl_kernels *fused = k && precision == BL_FP32_FAST ? bl_fused_kernels(k) : NULL;
    bl_model *m = create_for(fused ? fused : k, precision, error);
    if (m) m->info.fused = fused != NULL;
    return m;
}

/* The model, or NULL without it if opening it failed. */
static bl_model *finished(bl_model *m, bl_status status)
{
    if (status == BL_OK) return m;
    bl_close(m);
    return NULL;
}

/* ---- building ---------------------------------------------------------------------------- */

static bl_status read_config(bl_builder *b, const char *config, size_t size)
{
    bl_model *m = b->model;
    const bl_status status = bl_read_config(config, size, &m->c, b->error);
    if (status != BL_OK) return status;
    const bl_config_values *c = &m->c;
    m->info = (bl_info){
        .precision = m->info.precision,
        .fused = m->info.fused,
        .layers = (int)c->layers,
        .hidden = (int)c->hidden,
        .heads = (int)c->heads,
        .intermediate = (int)c->intermediate,
        .vocabulary = (int)c->vocabulary,
        .positions = (int)c->positions,
        .token_types = (int)c->token_types,
    };
    bl_describe_windows(c, &m->info);
    m->hidden = bl_pad(c->hidden);
    m->intermediate = bl_pad(c->intermediate);
    m->head = bl_pad(c->hidden / c->heads);
    m->width = m->head * c->heads;
    /* A small model's chunk stays in the first cache level, a large model's weights are read
     * seldom. */
    m->chunk = m->intermediate <= 512 ? 32 : 128;
    m->config_size = size;
    m->config = bl_builder_memory(b, size + 1, 1);
    if (!m->config) return BL_MEMORY_ERROR;
    memcpy(m->config, config, size);
    return BL_OK;
}

static bl_status find_prefix(bl_builder *b)
{
    static const char *const prefixes[] = { "", "bert.", "distilbert.", "model." };
    char name[BL_NAME_SIZE];
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        b->prefix = prefixes[i];
        if (bl_builder_has(b, bl_join(name, b->prefix, "embeddings.word_embeddings.weight")))
            return BL_OK;
    }
    return bl_fail(b->error, BL_CONFIG_ERROR,
                   "the file holds no embeddings.word_embeddings.weight, so it is not of a BERT "
                   "model; open a checkpoint of BERT or DistilBERT.");
}

static bl_status build(bl_builder *b, int new_classifier)
{
    const bl_norm *last = NULL;
    bl_status status = find_prefix(b);
    if (status == BL_OK && new_classifier) status = bl_add_classifier(b);
    if (status == BL_OK) status = bl_build_embeddings(b);
    if (status == BL_OK) status = bl_build_layers(b, &last);
    if (status == BL_OK) status = bl_build_heads(b, last);
    if (status == BL_OK) status = bl_build_label_names(b);
    if (status == BL_OK) status = bl_build_sentence(b);
    if (status == BL_OK) status = bl_build_spelling(b);
    return status;
}

static size_t longest_row(const bl_config_values *c)
{
    const size_t sizes[] = { c->hidden, c->intermediate, c->labels, c->vocabulary, c->positions };
    size_t longest = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        longest = sizes[i] > longest ? sizes[i] : longest;
    return longest;
}

static bl_status build_model(bl_model *m, const char *config, size_t config_size,
                             bl_tensors *tensors, const bl_open_options *options, bl_writer *writer,
                             bl_error *error)
{
    bl_builder b = {
        .model = m, .tensors = tensors, .writer = writer, .error = error, .wanted = options->head
    };
    if (options->config) config = options->config, config_size = options->config_size;
    bl_status status = read_config(&b, config, config_size);
    if (status != BL_OK) return status;
    b.names = bl_names_of(m->c.family);
    b.row = bl_malloc(longest_row(&m->c) * sizeof *b.row);
    status = b.row ? build(&b, options->new_classifier) : bl_no_memory(error, "the model");
    bl_free(b.row);
    bl_free(b.new_tensors);
    return status;
}

/* ---- folders ----------------------------------------------------------------------------- */

/* A folder's file with tensors, and what reads it. */
typedef struct {
    const char *name, *index; /* of one file, or of what names several */
    bl_tensor_reader read;
} tensor_file;

static const tensor_file tensor_files[] = {
    { "model.safetensors", "model.safetensors.index.json", bl_read_safetensors },
    { "pytorch_model.bin", "pytorch_model.bin.index.json", bl_read_torch },
};

/* What else a folder may have, and what to do then. */
static const struct {
    const char *name, *advice;
} other_files[] = {
    { "tf_model.h5", "which is TensorFlow's; save the model from PyTorch as model.safetensors" },
    { "flax_model.msgpack", "which is Flax's; save the model from PyTorch as model.safetensors" },
    { "model.onnx", "which is ONNX; save the model from PyTorch as model.safetensors" },
    { "adapter_config.json", "an adapter's; merge it into its model and save that" },
};

static bl_status has_file(const char *folder, const char *name, int *has, bl_error *error)
{
    char *path;
    const bl_status status = bl_path_in(folder, name, &path, error);
    if (status != BL_OK) return status;
    *has = bl_is_file(path);
    bl_free(path);
    return BL_OK;
}

static bl_status map_config(const char *folder, bl_map *map, bl_error *error)
{
    char *path;
    bl_status status = bl_path_in(folder, "config.json", &path, error);
    if (status != BL_OK) return status;
    status = bl_map_file(map, path, error);
    if (status == BL_FILE_ERROR)
        bl_fail(error, status,
                "%.300s has no readable config.json; give a Hugging Face model's folder.", folder);
    bl_free(path);
    return status;
}

/* Maps the file at path, if it is not one that only looks like a model, and reads its tensors. */
static bl_status map_tensors(const tensor_file *file, const char *path, bl_map *map,
                             bl_tensors *out, bl_error *error)
{
    bl_status status = bl_map_file(map, path, error);
    if (status != BL_OK) return status;
    status = file->read(map->data, map->size, out, error);
    if (status != BL_FILE_ERROR) return status;
    if (file->read == bl_read_torch && bl_is_torch(map->data, map->size)) return status;
    return bl_refuse_other_formats(map->data, map->size, path, EXPECTED, error) ? BL_FILE_ERROR
                                                                                : status;
}

static bl_status no_tensors(const char *folder, bl_error *error)
{
    for (size_t i = 0; i < sizeof other_files / sizeof *other_files; i++) {
        int has = 0;
        const bl_status status = has_file(folder, other_files[i].name, &has, error);
        if (status != BL_OK) return status;
        if (has)
            return bl_fail(error, BL_FILE_ERROR,
                           "%.200s has neither model.safetensors nor pytorch_model.bin but %s, %s.",
                           folder, other_files[i].name, other_files[i].advice);
    }
    return bl_fail(error, BL_FILE_ERROR,
                   "%.300s has neither model.safetensors nor pytorch_model.bin; give the folder "
                   "that save_pretrained wrote.",
                   folder);
}

static bl_status read_folder_tensors(const char *folder, bl_map *map, bl_tensors *out,
                                     bl_error *error)
{
    for (size_t i = 0; i < sizeof tensor_files / sizeof *tensor_files; i++) {
        char *path;
        bl_status status = bl_path_in(folder, tensor_files[i].name, &path, error);
        if (status != BL_OK) return status;
        const int has = bl_is_file(path);
        if (has) status = map_tensors(&tensor_files[i], path, map, out, error);
        bl_free(path);
        if (has) return status;
    }
    for (size_t i = 0; i < sizeof tensor_files / sizeof *tensor_files; i++) {
        int has = 0;
        const bl_status status = has_file(folder, tensor_files[i].index, &has, error);
        if (status != BL_OK) return status;
        if (has)
            return bl_read_shards(folder, tensor_files[i].index, tensor_files[i].read, out, error);
    }
    return no_tensors(folder, error);
}

/* The encoder's folder: its config and its tensors. */
static bl_status read_encoder(bl_model *m, const char *folder, bl_map *config, bl_tensors *tensors,
                              bl_error *error)
{
    char *encoder;
    bl_status status = bl_find_encoder_folder(folder, &encoder, error);
    if (status != BL_OK) return status;
    status = map_config(encoder, config, error);
    if (status == BL_OK) status = read_folder_tensors(encoder, &m->map, tensors, error);
    bl_free(encoder);
    return status;
}

static bl_status open_folder(bl_model *m, const char *folder, const bl_open_options *options,
                             bl_writer *writer, bl_error *error)
{
    bl_map config = { 0 };
    bl_tensors tensors = { 0 };
    bl_sentence_files files = { 0 };
    bl_error problem;
    bl_status status = read_encoder(m, folder, &config, &tensors, error);
    bl_status vectors = BL_OK;
    if (status == BL_OK) {
        vectors = bl_read_sentence_folder(folder, &tensors, &files, &problem);
        /* Only what is asked for vectors fails then, unless the new file has to keep it all. */
        if (vectors == BL_MEMORY_ERROR || (vectors != BL_OK && writer))
            status = bl_fail(error, vectors, "%s", problem.text);
    }
    if (status == BL_OK)
        status = build_model(m, (const char *)config.data, config.size, &tensors, options, writer,
                             error);
    if (status == BL_OK && vectors != BL_OK) status = bl_keep_sentence_problem(m, &problem, error);
    bl_close_sentence_files(&files);
    bl_tensors_free(&tensors);
    bl_map_close(&config);
    /* Everything was copied, except int8 word embeddings. */
    const uintptr_t words = (uintptr_t)m->tables.words, start = (uintptr_t)m->map.data;
    if (words < start || words >= start + m->map.size) bl_map_close(&m->map);
    return status;
}

/* ---- single files and memory ------------------------------------------------------------- */

/* Where the bytes come from: path is NULL for memory. */
typedef struct {
    const void *data;
    size_t size;
    const char *path;
    const bl_open_options *options;
} source;

static const bl_open_options as_it_is; /* all zeros */

static bl_status read_tensors(const source *from, int has_config, bl_tensors *out, bl_error *error)
{
    const bl_status status = bl_read_safetensors(from->data, from->size, out, error);
    if (status == BL_FILE_ERROR &&
        bl_refuse_other_formats(from->data, from->size, from->path, EXPECTED, error) != BL_OK)
        return BL_FILE_ERROR;
    if (status != BL_OK || has_config || (out->converted && out->config)) return status;
    return bl_fail(error, BL_FILE_ERROR,
                   "this safetensors file holds no config, so it is not a converted file; open a "
                   "checkpoint by its folder, where config.json is.");
}

/* A delta file's tensors are complete with those of its base file. */
static bl_status add_base(bl_model *m, const source *from, bl_tensors *delta, bl_error *error)
{
    bl_tensors base;
    if (!delta->base) return BL_OK;
    if (!from->path)
        return bl_fail(error, BL_FILE_ERROR,
                       "this is a delta file of %.60s, which cannot be found from memory; open it "
                       "by its path.",
                       delta->base);
    bl_status status = bl_open_base(delta, from->path, from->options->base, &m->base, &base, error);
    if (status != BL_OK) return status;
    status = bl_share_tensors(delta, &base, error);
    bl_tensors_free(&base);
    return status;
}

static bl_status open_bytes(bl_model *m, const source *from, const char *config, size_t config_size,
                            bl_error *error)
{
    bl_tensors tensors = { 0 };
    bl_status status = read_tensors(from, config != NULL, &tensors, error);
    if (status == BL_OK) status = add_base(m, from, &tensors, error);
    if (status == BL_OK && !config) {
        config = tensors.config;
        config_size = strlen(config);
    }
    if (status == BL_OK)
        status = build_model(m, config, config_size, &tensors, from->options, NULL, error);
    bl_tensors_free(&tensors);
    return status;
}

static bl_status open_file(bl_model *m, const char *path, const bl_open_options *options,
                           bl_error *error)
{
    if (!bl_is_file(path))
        return bl_fail(error, BL_FILE_ERROR,
                       "%.300s is neither a folder nor a readable file; check the path.", path);
    const bl_status status = bl_map_file(&m->map, path, error);
    if (status != BL_OK) return status;
    const source from = { m->map.data, m->map.size, path, options };
    return open_bytes(m, &from, NULL, 0, error);
}

/* ---- the interface ----------------------------------------------------------------------- */

bl_model *bl_open_for_conversion(const char *folder, bl_writer *writer, bl_error *error)
{
    bl_model *m = create(BL_INT8, error);
    if (!m) return NULL;
    return finished(m, open_folder(m, folder, &as_it_is, writer, error));
}

static bl_model *open_path(bl_model *m, const char *path, const bl_open_options *options,
                           bl_error *error)
{
    if (!m) return NULL;
    return finished(m, bl_is_folder(path) ? open_folder(m, path, options, NULL, error)
                                          : open_file(m, path, options, error));
}

bl_model *bl_open_for_flash(const char *path, const char *base, bl_error *error)
{
    const bl_open_options options = { .base = base };
    return open_path(create_for(bl_plain_isa(), BL_INT8, error), path, &options, error);
}

bl_model *bl_open_with(const char *path, const bl_open_options *options, bl_precision precision,
                       bl_error *error)
{
    return open_path(create(precision, error), path, options, error);
}

bl_model *bl_open_with_base(const char *path, const char *base, bl_precision precision,
                            bl_error *error)
{
    const bl_open_options options = { .base = base };
    return bl_open_with(path, &options, precision, error);
}

bl_model *bl_open(const char *path, bl_precision precision, bl_error *error)
{
    return bl_open_with_base(path, NULL, precision, error);
}

bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors,
                         size_t tensors_size, bl_precision precision, bl_error *error)
{
    const source from = { tensors, tensors_size, NULL, &as_it_is };
    bl_model *m = create(precision, error);
    if (!m) return NULL;
    return finished(m, open_bytes(m, &from, config, config_size, error));
}

void bl_close(bl_model *m)
{
    if (!m) return;
    bl_model_memory_free(m);
    bl_map_close(&m->map);
    bl_map_close(&m->base);
    bl_free(m);
}
