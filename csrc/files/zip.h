/* zip.h: the members of a ZIP archive that are stored, not compressed, as torch.save writes it. */
#ifndef BL_ZIP_H
#define BL_ZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const unsigned char *data;
    size_t size;
    const unsigned char *directory; /* the central directory */
    size_t directory_size;
} bl_zip;

typedef struct {
    const unsigned char *name, *bytes;
    size_t name_size, size;
} bl_zip_member;

int bl_is_zip(const void *data, size_t size);

/* 0 if the archive is broken. */
int bl_zip_open(bl_zip *z, const void *data, size_t size);

/* The member at *at of the central directory (0: the first), and *at of the next one. 0 behind
 * the last, and where the archive is broken or the member compressed; only behind the last is *at
 * z->directory_size. */
int bl_zip_next(const bl_zip *z, size_t *at, bl_zip_member *out);
#endif
