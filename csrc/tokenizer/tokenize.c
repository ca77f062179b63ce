/* tokenize.c: a text's pieces.
 *
 * ASCII goes through in blocks of 64 bytes; most words are one look into the table. From
 * the first byte that is anything else, the reader takes over, until ASCII begins again.
 * Words are written as they are spelled, and taken back should they turn out to have no
 * spelling. Nothing is allocated, and no text is looked at more than a few times. */
#include <string.h>

#include "../files/tensors.h"
#include "ascii_blocks.h"
#include "tokenizer.h"
#include "unicode.h"
#include "../error.h"

#if defined __GNUC__
#define INLINE    static inline __attribute__((always_inline))
#define NOINLINE  static __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define INLINE    static inline
#define NOINLINE  static
#define LIKELY(x) (x)
#endif

typedef struct {
    const bl_tokenizer *t;
    const uint8_t *text;
    int split_special; /* special tokens in the text are text */
    int32_t *ids;
    bl_offset *places;     /* or NULL */
    size_t capacity, most; /* how many are written; at how many more than this it ends */
    size_t count;          /* may pass both */
    uint32_t words;
    int no_unknown; /* a word had no spelling, and there is no token for that */
} sink;

INLINE void put(sink *s, int32_t id, uint32_t from, uint32_t to)
{
    if (s->count < s->capacity) {
        s->ids[s->count] = id;
        if (s->places) s->places[s->count] = (bl_offset){ from, to, s->words, -1, -1 };
    }
    s->count++;
}

static void put_added(sink *s, int32_t id, size_t from, size_t to, size_t left, size_t right)
{
    put(s, id, (uint32_t)from, (uint32_t)to);
    if (s->places && s->count <= s->capacity) {
        s->places[s->count - 1].left = (int32_t)left;
        s->places[s->count - 1].right = (int32_t)right;
    }
    s->words++;
}

/* ---- one word ------------------------------------------------------------------- */

typedef struct {
    uint32_t from, to;
} span;

static void unknown(sink *s, uint32_t from, uint32_t to)
{
    if (s->t->unknown < 0) s->no_unknown = 1;
    put(s, s->t->unknown, from, to);
    s->words++;
}

/* Spell a normalized word. Its bytes stand at `from` of the text, or spans say where each
 * character does. */
NOINLINE void spell(sink *s, const uint8_t *word, uint32_t size, uint32_t from, const span *spans)
{
    const size_t start = s->count;
    uint32_t at = 0, length, character = 0;
    while (at < size) {
        const int32_t id =
            bl_longest_piece(&s->t->vocabulary, word + at, size - at, at > 0, &length);
        if (id < 0) break;
        if (spans) {
            const uint32_t first = character;
            for (uint32_t i = at; i < at + length; i++) character += (word[i] & 0xC0) != 0x80;
            put(s, id, spans[first].from, spans[character - 1].to);
        } else {
            put(s, id, from + at, from + at + length);
        }
        at += length;
    }
    if (at == size) {
        s->words++;
        return;
    }
    uint32_t characters = 0;
    for (uint32_t i = 0; spans && i < size; i++) characters += (word[i] & 0xC0) != 0x80;
    s->count = start;
    unknown(s, spans ? spans[0].from : from, spans ? spans[characters - 1].to : from + size);
}

/* ---- anything -------------------------------------------------------------------- */

typedef struct {
    uint32_t size, characters, from, to;
    uint8_t bytes[4 * BL_MOST_WORD + BL_KEY_PAD];
    span spans[BL_MOST_WORD];
} word;

static void finish(sink *s, word *w)
{
    if (!w->characters) return;
    if (w->characters > s->t->longest_word) unknown(s, w->from, w->to);
    else spell(s, w->bytes, w->size, 0, w->spans);
    w->size = w->characters = 0;
}

INLINE void append(sink *s, word *w, bl_glyph g)
{
    if (!w->characters) w->from = g.from;
    w->to = g.to;
    if (w->characters < s->t->longest_word) {
        w->size += bl_encode(g.c, w->bytes + w->size);
        w->spans[w->characters] = (span){ g.from, g.to };
    }
    if (w->characters <= s->t->longest_word) w->characters++;
}

static int edge(uint32_t c) { return !(bl_traits(c) & BL_WORD_CHAR); }

/* What was read of the normalized text before the next character, as far as added tokens mind. */
typedef struct {
    uint32_t before;      /* the last character, or 0 at the start */
    uint32_t spaces;      /* up to it there are so many that no token has claimed, */
    uint32_t spaces_from; /* which begin here */
    uint32_t claimed;     /* spaces still to come that a token has claimed */
    uint32_t passed;      /* characters still to come at which no token is looked for */
} trail;

/* An added token that begins with g, after which r stands; if there is one it is written and
 * read, and 1 returned. */
