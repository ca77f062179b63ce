#include "phrases.h"

#include <string.h>

enum {
    REACH = 16,          /* tokens within which a bracket or quote is looked for */
    LONGEST_CHUNK = 256, /* bytes of an address to each side of a token */
    SHORT_PART = 3       /* letters of an abbreviation's part: "p.m.", "Ph.D." */
};

/* What stands before a name, with a full stop. */
static const char *const titles[] = { "mr",  "mrs", "ms",  "dr",  "prof", "st",    "mt",
                                      "gen", "col", "lt",  "sgt", "capt", "cpt",   "rev",
                                      "hon", "sen", "gov", "rep", "fr",   "messrs" };
/* The same without one. */
static const char *const honors[] = { "dame", "lady", "lord", "sir" };
/* What is counted in the number before it. */
static const char *const units[] = { "%",   "\302\260", "\302\260c", "\302\260f", "am",
                                     "bn",  "billion",  "cm",        "ft",        "gb",
                                     "g",   "kb",       "kg",        "km",        "lb",
                                     "lbs", "m",        "mb",        "mg",        "ml",
                                     "mm",  "mph",      "million",   "oz",        "percent",
                                     "pm",  "tb",       "thousand",  "trillion" };
static const char *const articles[] = { "a", "an", "the" };
/* No phrase begins or ends with these. */
static const char *const linkers[] = { "and", "of", "or" };

/* ---- words ----------------------------------------------------------------------------------- */

/* Below, a word is its first token; NO_WORD and what is behind the last are none, and have neither
 * letters nor neighbors. */
#define NO_WORD ((size_t)-1)

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static int is_lower(char c) { return c >= 'a' && c <= 'z'; }
static int is_letter(char c) { return is_upper(c) || is_lower(c) || (c & 0x80); }
static int is_letter_or_digit(char c) { return is_digit(c) || is_letter(c); }
static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static int is_any(const char *of, char c) { return c && strchr(of, c); }

/* The word that a token belongs to. */
static size_t word_of(const bl_phrase_text *t, size_t token)
{
    while (token && t->tokens[token - 1].word == t->tokens[token].word) token--;
    return token;
}

static size_t before(const bl_phrase_text *t, size_t w)
{
    return w && w < t->count ? word_of(t, w - 1) : NO_WORD;
}

static size_t after(const bl_phrase_text *t, size_t w)
{
    if (w >= t->count) return NO_WORD;
    const uint32_t word = t->tokens[w].word;
    while (w < t->count && t->tokens[w].word == word) w++;
    return w;
}

static size_t start_of(const bl_phrase_text *t, size_t w) { return t->tokens[w].start; }
static size_t end_of(const bl_phrase_text *t, size_t w) { return t->tokens[after(t, w) - 1].end; }

static size_t length_of(const bl_phrase_text *t, size_t w)
{
    return w < t->count ? end_of(t, w) - start_of(t, w) : 0;
}

static char first_of(const bl_phrase_text *t, size_t w)
{
    return length_of(t, w) ? t->text[start_of(t, w)] : 0;
}

static char last_of(const bl_phrase_text *t, size_t w)
{
    return length_of(t, w) ? t->text[end_of(t, w) - 1] : 0;
}

/* The word's only character, or 0 if it has several. */
static char mark_of(const bl_phrase_text *t, size_t w)
{
    return length_of(t, w) == 1 ? first_of(t, w) : 0;
}

/* Whether the word is one of these, which are lowercase, whatever its own case. */
static int is_in(const bl_phrase_text *t, size_t w, const char *const *words, size_t count)
{
    const size_t size = length_of(t, w);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        if (strlen(words[i]) != size) continue;
        for (; at < size; at++) {
            const char c = t->text[start_of(t, w) + at];
            if ((is_upper(c) ? (char)(c | 0x20) : c) != words[i][at]) break;
        }
        if (at == size) return 1;
    }
    return 0;
}
#define IS_IN(t, w, words) is_in(t, w, words, sizeof(words) / sizeof *(words))

