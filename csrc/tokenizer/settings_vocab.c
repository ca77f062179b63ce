/* settings_vocab.c: reads a vocab.txt, one word piece a line. */
#include "../error.h"
#include "../memory.h"
#include "settings.h"
#include "unicode.h"

static size_t count_lines(const char *text, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    return lines;
}

bl_status bl_settings_read_vocab(bl_settings *s, const char *text, size_t size, bl_error *error)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t line = 0; /* where it begins */
    if (size > INT32_MAX)
        return bl_fail(error, BL_FILE_ERROR, "the vocab.txt has %zu bytes; up to %ld can be used.",
                       size, (long)INT32_MAX);
    s->entry_capacity = count_lines(text, size);
    s->entries = bl_malloc(s->entry_capacity * sizeof *s->entries);
    if (!s->entries) return bl_no_memory(error, "the vocabulary");
    for (size_t at = 0; at < size;) {
        uint32_t c;
        const unsigned n = bl_decode(p + at, p + size, &c);
        if (n == 1 && c == 0xFFFD)
            return bl_fail(error, BL_FILE_ERROR,
                           "the vocab.txt is not UTF-8: line %zu; save it in that encoding.",
                           s->entry_count + 1);
        at += n;
        if (c != '\n' && at < size) continue;
        const size_t end = c == '\n' ? at - 1 : at;
        /* transformers strips all kinds of spaces from the end of a line. */
        const size_t kept = bl_skip_spaces_back(p + line, end - line);
        const bl_status status =
            bl_settings_add_entry(s, text + line, kept, (uint32_t)s->entry_count, error);
        if (status != BL_OK) return status;
        line = at;
    }
    if (!s->entry_count)
        return bl_fail(error, BL_FILE_ERROR,
                       "the vocab.txt is empty; expected one word piece a line.");
    return BL_OK;
}
