/* delta.h: a delta file is a converted file that holds an encoder's layers and a head, and shares
 * the embeddings and the tokenizer of the base file that its model was trained on. */
#ifndef BL_DELTA_H
#define BL_DELTA_H

#include "../platform.h"
#include "tensors.h"

/* Whether a delta file shares the tensor of this name with its base file. */
int bl_is_shared(const char *name);

/* Opens the base file of a delta file, whose tensors were read from the file at path. It is
 * looked for in the same folder, then at base_path (or NULL). On success the map is open and
 * *base is filled. */
bl_status bl_open_base(const bl_tensors *delta, const char *path, const char *base_path,
                       bl_map *map, bl_tensors *base, bl_error *error);

/* Adds the shared tensors of a base file to those of its delta file. */
bl_status bl_share_tensors(bl_tensors *delta, const bl_tensors *base, bl_error *error);
#endif
