/* delta.h: a converted file that stands on another: it holds an encoder's layers and a
 * head, and takes the embeddings and the tokenizer from the base that it was trained on. */
#ifndef BL_DELTA_H
#define BL_DELTA_H

#include "../platform.h"
#include "tensors.h"

/* The tensors of a base that a file standing on it does without. */
int bl_is_shared(const char *name);

/* The base that `of`, read from the file at path, names: from the same folder, or else from
 * `otherwise` (a file, or NULL). The map is open and *base is filled on success. */
bl_status bl_open_base(const bl_tensors *of, const char *path, const char *otherwise, bl_map *map,
                       bl_tensors *base, bl_error *error);

/* Add the base's shared tensors to those of a file that stands on it. */
int bl_share(bl_tensors *to, const bl_tensors *base);
#endif
