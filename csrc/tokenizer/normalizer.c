#include "normalizer.h"

#include <string.h>

#include "tokenizer.h"

enum { NO_CLASS = 255 }; /* above all combining classes */

bl_normalizer bl_normalizer_start(bl_rules rules, const uint8_t *text, size_t from, size_t to)
{
    /* Made for every few words, so only what is read before it is written is set. */
    bl_normalizer norm;
    norm.text = text;
    norm.at = norm.starter = text + from;
    norm.end = text + to;
    norm.rules = rules;
    norm.next = norm.count = 0;
    norm.run.at = NULL;
    return norm;
}

/* The first character at or after *p that cleaning keeps; *p moves past it. 0 at the end. */
static int read_source(const bl_normalizer *norm, const uint8_t **p, bl_character *ch)
{
    while (*p < norm->end) {
        const unsigned n = bl_decode(*p, norm->end, &ch->c);
        const unsigned traits = bl_traits(ch->c);
        ch->traits = traits;
        ch->from = (uint32_t)(*p - norm->text);
        ch->to = ch->from + n;
        *p += n;
        if (!norm->rules.clean) return 1;
        /* Line tabulation and its like are spaces as well, but tokenizers drops them first. */
        if (traits & BL_DROP) continue;
        if (traits & BL_SPACE) {
            ch->c = ' ';
            ch->traits = BL_SPACE;
        }
        return 1;
    }
    return 0;
}

/* Append to the queue what c becomes in lowercase. */
static void queue_lowercase(bl_normalizer *norm, uint32_t c, unsigned traits, uint32_t from,
                            uint32_t to)
{
    uint32_t low[2] = { c };
    const unsigned n = norm->rules.lowercase && traits & BL_LOWERS ? bl_lower(c, low) : 1;
    for (unsigned i = 0; i < n; i++)
        norm->queue[norm->count++] = (bl_character){ low[i], from, to, traits };
}

static unsigned decompose(uint32_t c, uint32_t parts[4])
{
    if (bl_traits(c) & BL_DECOMPOSES) return bl_decompose(c, parts);
    parts[0] = c;
    return 1;
}

/* How many characters without a class a decomposition begins with. Those with one follow. */
static unsigned count_starters(const uint32_t *parts, unsigned n)
{
    unsigned i = 0;
    while (i < n && !(bl_traits(parts[i]) & (BL_MARK | BL_MOVES) && bl_combining(parts[i]))) i++;
    return i;
}

/* Find the run that holds the character at offset `moving`, from the last starter on. */
static void find_run(bl_normalizer *norm, uint32_t moving)
{
    const uint8_t *p = norm->starter;
    uint32_t parts[4];
    bl_character ch = { 0, 0, 0, 0 };
    norm->run.first = p;
    norm->run.skip = 0;
    do {
        const uint8_t *before = p;
        read_source(norm, &p, &ch);
        const unsigned n = decompose(ch.c, parts);
        const unsigned starters = count_starters(parts, n);
        if (starters == n) {
            norm->run.first = p;
            norm->run.skip = 0;
        } else if (starters) {
            norm->run.first = before;
            norm->run.skip = (uint8_t)starters;
        }
    } while (ch.from < moving);
    do norm->run.end = p;
    while (read_source(norm, &p, &ch) && !count_starters(parts, decompose(ch.c, parts)));
}

/* Prepare to read the run that holds the character at offset `moving`. */
static void enter_run(bl_normalizer *norm, uint32_t moving)
{
    bl_character ch = { 0, 0, 0, 0 };
    find_run(norm, moving);
    const uint8_t *p = norm->run.first;
    read_source(norm, &p, &ch);
    norm->run.origin = norm->run.skip ? p : norm->run.first;
    norm->run.from = ch.from;
    norm->run.to = ch.to;
    norm->run.now = 0;
    norm->run.later = NO_CLASS;
    norm->run.at = norm->run.first;
    norm->run.part = norm->run.skip;
}

