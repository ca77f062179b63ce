/* open.h: opening a model for conversion. */
#ifndef BL_OPEN_H
#define BL_OPEN_H

#include "model.h"
#include "writer.h"

/* A Hugging Face folder's model in int8. Whatever is read goes to the writer too. */
bl_model *bl_open_for_conversion(const char *folder, bl_writer *writer, bl_error *error);
#endif
