/* tokenize.c: a text's tokens.
 *
 * ASCII is read in blocks of 64 bytes; for most words one search of the vocabulary is enough.
 * From the first other byte on the normalizer reads, until ASCII begins again. A word's word
 * pieces are written as they are found, and are rolled back and replaced by [UNK] if the word
 * cannot be tokenized. Nothing is allocated, and the time is linear in the text's size. */
#include <string.h>

#include "../error.h"
#include "ascii_blocks.h"
#include "tokenizer.h"
#include "unicode.h"

#if defined __GNUC__
#define INLINE    static inline __attribute__((always_inline))
#define NOINLINE  static __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define INLINE    static inline
#define NOINLINE  static
#define LIKELY(x) (x)
#endif

/* What is tokenized, and the tokens so far. */
typedef struct {
    const bl_tokenizer *t;
    const uint8_t *text;
    int split_special; /* special tokens in the text are text like any other */
    int32_t *ids;
    bl_offset *offsets; /* or NULL */
    size_t capacity;    /* tokens that can be written */
    size_t limit;       /* tokenizing ends once there are more than this */
    size_t count;       /* of tokens; may exceed both */
    uint32_t words;
    int lacks_unknown; /* a word could not be tokenized, and there is no unknown token */
} token_output;

INLINE void put(token_output *out, int32_t id, uint32_t from, uint32_t to)
{
    if (out->count < out->capacity) {
        out->ids[out->count] = id;
        if (out->offsets) out->offsets[out->count] = (bl_offset){ from, to, out->words, -1, -1 };
    }
    out->count++;
}

static void put_added(token_output *out, int32_t id, size_t from, size_t to, size_t left,
                      size_t right)
{
    put(out, id, (uint32_t)from, (uint32_t)to);
    if (out->offsets && out->count <= out->capacity) {
        out->offsets[out->count - 1].left = (int32_t)left;
        out->offsets[out->count - 1].right = (int32_t)right;
    }
    out->words++;
}

static void put_unknown(token_output *out, uint32_t from, uint32_t to)
{
    if (out->t->unknown < 0) out->lacks_unknown = 1;
    put(out, out->t->unknown, from, to);
    out->words++;
}

/* ---- one word ------------------------------------------------------------------- */

/* Bytes of the text that a character came from. */
typedef struct {
    uint32_t from, to;
} span;

static uint32_t count_characters(const uint8_t *text, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++) count += (uint32_t)bl_begins_character(text[i]);
    return count;
}

/* Tokenize a normalized word. spans: what each of its characters came from; if NULL, the word is
 * in the text as it is, at `from`, or nobody wants its offsets. */
NOINLINE void tokenize_word(token_output *out, const uint8_t *word, uint32_t size, uint32_t from,
                            const span *spans)
{
    const size_t rollback = out->count;
    uint32_t at = 0;
    uint32_t length;
    uint32_t character = 0;
    while (at < size) {
        const int32_t id =
            bl_longest_piece(&out->t->vocabulary, word + at, size - at, at > 0, &length);
        if (id < 0) break;
        if (spans) {
            const uint32_t first = character;
            character += count_characters(word + at, length);
            put(out, id, spans[first].from, spans[character - 1].to);
        } else {
            put(out, id, from + at, from + at + length);
        }
        at += length;
    }
    if (at == size) {
        out->words++;
        return;
    }
    out->count = rollback;
    if (spans) put_unknown(out, spans[0].from, spans[count_characters(word, size) - 1].to);
    else put_unknown(out, from, from + size);
}

/* ---- any text, by way of the normalizer -------------------------------------------- */

/* A word as it is collected, character by character. */
typedef struct {
    uint32_t size;       /* in bytes */
    uint32_t characters; /* counted up to one more than the longest word that is tokenized */
    uint32_t from, to;   /* bytes of the text */
    uint8_t bytes[4 * BL_MAX_WORD + BL_KEY_PAD];
    span spans[BL_MAX_WORD];
} collected_word;

INLINE void append(token_output *out, collected_word *w, bl_character c)
{
    if (!w->characters) w->from = c.from;
    w->to = c.to;
    if (w->characters < out->t->longest_word) {
        w->size += bl_encode(c.c, w->bytes + w->size);
        if (out->offsets) w->spans[w->characters] = (span){ c.from, c.to };
    }
    if (w->characters <= out->t->longest_word) w->characters++;
}

/* Tokenize what has been collected, if anything. */
static void end_word(token_output *out, collected_word *w)
{
    if (!w->characters) return;
    if (w->characters > out->t->longest_word) put_unknown(out, w->from, w->to);
    else tokenize_word(out, w->bytes, w->size, 0, out->offsets ? w->spans : NULL);
    w->size = 0;
    w->characters = 0;
}

