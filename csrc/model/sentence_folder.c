#include "sentence_folder.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "sentence.h"
#include "sentence_settings.h"

/* Texts of the folder's files; what was read from them may point into them. */
typedef struct {
    const char *folder;
    bl_sentence_settings settings;
    bl_map config;
    bl_error *error;
} reader;

/* The file folder/inside/name, if there is one; otherwise the map stays empty. */
static bl_status map_inside(const char *folder, const char *inside, const char *name, bl_map *map,
                            bl_error *error)
{
    char *directory, *path;
    bl_status status = bl_path_in(folder, inside, &directory, error);
    if (status != BL_OK) return status;
    status = bl_path_in(directory, name, &path, error);
    if (status == BL_OK) {
        if (bl_is_file(path)) status = bl_map_file(map, path, error);
        bl_free(path);
    }
    bl_free(directory);
    return status;
}

/* ---- settings ------------------------------------------------------------------------------ */

static bl_status read_encoder(reader *r, const char *inside)
{
    static const char name[] = "sentence_bert_config.json";
    bl_map map = { 0 };
    bl_status status = map_inside(r->folder, inside, name, &map, r->error);
    if (status == BL_OK && map.size) {
        bl_json j = bl_json_start(map.data, map.size);
        status = bl_read_encoder_settings(&j, name, &r->settings, r->error);
    }
    bl_map_close(&map);
    return status;
}

enum { CONFIG_NAME_SIZE = BL_MODULE_NAME_SIZE + 16 };

/* A module's config.json, and its name within the model's folder, for messages. */
static bl_status map_config(const reader *r, const bl_module *module, char name[CONFIG_NAME_SIZE],
                            bl_map *map)
{
    snprintf(name, CONFIG_NAME_SIZE, "%.95s/config.json", module->path);
    return map_inside(r->folder, module->path, "config.json", map, r->error);
}

static bl_status read_pooling(reader *r, const bl_module *module)
{
    char name[CONFIG_NAME_SIZE];
    bl_map map = { 0 };
    bl_status status = map_config(r, module, name, &map);
    if (status == BL_OK && !map.size)
        status = bl_fail(r->error, BL_FILE_ERROR,
                         "%.200s has no %s, where modules.json says that the kind of pooling is; "
                         "copy the model's whole folder.",
                         r->folder, name);
    if (status == BL_OK) {
        bl_json j = bl_json_start(map.data, map.size);
        status = bl_read_pooling_settings(&j, name, &r->settings, r->error);
    }
    bl_map_close(&map);
    return status;
}

static bl_status read_step(reader *r, const bl_module *module)
{
    char name[CONFIG_NAME_SIZE];
    bl_map map = { 0 };
    bl_status status = map_config(r, module, name, &map);
    if (status == BL_OK)
        status = bl_add_step_settings(module->type, name, (const char *)map.data, map.size,
                                      &r->settings, r->error);
    bl_map_close(&map);
    return status;
}

static bl_status read_config(reader *r)
{
    const bl_status status =
        map_inside(r->folder, "", "config_sentence_transformers.json", &r->config, r->error);
    if (status != BL_OK || !r->config.size) return status;
    return bl_read_sentence_config((const char *)r->config.data, r->config.size, &r->settings,
                                   r->error);
}

static bl_status read_settings(reader *r, const bl_module_list *list)
{
    if (strcmp(list->items[0].type, "Transformer") != 0)
        return bl_fail(r->error, BL_CONFIG_ERROR,
                       "modules.json begins with %s, but only a Transformer can be run; run this "
                       "model with sentence-transformers.",
                       list->items[0].type);
    bl_status status = read_config(r);
    for (size_t i = 1; i < list->count && status == BL_OK; i++) {
        const bl_module *module = &list->items[i];
        const int pooling = i == 1 && !strcmp(module->type, "Pooling");
        status = pooling ? read_pooling(r, module) : read_step(r, module);
    }
    return status == BL_OK ? read_encoder(r, list->items[0].path) : status;
}

static bl_status keep_settings(const bl_sentence_settings *s, char **out, bl_error *error)
{
    const size_t size = bl_write_sentence_settings(s, NULL, 0);
    *out = bl_malloc(size + 1);
    if (!*out) return bl_no_memory(error, "the model");
    bl_write_sentence_settings(s, *out, size);
    (*out)[size] = 0;
    return BL_OK;
}

/* ---- weights ------------------------------------------------------------------------------- */

