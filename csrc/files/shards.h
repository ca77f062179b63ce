/* shards.h: checkpoints whose tensors are in several files, which an index names. */
#ifndef BL_SHARDS_H
#define BL_SHARDS_H

#include "tensors.h"

/* Reads one file's bytes. */
typedef bl_status (*bl_tensor_reader)(const void *data, size_t size, bl_tensors *out,
                                      bl_error *error);

/* The tensors of all files that the index in the folder names. *out keeps the files mapped, and
 * has to be freed on failure too. */
bl_status bl_read_shards(const char *folder, const char *index, bl_tensor_reader read,
                         bl_tensors *out, bl_error *error);
#endif
