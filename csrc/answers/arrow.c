/* arrow.c: texts of an array in Arrow's C data interface. Formats are those of its standard. */
#include "arrow.h"

#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../tokenizer/unicode.h"

enum {
    OFFSET_BUFFERS = 3, /* validity, offsets, bytes */
    VIEW_BUFFERS = 3,   /* validity, views, any number of bytes, the sizes of these */
    VIEW = 16,          /* bytes: a size, and then the text, or its beginning and where it is */
    LONGEST_INSIDE = 12
};

static bl_status bad_array(bl_error *error, const char *what)
{
    return bl_fail(error, BL_INPUT_ERROR,
                   "the Arrow array is damaged: %s; write it again with the library that made it.",
                   what);
}

static int is_null(const bl_arrow_array *a, int64_t i)
{
    const uint8_t *valid = a->buffer_count ? a->buffers[0] : NULL;
    i += a->offset;
    return a->null_count && valid && !(valid[i >> 3] >> (i & 7) & 1);
}

static int is_utf8(const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + size;
    while (p < end) {
        uint64_t eight;
        if (end - p >= 8) {
            memcpy(&eight, p, 8);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                p += 8;
                continue;
            }
        }
        uint32_t c;
        const unsigned n = bl_decode(p, end, &c);
        if (n == 1 && c == 0xFFFD) return 0;
        p += n;
    }
    return 1;
}

/* `size` bytes at an address: a text, if they are UTF-8. A text without bytes needs no address. */
static bl_status put_text(const void *at, int64_t size, int64_t row, bl_bytes *out, bl_error *error)
{
    if (size && !at) return bad_array(error, "the buffer of its texts is missing");
    *out = (bl_bytes){ size ? at : "", (size_t)size };
    if (is_utf8(out->data, out->size)) return BL_OK;
    return bl_fail(error, BL_INPUT_ERROR,
                   "row %lld is not UTF-8; decode the texts from their own encoding first.",
                   (long long)row);
}

static int64_t integer(const void *values, int64_t i, int size, int is_signed)
{
    const char *p = (const char *)values + i * size;
    union {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
    } v;
    memcpy(&v, p, (size_t)size);
    switch (size) {
    case 1: return is_signed ? (int64_t)v.i8 : (int64_t)v.u8;
    case 2: return is_signed ? (int64_t)v.i16 : (int64_t)v.u16;
    case 4: return is_signed ? (int64_t)v.i32 : (int64_t)v.u32;
    default: return v.i64; /* unsigned ones are negative where they are too large */
    }
}

