#include "vocabulary_packed.h"

#include <string.h>

#include "../error.h"

static uint32_t get16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }
static uint32_t get32(const uint8_t *p) { return get16(p) | get16(p + 2) << 16; }

static uint32_t groups(uint32_t pieces) { return (pieces + BL_PACKED_GROUP - 1) / BL_PACKED_GROUP; }

/* ---- entries --------------------------------------------------- */

/* Bytes that a text shares with the one before, and those that it has behind them. */
typedef struct {
    uint32_t shared, more;
    const uint8_t *bytes;
} entry;

static uint32_t start_of(const bl_packed *v, uint32_t group)
{
    return get32(v->starts + 4 * (size_t)group);
}

/* The entry at *at, which is moved behind it; 0 if there is none. */
static int next_entry(const bl_packed *v, uint32_t *at, entry *e)
{
    if (*at >= v->entry_bytes) return 0;
    const uint8_t both = v->entries[(*at)++];
    uint32_t counts[2] = { both >> 4, both & BL_PACKED_ESCAPE };
    for (int i = 0; i < 2; i++) {
        if (counts[i] < BL_PACKED_ESCAPE) continue;
        if (*at >= v->entry_bytes) return 0;
        counts[i] += v->entries[(*at)++];
    }
    if (counts[1] > v->entry_bytes - *at || counts[0] + counts[1] > v->longest) return 0;
    *e = (entry){ counts[0], counts[1], v->entries + *at };
    *at += counts[1];
    return 1;
}

/* ---- texts of ids --------------------------------------------------- */

/* The text of the word piece at a place in the order. */
static const char *text_at(const bl_packed *v, uint32_t rank, uint32_t *size)
{
    entry e;
    *size = 0;
    if (!v->text || rank >= v->pieces) return NULL;
    uint32_t at = start_of(v, rank / BL_PACKED_GROUP);
    for (uint32_t left = rank % BL_PACKED_GROUP + 1; left; left--) {
        if (!next_entry(v, &at, &e) || e.shared > *size) {
            *size = 0;
            return NULL;
        }
        memcpy(v->text + e.shared, e.bytes, e.more);
        *size = e.shared + e.more;
    }
    return v->text;
}

const char *bl_packed_text(const bl_packed *v, uint32_t id, uint32_t *size)
{
    *size = 0;
    if (!v->ranks) return text_at(v, id, size);
    return id < v->id_count ? text_at(v, get16(v->ranks + 2 * (size_t)id), size) : NULL;
}

const char *bl_packed_at(const bl_packed *v, uint32_t n, uint32_t *size, uint32_t *id)
{
    *id = n;
    *size = 0;
    if (v->ranks) {
        for (*id = 0; *id < v->id_count; ++*id)
            if (get16(v->ranks + 2 * (size_t)*id) < v->pieces && !n--) break;
    }
    return bl_packed_text(v, *id, size);
}

/* ---- ids of texts --------------------------------------------------- */

/* The prefix's first `skip` bytes and then a text's; size: of both. */
typedef struct {
    const uint8_t *prefix, *text;
    uint32_t skip, size;
} query;

static uint8_t byte_at(const query *q, uint32_t i)
{
    return i < q->skip ? q->prefix[i] : q->text[i - q->skip];
}

/* A word piece that is not behind a query in the order: how many bytes they share, and its size. */
typedef struct {
    uint32_t rank, shared, size;
} place;

/* Moves p to an entry, which follows it, unless it is behind the query, or damaged: with more bytes
 * of the one before than that has; whether it moved. */
static int advance(const query *q, const entry *e, place *p)
{
    uint32_t same = 0;
    if (e->shared < p->shared || e->shared > p->size) return 0;
    if (e->shared == p->shared) {
        const uint32_t from = p->shared;
        while (same < e->more && from + same < q->size && e->bytes[same] == byte_at(q, from + same))
            same++;
        if (same < e->more && (from + same == q->size || e->bytes[same] > byte_at(q, from + same)))
            return 0;
    }
    p->shared += same;
    p->size = e->shared + e->more;
    return 1;
}

