/* labels.h: the names of labels, from config.json. */
#ifndef BL_LABELS_H
#define BL_LABELS_H

#include "model.h"

/* Zeroed memory that lives as long as the model; NULL without memory. */
typedef void *(*bl_model_memory)(bl_model *model, size_t size);

/* Fills in m->label_names for m->info.labels labels; 0 without memory. */
int bl_read_label_names(bl_model *m, bl_model_memory take);
#endif