/* Texts one after the other, each from one offset to the next. */
static bl_status with_offsets(const bl_arrow_array *a, int size, bl_bytes *out, bl_error *error)
{
    const void *offsets = a->buffers[1];
    const char *bytes = a->buffers[2];
    if (!offsets) return bad_array(error, "its offsets are missing");
    int64_t end = integer(offsets, a->offset, size, 1);
    for (int64_t i = 0; i < a->length; i++) {
        const int64_t start = end;
        end = integer(offsets, a->offset + i + 1, size, 1);
        if (start < 0 || end < start || end > PTRDIFF_MAX)
            return bad_array(error, "its offsets do not ascend");
        if (is_null(a, i)) continue;
        const bl_status status =
            put_text(bytes ? bytes + start : NULL, end - start, i, out + i, error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* Texts anywhere in several buffers, the short ones in the views themselves. */
static bl_status with_views(const bl_arrow_array *a, bl_bytes *out, bl_error *error)
{
    const char *views = a->buffers[1];
    const int64_t others = a->buffer_count - VIEW_BUFFERS;
    const void *sizes = a->buffers[a->buffer_count - 1];
    if (!views || (others && !sizes)) return bad_array(error, "its views are missing");
    for (int64_t i = 0; i < a->length; i++) {
        const char *view = views + (a->offset + i) * VIEW;
        int32_t size, buffer, start;
        if (is_null(a, i)) continue;
        memcpy(&size, view, 4);
        memcpy(&buffer, view + 8, 4);
        memcpy(&start, view + 12, 4);
        if (size < 0) return bad_array(error, "a text has less than no bytes");
        const char *at = view + 4;
        if (size > LONGEST_INSIDE) {
            if (buffer < 0 || buffer >= others || start < 0 ||
                (int64_t)start + size > integer(sizes, buffer, 8, 1) || !a->buffers[2 + buffer])
                return bad_array(error, "a text is outside of its buffer");
            at = (const char *)a->buffers[2 + buffer] + start;
        }
        const bl_status status = put_text(at, size, i, out + i, error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}

/* Each row is the number of a text in another array. */
static bl_status with_dictionary(const bl_arrow_schema *schema, const bl_arrow_array *a,
                                 bl_bytes *out, bl_error *error)
{
    static const char formats[] = "cCsSiIlL"; /* signed and unsigned, of 1, 2, 4 and 8 bytes */
    const char *format = schema->format, *kind = NULL;
    if (format && format[0] && !format[1]) kind = strchr(formats, format[0]);
    if (!kind) return bad_array(error, "its numbers of texts are no integers");
    const int size = 1 << (kind - formats) / 2, is_signed = (kind - formats) % 2 == 0;
    const bl_arrow_array *texts = a->dictionary;
    if (!texts || texts->length < 0 || schema->dictionary->dictionary ||
        texts->length > (int64_t)(PTRDIFF_MAX / sizeof(bl_bytes)))
        return bad_array(error, "its dictionary is missing");
    if (!a->buffers[1]) return bad_array(error, "its numbers of texts are missing");
    bl_bytes *all = bl_malloc((size_t)texts->length * sizeof *all + 1);
    if (!all) return bl_no_memory(error, "the dictionary of an Arrow array");
    bl_status status = bl_arrow_texts(schema->dictionary, texts, all, error);
    for (int64_t i = 0; i < a->length && status == BL_OK; i++) {
        if (is_null(a, i)) continue;
        const int64_t n = integer(a->buffers[1], a->offset + i, size, is_signed);
        if (n < 0 || n >= texts->length)
            status = bad_array(error, "a number is not one of a text in the dictionary");
        else out[i] = all[n];
    }
    bl_free(all);
    return status;
}

static bl_status no_texts(const char *format, bl_error *error)
{
    if (format[0] == '+' && format[1] == 's')
        return bl_fail(error, BL_INPUT_ERROR,
                       "this is a table, and which column holds the texts is not known; give one "
                       "column.");
    return bl_fail(error, BL_INPUT_ERROR,
                   "the Arrow array has the format '%.20s'; expected strings (string, "
                   "large_string, string_view, or a dictionary of them).",
                   format);
}

bl_status bl_arrow_texts(const bl_arrow_schema *schema, const bl_arrow_array *array, bl_bytes *out,
                         bl_error *error)
{
    const char *format = schema->format ? schema->format : "";
    const int is_dictionary = schema->dictionary != NULL, no_values = !strcmp(format, "n"),
              view = !strcmp(format, "vu"), large = !strcmp(format, "U");
    const int64_t least = no_values ? 0 : is_dictionary ? 2 : view ? VIEW_BUFFERS : OFFSET_BUFFERS;
    if (!is_dictionary && !no_values && !view && !large && strcmp(format, "u") != 0)
        return no_texts(format, error);
    if (array->length < 0 || array->offset < 0 || array->length > INT64_MAX / VIEW - array->offset)
        return bad_array(error, "its length is impossible");
    for (int64_t i = 0; i < array->length; i++) out[i] = (bl_bytes){ NULL, 0 };
    if (no_values || !array->length) return BL_OK;
    if (array->buffer_count < least || !array->buffers)
        return bad_array(error, "buffers are missing");
    if (is_dictionary) return with_dictionary(schema, array, out, error);
    return view ? with_views(array, out, error) : with_offsets(array, large ? 8 : 4, out, error);
}