static int is_edge(uint32_t c) { return !(bl_traits(c) & BL_WORD_CHAR); }

/* What added tokens need to know of the normalized text that has been read. */
typedef struct {
    uint32_t before;      /* the last character; 0 at the start */
    uint32_t spaces;      /* spaces up to here that no token has absorbed, */
    uint32_t spaces_from; /* which begin here */
    uint32_t absorbed;    /* spaces to come that a token has absorbed */
    uint32_t refused;     /* characters to come that belong to a token that was refused */
} added_context;

static void follow(added_context *seen, bl_character c)
{
    if (!(bl_traits(c.c) & BL_SPACE)) {
        seen->spaces = 0;
        seen->absorbed = 0;
    } else if (seen->absorbed) {
        seen->absorbed--;
    } else if (seen->spaces++ == 0) {
        seen->spaces_from = c.from;
    }
    seen->before = c.c;
    if (seen->refused) seen->refused--;
}

/* The longest added token that begins with c, behind which the normalizer is; or NULL. *length:
 * its characters. */
static const bl_added *match_normalized(const bl_added_set *set, bl_normalizer norm, bl_character c,
                                        uint32_t *length)
{
    uint8_t bytes[BL_MAX_ADDED_SIZE + 8];
    uint32_t size = bl_encode(c.c, bytes);
    bl_character next;
    if (!set->first[bytes[0]]) return NULL;
    while (size < set->longest && bl_normalizer_next(&norm, &next))
        size += bl_encode(next.c, bytes + size);
    const bl_added *a = bl_added_match(set, bytes, size);
    if (a) *length = count_characters(bytes, a->pattern_size);
    return a;
}

/* If an added token begins with c, behind which *norm is: write it, move *norm behind it and
 * return 1. */
static int take_added(token_output *out, bl_normalizer *norm, bl_character c, collected_word *w,
                      added_context *seen)
{
    uint32_t length;
    const bl_added *a = match_normalized(&out->t->normal, *norm, c, &length);
    if (!a) return 0;

    bl_normalizer behind = *norm;
    bl_character last = c;
    for (uint32_t i = 1; i < length; i++) bl_normalizer_next(&behind, &last);

    bl_normalizer ahead = behind;
    bl_character next = { 0, 0, 0, 0 };
    int has_next = bl_normalizer_next(&ahead, &next);
    const int isolated = (!seen->before || is_edge(seen->before)) && (!has_next || is_edge(next.c));
    if ((out->split_special && a->special) || (a->single_word && !isolated)) {
        seen->refused = length;
        return 0;
    }

    end_word(out, w);
    uint32_t to = last.to;
    seen->absorbed = 0;
    while (a->rstrip && has_next && bl_traits(next.c) & BL_SPACE) {
        to = next.to;
        seen->absorbed++;
        has_next = bl_normalizer_next(&ahead, &next);
    }
    const uint32_t left = a->lstrip ? seen->spaces : 0;
    put_added(out, a->id, left ? seen->spaces_from : c.from, to, left, seen->absorbed);
    seen->before = last.c;
    seen->spaces = 0;
    *norm = behind;
    return 1;
}

static int is_letter_or_digit(unsigned c) { return (c | 0x20u) - 'a' < 26u || c - '0' < 10u; }
static unsigned small_letter(unsigned c) { return c - 'A' < 26u ? c | 0x20u : c; }

/* Append the ASCII letters and digits at *p, and move it behind them. They need none of the
 * normalizer's steps but lowercase. */
INLINE void append_letters(token_output *out, collected_word *w, const uint8_t **p,
                           const uint8_t *end)
{
    const int lowercase = out->t->rules.lowercase;
    const uint32_t at = (uint32_t)(*p - out->text), most = out->t->longest_word;
    uint32_t n = 0;
    for (; *p < end && is_letter_or_digit(**p); ++*p, n++) {
        if (w->characters + n >= most) continue;
        w->bytes[w->size++] = (uint8_t)(lowercase ? small_letter(**p) : **p);
        if (out->offsets) w->spans[w->characters + n] = (span){ at + n, at + n + 1 };
    }
    if (!n) return;
    if (!w->characters) w->from = at;
    w->to = at + n;
    w->characters = w->characters + n > most ? most + 1 : w->characters + n;
}

/* Whether the normalizer is at a printable ASCII character. */
INLINE int is_at_ascii(const bl_normalizer *norm)
{
    return bl_normalizer_is_between(norm) && norm->at < norm->end && *norm->at < 0x7F &&
           *norm->at >= ' ';
}

/* Append the ASCII letters and digits that the normalizer comes to, and read what follows; 0 at the
 * end. */