static int is_title(const bl_phrase_text *t, size_t w)
{
    return is_upper(first_of(t, w)) && IS_IN(t, w, titles);
}

/* Whether it is a word of a name: "Rao", but not "IBM". */
static int is_capitalized(const bl_phrase_text *t, size_t w)
{
    return length_of(t, w) > 1 && is_upper(first_of(t, w)) && is_lower(t->text[start_of(t, w) + 1]);
}

/* Whether nothing is between a word and the next. */
static int touches(const bl_phrase_text *t, size_t w)
{
    const size_t next = after(t, w);
    return length_of(t, w) && length_of(t, next) && end_of(t, w) == start_of(t, next);
}

/* Whether a space is between a word and the next. */
static int is_spaced(const bl_phrase_text *t, size_t w)
{
    const size_t next = after(t, w);
    return length_of(t, w) && length_of(t, next) && end_of(t, w) + 1 == start_of(t, next) &&
           t->text[end_of(t, w)] == ' ';
}

/* ---- what is written as one ------------------------------------------------------------------ */

/* Whether the word is a mark that touches both of its neighbors, and which. */
static char inner_mark(const bl_phrase_text *t, size_t w)
{
    return touches(t, before(t, w)) && touches(t, w) ? mark_of(t, w) : 0;
}

/* Whether it is the full stop inside of an abbreviation: "p.m", "U.S". */
static int is_inner_stop(const bl_phrase_text *t, size_t w)
{
    const size_t left = before(t, w), right = after(t, w);
    return inner_mark(t, w) == '.' && is_letter(last_of(t, left)) &&
           is_letter(first_of(t, right)) && length_of(t, left) <= SHORT_PART &&
           length_of(t, right) <= SHORT_PART;
}

/* Whether it is the one at the end of such an abbreviation: "p.m.", "U.S." */
static int is_last_stop(const bl_phrase_text *t, size_t w)
{
    const size_t left = before(t, w);
    return mark_of(t, w) == '.' && touches(t, left) && is_inner_stop(t, before(t, left));
}

/* Whether it separates parts of a number: "1,200", "9:15". */
static int is_in_number(const bl_phrase_text *t, size_t w)
{
    return is_any(".,:", inner_mark(t, w)) && is_digit(last_of(t, before(t, w))) &&
           is_digit(first_of(t, after(t, w)));
}

/* Whether it joins its neighbors to one word: "touch-screen", but not "Africa's". */
static int joins(const bl_phrase_text *t, size_t w)
{
    const char mark = inner_mark(t, w);
    const size_t right = after(t, w);
    if (!is_any("'-/_&", mark) || (mark == '\'' && (mark_of(t, right) | 0x20) == 's')) return 0;
    return is_letter_or_digit(last_of(t, before(t, w))) && is_letter_or_digit(first_of(t, right));
}

/* Whether it is a sign before a number: of money, of "#12". */
static int is_sign(const bl_phrase_text *t, size_t w)
{
    static const char *const signs[] = { "$", "#", "\xc2\xa3", "\xe2\x82\xac" };
    return IS_IN(t, w, signs);
}

/* Whether it is a capital before a full stop. */
static int is_letter_with_stop(const bl_phrase_text *t, size_t w)
{
    return is_upper(mark_of(t, w)) && touches(t, w) && mark_of(t, after(t, w)) == '.';
}

/* Whether it is an initial of a name: "W" of "George W. Bush", but not "C" of "vitamin C." */
static int is_initial(const bl_phrase_text *t, size_t w)
{
    const size_t left = before(t, w);
    if (!is_letter_with_stop(t, w)) return 0;
    return is_letter_with_stop(t, after(t, after(t, w))) ||
           (mark_of(t, left) == '.' && is_letter_with_stop(t, before(t, left))) ||
           (is_spaced(t, left) && is_capitalized(t, left));
}

