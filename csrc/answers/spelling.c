#include "spelling.h"

#include <string.h>

#include "../model/model.h"

/* Words are looked up only where they are unknown, so a text of known words costs a bit for each of
 * its tokens. A word is, in this order: an abbreviation; a word with one letter more, less, or
 * exchanged, or with two that changed places; a word without its vowels; two words run together.
 * Of several words that fit the likeliest is meant. */
enum {
    SHORTEST_SLIP = 4,  /* letters of a word with a slip (of three: see is_near_short), */
    SHORTEST_HALF = 2,  /* of each of two run together, */
    SHORTEST_MEANT = 3, /* and of all other words that are read as others, and of those meant */
};

/* A word as it was written: tokens [first, first + count). */
typedef struct {
    char text[BL_SPELLED_LONGEST];
    size_t size, first, count;
    int is_letters;
} written;

typedef struct {
    const char *word, *meant;
    size_t size, meant_size, rank;
    int joins;
} entry;

typedef struct {
    char text[2 * BL_SPELLED_LONGEST + 1];
    size_t size;
} correction;

/* ---- what a word is ----------------------------------------------------------------------- */

static void read_entry(const bl_spelling *s, uint32_t key, entry *e)
{
    const size_t at = key & (BL_SPELLED_WORDS - 1);
    const uint8_t first = s->words[at];
    e->size = first & BL_SPELLED_LENGTH;
    e->joins = (first & BL_SPELLED_JOINS) != 0;
    e->word = (const char *)s->words + at + 1;
    e->meant_size = s->words[at + 1 + e->size];
    e->meant = e->word + e->size + 1;
    e->rank = at + 1; /* the likeliest come first */
}

/* Whether two words are one slip apart. */
static int is_near(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const size_t shorter = a_size < b_size ? a_size : b_size;
    if (a_size + b_size - 2 * shorter > 1) return 0;
    size_t front = 0, back = 0;
    while (front < shorter && a[front] == b[front]) front++;
    while (back < shorter - front && a[a_size - 1 - back] == b[b_size - 1 - back]) back++;
    const size_t a_rest = a_size - front - back, b_rest = b_size - front - back;
    if (a_rest <= 1 && b_rest <= 1) return 1;
    return a_rest == 2 && b_rest == 2 && a[front] == b[front + 1] && a[front + 1] == b[front];
}

static int is_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

/* Whether a word of three letters is a frequent one with two of them exchanged, or one missing. */
static int is_near_short(const written *w, const entry *e)
{
    if (!e->joins || w->size != SHORTEST_SLIP - 1 || e->size < w->size ||
        !is_near(w->text, w->size, e->word, e->size))
        return 0;
    return e->size > w->size || (w->text[0] == e->word[1] && w->text[1] == e->word[0]) ||
           (w->text[1] == e->word[2] && w->text[2] == e->word[1]);
}

static int has_vowels(const written *w)
{
    for (size_t i = 0; i < w->size; i++)
        if (is_vowel(w->text[i]) || w->text[i] == 'y') return 1;
    return 0;
}

static int is_same(const written *w, const entry *e)
{
    return w->size == e->size && !memcmp(w->text, e->word, w->size);
}

static int is_abbreviation(const written *w, const entry *e)
{
    return e->meant_size && is_same(w, e);
}

static int is_half(const written *w, const entry *e)
{
    return e->joins && !e->meant_size && is_same(w, e);
}

static int is_slip(const written *w, const entry *e)
{
    if (e->meant_size) return 0;
    return w->size < SHORTEST_SLIP ? is_near_short(w, e)
                                   : is_near(w->text, w->size, e->word, e->size);
}

/* Whether a word is what is left of another without the vowels behind its first letter. */
static int is_skeleton(const written *w, const entry *e)
{
    size_t at = 0;
    if (e->meant_size) return 0;
    for (size_t i = 0; i < e->size; i++) {
        if (i && is_vowel(e->word[i])) continue;
        if (at == w->size || w->text[at] != e->word[i]) return 0;
        at++;
    }
    return at == w->size;
}

/* ---- what is meant -------------------------------------------------------------------------- */

/* Puts the likeliest entry of `size` letters that fits a word in the place of a less likely one.
 * Read are only entries that have the word's first or last letter, as `same` says. */