static int normal_token(sink *s, bl_reader *r, bl_glyph g, word *w, trail *seen)
{
    const bl_added_set *set = &s->t->normal;
    uint8_t bytes[BL_MOST_ADDED_SIZE + 8];
    uint32_t size = bl_encode(g.c, bytes), length = 1;
    bl_reader ahead = *r;
    bl_glyph next;
    if (!set->first[bytes[0]]) return 0;
    while (size < set->longest && bl_reader_next(&ahead, &next))
        size += bl_encode(next.c, bytes + size);
    const bl_added *a = bl_added_match(set, bytes, size);
    if (!a) return 0;
    for (uint32_t i = 1; i < a->pattern_size; i++) length += (bytes[i] & 0xC0) != 0x80;
    ahead = *r;
    uint32_t to = g.to, last = g.c;
    for (uint32_t i = 1; i < length && bl_reader_next(&ahead, &next); i++)
        to = next.to, last = next.c;
    bl_reader behind = ahead;
    const int more = bl_reader_next(&behind, &next);
    const int alone = (!seen->before || edge(seen->before)) && (!more || edge(next.c));
    if ((s->split_special && a->special) || (a->single_word && !alone)) {
        seen->passed = length;
        return 0;
    }
    finish(s, w);
    seen->claimed = 0;
    for (int space = more; a->rstrip && space && bl_traits(next.c) & BL_SPACE;
         space = bl_reader_next(&behind, &next))
        to = next.to, seen->claimed++;
    const uint32_t left = a->lstrip ? seen->spaces : 0;
    put_added(s, a->id, left ? seen->spaces_from : g.from, to, left, seen->claimed);
    seen->before = last;
    seen->spaces = 0;
    *r = ahead;
    return 1;
}

static void follow(trail *seen, bl_glyph g)
{
    if (!(bl_traits(g.c) & BL_SPACE)) seen->spaces = 0, seen->claimed = 0;
    else if (seen->claimed) seen->claimed--;
    else if (seen->spaces++ == 0) seen->spaces_from = g.from;
    seen->before = g.c;
    if (seen->passed) seen->passed--;
}

static int plain_letter(unsigned c) { return (c | 0x20u) - 'a' < 26u || c - '0' < 10u; }
static unsigned small_letter(unsigned c) { return c - 'A' < 26u ? c | 0x20u : c; }

/* Cut text[from, to) with the reader. Where `leave` is set, stop as soon as ASCII begins
 * between two words; returns where it stopped. */
NOINLINE size_t cut_anything(sink *s, size_t from, size_t to, int leave)
{
    bl_reader r = bl_reader_start(s->t->rules, s->text, from, to);
    trail seen = { 0, 0, 0, 0, 0 };
    const int capital = s->t->rules.lowercase;
    bl_glyph g;
    word w;
    w.size = w.characters = 0;
    while (s->count <= s->most) {
        /* Letters and digits among other characters, without the reader's care for them. */
        while (leave && bl_reader_between(&r) && r.at < r.end && plain_letter(*r.at)) {
            const uint32_t at = (uint32_t)(r.at - s->text);
            r.starter = r.at;
            append(s, &w,
                   (bl_glyph){ capital ? small_letter(*r.at) : *r.at, at, at + 1, BL_WORD_CHAR });
            r.at++;
        }
        if (!bl_reader_next(&r, &g)) break;
        if (!leave) {
            if (!seen.passed && normal_token(s, &r, g, &w, &seen)) continue;
            follow(&seen, g);
        }
        const unsigned traits = g.traits;
        if (LIKELY(!(traits & (BL_SPACE | BL_PUNCTUATION)))) {
            append(s, &w, g);
            continue;
        }
        finish(s, &w);
        if (!(traits & BL_SPACE)) {
            append(s, &w, g);
            finish(s, &w);
        }
        if (leave && bl_reader_between(&r) && r.at < r.end && *r.at < 0x7F && *r.at >= ' ')
            return (size_t)(r.at - s->text);
    }
    finish(s, &w);
    return to;
}

/* ---- mostly ASCII ------------------------------------------------------------------ */

