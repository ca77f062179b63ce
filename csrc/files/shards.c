#include "shards.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "json.h"

enum { NAME_SIZE = 128, MOST_FILES = 1024 };

typedef struct {
    char (*names)[NAME_SIZE];
    size_t count, capacity;
} names;

/* Adds a file's name, unless it is there. */
static bl_status add_name(names *n, const char *name, bl_error *error)
{
    for (size_t i = n->count; i-- > 0;) /* an index names most files many times in a row */
        if (!strcmp(n->names[i], name)) return BL_OK;
    if (n->count == MOST_FILES)
        return bl_fail(error, BL_FILE_ERROR,
                       "the index names more than %d files; save the model with a larger "
                       "max_shard_size.",
                       MOST_FILES);
    if (n->count == n->capacity) {
        const size_t capacity = n->capacity ? 2 * n->capacity : 8;
        char (*more)[NAME_SIZE] = bl_realloc(n->names, capacity * sizeof *more);
        if (!more) return bl_no_memory(error, "the index");
        n->names = more;
        n->capacity = capacity;
    }
    memcpy(n->names[n->count++], name, strlen(name) + 1); /* shorter than NAME_SIZE */
    return BL_OK;
}

static bl_status read_weight_map(bl_json *j, names *out, bl_error *error)
{
    bl_json_string key, value;
    char name[NAME_SIZE];
    bl_status status = BL_OK;
    bl_json_open(j, '{');
    while (status == BL_OK && bl_json_key(j, &key)) {
        if (!bl_json_text(j, &value)) break;
        if (!bl_json_copy(value, name, sizeof name) || !name[0] || name[0] == '.' ||
            strpbrk(name, "/\\:")) /* never a way out of the folder */
            return bl_fail(error, BL_FILE_ERROR,
                           "the index names a file by something other than a plain file name; "
                           "download it again.");
        status = add_name(out, name, error);
    }
    return status;
}

static bl_status read_index(const char *path, names *out, bl_error *error)
{
    bl_map map = { 0 };
    bl_json_string key;
    bl_status status = bl_map_file(&map, path, error);
    if (status != BL_OK) return status;
    bl_json j = bl_json_start(map.data, map.size);
    bl_json_open(&j, '{');
    while (status == BL_OK && bl_json_key(&j, &key)) {
        if (bl_json_is(key, "weight_map") && bl_json_peek(&j) == '{')
            status = read_weight_map(&j, out, error);
        else bl_json_skip(&j);
    }
    if (status == BL_OK && (!bl_json_finished(&j) || !out->count))
        status = bl_fail(error, BL_FILE_ERROR,
                         "%.300s is not an index of a model's files; download it again.", path);
    bl_map_close(&map);
    return status;
}

/* The file stays mapped as long as the tensors that point into it. */
static bl_status keep_map(bl_tensors *out, const bl_map *map, bl_error *error)
{
    bl_map *maps = bl_realloc(out->maps, (out->map_count + 1) * sizeof *maps);
    if (!maps) return bl_no_memory(error, "the model");
    out->maps = maps;
    out->maps[out->map_count++] = *map;
    return BL_OK;
}

static bl_status add_tensors(bl_tensors *out, const bl_tensors *part, bl_error *error)
{
    for (size_t i = 0; i < part->count; i++) {
        const bl_tensor *from = &part->items[i];
        bl_tensor *t = bl_add_tensor(out, from->name, strlen(from->name));
        if (!t) return bl_no_memory(error, "the model");
        char *name = t->name;
        *t = *from;
        t->name = name;
    }
    return BL_OK;
}

static bl_status read_file(const char *path, bl_tensor_reader read, bl_tensors *out,
                           bl_error *error)
{
    bl_map map = { 0 };
    bl_tensors part = { 0 };
    bl_status status = bl_map_file(&map, path, error);
    if (status != BL_OK) return status;
    status = keep_map(out, &map, error);
    if (status != BL_OK) {
        bl_map_close(&map);
        return status;
    }
    status = read(map.data, map.size, &part, error);
    if (status != BL_OK) return status;
    status = add_tensors(out, &part, error);
    bl_tensors_free(&part);
    return status;
}

bl_status bl_read_shards(const char *folder, const char *index, bl_tensor_reader read,
                         bl_tensors *out, bl_error *error)
{
    names files = { 0 };
    const size_t size = strlen(folder) + NAME_SIZE + 1;
    char *path = bl_malloc(size);
    if (!path) return bl_no_memory(error, "the path");
    snprintf(path, size, "%s/%s", folder, index);
    bl_status status = read_index(path, &files, error);
    for (size_t i = 0; i < files.count && status == BL_OK; i++) {
        snprintf(path, size, "%s/%s", folder, files.names[i]);
        status = read_file(path, read, out, error);
    }
    bl_free(files.names);
    bl_free(path);
    return status;
}