/* Queue the next character of class run.now that is not an accent; 0 if the run has no more. */
static int read_class(bl_normalizer *norm)
{
    uint32_t parts[4];
    bl_character ch;
    const uint8_t *p = norm->run.at;
    while (p < norm->run.end && read_source(norm, &p, &ch)) {
        const unsigned n = decompose(ch.c, parts);
        while (norm->run.part < n) {
            const unsigned i = norm->run.part++;
            const unsigned class = bl_combining(parts[i]);
            if (class > norm->run.now && class < norm->run.later) norm->run.later = (uint8_t)class;
            if (class != norm->run.now) continue;
            /* tokenizers hands the characters' offsets out in the sorted order, one for the first
             * part of every decomposition. */
            if (i == 0) {
                bl_character origin = ch;
                read_source(norm, &norm->run.origin, &origin);
                norm->run.from = origin.from;
                norm->run.to = origin.to;
            }
            const unsigned traits = bl_traits(parts[i]);
            if (traits & BL_MARK) continue;
            queue_lowercase(norm, parts[i], traits, norm->run.from, norm->run.to);
            return 1;
        }
        norm->run.at = p;
        norm->run.part = 0;
    }
    return 0;
}

/* Queue the next character of the run, or leave it. */
static void read_run(bl_normalizer *norm)
{
    while (!read_class(norm)) {
        if (norm->run.later == NO_CLASS) {
            norm->at = norm->starter = norm->run.end;
            norm->run.at = NULL;
            return;
        }
        norm->run.now = norm->run.later;
        norm->run.later = NO_CLASS;
        norm->run.at = norm->run.first;
        norm->run.part = norm->run.skip;
    }
}

/* Queue what the next character of the text becomes, if anything; 0 at the end. */
static int read_character(bl_normalizer *norm)
{
    const uint8_t *here = norm->at;
    uint32_t parts[4];
    bl_character ch;
    if (!read_source(norm, &norm->at, &ch)) return 0;
    const int chinese = norm->rules.split_chinese && bl_is_chinese(ch.c);
    if (chinese) queue_lowercase(norm, ' ', BL_SPACE, ch.from, ch.to);
    if (!norm->rules.strip_accents) {
        queue_lowercase(norm, ch.c, ch.traits, ch.from, ch.to);
    } else if (!(ch.traits & (BL_DECOMPOSES | BL_MARK | BL_MOVES))) {
        queue_lowercase(norm, ch.c, ch.traits, ch.from, ch.to);
        norm->starter = here;
    } else {
        const unsigned n = decompose(ch.c, parts);
        for (unsigned i = 0; i < n; i++) {
            const unsigned traits = bl_traits(parts[i]);
            if (traits & BL_MARK) continue;
            if (traits & BL_MOVES) {
                enter_run(norm, ch.from);
                return 1;
            }
            queue_lowercase(norm, parts[i], traits, ch.from, ch.to);
            norm->starter = here;
        }
    }
    if (chinese) queue_lowercase(norm, ' ', BL_SPACE, ch.from, ch.to);
    return 1;
}

int bl_normalizer_next(bl_normalizer *norm, bl_character *ch)
{
    while (norm->next == norm->count) {
        norm->next = norm->count = 0;
        if (norm->run.at) read_run(norm);
        else if (!read_character(norm)) return 0;
    }
    *ch = norm->queue[norm->next++];
    return 1;
}

size_t bl_normalize(const bl_tokenizer *t, const char *text, size_t size, char *out,
                    size_t capacity)
{
    if (size > INT32_MAX) return SIZE_MAX; /* offsets have 32 bits */
    if (!size) return 0;
    bl_normalizer norm = bl_normalizer_start(t->rules, (const uint8_t *)text, 0, size);
    size_t written = 0;
    bl_character ch;
    while (bl_normalizer_next(&norm, &ch)) {
        uint8_t bytes[4];
        const unsigned n = bl_encode(ch.c, bytes);
        if (written + n <= capacity) memcpy(out + written, bytes, n);
        written += n;
    }
    return written;
}
