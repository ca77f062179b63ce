#include "spelling.h"

#include <string.h>

#include "../model/model.h"
#include "../tokenizer/unicode.h"

/* Words are looked up only where they are unknown, so a text of known words costs a bit for each of
 * its tokens. A word is, in this order: an abbreviation; a word with one letter more, less, or
 * exchanged, or with two that changed places; a word without its vowels; two words run together.
 * Of several words that fit the likeliest is meant. */
enum {
    SHORTEST_SLIP = 4,     /* letters of a word with a slip (of three: see is_near_short);   */
    SHORTEST_SKELETON = 3, /* one without vowels, */
    SHORTEST_HALF = 2,     /* and of each of two run together */
    SHORTEST_MEANT = 3
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

/* The next entry at *at; 0 behind the last. */
static int next_entry(const bl_spelling *s, size_t *at, entry *e)
{
    if (*at == s->words_size) return 0;
    const uint8_t first = s->words[*at];
    e->size = first & BL_SPELLED_LENGTH;
    e->joins = (first & BL_SPELLED_JOINS) != 0;
    e->word = (const char *)s->words + *at + 1;
    e->meant_size = s->words[*at + 1 + e->size];
    e->meant = e->word + e->size + 1;
    *at += 2 + e->size + e->meant_size;
    e->rank++;
    return 1;
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

/* Whether `short_word` is the word without the vowels behind its first letter. */
static int is_skeleton(const written *short_word, const char *word, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < size; i++) {
        if (i && is_vowel(word[i])) continue;
        if (at == short_word->size || short_word->text[at] != word[i]) return 0;
        at++;
    }
    return at == short_word->size;
}

static int has_vowels(const written *w)
{
    for (size_t i = 0; i < w->size; i++)
        if (is_vowel(w->text[i]) || w->text[i] == 'y') return 1;
    return 0;
}

static void mean(correction *c, const char *text, size_t size)
{
    if (!size) return;
    memcpy(c->text + c->size, text, size);
    c->size += size;
}

/* An abbreviation, of which the list's first entries are. It may stand in the texts that the known
 * words come from. */
static int find_abbreviation(const bl_spelling *s, const written *w, correction *out)
{
    entry e = { 0 };
    for (size_t at = 0; next_entry(s, &at, &e) && e.meant_size;) {
        if (e.size != w->size || memcmp(e.word, w->text, w->size)) continue;
        mean(out, e.meant, e.meant_size);
        return 1;
    }
    return 0;
}

/* An abbreviation, a slip, or a word without vowels. */
static int find_word(const bl_spelling *s, const written *w, correction *out)
{
    const int may_slip = w->size >= SHORTEST_SLIP,
              may_lack_vowels = w->is_letters && w->size >= SHORTEST_SKELETON,
              lacks_vowels = may_lack_vowels && !has_vowels(w);
    entry e = { 0 }, near = { 0 }, skeleton = { 0 };
    for (size_t at = 0; next_entry(s, &at, &e);) {
        if (e.meant_size) {
            if (e.size != w->size || memcmp(e.word, w->text, w->size)) continue;
            mean(out, e.meant, e.meant_size);
            return 1;
        }
        if (e.size < SHORTEST_MEANT) continue;
        if (!near.size && w->is_letters &&
            (may_slip ? is_near(w->text, w->size, e.word, e.size) : is_near_short(w, &e)))
            near = e;
        if (!skeleton.size && may_lack_vowels && e.size > w->size && is_skeleton(w, e.word, e.size))
            skeleton = e;
    }
    const entry *found = skeleton.size && (lacks_vowels || !near.size) ? &skeleton : &near;
    mean(out, found->word, found->size);
    return found->size > 0;
}

/* Two words run together: of all places between two the one where the rarer of them is the most
 * frequent. */
static int find_halves(const bl_spelling *s, const written *w, correction *out)
{
    size_t first[BL_SPELLED_LONGEST + 1] = { 0 }, second[BL_SPELLED_LONGEST + 1] = { 0 };
    entry e = { 0 };
    if (!w->is_letters) return 0;
    for (size_t at = 0; next_entry(s, &at, &e);) {
        if (!e.joins || e.meant_size || e.size < SHORTEST_HALF || e.size + SHORTEST_HALF > w->size)
            continue;
        const size_t split = w->size - e.size;
        if (!first[e.size] && !memcmp(w->text, e.word, e.size)) first[e.size] = e.rank;
        if (!second[split] && !memcmp(w->text + split, e.word, e.size)) second[split] = e.rank;
    }
    size_t best = 0, best_rank = SIZE_MAX;
    for (size_t split = SHORTEST_HALF; split + SHORTEST_HALF <= w->size; split++) {
        const size_t rank = first[split] > second[split] ? first[split] : second[split];
        if (!first[split] || !second[split] || rank >= best_rank) continue;
        best = split;
        best_rank = rank;
    }
    if (!best) return 0;
    mean(out, w->text, best);
    mean(out, " ", 1);
    mean(out, w->text + best, w->size - best);
    return 1;
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
        c->size = 0;
        if (!w->size) continue;
        if (is_known(spelling, ids, w)) {
            if (w->count > 1 && find_abbreviation(spelling, w, c)) return 1;
            continue;
        }
        if (find_word(spelling, w, c) || find_halves(spelling, w, c)) return 1;
    }
    return 0;
}

