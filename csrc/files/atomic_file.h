/* atomic_file.h: writes a file so that it appears whole or not at all. The bytes go to a temporary
 * file in the same folder, reach the disk, and then the file is renamed: until then an older file
 * of that name stays, and whoever has it open or mapped keeps it.
 *
 *     bl_atomic_file f;
 *     status = bl_atomic_open(&f, path, error);
 *     if (status == BL_OK) status = bl_atomic_write(&f, data, size, error);  (and so on)
 *     then bl_atomic_commit(&f, error), or bl_atomic_abandon(&f) where a write failed.
 *
 * A symbolic link stays, and what it points to is replaced. Devices, pipes and sockets are written
 * directly. The file's permissions are those that fopen would give it. */
#ifndef BL_ATOMIC_FILE_H
#define BL_ATOMIC_FILE_H

#include <stdint.h>

#include "bertlite.h"

typedef struct {
    intptr_t handle;
    char *target;
    char *temporary; /* NULL: written directly */
} bl_atomic_file;

/* After a failure there is nothing to close. */
bl_status bl_atomic_open(bl_atomic_file *f, const char *path, bl_error *error);
bl_status bl_atomic_write(bl_atomic_file *f, const void *data, size_t size, bl_error *error);
/* Closes f in any case; after a failure nothing has changed. */
bl_status bl_atomic_commit(bl_atomic_file *f, bl_error *error);
void bl_atomic_abandon(bl_atomic_file *f);
#endif
