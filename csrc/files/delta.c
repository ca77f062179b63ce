#include "delta.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"

int bl_is_shared(const char *name) { return strstr(name, "embeddings.") != NULL; }

static int is_base_of(const bl_tensors *base, const bl_tensors *delta)
{
    return base->converted && !base->base && base->id && delta->base_id &&
           !strcmp(base->id, delta->base_id);
}

/* *found: whether the file at path is the base file; then it stays open. *seen: whether there is
 * a file at all. Whatever cannot be read as a base file is another one. */
static bl_status try_base(const bl_tensors *delta, const char *path, bl_map *map, bl_tensors *base,
                          int *seen, int *found, bl_error *error)
{
    *found = 0;
    if (!bl_is_file(path)) return BL_OK;
    bl_status status = bl_map_file(map, path, error);
    if (status != BL_OK) return status == BL_MEMORY_ERROR ? status : BL_OK;
    *seen = 1;
    status = bl_read_safetensors(map->data, map->size, base, error);
    if (status == BL_OK && is_base_of(base, delta)) {
        *found = 1;
        return BL_OK;
    }
    if (status == BL_OK) bl_tensors_free(base);
    bl_map_close(map);
    return status == BL_MEMORY_ERROR ? status : BL_OK;
}

/* The path of the file called `name` in the folder of the file at `path`. */
static char *beside(const char *path, const char *name)
{
    size_t folder = 0;
    for (size_t i = 0; path[i]; i++)
        if (path[i] == '/' || path[i] == '\\') folder = i + 1;
    const size_t size = strlen(name) + 1;
    char *full = bl_malloc(folder + size);
    if (!full) return NULL;
    memcpy(full, path, folder);
    memcpy(full + folder, name, size);
    return full;
}

bl_status bl_open_base(const bl_tensors *delta, const char *path, const char *base_path,
                       bl_map *map, bl_tensors *base, bl_error *error)
{
    int seen = 0, found = 0;
    if (!delta->base[0] || strpbrk(delta->base, "/\\:")) /* never a way out of the folder */
        return bl_fail(error, BL_FILE_ERROR,
                       "%.300s names its base file by something other than a plain file name; "
                       "convert it again.",
                       path);
    char *near = beside(path, delta->base);
    if (!near) return bl_no_memory(error, "the model");
    bl_status status = try_base(delta, near, map, base, &seen, &found, error);
    bl_free(near);
    if (status == BL_OK && !found && base_path)
        status = try_base(delta, base_path, map, base, &seen, &found, error);
    if (status != BL_OK || found) return status;
    return bl_fail(error, BL_FILE_ERROR,
                   "%.200s is a delta file of %.60s, %s; put the base file that it was made with "
                   "beside it.",
                   path, delta->base,
                   seen ? "but the one found is another" : "which was not found");
}

bl_status bl_share_tensors(bl_tensors *delta, const bl_tensors *base, bl_error *error)
{
    for (size_t i = 0; i < base->count; i++) {
        const bl_tensor *from = &base->items[i];
        if (!bl_is_shared(from->name) || bl_find(delta, from->name)) continue;
        bl_tensor *t = bl_add_tensor(delta, from->name, strlen(from->name));
        if (!t) return bl_no_memory(error, "the model");
        char *name = t->name;
        *t = *from;
        t->name = name;
    }
    return BL_OK;
}
