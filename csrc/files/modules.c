#include "modules.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../platform.h"
#include "json.h"

#define PACKAGE "sentence_transformers."

bl_status bl_path_in(const char *folder, const char *name, char **out, bl_error *error)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    *out = bl_malloc(size);
    if (!*out) return bl_no_memory(error, "the path");
    if (*name) snprintf(*out, size, "%s/%s", folder, name);
    else snprintf(*out, size, "%s", folder);
    return BL_OK;
}

/* The class of a module of sentence-transformers: what follows the last dot. */
static void shorten_type(char *type)
{
    const char *dot = strrchr(type, '.');
    if (strncmp(type, PACKAGE, sizeof PACKAGE - 1) != 0) return;
    memmove(type, dot + 1, strlen(dot + 1) + 1);
}

/* A folder directly inside the model's: a file from elsewhere must not lead to any other. */
static int is_plain_name(const char *path) { return path[0] != '.' && !strpbrk(path, "/\\:"); }

static int read_module(bl_json *j, bl_module *out)
{
    bl_json_string key, value;
    int typed = 0;
    memset(out, 0, sizeof *out);
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        char *text = bl_json_is(key, "type")   ? out->type
                     : bl_json_is(key, "path") ? out->path
                                               : NULL;
        if (!text) {
            bl_json_skip(j);
            continue;
        }
        if (!bl_json_text(j, &value) || !bl_json_copy(value, text, BL_MODULE_NAME_SIZE)) return 0;
        typed |= text == out->type;
    }
    shorten_type(out->type);
    return typed && !j->bad && is_plain_name(out->path);
}

static int parse(const void *data, size_t size, bl_module_list *out)
{
    bl_json j = bl_json_start(data, size);
    if (!bl_json_open(&j, '[')) return 0;
    while (bl_json_item(&j)) {
        if (out->count == BL_MOST_MODULES || !read_module(&j, &out->items[out->count])) return 0;
        out->count++;
    }
    return bl_json_finished(&j);
}

bl_status bl_read_modules(const char *folder, bl_module_list *out, bl_error *error)
{
    bl_map map = { 0 };
    char *path;
    memset(out, 0, sizeof *out);
    bl_status status = bl_path_in(folder, "modules.json", &path, error);
    if (status != BL_OK) return status;
    if (bl_is_file(path)) {
        status = bl_map_file(&map, path, error);
        if (status == BL_OK && !parse(map.data, map.size, out)) {
            out->count = 0;
            status = bl_fail(error, BL_FILE_ERROR,
                             "%.300s is not a list of up to %d modules, each with a type and the "
                             "name of a folder beside it; copy the model's folder again.",
                             path, BL_MOST_MODULES);
        }
        bl_map_close(&map);
    }
    bl_free(path);
    return status;
}

bl_status bl_find_encoder_folder(const char *folder, char **out, bl_error *error)
{
    bl_module_list list;
    bl_status status = bl_read_modules(folder, &list, NULL);
    if (status == BL_MEMORY_ERROR) return bl_no_memory(error, "the list of modules");
    status = bl_path_in(folder, list.count ? list.items[0].path : "", out, error);
    if (status != BL_OK || bl_is_folder(*out)) return status;
    bl_free(*out);
    return bl_path_in(folder, "", out, error);
}
