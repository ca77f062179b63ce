/* modules.h: modules.json, where sentence-transformers lists the parts of a model: the encoder, and
 * what makes one vector of its hidden states. */
#ifndef BL_MODULES_H
#define BL_MODULES_H

#include "bertlite.h"

enum { BL_MOST_MODULES = 16, BL_MODULE_NAME_SIZE = 96 };

typedef struct {
    char type[BL_MODULE_NAME_SIZE]; /* "Pooling"; of a class that is not theirs, the whole name */
    char path[BL_MODULE_NAME_SIZE]; /* of its folder inside the model's; "" for that itself */
} bl_module;

typedef struct {
    bl_module items[BL_MOST_MODULES];
    size_t count;
} bl_module_list;

/* folder/name in new memory. */
bl_status bl_path_in(const char *folder, const char *name, char **out, bl_error *error);

/* A folder's list. count is 0 if the folder has no modules.json. */
bl_status bl_read_modules(const char *folder, bl_module_list *out, bl_error *error);

/* The folder that the encoder and its tokenizer are in, in new memory: the model's, or one inside
 * it that modules.json names. A list that cannot be read names none. */
bl_status bl_find_encoder_folder(const char *folder, char **out, bl_error *error);
#endif