INLINE int next_character(token_output *out, collected_word *w, bl_normalizer *norm,
                          bl_character *c)
{
    const uint8_t *before = norm->at;
    if (!bl_normalizer_is_between(norm)) return bl_normalizer_next(norm, c);
    append_letters(out, w, &norm->at, norm->end);
    if (norm->at > before) norm->starter = norm->at - 1;
    if (norm->at == norm->end) return 0;
    const unsigned n =
        bl_read_simple(norm->rules, bl_hard_traits(norm->rules), norm->at, norm->end, c);
    if (!n) return bl_normalizer_next(norm, c);
    c->from = (uint32_t)(norm->at - out->text);
    c->to = c->from + n;
    norm->starter = norm->at;
    norm->at += n;
    return 1;
}

/* Tokenize text[from, to) with the normalizer. With `find_added` search for added tokens, too;
 * without it stop between two words as soon as ASCII begins. Returns where it stopped. */
INLINE size_t tokenize_normalized(token_output *out, size_t from, size_t to, int find_added)
{
    bl_normalizer norm = bl_normalizer_start(out->t->rules, out->text, from, to);
    added_context seen = { 0, 0, 0, 0, 0 };
    bl_character c;
    collected_word w;
    w.size = 0;
    w.characters = 0;
    while (out->count <= out->limit) {
        if (find_added ? !bl_normalizer_next(&norm, &c) : !next_character(out, &w, &norm, &c))
            break;
        if (find_added) {
            if (!seen.refused && take_added(out, &norm, c, &w, &seen)) continue;
            follow(&seen, c);
        }
        if (LIKELY(!(c.traits & (BL_SPACE | BL_PUNCTUATION)))) {
            append(out, &w, c);
            continue;
        }
        end_word(out, &w);
        if (!(c.traits & BL_SPACE)) {
            append(out, &w, c);
            end_word(out, &w);
        }
        if (!find_added && is_at_ascii(&norm)) return (size_t)(norm.at - out->text);
    }
    end_word(out, &w);
    return to;
}

/* Tokenize a word in which no character needs the normalizer, and behind which is ASCII or nothing;
 * returns where it ends, or `from` if there is no such word. */
INLINE size_t tokenize_simple_word(token_output *out, size_t from, size_t to)
{
    const uint8_t *p = out->text + from, *end = out->text + to;
    const bl_rules rules = out->t->rules;
    bl_character c;
    collected_word w;
    w.size = 0;
    w.characters = 0;
    for (;;) {
        append_letters(out, &w, &p, end);
        if (p == end || (*p >= ' ' && *p < 0x7F)) break;
        const unsigned n = bl_read_simple(rules, bl_hard_traits(rules), p, end, &c);
        if (!n || c.traits & (BL_SPACE | BL_PUNCTUATION)) return from;
        c.from = (uint32_t)(p - out->text);
        c.to = c.from + n;
        p += n;
        append(out, &w, c);
    }
    end_word(out, &w);
    return (size_t)(p - out->text);
}

NOINLINE size_t tokenize_until_ascii(token_output *out, size_t from, size_t to)
{
    const size_t at = tokenize_simple_word(out, from, to);
    return at > from ? at : tokenize_normalized(out, from, to, 0);
}

NOINLINE void tokenize_with_added(token_output *out, size_t from, size_t to)
{
    tokenize_normalized(out, from, to, 1);
}

/* ---- mostly ASCII ------------------------------------------------------------------ */

/* Tokenize the words of a block that begins at text[from]. low: the block in lowercase, if that is
 * wanted. Returns where to go on. */
INLINE size_t tokenize_block(token_output *out, const uint8_t *low, bl_masks m, size_t from,
                             size_t next, size_t to)
{
    const bl_tokenizer *t = out->t;
    const uint32_t short_word = t->vocabulary.packed.entries    ? 0
                                : t->longest_word < BL_KEY_SIZE ? t->longest_word
                                                                : BL_KEY_SIZE;
    /* Punctuation is a word of one byte. */
    const uint64_t single = ~(m.word | m.space);
    uint64_t starts = (m.word & ~(m.word << 1)) | single;
    uint64_t lasts = (m.word & ~(m.word >> 1)) | single;
    /* Where a last byte is not the word's last, or may not be. */
    const uint64_t open = m.odd | m.odd >> 1 | (uint64_t)(from + BL_BLOCK < to) << (BL_BLOCK - 1);
    while (starts) {
        const unsigned i = bl_lowest(starts);
        const unsigned last = bl_lowest(lasts);
        const uint32_t size = last - i + 1;
        const uint32_t offset = (uint32_t)from + i;
        starts &= starts - 1;
        lasts &= lasts - 1;
        if (!LIKELY(!(open >> last & 1))) {
            /* The next block can begin with this word. */
            if (last == BL_BLOCK - 1 && i && !(m.odd >> i & 1)) return from + i;
            const size_t at = tokenize_until_ascii(out, from + i, to);
            if (at >= from + BL_BLOCK) return at;
            starts &= ~UINT64_C(0) << (at - from);
            lasts &= ~UINT64_C(0) << (at - from);
            continue;
        }
        if (BL_HASHES_WORDS && LIKELY(size <= short_word)) {
            const bl_key k = bl_short_key(low + i, size);
            const int32_t id = bl_find_short(&t->vocabulary, k, size, 0, bl_short_hash(k, 0));
            if (LIKELY(id >= 0)) {
                put(out, id, offset, offset + size);
                out->words++;
                continue;
            }
        }
        if (size > t->longest_word) put_unknown(out, offset, offset + size);
        else tokenize_word(out, low + i, size, offset, NULL);
    }
    return next;
}