static void find_entry(const bl_spelling *s, const written *w, size_t size, uint32_t same,
                       int (*fits)(const written *, const entry *), entry *best)
{
    const uint32_t ends = bl_spelling_ends(w->text, w->size);
    const uint32_t *key = s->order->keys + s->order->places[size],
                   *end = s->order->keys + s->order->places[size + 1];
    entry e;
    for (; key < end; key++) {
        if ((*key ^ ends) & same) continue;
        read_entry(s, *key, &e);
        if (best->size && e.rank > best->rank) return;
        if (!fits(w, &e)) continue;
        *best = e;
        return;
    }
}

static int mean(correction *c, const char *text, size_t size)
{
    if (!size) return 0;
    memcpy(c->text + c->size, text, size);
    c->size += size;
    return 1;
}

/* An abbreviation, a slip, or a word without vowels. */
static int find_word(const bl_spelling *s, const written *w, correction *out)
{
    entry found = { 0 }, skeleton = { 0 };
    find_entry(s, w, w->size, BL_SPELLED_FIRST | BL_SPELLED_LAST, is_abbreviation, &found);
    if (found.size) return mean(out, found.meant, found.meant_size);
    if (!w->is_letters || w->size < SHORTEST_MEANT) return 0;
    /* One slip leaves the first letter or the last one. */
    for (size_t size = w->size - (w->size > SHORTEST_MEANT);
         size <= w->size + 1 && size <= BL_SPELLED_LONGEST; size++) {
        find_entry(s, w, size, BL_SPELLED_FIRST, is_slip, &found);
        find_entry(s, w, size, BL_SPELLED_LAST, is_slip, &found);
    }
    if (!found.size || !has_vowels(w))
        for (size_t size = w->size + 1; size <= BL_SPELLED_LONGEST; size++)
            find_entry(s, w, size, BL_SPELLED_FIRST, is_skeleton, &skeleton);
    if (skeleton.size) found = skeleton;
    return mean(out, found.word, found.size);
}

/* How likely a part of a word is as a word of its own; 0: it is none. */
static size_t rank_of_half(const bl_spelling *s, const char *text, size_t size)
{
    written half = { .size = size };
    entry e = { 0 };
    memcpy(half.text, text, size);
    find_entry(s, &half, size, BL_SPELLED_FIRST | BL_SPELLED_LAST, is_half, &e);
    return e.rank;
}

/* Two words run together: of all places between two the one where the rarer of them is the most
 * frequent. */
static int find_halves(const bl_spelling *s, const written *w, correction *out)
{
    size_t best = 0, best_rank = SIZE_MAX;
    if (!w->is_letters) return 0;
    for (size_t split = SHORTEST_HALF; split + SHORTEST_HALF <= w->size; split++) {
        const size_t first = rank_of_half(s, w->text, split),
                     second = first ? rank_of_half(s, w->text + split, w->size - split) : 0,
                     rank = first > second ? first : second;
        if (!second || rank >= best_rank) continue;
        best = split;
        best_rank = rank;
    }
    if (!best) return 0;
    mean(out, w->text, best);
    mean(out, " ", 1);
    return mean(out, w->text + best, w->size - best);
}

/* ---- where they are ------------------------------------------------------------------------ */

int bl_corrects_spelling(const bl_session *s) { return s->model->spelling.known_bits > 0; }

const char *bl_piece_of(const bl_session *s, int32_t id, size_t *size, int *continues)
{
    const char *text = bl_word_piece(s->tokenizer, id, size);
    *continues = text && *size > 2 && text[0] == '#' && text[1] == '#';
    return *continues ? *size -= 2, text + 2 : text;
}

/* The word that begins at a token. Its size is 0 if it is too long, or not of ASCII letters and
 * digits. */
