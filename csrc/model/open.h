/* open.h: opening a model to write it in another form. */
#ifndef BL_OPEN_H
#define BL_OPEN_H

#include "model.h"
#include "writer.h"

/* A Hugging Face folder's model in int8. Whatever is read goes to the writer too. */
bl_model *bl_open_for_conversion(const char *folder, bl_writer *writer, bl_error *error);

/* As bl_open_with_base in int8, but packed for plain C, whatever this machine has. */
bl_model *bl_open_for_flash(const char *path, const char *base, bl_error *error);
#endif