static void cut_segment(sink *s, size_t from, size_t to)
{
    const bl_tokenizer *t = s->t;
    const uint8_t capital = t->rules.lowercase ? 0x20 : 0;
    const uint32_t short_word = t->longest_word < 16 ? t->longest_word : 16;
    uint8_t low[BL_BLOCK + BL_KEY_PAD], tail[BL_BLOCK];
    memset(low, 0, sizeof low);
    if (t->normal.count) {
        cut_anything(s, from, to, 0);
        return;
    }
    while (from < to && s->count <= s->most) {
        const uint8_t *in = s->text + from;
        size_t next = from + BL_BLOCK;
        if (to - from < BL_BLOCK) {
            next = to;
            memset(tail, ' ', sizeof tail);
            memcpy(tail, in, to - from);
            in = tail;
        }
        const bl_masks m = bl_classify_block(in, (unsigned)(next - from), capital, low);
        uint64_t starts = (m.word & ~(m.word << 1)) | ~(m.word | m.space);
        for (; starts; starts &= starts - 1) {
            const unsigned i = bl_lowest(starts);
            if (m.odd >> i & 1) {
                next = cut_anything(s, from + i, to, 1);
                break;
            }
            /* Punctuation is a word of one byte, and told apart without a branch. */
            const uint64_t rest = ~(m.word >> i);
            const uint32_t size = rest ? bl_lowest(rest) + !(m.word >> i & 1) : BL_BLOCK,
                           end = i + size, place = (uint32_t)from + i;
            if (end == BL_BLOCK ? from + BL_BLOCK < to : m.odd >> end & 1) { /* it may go on */
                next = end == BL_BLOCK && i ? from + i : cut_anything(s, from + i, to, 1);
                break;
            }
            if (LIKELY(size <= short_word)) {
                const bl_key k = bl_short_key(low + i, size);
                const int32_t id = bl_find_short(&t->vocabulary, k, size, 0, bl_short_hash(k, 0));
                if (LIKELY(id >= 0)) {
                    put(s, id, place, place + size);
                    s->words++;
                    continue;
                }
            }
            if (size > t->longest_word) unknown(s, place, place + size);
            else spell(s, low + i, size, place, NULL);
        }
        from = next;
    }
}

/* ---- the whole text ------------------------------------------------------------------ */

bl_status bl_tokenize(const bl_tokenizer *t, const char *text, size_t size, int split_special,
                      int32_t *ids, bl_offset *places, size_t capacity, size_t *count,
                      bl_error *error)
{
    sink s = { t,
               (const uint8_t *)text,
               split_special,
               ids,
               places,
               ids ? capacity : 0,
               ids ? capacity : size,
               0,
               0,
               0 };
    size_t done = 0, search = 0;
    if (size > INT32_MAX)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the text has %zu bytes; up to %ld can be tokenized at once.", size,
                       (long)INT32_MAX);
    while (s.count <= s.most &&
           (search = bl_added_candidate(&t->raw, s.text, search, size)) < size) {
        const bl_added *a = bl_added_match(&t->raw, s.text + search, size - search);
        size_t from = search, to;
        if (!a) {
            search++;
            continue;
        }
        search = to = from + a->pattern_size;
        if (split_special && a->special) continue;
        if (a->single_word) {
            uint32_t after = 0;
            if (to < size) bl_decode(s.text + to, s.text + size, &after);
            if ((from && !edge(bl_before(s.text, from))) || (to < size && !edge(after))) continue;
        }
        if (a->lstrip) {
            const size_t spaces = bl_skip_spaces_back(s.text, from);
            from = spaces > done ? spaces : done;
        }
        if (a->rstrip) to = bl_skip_spaces(s.text, to, size);
        if (done < from) cut_segment(&s, done, from);
        put_added(&s, a->id, from, to, 0, 0);
        done = to;
    }
    if (done < size) cut_segment(&s, done, size);
    if (s.no_unknown)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the text has a word that the vocabulary cannot spell, and the vocabulary "
                       "has no token for that, such as [UNK].");
    *count = s.count <= s.most ? s.count : s.most + 1;
    return BL_OK;
}

/* A byte's place as a character's, reading on from the last one asked for. */
typedef struct {
    const char *text;
    size_t size, byte, character;
} counter;

static uint32_t count_to(counter *c, size_t byte)
{
    if (byte < c->byte) c->byte = c->character = 0;
    if (byte > c->size) byte = c->size;
    for (; c->byte < byte; c->byte++) c->character += ((uint8_t)c->text[c->byte] & 0xC0) != 0x80;
    return (uint32_t)c->character;
}

void bl_offsets_in_characters(const char *text, size_t size, bl_offset *places, size_t count)
{
    counter from = { text, size, 0, 0 },
            to = from; /* each rises on its own, so this stays linear */
    for (size_t i = 0; i < count; i++) {
        places[i].start = count_to(&from, places[i].start);
        places[i].end = count_to(&to, places[i].end);
    }
}

size_t bl_normalize(const bl_tokenizer *t, const char *text, size_t size, char *out,
                    size_t capacity)
{
    bl_reader r = bl_reader_start(t->rules, (const uint8_t *)text, 0, size);
    size_t n = 0;
    bl_glyph g;
    while (bl_reader_next(&r, &g)) {
        uint8_t bytes[4];
        const unsigned k = bl_encode(g.c, bytes);
        if (n + k <= capacity) memcpy(out + n, bytes, k);
        n += k;
    }
    return n;
}
