/* sentence_folder.h: reads what a folder of sentence-transformers has besides an encoder. */
#ifndef BL_SENTENCE_FOLDER_H
#define BL_SENTENCE_FOLDER_H

#include "../files/modules.h"
#include "../files/tensors.h"
#include "../platform.h"

/* Files that tensors point into. */
typedef struct {
    bl_map maps[BL_MOST_MODULES];
    size_t count;
} bl_sentence_files;

/* Sets tensors->sentence to the settings, and adds the tensors of Dense modules. Neither, if the
 * folder has no modules.json. The files stay open, whether it failed or not. */
bl_status bl_read_sentence_folder(const char *folder, bl_tensors *tensors, bl_sentence_files *files,
                                  bl_error *error);
void bl_close_sentence_files(bl_sentence_files *files);

/* An error if `file` is one of those that make up the model. */
bl_status bl_refuse_sentence_file(const char *folder, const char *file, bl_error *error);
#endif
