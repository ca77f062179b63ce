/* vocabulary_pack.c: a packed vocabulary's block from another vocabulary. */
#include "vocabulary_pack.h"

#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"

static void put32(uint8_t *p, uint32_t n) { memcpy(p, &n, 4); }
static void put16(uint8_t *p, uint32_t n)
{
    p[0] = (uint8_t)n;
    p[1] = (uint8_t)(n >> 8);
}

static int by_text(const void *a, const void *b)
{
    const bl_entry *x = a, *y = b;
    const int order = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static bl_status check(const bl_entry *entries, size_t count, const char *prefix, bl_error *error)
{
    size_t bytes = 0, group = 0;
    for (size_t i = 0; i < count; i++) {
        if (i && entries[i].id / BL_PACKED_GROUP != entries[i - 1].id / BL_PACKED_GROUP) group = 0;
        bytes += entries[i].size;
        group += entries[i].size;
        if (entries[i].id < BL_PACKED_MOST_IDS && group <= UINT16_MAX && bytes <= INT32_MAX &&
            (!i || entries[i].id > entries[i - 1].id))
            continue;
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this vocabulary is beyond what a microcontroller is meant for: ids above "
                       "%d, or word pieces of hundreds of bytes; use a smaller one.",
                       BL_PACKED_MOST_IDS - 1);
    }
    if (strlen(prefix) > BL_PACKED_MOST_PREFIX)
        return bl_fail(error, BL_CONFIG_ERROR, "the prefix of word pieces is too long.");
    return BL_OK;
}

/* Writes the block, but for the ids in the order of their texts. Returns where these belong. */
static uint8_t *write(uint8_t *block, const bl_entry *entries, size_t count, uint32_t ids,
                      const char *prefix)
{
    const size_t groups = ((size_t)ids + BL_PACKED_GROUP - 1) / BL_PACKED_GROUP;
    uint8_t *bases = block + BL_PACKED_HEADER, *ends = bases + 4 * groups,
            *sorted = ends + 2 * (size_t)ids, *texts = sorted + 2 * count;
    uint32_t at = 0, base = 0, longest = 0;
    size_t next = 0;
    for (uint32_t id = 0; id < ids; id++) {
        if (id % BL_PACKED_GROUP == 0) put32(bases + id / BL_PACKED_GROUP * 4, base = at);
        if (next < count && entries[next].id == id) {
            memcpy(texts + at, entries[next].text, entries[next].size);
            at += entries[next].size;
            if (entries[next].size > longest) longest = entries[next].size;
            next++;
        }
        put16(ends + 2 * (size_t)id, at - base);
    }
    put32(block + 4 * BL_PACKED_MAGIC, BL_PACKED_MAGIC_WORD);
    put32(block + 4 * BL_PACKED_IDS, ids);
    put32(block + 4 * BL_PACKED_PIECES, (uint32_t)count);
    put32(block + 4 * BL_PACKED_TEXTS, at);
    put32(block + 4 * BL_PACKED_PREFIX, (uint32_t)strlen(prefix));
    put32(block + 4 * BL_PACKED_LONGEST, longest);
    for (size_t i = 0; prefix[i]; i++) block[BL_PACKED_PREFIX_AT + i] = (uint8_t)prefix[i];
    return sorted;
}

bl_status bl_packed_build(void **block, size_t *size, bl_entry *entries, size_t count,
                          const char *prefix, bl_error *error)
{
    *block = NULL;
    bl_status status = check(entries, count, prefix, error);
    if (status != BL_OK) return status;
    const uint32_t ids = count ? entries[count - 1].id + 1 : 0;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += entries[i].size;
    *size = BL_PACKED_HEADER + 4 * (((size_t)ids + BL_PACKED_GROUP - 1) / BL_PACKED_GROUP) +
            2 * (size_t)ids + 2 * count + bytes;
    *block = bl_calloc(1, *size);
    if (!*block) return bl_no_memory(error, "the vocabulary");
    uint8_t *sorted = write(*block, entries, count, ids, prefix);
    if (count) qsort(entries, count, sizeof *entries, by_text);
    for (size_t i = 0; i < count; i++) put16(sorted + 2 * i, entries[i].id);
    return BL_OK;
}
