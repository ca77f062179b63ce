/* json.h: a strict pull reader. It allocates nothing, and never reads past its end.
 *
 *     bl_json j = bl_json_start(text, size);
 *     if (bl_json_open(&j, '{'))
 *         while (bl_json_key(&j, &key)) ... read or bl_json_skip the value ...
 *     if (!bl_json_finished(&j)) ... malformed ...
 *
 * After the first error every call fails, so it is enough to ask at the end. */
#ifndef BL_JSON_H
#define BL_JSON_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const unsigned char *at, *end;
    int depth, first, bad;
} bl_json;

/* The raw inside of a string: escapes are checked but not yet resolved. */
typedef struct {
    const char *text;
    size_t size;
    int escaped;
} bl_json_string;

bl_json bl_json_start(const void *text, size_t size);
int bl_json_peek(bl_json *j);                     /* first byte of the next value, or 0 */
int bl_json_open(bl_json *j, char bracket);       /* '{' or '[' */
int bl_json_key(bl_json *j, bl_json_string *key); /* next key, or 0 at '}' */
int bl_json_item(bl_json *j);                     /* another item, or 0 at ']' */
int bl_json_text(bl_json *j, bl_json_string *s);
int bl_json_number(bl_json *j, double *value);
int bl_json_size(bl_json *j, uint64_t *value);  /* a whole number, 0 or more */
int bl_json_word(bl_json *j, const char *word); /* true, false or null, if it is next */
int bl_json_skip(bl_json *j);
int bl_json_finished(bl_json *j); /* all read, all well formed */

int bl_json_is(bl_json_string s, const char *word);
/* The text with escapes resolved, as UTF-8, NUL-terminated; 0 if it does not fit. */
int bl_json_copy(bl_json_string s, char *out, size_t capacity);
#endif
