#include "normalizer.h"

#include "unicode.h"

enum { NO_CLASS = 255 }; /* above all classes */

bl_reader bl_reader_start(bl_rules rules, const uint8_t *text, size_t from, size_t to)
{
    bl_reader r; /* a new one for every few words: only what is read before it is written is set */
    r.text = text;
    r.at = r.starter = text + from;
    r.end = text + to;
    r.rules = rules;
    r.next = r.count = 0;
    r.run.at = NULL;
    return r;
}

/* The first character at or after *p that cleaning keeps; *p moves past it. */
static int source(const bl_reader *r, const uint8_t **p, bl_glyph *g)
{
    while (*p < r->end) {
        const unsigned n = bl_decode(*p, r->end, &g->c), traits = g->traits = bl_traits(g->c);
        g->from = (uint32_t)(*p - r->text);
        g->to = g->from + n;
        *p += n;
        if (!r->rules.clean) return 1;
        /* Line tabulation and its like are spaces, but the original drops them first. */
        if (traits & BL_DROP) continue;
        if (traits & BL_SPACE) g->c = ' ', g->traits = BL_SPACE;
        return 1;
    }
    return 0;
}

static void push(bl_reader *r, uint32_t c, unsigned traits, uint32_t from, uint32_t to)
{
    uint32_t low[2] = { c };
    const unsigned n = r->rules.lowercase && traits & BL_LOWERS ? bl_lower(c, low) : 1;
    for (unsigned i = 0; i < n; i++) r->queue[r->count++] = (bl_glyph){ low[i], from, to, traits };
}

static unsigned decompose(uint32_t c, uint32_t parts[4])
{
    return bl_traits(c) & BL_DECOMPOSES ? bl_decompose(c, parts) : (parts[0] = c, 1);
}

/* How many characters without a class a decomposition begins with; none comes later in any. */
static unsigned starters(const uint32_t *parts, unsigned n)
{
    unsigned i = 0;
    while (i < n && !(bl_traits(parts[i]) & (BL_MARK | BL_MOVES) && bl_combining(parts[i]))) i++;
    return i;
}

/* Prepare to read the run that holds the character at `moving`. */
static void enter_run(bl_reader *r, uint32_t moving)
{
    const uint8_t *p = r->starter, *before;
    uint32_t parts[4];
    bl_glyph g = { 0, 0, 0, 0 };
    r->run.first = p;
    r->run.skip = 0;
    do {
        before = p;
        source(r, &p, &g);
        const unsigned n = decompose(g.c, parts), free_of_class = starters(parts, n);
        if (free_of_class == n) r->run.first = p, r->run.skip = 0;
        else if (free_of_class) r->run.first = before, r->run.skip = (uint8_t)free_of_class;
    } while (g.from < moving);
    do r->run.end = p;
    while (source(r, &p, &g) && !starters(parts, decompose(g.c, parts)));

    r->run.origin = r->run.first;
    r->run.now = 0;
    r->run.later = NO_CLASS;
    r->run.at = r->run.first;
    r->run.part = r->run.skip;
    p = r->run.first;
    source(r, &p, &g);
    r->run.from = g.from;
    r->run.to = g.to;
    if (r->run.skip) r->run.origin = p;
}

/* Queue the next character of the run, or leave it. */
static void read_run(bl_reader *r)
{
    uint32_t parts[4];
    bl_glyph g;
    for (;;) {
        const uint8_t *p = r->run.at;
        while (p < r->run.end && source(r, &p, &g)) {
            const unsigned n = decompose(g.c, parts);
            while (r->run.part < n) {
                const unsigned i = r->run.part++, class = bl_combining(parts[i]);
                if (class > r->run.now && class < r->run.later) r->run.later = (uint8_t)class;
                if (class != r->run.now) continue;
                /* The original gives the places out in the sorted order, one for every first part. */
                if (i == 0) {
                    bl_glyph place = g;
                    source(r, &r->run.origin, &place);
                    r->run.from = place.from;
                    r->run.to = place.to;
                }
                const unsigned traits = bl_traits(parts[i]);
                if (traits & BL_MARK) continue;
                push(r, parts[i], traits, r->run.from, r->run.to);
                return;
            }
            r->run.at = p;
            r->run.part = 0;
        }
        if (r->run.later == NO_CLASS) break;
        r->run.now = r->run.later;
        r->run.later = NO_CLASS;
        r->run.at = r->run.first;
        r->run.part = r->run.skip;
    }
    r->at = r->starter = r->run.end;
    r->run.at = NULL;
}

/* Queue what the next character of the text becomes, which may be nothing; 0 at the end. */
static int read_character(bl_reader *r)
{
    const uint8_t *here = r->at;
    uint32_t parts[4];
    bl_glyph g;
    if (!source(r, &r->at, &g)) return 0;
    const int chinese = r->rules.split_chinese && bl_is_chinese(g.c);
    if (chinese) push(r, ' ', BL_SPACE, g.from, g.to);
    if (!r->rules.strip_accents) {
        push(r, g.c, g.traits, g.from, g.to);
    } else if (!(g.traits & (BL_DECOMPOSES | BL_MARK | BL_MOVES))) {
        push(r, g.c, g.traits, g.from, g.to);
        r->starter = here;
    } else {
        const unsigned n = decompose(g.c, parts);
        for (unsigned i = 0; i < n; i++) {
            const unsigned traits = bl_traits(parts[i]);
            if (traits & BL_MARK) continue;
            if (traits & BL_MOVES) {
                enter_run(r, g.from);
                return 1;
            }
            push(r, parts[i], traits, g.from, g.to);
            r->starter = here;
        }
    }
    if (chinese) push(r, ' ', BL_SPACE, g.from, g.to);
    return 1;
}

int bl_reader_next(bl_reader *r, bl_glyph *g)
{
    while (r->next == r->count) {
        r->next = r->count = 0;
        if (r->run.at) read_run(r);
        else if (!read_character(r)) return 0;
    }
    *g = r->queue[r->next++];
    return 1;
}
