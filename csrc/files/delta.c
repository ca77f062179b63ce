#include "delta.h"
#include "../memory.h"
#include "../error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bl_is_shared(const char *name) { return strstr(name, "embeddings.") != NULL; }

/* 1 if the file at path is there and is the base; then it stays open. *seen says that something was there. */
static int try_base(const bl_tensors *of, const char *path, bl_map *map, bl_tensors *base,
                    int *seen)
{
    if (!bl_is_file(path) || !bl_map_open(map, path)) return 0;
    *seen = 1;
    if (bl_read_safetensors(map->data, map->size, base, NULL) == BL_OK) {
        if (base->converted && base->id && of->base_id && !base->base &&
            !strcmp(base->id, of->base_id))
            return 1;
        bl_tensors_free(base);
    }
    bl_map_close(map);
    return 0;
}

bl_status bl_open_base(const bl_tensors *of, const char *path, const char *otherwise, bl_map *map,
                       bl_tensors *base, bl_error *error)
{
    int seen = 0;
    size_t folder = 0;
    if (!of->base[0] || strpbrk(of->base, "/\\:")) /* a name, never a way out of the folder */
        return bl_fail(error, BL_FILE_ERROR,
                       "%.300s names no proper file as its base; convert it again.", path);
    for (size_t i = 0; path[i]; i++)
        if (path[i] == '/' || path[i] == '\\') folder = i + 1;
    const size_t capacity = folder + strlen(of->base) + 1;
    char *beside = bl_malloc(capacity);
    if (!beside) return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the model.");
    snprintf(beside, capacity, "%.*s%s", (int)folder, path, of->base);
    const int found = try_base(of, beside, map, base, &seen) ||
                      (otherwise && try_base(of, otherwise, map, base, &seen));
    bl_free(beside);
    if (found) return BL_OK;
    return bl_fail(error, BL_FILE_ERROR,
                   "%.200s stands on %.60s, %s; put the file that it was made with beside it.",
                   path, of->base, seen ? "but the one found is another" : "which was not found");
}

int bl_share(bl_tensors *to, const bl_tensors *base)
{
    for (size_t i = 0; i < base->count; i++) {
        const bl_tensor *from = &base->items[i];
        if (!bl_is_shared(from->name) || bl_find(to, from->name)) continue;
        bl_tensor *t = bl_add_tensor(to, from->name, strlen(from->name));
        if (!t) return 0;
        char *name = t->name;
        *t = *from;
        t->name = name;
    }
    return 1;
}