/* ---- symbols ------------------------------------------------------------------------------- */

/* Whether a character is a picture, or changes how the one before it looks. */
static int is_symbol(uint32_t c)
{
    enum { VARIATION = 0xFE0F };
    return c == VARIATION || (c >= 0x2600 && c <= 0x27BF) || (c >= 0x1F300 && c <= 0x1FAFF);
}

/* What is meant by a symbol. The list has it under its number: "u1f44d". */
static void find_symbol(const bl_spelling *s, uint32_t symbol, correction *out)
{
    static const char digits[] = "0123456789abcdef";
    written w = { .text = "u", .size = 1 };
    int shift = symbol > 0xFFFF ? 16 : 12;
    for (; shift >= 0; shift -= 4) w.text[w.size++] = digits[symbol >> shift & 15];
    out->size = 0;
    find_abbreviation(s, &w, out);
}

/* The next character of a text. */
static uint32_t next_character(const char *text, size_t size, size_t *at)
{
    uint32_t c;
    *at += bl_decode((const uint8_t *)text + *at, (const uint8_t *)text + size, &c);
    return c;
}

static size_t count_symbols(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        if ((uint8_t)text[at] < 0xE2) at++; /* they have three bytes or four */
        else count += (size_t)is_symbol(next_character(text, size, &at));
    }
    return count;
}

bl_status bl_spell_symbols(const bl_session *s, const char **text, size_t *size, bl_error *error)
{
    const size_t count = bl_corrects_spelling(s) ? count_symbols(*text, *size) : 0;
    correction c;
    if (!count) return BL_OK;
    char *out = bl_arena_take(s->arena, *size + count * (BL_SPELLED_LONGEST + 2), 1);
    if (!out) return bl_no_memory(error, "the words for symbols");
    size_t used = 0;
    for (size_t at = 0, from = 0; at < *size; from = at) {
        const uint32_t character = next_character(*text, *size, &at);
        if (is_symbol(character)) {
            find_symbol(&s->model->spelling, character, &c);
            out[used++] = ' ';
            mean(&c, " ", 1);
            memcpy(out + used, c.text, c.size);
            used += c.size;
        } else {
            memcpy(out + used, *text + from, at - from);
            used += at - from;
        }
    }
    *text = out;
    *size = used;
    return BL_OK;
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

/* The tokens before the last word. */
static size_t without_last_word(const bl_session *s, const int32_t *ids, size_t count)
{
    size_t size;
    int continues = 1;
    while (count && continues) bl_piece_of(s, ids[--count], &size, &continues);
    return count;
}

bl_status bl_correct_spelling(const bl_session *s, int32_t **ids, bl_offset **offsets,
                              size_t *count, int is_cut, bl_error *error)
{
    const bl_spelling *spelling = &s->model->spelling;
    written w;
    correction c;
    tokens t;
    size_t done = 0;
    if (!bl_corrects_spelling(s)) return BL_OK;
    const size_t whole = is_cut ? without_last_word(s, *ids, *count) : *count;
    if (!next_slip(s, spelling, *ids, whole, 0, &w, &c)) return BL_OK;
    bl_status status = take_tokens(s, *count, *offsets != NULL, &t, error);
    for (int more = 1; status == BL_OK && more;) {
        if (t.count + *count - done + BL_MOST_MEANT > t.capacity) break;
        copy(&t, *ids + done, *offsets ? *offsets + done : NULL, w.first - done);
        status = add_meant(s, &t, &c, *offsets, &w, error);
        done = w.first + w.count;
        more = next_slip(s, spelling, *ids, whole, done, &w, &c);
    }
    if (status != BL_OK) return status;
    copy(&t, *ids + done, *offsets ? *offsets + done : NULL, *count - done);
    *ids = t.ids;
    *offsets = t.offsets;
    *count = t.count;
    return BL_OK;
}
