/* arrow.h: texts of an array in Arrow's C data interface, where they lie. */
#ifndef BL_ARROW_H
#define BL_ARROW_H

#include "../error.h"

/* The three structures of the interface: names of their own, the layout of the standard. */
typedef struct bl_arrow_schema {
    const char *format, *name, *metadata;
    int64_t flags, child_count;
    struct bl_arrow_schema **children, *dictionary;
    void (*release)(struct bl_arrow_schema *);
    void *own;
} bl_arrow_schema;

typedef struct bl_arrow_array {
    int64_t length, null_count, offset, buffer_count, child_count;
    const void **buffers;
    struct bl_arrow_array **children, *dictionary;
    void (*release)(struct bl_arrow_array *);
    void *own;
} bl_arrow_array;

typedef struct bl_arrow_stream {
    int (*get_schema)(struct bl_arrow_stream *, bl_arrow_schema *);
    int (*get_next)(struct bl_arrow_stream *, bl_arrow_array *);
    const char *(*get_last_error)(struct bl_arrow_stream *);
    void (*release)(struct bl_arrow_stream *);
    void *own;
} bl_arrow_stream;

/* Where the array's texts are, in out[array->length]; data is NULL for a null. They stay in the
 * array. Offsets and UTF-8 are checked; that its buffers are as large as its offsets say is the
 * producer's promise, as the interface does not tell their sizes. */
bl_status bl_arrow_texts(const bl_arrow_schema *schema, const bl_arrow_array *array, bl_bytes *out,
                         bl_error *error);
#endif
