#include "spelling.h"

#include <string.h>

#include "../model/model.h"
#include "../tokenizer/unicode.h"

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

/* What words are looked up in: those that a caller adds, which are entries without flags and
 * meanings, are likelier than the model's. */
typedef struct {
    const bl_spelling *model;
    const uint8_t *added;
    size_t added_size;
} word_lists;

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

/* The entry at `at`; returns where the next one is. The likeliest come first. */
static size_t read_entry(const uint8_t *words, size_t at, entry *e)
{
    e->size = words[at] & BL_SPELLED_LENGTH;
    e->joins = (words[at] & BL_SPELLED_JOINS) != 0;
    e->word = (const char *)words + at + 1;
    e->meant_size = words[at + 1 + e->size];
    e->meant = e->word + e->size + 1;
    e->rank = at + 1;
    return at + 2 + e->size + e->meant_size;
}

/* Whether two words are one slip apart. */
static int is_near(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const size_t shorter = a_size < b_size ? a_size : b_size;
    if (a_size + b_size - 2 * shorter > 1) return 0;
    /* Most words that begin alike differ in the next letter and at the end, or the other way round:
     * that is more than one slip. */
    if (shorter > 3 && (a[0] == b[0] ? a[1] != b[1] && a[a_size - 1] != b[b_size - 1]
                                     : a[a_size - 2] != b[b_size - 2]))
        return 0;
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

/* Behind its first letter, a word without its vowels has none. */
static int may_be_skeleton(const written *w)
{
    for (size_t i = 1; i < w->size; i++)
        if (is_vowel(w->text[i])) return 0;
    return 1;
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

/* Entries of the model of `size` letters: at least all that have the first letter of a word, or its
 * last one, as `same` says. */
static const uint32_t *find_keys(const bl_spelling *s, size_t size, uint32_t ends, uint32_t same,
                                 const uint32_t **end)
{
    const bl_spelling_index *index = same & BL_SPELLED_FIRST ? s->by_first : s->by_last;
    const size_t letter = same & BL_SPELLED_FIRST ? ends >> 26 : ends >> 20 & 63;
    const uint32_t *places = index->places + size * BL_SPELLED_LETTERS + letter;
    *end = index->keys + places[1];
    return index->keys + places[0];
}

/* Where in the list the entry of a length is that has so many of this length before it. */
static size_t index_of(const bl_spelling_groups *g, size_t size, size_t before)
{
    size_t i = 0;
    while ((g->lengths[i] & BL_SPELLED_LENGTH) != size || before-- > 0) i++;
    return i;
}

/* find_entry in groups. An entry's rank and flags are looked up only if it fits otherwise. */
static void find_in_groups(const word_lists *l, const written *w, size_t size, uint32_t same,
                           int (*fits)(const written *, const entry *), entry *best)
{
    const bl_spelling_groups *g = &l->model->groups;
    const uint32_t ends = bl_spelling_ends(w->text, w->size);
    const char *first = (const char *)g->letters + g->places[size],
               *end = (const char *)g->letters + g->places[size + 1];
    for (const char *word = first; word < end; word += size) {
        entry e = { .word = word, .size = size, .joins = 1 };
        if ((bl_spelling_ends(word, size) ^ ends) & same || !fits(w, &e)) continue;
        const size_t index = index_of(g, size, (size_t)(word - first) / size);
        e.joins = (g->lengths[index] & BL_SPELLED_JOINS) != 0;
        e.rank = l->added_size + index + 1;
        if (best->size && e.rank > best->rank) return;
        if (!fits(w, &e)) continue;
        *best = e;
        return;
    }
}

/* Puts the likeliest entry of `size` letters that fits a word in the place of a less likely one.
 * Read are only the model's entries that have the word's first or last letter, as `same` says. */
static void find_entry(const word_lists *l, const written *w, size_t size, uint32_t same,
                       int (*fits)(const written *, const entry *), entry *best)
{
    const bl_spelling *s = l->model;
    const uint32_t ends = bl_spelling_ends(w->text, w->size);
    entry e;
    for (size_t at = 0; at < l->added_size;) {
        at = read_entry(l->added, at, &e);
        if (best->size && e.rank > best->rank) return;
        if (e.size != size || !fits(w, &e)) continue;
        *best = e;
        return;
    }
    if (!s->order) {
        find_in_groups(l, w, size, same, fits, best);
        return;
    }
    const uint32_t *end, *key = find_keys(s, size, ends, same, &end);
    for (; key < end; key++) {
        if ((*key ^ ends) & same) continue;
        read_entry(s->words, *key & (BL_SPELLED_WORDS - 1), &e);
        e.rank += l->added_size;
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

static int find_abbreviation(const word_lists *l, const written *w, correction *out)
{
    const bl_spelling *s = l->model;
    entry found = { 0 };
    if (s->order) {
        find_entry(l, w, w->size, BL_SPELLED_FIRST | BL_SPELLED_LAST, is_abbreviation, &found);
        return mean(out, found.meant, found.meant_size);
    }
    for (size_t at = 0; at < s->words_size;) { /* of groups, the entries with another meaning */
        at = read_entry(s->words, at, &found);
        if (is_abbreviation(w, &found)) break;
        found.meant_size = 0;
    }
    return mean(out, found.meant, found.meant_size);
}

/* An abbreviation, a slip, or a word without vowels. */
static int find_word(const word_lists *l, const written *w, correction *out)
{
    entry found = { 0 }, skeleton = { 0 };
    if (find_abbreviation(l, w, out)) return 1;
    if (!w->is_letters || w->size < SHORTEST_MEANT) return 0;
    /* One slip leaves the first letter or the last one. */
    for (size_t size = w->size - (w->size > SHORTEST_MEANT);
         size <= w->size + 1 && size <= BL_SPELLED_LONGEST; size++) {
        find_entry(l, w, size, BL_SPELLED_FIRST, is_slip, &found);
        find_entry(l, w, size, BL_SPELLED_LAST, is_slip, &found);
    }
    if ((!found.size || !has_vowels(w)) && may_be_skeleton(w))
        for (size_t size = w->size + 1; size <= BL_SPELLED_LONGEST; size++)
            find_entry(l, w, size, BL_SPELLED_FIRST, is_skeleton, &skeleton);
    if (skeleton.size) found = skeleton;
    return mean(out, found.word, found.size);
}

/* How likely a part of a word is as a word of its own; 0: it is none. */
static size_t rank_of_half(const word_lists *l, const char *text, size_t size)
{
    written half = { .size = size };
    entry e = { 0 };
    memcpy(half.text, text, size);
    find_entry(l, &half, size, BL_SPELLED_FIRST | BL_SPELLED_LAST, is_half, &e);
    return e.rank;
}

/* Two words run together: of all places between two the one where the rarer of them is the most
 * frequent. */
static int find_halves(const word_lists *l, const written *w, correction *out)
{
    size_t best = 0, best_rank = SIZE_MAX;
    if (!w->is_letters) return 0;
    for (size_t split = SHORTEST_HALF; split + SHORTEST_HALF <= w->size; split++) {
        const size_t first = rank_of_half(l, w->text, split),
                     second = first ? rank_of_half(l, w->text + split, w->size - split) : 0,
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

static int continues_word(const bl_session *s, int32_t id)
{
    size_t size;
    int continues;
    bl_piece_of(s, id, &size, &continues);
    return continues;
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

static int is_added(const word_lists *l, const written *w)
{
    entry e;
    for (size_t at = 0; at < l->added_size;) {
        at = read_entry(l->added, at, &e);
        if (is_same(w, &e)) return 1;
    }
    return 0;
}

static int is_known(const word_lists *l, const int32_t *ids, const written *w)
{
    if (w->count == 1 ? bl_is_known_id(l->model, ids[w->first])
                      : bl_is_known_word(l->model, w->text, w->size))
        return 1;
    return is_added(l, w);
}

/* The first misspelled word at or behind a token, and what is meant; 0: there is none. */
static int next_slip(const bl_session *s, const word_lists *l, const int32_t *ids, size_t count,
                     size_t from, written *w, correction *c)
{
    for (; from < count; from += w->count) {
        w->count = 1;
        if (bl_is_known_id(l->model, ids[from]) &&
            (from + 1 == count || !continues_word(s, ids[from + 1])))
            continue; /* as most words */
        read_word(s, ids, count, from, w);
        c->size = 0;
        if (!w->size) continue;
        if (is_known(l, ids, w)) { /* abbreviations are, of conversations */
            if (w->count > 1 && find_abbreviation(l, w, c)) return 1;
            continue;
        }
        if (find_word(l, w, c) || find_halves(l, w, c)) return 1;
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
static void find_symbol(const word_lists *l, uint32_t symbol, correction *out)
{
    static const char digits[] = "0123456789abcdef";
    written w = { .text = "u", .size = 1 };
    int shift = symbol > 0xFFFF ? 16 : 12;
    for (; shift >= 0; shift -= 4) w.text[w.size++] = digits[symbol >> shift & 15];
    out->size = 0;
    find_abbreviation(l, &w, out);
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
    const word_lists lists = { &s->model->spelling, NULL, 0 };
    const size_t count = bl_corrects_spelling(s) ? count_symbols(*text, *size) : 0;
    correction c;
    if (!count) return BL_OK;
    char *out = bl_arena_take(s->arena, *size + count * (BL_SPELLED_LONGEST + 2), 1);
    if (!out) return bl_no_memory(error, "the words for symbols");
    size_t used = 0;
    for (size_t at = 0, from = 0; at < *size; from = at) {
        const uint32_t character = next_character(*text, *size, &at);
        if (is_symbol(character)) {
            find_symbol(&lists, character, &c);
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

bl_status bl_correct_spelling(const bl_session *s, int32_t **ids, bl_offset **offsets,
                              size_t *count, bl_error *error)
{
    const word_lists lists = { &s->model->spelling, NULL, 0 };
    written w;
    correction c;
    tokens t;
    size_t done = 0;
    if (!bl_corrects_spelling(s) || !next_slip(s, &lists, *ids, *count, 0, &w, &c)) return BL_OK;
    bl_status status = take_tokens(s, *count, *offsets != NULL, &t, error);
    for (int more = 1; status == BL_OK && more;) {
        if (t.count + *count - done + BL_MOST_MEANT > t.capacity) break;
        copy(&t, *ids + done, *offsets ? *offsets + done : NULL, w.first - done);
        status = add_meant(s, &t, &c, *offsets, &w, error);
        done = w.first + w.count;
        more = next_slip(s, &lists, *ids, *count, done, &w, &c);
    }
    if (status != BL_OK) return status;
    copy(&t, *ids + done, *offsets ? *offsets + done : NULL, *count - done);
    *ids = t.ids;
    *offsets = t.offsets;
    *count = t.count;
    return BL_OK;
}

/* ---- text ---------------------------------------------------------------------------------- */

enum { LONGEST_MEANT = 2 * BL_SPELLED_LONGEST + 1 };

typedef struct {
    const char *data;
    size_t size;
    int has_lowercase;
} original;

static int is_lowercase(char c) { return c >= 'a' && c <= 'z'; }
static int is_capital(char c) { return c >= 'A' && c <= 'Z'; }

/* Whether bytes [start, end) are part of a longer word ("hasn't", "hy-vee"), or an abbreviation in
 * capitals: no word of the lists. */
static int is_no_word(const original *text, size_t start, size_t end)
{
    static const char apostrophe[] = "\xe2\x80\x99";
    const char *t = text->data;
    if (start && (t[start - 1] == '\'' || t[start - 1] == '-')) return 1;
    if (end < text->size && (t[end] == '\'' || t[end] == '-')) return 1;
    if (start >= 3 && !memcmp(t + start - 3, apostrophe, 3)) return 1;
    if (text->size - end >= 3 && !memcmp(t + end, apostrophe, 3)) return 1;
    return text->has_lowercase && end - start > 1 && is_capital(t[start]) &&
           is_capital(t[start + 1]);
}

typedef struct {
    char *data;
    size_t size;
} corrected;

static void put(corrected *out, const char *text, size_t size)
{
    if (size) memcpy(out->data + out->size, text, size);
    out->size += size;
}

bl_status bl_corrected(const bl_session *s, const char *text, size_t size,
                       const unsigned char *words, size_t words_size, const char **out,
                       size_t *out_size, bl_error *error)
{
    tokens t;
    written w;
    correction c;
    *out = text;
    *out_size = size;
    if (words_size && !bl_is_spelling_list(words, words_size))
        return bl_fail(error, BL_INPUT_ERROR,
                       "the words to correct a text by are not entries of up to %d letters and "
                       "digits; write each as bertlite.h says.",
                       BL_SPELLED_LONGEST);
    bl_status status = bl_begin(s, BL_NO_HEAD, "correcting texts", error);
    if (status != BL_OK || !bl_corrects_spelling(s)) return status;
    const word_lists lists = { &s->model->spelling, words, words_size };
    const size_t most = bl_session_tokens(s), capacity = size < most ? size : most;
    status = take_tokens(s, capacity, 1, &t, error);
    if (status == BL_OK)
        status =
            bl_tokenize(s->tokenizer, text, size, 0, t.ids, t.offsets, capacity, &t.count, error);
    if (status != BL_OK || t.count > capacity) return status;
    original from = { text, size, 0 };
    for (size_t i = 0; i < size; i++) from.has_lowercase |= is_lowercase(text[i]);
    corrected to = { bl_arena_take(s->arena, size + t.count * LONGEST_MEANT, 1), 0 };
    size_t done = 0;
    if (!to.data) return bl_no_memory(error, "the corrected text");
    for (size_t at = 0; next_slip(s, &lists, t.ids, t.count, at, &w, &c); at = w.first + w.count) {
        const size_t start = t.offsets[w.first].start, end = t.offsets[w.first + w.count - 1].end;
        if (is_no_word(&from, start, end)) continue;
        put(&to, text + done, start - done);
        put(&to, c.text, c.size);
        done = end;
    }
    if (!done) return BL_OK;
    put(&to, text + done, size - done);
    *out = to.data;
    *out_size = to.size;
    return BL_OK;
}