/* Tensors called linear.weight and the like, as those of step `step`. */
static bl_status add_tensors(bl_tensors *to, const bl_tensors *from, size_t step, bl_error *error)
{
    static const char prefix[] = "linear.";
    for (size_t i = 0; i < from->count; i++) {
        char name[64];
        const bl_tensor *tensor = &from->items[i];
        if (strncmp(tensor->name, prefix, sizeof prefix - 1) != 0) continue;
        const int n =
            snprintf(name, sizeof name, BL_STEP_NAME "%s", step, tensor->name + sizeof prefix - 1);
        if (n >= (int)sizeof name || bl_find(to, name)) continue;
        bl_tensor *added = bl_add_tensor(to, name, (size_t)n);
        if (!added) return bl_no_memory(error, "the model");
        char *kept = added->name;
        *added = *tensor;
        added->name = kept;
    }
    return BL_OK;
}

static bl_status read_weights(const char *folder, const bl_module *module, size_t step,
                              bl_tensors *tensors, bl_sentence_files *files, bl_error *error)
{
    bl_tensors found = { 0 };
    bl_map *map = &files->maps[files->count++];
    bl_status (*read)(const void *, size_t, bl_tensors *, bl_error *) = bl_read_safetensors;
    bl_status status = map_inside(folder, module->path, "model.safetensors", map, error);
    if (status == BL_OK && !map->size) {
        read = bl_read_torch;
        status = map_inside(folder, module->path, "pytorch_model.bin", map, error);
    }
    if (status == BL_OK && !map->size)
        status = bl_fail(error, BL_FILE_ERROR,
                         "%.200s/%s has neither model.safetensors nor pytorch_model.bin; copy the "
                         "model's whole folder.",
                         folder, module->path);
    if (status == BL_OK) status = read(map->data, map->size, &found, error);
    if (status == BL_OK) status = add_tensors(tensors, &found, step, error);
    bl_tensors_free(&found);
    return status;
}

/* ---- the folder ---------------------------------------------------------------------------- */

bl_status bl_read_sentence_folder(const char *folder, bl_tensors *tensors, bl_sentence_files *files,
                                  bl_error *error)
{
    bl_module_list list;
    reader r = { .folder = folder, .error = error };
    bl_status status = bl_read_modules(folder, &list, error);
    if (status != BL_OK || !list.count) return status;
    status = read_settings(&r, &list);
    for (size_t i = 1, step = 0; i < list.count && status == BL_OK; i++) {
        const char *type = list.items[i].type;
        if (!strcmp(type, "Dense"))
            status = read_weights(folder, &list.items[i], step, tensors, files, error);
        step += !strcmp(type, "Dense") || !strcmp(type, "Normalize");
    }
    if (status == BL_OK) status = keep_settings(&r.settings, &tensors->sentence, error);
    bl_map_close(&r.config);
    return status;
}

void bl_close_sentence_files(bl_sentence_files *files)
{
    for (size_t i = 0; i < files->count; i++) bl_map_close(&files->maps[i]);
    files->count = 0;
}

static bl_status refuse_inside(const char *folder, const char *inside, const char *name,
                               const char *file, bl_error *error)
{
    char *directory, *path;
    bl_status status = bl_path_in(folder, inside, &directory, error);
    if (status != BL_OK) return status;
    status = bl_path_in(directory, name, &path, error);
    if (status == BL_OK && bl_is_same_file(file, path))
        status = bl_fail(error, BL_FILE_ERROR,
                         "%.300s is a file that the conversion reads, and would be lost; write to "
                         "another name.",
                         file);
    if (status != BL_MEMORY_ERROR) bl_free(path);
    bl_free(directory);
    return status;
}

bl_status bl_refuse_sentence_file(const char *folder, const char *file, bl_error *error)
{
    static const char *const names[] = {
        "modules.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "config.json",
        "model.safetensors",
        "pytorch_model.bin",
        "tokenizer.json",
        "vocab.txt",
        "added_tokens.json",
        "special_tokens_map.json",
        "tokenizer_config.json",
    };
    bl_module_list list;
    bl_status status = bl_read_modules(folder, &list, error);
    for (size_t m = 0; m < list.count && status == BL_OK; m++)
        for (size_t i = 0; i < sizeof names / sizeof *names && status == BL_OK; i++)
            status = refuse_inside(folder, list.items[m].path, names[i], file, error);
    return status;
}