/* The last word piece that is not behind the query; 0 if there is none. */
static int search(const bl_packed *v, const query *q, place *p)
{
    uint32_t low = 0, high = groups(v->pieces);
    entry e;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint32_t at = start_of(v, middle);
        *p = (place){ 0, 0, 0 };
        if (next_entry(v, &at, &e) && advance(q, &e, p)) low = middle + 1;
        else high = middle;
    }
    if (!low) return 0;
    const uint32_t first = (low - 1) * BL_PACKED_GROUP;
    uint32_t at = start_of(v, low - 1), rank = first;
    *p = (place){ 0, 0, 0 };
    for (; rank < v->pieces && rank - first < BL_PACKED_GROUP; rank++)
        if (!next_entry(v, &at, &e) || !advance(q, &e, p)) break;
    if (rank == first) return 0;
    p->rank = rank - 1;
    return 1;
}

static int32_t id_at(const bl_packed *v, uint32_t rank)
{
    return (int32_t)(v->ids ? get16(v->ids + 2 * (size_t)rank) : rank);
}

int32_t bl_packed_find(const bl_packed *v, const uint8_t *text, size_t size)
{
    const query q = { .text = text, .size = (uint32_t)size };
    place p;
    if (!size || size > v->longest || !search(v, &q, &p)) return -1;
    return p.size == q.size && p.shared == q.size ? id_at(v, p.rank) : -1;
}

int32_t bl_packed_longest(const bl_packed *v, const uint8_t *text, uint32_t size, int continuing,
                          uint32_t *length)
{
    const uint32_t skip = continuing ? v->prefix : 0;
    query q = { v->prefix_text, text, skip, v->longest };
    place p;
    if (q.size <= skip) return -1;
    if (size < q.size - skip) q.size = skip + size;
    /* A word piece that the query begins with also begins the one that is found, whose other bytes
     * are given up: these are fewer each time. */
    while (search(v, &q, &p) && p.shared > skip) {
        if (p.shared == p.size) {
            *length = p.size - skip;
            return id_at(v, p.rank);
        }
        q.size = p.shared;
    }
    return -1;
}

/* ---- a block --------------------------------------------------- */

bl_status bl_packed_read(bl_packed *v, const void *block, size_t size, bl_error *error)
{
    const uint8_t *b = block;
    memset(v, 0, sizeof *v);
    if (size < BL_PACKED_HEADER || get32(b) != BL_PACKED_MAGIC_WORD)
        return bl_fail(error, BL_FILE_ERROR,
                       "the packed vocabulary does not begin as one does; write it again.");
    v->id_count = get32(b + 4 * BL_PACKED_IDS);
    v->pieces = get32(b + 4 * BL_PACKED_PIECES);
    v->entry_bytes = get32(b + 4 * BL_PACKED_ENTRIES);
    v->prefix = get32(b + 4 * BL_PACKED_PREFIX);
    v->longest = get32(b + 4 * BL_PACKED_LONGEST);
    if (v->id_count <= BL_PACKED_MOST_IDS && v->pieces <= BL_PACKED_MOST_IDS &&
        v->prefix <= BL_PACKED_MOST_PREFIX && v->longest <= BL_PACKED_MOST_BYTES) {
        const size_t ids = v->id_count ? 2 * (size_t)v->pieces : 0;
        v->prefix_text = b + BL_PACKED_PREFIX_AT;
        v->starts = b + BL_PACKED_HEADER;
        v->entries = v->starts + 4 * (size_t)groups(v->pieces);
        if ((size_t)(v->entries - b) + (uint64_t)v->entry_bytes + ids + 2 * (size_t)v->id_count ==
            size) {
            if (v->id_count) {
                v->ids = v->entries + v->entry_bytes;
                v->ranks = v->ids + ids;
            }
            return BL_OK;
        }
    }
    memset(v, 0, sizeof *v);
    return bl_fail(error, BL_FILE_ERROR,
                   "the packed vocabulary is damaged: its parts do not fit its %zu bytes; write it "
                   "again.",
                   size);
}