/* Tokenize text[from, to), in which there are no added tokens of the unnormalized text. */
static void tokenize_segment(token_output *out, size_t from, size_t to)
{
    const uint8_t case_bit = out->t->rules.lowercase ? 0x20 : 0;
    uint8_t low[BL_BLOCK + BL_KEY_PAD];
    uint8_t padded[BL_BLOCK];
    if (out->t->normal.count) {
        tokenize_with_added(out, from, to);
        return;
    }
    memset(low, 0, sizeof low);
    while (from < to && out->count <= out->limit) {
        const uint8_t *in = out->text + from;
        size_t next = from + BL_BLOCK;
        if (to - from < BL_BLOCK) {
            next = to;
            memset(padded, ' ', sizeof padded);
            memcpy(padded, in, to - from);
            in = padded;
        }
        const bl_masks m = bl_classify_block(in, (unsigned)(next - from), case_bit, low);
        from = tokenize_block(out, low, m, from, next, to);
    }
}

/* ---- the whole text ------------------------------------------------------------------ */

/* An added token in the text, and the bytes that it takes with the spaces it absorbs. */
typedef struct {
    const bl_added *token;
    size_t from, to;
} added_match;

static int is_isolated(const uint8_t *text, size_t size, size_t from, size_t to)
{
    uint32_t after;
    if (from && !is_edge(bl_character_before(text, from))) return 0;
    if (to == size) return 1;
    bl_decode(text + to, text + size, &after);
    return is_edge(after);
}

/* The first added token of the text from *search on, from which *search moves behind it. What
 * precedes `done` has been tokenized. token is NULL if there is none. */
static added_match find_added_token(const token_output *out, size_t size, size_t done,
                                    size_t *search)
{
    const bl_added_set *set = &out->t->raw;
    while ((*search = bl_added_candidate(set, out->text, *search, size)) < size) {
        const bl_added *a = bl_added_match(set, out->text + *search, size - *search);
        if (!a) {
            (*search)++;
            continue;
        }
        added_match m = { a, *search, *search + a->pattern_size };
        *search = m.to;
        if (out->split_special && a->special) continue;
        if (a->single_word && !is_isolated(out->text, size, m.from, m.to)) continue;
        if (a->lstrip) {
            const size_t spaces = bl_skip_spaces_back(out->text, m.from);
            m.from = spaces > done ? spaces : done;
        }
        if (a->rstrip) m.to = bl_skip_spaces(out->text, m.to, size);
        return m;
    }
    return (added_match){ NULL, size, size };
}

static void tokenize_text(token_output *out, size_t size)
{
    size_t done = 0;
    size_t search = 0;
    while (out->count <= out->limit) {
        const added_match m = find_added_token(out, size, done, &search);
        if (!m.token) break;
        if (done < m.from) tokenize_segment(out, done, m.from);
        put_added(out, m.token->id, m.from, m.to, 0, 0);
        done = m.to;
    }
    if (done < size) tokenize_segment(out, done, size);
}

bl_status bl_tokenize(const bl_tokenizer *t, const char *text, size_t size, int split_special,
                      int32_t *ids, bl_offset *offsets, size_t capacity, size_t *count,
                      bl_error *error)
{
    if (size > INT32_MAX)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the text has %zu bytes; up to %ld can be tokenized at once. Split it.",
                       size, (long)INT32_MAX);
    token_output out = {
        .t = t,
        .text = (const uint8_t *)text,
        .split_special = split_special,
        .ids = ids,
        .offsets = offsets,
        .capacity = ids ? capacity : 0,
        .limit = ids ? capacity : size,
    };
    if (size) tokenize_text(&out, size);
    if (out.lacks_unknown)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the text has a word that cannot be tokenized with this vocabulary, and the "
                       "vocabulary has no unknown token such as [UNK] to replace it; add one.");
    *count = out.count <= out.limit ? out.count : out.limit + 1;
    return BL_OK;
}