/* Whether a name goes on from a word to the next, by way of a full stop: "Ms. Rao", "Mary J." */
static int is_titled(const bl_phrase_text *t, size_t w)
{
    if (is_spaced(t, w) && is_capitalized(t, w) && is_initial(t, after(t, w))) return 1;
    const size_t stop = mark_of(t, w) == '.' ? w : after(t, w), left = before(t, stop);
    return mark_of(t, stop) == '.' && touches(t, left) && is_spaced(t, stop) &&
           is_upper(first_of(t, after(t, stop))) && (is_title(t, left) || is_initial(t, left));
}

/* Whether a name goes on from a word to the next, behind a title: "Sir Alexander Fleming". */
static int is_full_name(const bl_phrase_text *t, size_t w)
{
    size_t left;
    if (!is_spaced(t, w) || !is_capitalized(t, w) || !is_capitalized(t, after(t, w))) return 0;
    for (int i = 0; left = before(t, w), i < REACH && is_spaced(t, left) && is_capitalized(t, left);
         i++)
        w = left;
    return IS_IN(t, w, honors) ||
           (is_spaced(t, left) && mark_of(t, left) == '.' && is_title(t, before(t, left)));
}

/* Whether a number goes on with what it counts: "5 kg", "6 p.m.". */
static int is_measured(const bl_phrase_text *t, size_t w)
{
    const size_t unit = after(t, w), stop = after(t, unit);
    if (!is_digit(last_of(t, w)) || (!is_spaced(t, w) && !touches(t, w))) return 0;
    return IS_IN(t, unit, units) || (is_any("ap", mark_of(t, unit)) && is_inner_stop(t, stop) &&
                                     mark_of(t, after(t, stop)) == 'm');
}

int bl_is_in_address(const char *text, size_t size, size_t at)
{
    size_t from = at, to = at;
    while (from && !is_space(text[from - 1]) && at - from < LONGEST_CHUNK) from--;
    while (to < size && !is_space(text[to]) && to - at < LONGEST_CHUNK) to++;
    while (from < to && is_any("<(\"'", text[from])) from++;
    while (to > from && is_any(">)\"'.,;:!?", text[to - 1])) to--;
    if (at < from || at >= to) return 0;
    if (to - from > 4 && !memcmp(text + from, "www.", 4)) return 1;
    for (size_t i = from + 1; i + 1 < to; i++) {
        if (text[i] == '@' && is_letter_or_digit(text[i + 1])) return 1;
        if (i + 2 < to && !memcmp(text + i, "://", 3)) return 1;
    }
    return 0;
}

static int is_one_address(const bl_phrase_text *t, size_t w)
{
    return bl_is_in_address(t->text, t->size, start_of(t, w)) &&
           bl_is_in_address(t->text, t->size, start_of(t, after(t, w)));
}

/* Whether tokens k and k + 1 are of one word. */
static int is_one_word(const bl_phrase_text *t, size_t k)
{
    return t->tokens[k].word == t->tokens[k + 1].word;
}

int bl_is_one_number(const bl_phrase_text *t, size_t k)
{
    const size_t w = word_of(t, k), next = after(t, w);
    return is_one_word(t, k) || is_in_number(t, w) || is_in_number(t, next) ||
           is_inner_stop(t, w) || is_inner_stop(t, next) || is_last_stop(t, next);
}

static int find_one_phrase(const bl_phrase_text *t, size_t k)
{
    const size_t w = word_of(t, k), next = after(t, w);
    if (bl_is_one_number(t, k) || is_titled(t, w) || is_full_name(t, w) || is_measured(t, w))
        return 1;
    if (!touches(t, w)) return 0;
    return joins(t, w) || joins(t, next) || (is_sign(t, w) && is_digit(first_of(t, next))) ||
           is_one_address(t, w);
}

int bl_is_one_phrase(const bl_phrase_text *t, size_t k)
{
    if (t->found && t->found[k]) return t->found[k] - 1;
    const int is_one = find_one_phrase(t, k);
    if (t->found) t->found[k] = (uint8_t)(1 + is_one);
    return is_one;
}

/* ---- brackets and quotes --------------------------------------------------------------------- */

typedef enum { NO_PAIR, OPENS, CLOSES } side;
typedef enum { ROUND, SQUARE, QUOTES, KINDS } kind;

