/* json_writer.h: writes JSON into a buffer, or only counts its size.
 *
 *     bl_json_writer w = bl_json_writer_start(out, capacity);
 *     bl_json_begin(&w, '{');
 *     bl_json_write_key(&w, "name");
 *     bl_json_write_string(&w, text, size);
 *     bl_json_end(&w, '}');
 *     if (w.size > capacity) ... it did not fit: write again with w.size bytes ...
 *
 * Commas are put where they belong. */
#ifndef BL_JSON_WRITER_H
#define BL_JSON_WRITER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *out;
    size_t capacity, size; /* size: of all that was written, whether it fitted or not */
    int comma;             /* the next value or key needs one before it */
} bl_json_writer;

bl_json_writer bl_json_writer_start(char *out, size_t capacity);
void bl_json_begin(bl_json_writer *w, char bracket); /* '{' or '[' */
void bl_json_end(bl_json_writer *w, char bracket);   /* '}' or ']' */
void bl_json_write_key(bl_json_writer *w, const char *key);
void bl_json_write_sized_key(bl_json_writer *w, const char *key, size_t size);
void bl_json_write_string(bl_json_writer *w, const char *text, size_t size);
void bl_json_write_text(bl_json_writer *w, const char *text); /* NUL-terminated; NULL: null */
void bl_json_write_number(bl_json_writer *w, int64_t value);
void bl_json_write_bool(bl_json_writer *w, int value);
void bl_json_write_null(bl_json_writer *w);
void bl_json_write_raw(bl_json_writer *w, const char *json, size_t size); /* a value as it is */
#endif