static void read_word(const bl_session *s, const int32_t *ids, size_t count, size_t first,
                      written *w)
{
    size_t size;
    int continues, is_word = 1;
    *w = (written){ .first = first, .is_letters = 1 };
    for (size_t i = first; i < count; i++) {
        const char *piece = bl_piece_of(s, ids[i], &size, &continues);
        if (i > first && !continues) break;
        w->count++;
        is_word = is_word && piece && size <= BL_SPELLED_LONGEST - w->size;
        for (size_t k = 0; is_word && k < size; k++) {
            const int is_letter = piece[k] >= 'a' && piece[k] <= 'z';
            is_word = is_letter || (piece[k] >= '0' && piece[k] <= '9');
            w->is_letters &= is_letter;
            w->text[w->size++] = piece[k];
        }
    }
    if (!is_word) w->size = 0;
}

static int is_known(const bl_spelling *spelling, const int32_t *ids, const written *w)
{
    if (w->count == 1) return bl_is_known_id(spelling, ids[w->first]);
    return bl_is_known_word(spelling, w->text, w->size);
}

/* The first misspelled word at or behind a token, and what is meant; 0: there is none. */
static int next_slip(const bl_session *s, const bl_spelling *spelling, const int32_t *ids,
                     size_t count, size_t from, written *w, correction *c)
{
    for (; from < count; from += w->count) {
        read_word(s, ids, count, from, w);
        if (!w->size || is_known(spelling, ids, w)) continue;
        c->size = 0;
        if (find_word(spelling, w, c) || find_halves(spelling, w, c)) return 1;
    }
    return 0;
}

/* ---- tokens -------------------------------------------------------------------------------- */

/* Tokens with room for corrections; a text with more keeps its last words as they are. */
typedef struct {
    int32_t *ids;
    bl_offset *offsets;
    size_t count, capacity;
} tokens;

static bl_status take_tokens(const bl_session *s, size_t count, int offsets, tokens *t,
                             bl_error *error)
{
    *t = (tokens){ .capacity = bl_most_corrected(count) };
    t->ids = bl_arena_take(s->arena, t->capacity, sizeof *t->ids);
    if (offsets) t->offsets = bl_arena_take(s->arena, t->capacity, sizeof *t->offsets);
    return t->ids && (!offsets || t->offsets) ? BL_OK : bl_no_memory(error, "the corrected words");
}

static void copy(tokens *t, const int32_t *ids, const bl_offset *offsets, size_t count)
{
    memcpy(t->ids + t->count, ids, count * sizeof *ids);
    if (t->offsets && offsets) memcpy(t->offsets + t->count, offsets, count * sizeof *offsets);
    t->count += count;
}

/* Adds what is meant by a word. */
static bl_status add_meant(const bl_session *s, tokens *t, const correction *c,
                           const bl_offset *offsets, const written *w, bl_error *error)
{
    size_t count = 0;
    const bl_status status = bl_tokenize(s->tokenizer, c->text, c->size, 0, t->ids + t->count, NULL,
                                         BL_MOST_MEANT, &count, error);
    if (status != BL_OK) return status;
    if (count > BL_MOST_MEANT) count = BL_MOST_MEANT;
    for (size_t i = 0; t->offsets && i < count; i++) {
        bl_offset *o = &t->offsets[t->count + i];
        *o = offsets[w->first];
        o->end = offsets[w->first + w->count - 1].end;
    }
    t->count += count;
    return BL_OK;
}

bl_status bl_correct_spelling(const bl_session *s, int32_t **ids, bl_offset **offsets,
                              size_t *count, bl_error *error)
{
    const bl_spelling *spelling = &s->model->spelling;
    written w;
    correction c;
    tokens t;
    size_t done = 0;
    if (!bl_corrects_spelling(s) || !next_slip(s, spelling, *ids, *count, 0, &w, &c)) return BL_OK;
    bl_status status = take_tokens(s, *count, *offsets != NULL, &t, error);
    for (int more = 1; status == BL_OK && more;) {
        if (t.count + *count - done + BL_MOST_MEANT > t.capacity) break;
        copy(&t, *ids + done, *offsets ? *offsets + done : NULL, w.first - done);
        status = add_meant(s, &t, &c, *offsets, &w, error);
        done = w.first + w.count;
        more = next_slip(s, spelling, *ids, *count, done, &w, &c);
    }
    if (status != BL_OK) return status;
    copy(&t, *ids + done, *offsets ? *offsets + done : NULL, *count - done);
    *ids = t.ids;
    *offsets = t.offsets;
    *count = t.count;
    return BL_OK;
}
