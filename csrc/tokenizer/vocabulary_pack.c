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
    int fits = count <= BL_PACKED_MOST_IDS;
    for (size_t i = 0; i < count; i++)
        fits &= entries[i].id < BL_PACKED_MOST_IDS && entries[i].size &&
                entries[i].size <= BL_PACKED_MOST_BYTES;
    if (!fits)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this vocabulary is beyond what a microcontroller is meant for: ids above "
                       "%d, or word pieces of more than %d bytes; use a smaller one.",
                       BL_PACKED_MOST_IDS - 1, BL_PACKED_MOST_BYTES);
    if (strlen(prefix) > BL_PACKED_MOST_PREFIX)
        return bl_fail(error, BL_CONFIG_ERROR, "the prefix of word pieces is too long.");
    return BL_OK;
}

static uint32_t shared_with(const bl_entry *e, const bl_entry *before)
{
    uint32_t same = 0;
    while (same < e->size && same < before->size && e->text[same] == before->text[same]) same++;
    return same;
}

static uint32_t at_most(uint32_t n, uint32_t most) { return n < most ? n : most; }

/* Writes an entry, or only counts its bytes; returns them. */
static size_t write_entry(uint8_t *out, const bl_entry *e, uint32_t shared)
{
    const uint32_t counts[2] = { shared, e->size - shared };
    size_t bytes = 1;
    if (out)
        out[0] = (uint8_t)(at_most(counts[0], BL_PACKED_ESCAPE) << 4 |
                           at_most(counts[1], BL_PACKED_ESCAPE));
    for (int i = 0; i < 2; i++) {
        if (counts[i] < BL_PACKED_ESCAPE) continue;
        if (out) out[bytes] = (uint8_t)(counts[i] - BL_PACKED_ESCAPE);
        bytes++;
    }
    if (out) memcpy(out + bytes, e->text + shared, counts[1]);
    return bytes + counts[1];
}

/* The same for all; out is NULL if they are only counted. */
static size_t write_entries(uint8_t *starts, uint8_t *out, const bl_entry *entries, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const int is_first = i % BL_PACKED_GROUP == 0;
        const uint32_t shared = is_first ? 0 : shared_with(&entries[i], &entries[i - 1]);
        if (out && is_first) put32(starts + 4 * (i / BL_PACKED_GROUP), (uint32_t)at);
        at += write_entry(out ? out + at : NULL, &entries[i], shared);
    }
    return at + at % 2;
}

static void write_ids(uint8_t *ids, uint8_t *ranks, uint32_t id_count, const bl_entry *entries,
                      size_t count)
{
    for (uint32_t id = 0; id < id_count; id++) put16(ranks + 2 * (size_t)id, BL_PACKED_NO_RANK);
    for (size_t i = 0; i < count; i++) {
        put16(ids + 2 * i, entries[i].id);
        put16(ranks + 2 * (size_t)entries[i].id, (uint32_t)i);
    }
}

bl_status bl_packed_build(void **block, size_t *size, bl_entry *entries, size_t count,
                          const char *prefix, int with_ids, bl_error *error)
{
    *block = NULL;
    const bl_status status = check(entries, count, prefix, error);
    if (status != BL_OK) return status;
    if (count) qsort(entries, count, sizeof *entries, by_text);
    uint32_t ids = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        if (with_ids && entries[i].id >= ids) ids = entries[i].id + 1;
        if (entries[i].size > longest) longest = entries[i].size;
    }
    const size_t groups = (count + BL_PACKED_GROUP - 1) / BL_PACKED_GROUP,
                 bytes = write_entries(NULL, NULL, entries, count);
    *size = BL_PACKED_HEADER + 4 * groups + bytes + (ids ? 2 * (count + ids) : 0);
    uint8_t *const out = bl_calloc(1, *size);
    if (!out) return bl_no_memory(error, "the vocabulary");
    *block = out;
    put32(out + 4 * BL_PACKED_MAGIC, BL_PACKED_MAGIC_WORD);
    put32(out + 4 * BL_PACKED_IDS, ids);
    put32(out + 4 * BL_PACKED_PIECES, (uint32_t)count);
    put32(out + 4 * BL_PACKED_ENTRIES, (uint32_t)bytes);
    put32(out + 4 * BL_PACKED_PREFIX, (uint32_t)strlen(prefix));
    put32(out + 4 * BL_PACKED_LONGEST, longest);
    for (size_t i = 0; prefix[i]; i++) out[BL_PACKED_PREFIX_AT + i] = (uint8_t)prefix[i];
    uint8_t *starts = out + BL_PACKED_HEADER, *texts = starts + 4 * groups;
    write_entries(starts, texts, entries, count);
    if (ids) write_ids(texts + bytes, texts + bytes + 2 * count, ids, entries, count);
    return BL_OK;
}