/* What token k opens or closes. A straight quote opens behind a space. */
static side side_of(const bl_phrase_text *t, size_t k, kind *of)
{
    static const char *const curly[] = { "\xe2\x80\x9c", "\xe2\x80\x9d" };
    const size_t start = start_of(t, k);
    *of = QUOTES;
    for (size_t i = 0; i < 2; i++)
        if (length_of(t, k) == 3 && !memcmp(t->text + start, curly[i], 3))
            return i ? CLOSES : OPENS;
    switch (mark_of(t, k)) {
    case '(': return *of = ROUND, OPENS;
    case ')': return *of = ROUND, CLOSES;
    case '[': return *of = SQUARE, OPENS;
    case ']': return *of = SQUARE, CLOSES;
    case '"':
        return !start || is_space(t->text[start - 1]) || is_any("([", t->text[start - 1]) ? OPENS
                                                                                          : CLOSES;
    default: return NO_PAIR;
    }
}

/* The token that closes what token k opens, before `end`; k if there is none. */
static size_t closing(const bl_phrase_text *t, size_t k, size_t end)
{
    kind opened, other;
    int depth = 0;
    side_of(t, k, &opened);
    for (size_t i = k; i < end; i++) {
        const side s = side_of(t, i, &other);
        if (!s || other != opened) continue;
        depth += s == OPENS ? 1 : -1;
        if (!depth) return i;
    }
    return k;
}

/* Leaves no bracket or quote of the phrase alone. */
static void balance(const bl_phrase_text *t, size_t last, size_t *a, size_t *b)
{
    for (size_t i = *a; i <= *b; i++) {
        kind of;
        const side s = side_of(t, i, &of);
        if (!s) continue;
        if (s == OPENS) {
            const size_t end = last - i > REACH + (*b - i) ? *b + REACH : last,
                         close = closing(t, i, end);
            if (close > i && close <= *b) {
                i = close;
                continue;
            }
            if (i > *a && close > i) {
                i = *b = close;
                continue;
            }
            if (i == *a && i < *b) {
                *a = i + 1; /* what is quoted is the phrase */
                continue;
            }
        }
        if (i == *a && i < *b) *a = i + 1;
        else if (i > *a) *b = i - 1;
    }
}

/* ---- what is around a phrase ----------------------------------------------------------------- */

static int is_small(const bl_phrase_text *t, size_t w) { return is_lower(first_of(t, w)); }

/* Whether a phrase can do without its first or last word: a mark, "and", or an article, of which
 * the title of a book or a film keeps its own. */
static int is_around(const bl_phrase_text *t, size_t w)
{
    return is_any(",;:.!?-|", mark_of(t, w)) || IS_IN(t, w, linkers) ||
           (IS_IN(t, w, articles) && (is_small(t, w) || is_small(t, after(t, w))));
}

static void trim(const bl_phrase_text *t, size_t *a, size_t *b)
{
    kind of;
    size_t next;
    while (*b - *a > 1 && side_of(t, *a, &of) == OPENS && closing(t, *a, *b + 1) == *b) ++*a, --*b;
    while (*b > *a && !bl_is_one_phrase(t, *b - 1) && is_around(t, *b)) --*b;
    while (next = after(t, word_of(t, *a)),
           next <= *b && !bl_is_one_phrase(t, next - 1) && is_around(t, word_of(t, *a)))
        *a = next;
}

/* A phrase that crosses cells of a table is what it has of the last one. */
static void keep_cell(const bl_phrase_text *t, size_t *a, size_t b)
{
    for (size_t i = b; i > *a + 1; i--) {
        if (mark_of(t, i - 1) != '|') continue;
        *a = i;
        return;
    }
}

void bl_make_phrase(const bl_phrase_text *t, size_t first, size_t last, size_t *a, size_t *b)
{
    keep_cell(t, a, *b);
    balance(t, last, a, b);
    while (*a > first && bl_is_one_phrase(t, *a - 1)) --*a;
    while (*b + 1 < last && bl_is_one_phrase(t, *b)) ++*b;
    trim(t, a, b);
}
