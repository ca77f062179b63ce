#include "vocabulary_packed.h"

#include <string.h>

#include "../error.h"

static uint32_t get16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }
static uint32_t get32(const uint8_t *p) { return get16(p) | get16(p + 2) << 16; }
static size_t groups(uint32_t ids) { return ((size_t)ids + BL_PACKED_GROUP - 1) / BL_PACKED_GROUP; }

static uint32_t base_of(const bl_packed *v, uint32_t id)
{
    return get32(v->bases + 4 * (size_t)(id / BL_PACKED_GROUP));
}

static uint32_t end_of(const bl_packed *v, uint32_t id)
{
    return base_of(v, id) + get16(v->ends + 2 * (size_t)id);
}

const char *bl_packed_text(const bl_packed *v, uint32_t id, uint32_t *size)
{
    *size = 0;
    if (id >= v->ids) return NULL;
    const uint32_t from = id % BL_PACKED_GROUP ? end_of(v, id - 1) : base_of(v, id),
                   to = end_of(v, id);
    if (!v->texts || from >= to || to > v->text_bytes) return NULL;
    *size = to - from;
    return v->texts + from;
}

const char *bl_packed_at(const bl_packed *v, uint32_t n, uint32_t *size, uint32_t *id)
{
    const char *text = NULL;
    if (v->pieces == v->ids) { /* the ids are 0, 1, 2, ... */
        *id = n;
        return bl_packed_text(v, n, size);
    }
    uint32_t seen = 0;
    for (*id = 0; *id < v->ids; ++*id) {
        text = bl_packed_text(v, *id, size);
        if (text && seen++ == n) return text;
    }
    return NULL;
}

/* Of the word pieces sorted[low, high), which have the same first `depth` bytes, the first one
 * whose next byte is at least c. */
static uint32_t bound(const bl_packed *v, uint32_t low, uint32_t high, uint32_t depth, unsigned c)
{
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint32_t size;
        const char *text = bl_packed_text(v, get16(v->sorted + 2 * (size_t)middle), &size);
        if (!text || size <= depth || (uint8_t)text[depth] < c) low = middle + 1;
        else high = middle;
    }
    return low;
}

typedef struct {
    uint32_t low, high, depth;
} range;

/* Narrows r to the word pieces that have the byte c next. */
static void narrow(const bl_packed *v, range *r, uint8_t c)
{
    r->low = bound(v, r->low, r->high, r->depth, c);
    r->high = bound(v, r->low, r->high, r->depth, c + 1u);
    r->depth++;
}

/* The id of the word piece that ends where r is, or -1: it comes first. */
static int32_t whole(const bl_packed *v, const range *r)
{
    uint32_t size;
    if (r->low == r->high) return -1;
    const uint32_t id = get16(v->sorted + 2 * (size_t)r->low);
    return bl_packed_text(v, id, &size) && size == r->depth ? (int32_t)id : -1;
}

int32_t bl_packed_find(const bl_packed *v, const uint8_t *text, size_t size)
{
    range r = { 0, v->pieces, 0 };
    if (!size || size > v->longest) return -1;
    while (r.depth < size && r.low < r.high) narrow(v, &r, text[r.depth]);
    return whole(v, &r);
}

int32_t bl_packed_longest(const bl_packed *v, const uint8_t *text, uint32_t size, int continuing,
                          uint32_t *length)
{
    const uint32_t skip = continuing ? v->prefix : 0;
    int32_t found = -1;
    range r = { 0, v->pieces, 0 };
    /* The prefix is the beginning of a text of its own. */
    while (r.depth < skip && r.low < r.high) narrow(v, &r, v->prefix_text[r.depth]);
    for (uint32_t i = 0; i < size && r.low < r.high; i++) {
        narrow(v, &r, text[i]);
        const int32_t id = whole(v, &r);
        if (id < 0) continue;
        found = id;
        *length = i + 1;
    }
    return found;
}

bl_status bl_packed_read(bl_packed *v, const void *block, size_t size, bl_error *error)
{
    const uint8_t *b = block;
    memset(v, 0, sizeof *v);
    if (size < BL_PACKED_HEADER || get32(b) != BL_PACKED_MAGIC_WORD)
        return bl_fail(error, BL_FILE_ERROR,
                       "the packed vocabulary does not begin as one does; write it again.");
    v->ids = get32(b + 4 * BL_PACKED_IDS);
    v->pieces = get32(b + 4 * BL_PACKED_PIECES);
    v->text_bytes = get32(b + 4 * BL_PACKED_TEXTS);
    v->prefix = get32(b + 4 * BL_PACKED_PREFIX);
    v->longest = get32(b + 4 * BL_PACKED_LONGEST);
    if (v->ids <= BL_PACKED_MOST_IDS && v->pieces <= v->ids && v->prefix <= BL_PACKED_MOST_PREFIX) {
        v->prefix_text = b + BL_PACKED_PREFIX_AT;
        v->bases = b + BL_PACKED_HEADER;
        v->ends = v->bases + 4 * groups(v->ids);
        v->sorted = v->ends + 2 * (size_t)v->ids;
        v->texts = (const char *)v->sorted + 2 * (size_t)v->pieces;
        if ((size_t)(v->texts - (const char *)block) + (uint64_t)v->text_bytes == size)
            return BL_OK;
    }
    memset(v, 0, sizeof *v);
    return bl_fail(error, BL_FILE_ERROR,
                   "the packed vocabulary is damaged: its parts do not fit its %zu bytes; write it "
                   "again.",
                   size);
}
