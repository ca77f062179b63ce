/* labels.h: the names of labels, from config.json. */
#ifndef BL_LABELS_H
#define BL_LABELS_H

#include "builder.h"

/* Fills in the model's label_names for its info.labels labels. */
bl_status bl_build_label_names(bl_builder *b);
#endif
