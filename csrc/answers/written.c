#include "written.h"

#include <string.h>

#include "../tokenizer/unicode.h"
#include "phrases.h"

/* How often as likely as "O" a label has to be, for a word in lowercase in a text with capitals: at
 * the end of a name, inside of it, or in one that has no capital. Chosen on held-out sets that are
 * not scored. */
#define AT_EDGE 7.4f
#define INSIDE  2.7f
#define ALONE   2.1f
/* How much likelier "O" is for words in general than for one with a capital. */
#define CAPITAL_RATIO 0.74f

/* By how much an entity has to be likelier to begin than to go on, behind one of its own type. */
#define SURELY_BEGINS 4.0f

enum { WRAPPED = 40 }; /* bytes: a longer line goes on with the next one */

/* How a word begins; a capital at the beginning of a sentence says nothing. */
typedef enum { NO_LETTER, SMALL, CAPITAL, FIRST_CAPITAL } letter;

static const char *const linkers[] = { "and", "or" };
static const char *const clitics[] = { "s", "t", "m", "d", "re", "ve", "ll" };

/* ---- labels ---------------------------------------------------------------------------------- */

void bl_describe_labels(const bl_session *s, bl_label_set *out)
{
    const size_t count = (size_t)bl_describe(s->model)->labels;
    int names_persons = 0;
    *out = (bl_label_set){ s->model, count, count, 0, 0 };
    for (size_t i = 0; i < count; i++) {
        const char *name = bl_entity_type(s->model, (int)i);
        if (!name) return;
        if (!strcmp(name, "O")) out->outside = i;
        names_persons |= !strcmp(name, "PERSON");
    }
    out->is_read = out->outside < count;
    out->are_names = names_persons && bl_tokenizer_describe(s->tokenizer)->lowercase;
}

static int is_outside(const bl_label_set *l, const bl_labeled_word *w)
{
    return (size_t)w->label == l->outside;
}

static void leave_out(const bl_label_set *l, bl_labeled_word *w)
{
    w->label = (int32_t)l->outside;
    w->score = w->scores[l->outside];
}

static int has_prefix(const bl_label_set *l, const bl_labeled_word *w, char prefix)
{
    const char *name = bl_label_name(l->model, w->label);
    return name[0] == prefix && name[1] == '-';
}

static int are_alike(const bl_label_set *l, const bl_labeled_word *a, const bl_labeled_word *b)
{
    return a->label == b->label ||
           !strcmp(bl_entity_type(l->model, a->label), bl_entity_type(l->model, b->label));
}

/* Whether a word's label is so many times as likely as "O". */
static int is_surer(const bl_label_set *l, const bl_labeled_word *w, float times)
{
    return w->score >= times * w->scores[l->outside];
}

/* ---- words ----------------------------------------------------------------------------------- */

static int is_mark(const char *text, const bl_labeled_word *w)
{
    uint32_t c;
    if (w->start >= w->end) return 0;
    const unsigned size =
        bl_decode((const uint8_t *)text + w->start, (const uint8_t *)text + w->end, &c);
    return size == w->end - w->start && (bl_traits(c) & BL_PUNCTUATION);
}

static int is_this_mark(const char *text, const bl_labeled_word *w, char mark)
{
    return w->end == w->start + 1 && text[w->start] == mark;
}

static int is_in(const char *text, const bl_labeled_word *w, const char *const *words, size_t count)
{
    const size_t size = w->end - w->start;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        if (strlen(words[i]) != size) continue;
        while (at < size && (text[w->start + at] | 0x20) == words[i][at]) at++;
        if (at == size) return 1;
    }
    return 0;
}
#define IS_IN(text, w, words) is_in(text, w, words, sizeof(words) / sizeof *(words))

static int has_line_end(const char *text, size_t from, size_t to)
{
    return from < to && memchr(text + from, '\n', to - from) != NULL;
}

/* ---- capitals -------------------------------------------------------------------------------- */

static letter letter_of(const char *text, const bl_labeled_word *w)
{
    uint32_t c, lower[2];
    if (w->start >= w->end) return NO_LETTER;
    bl_decode((const uint8_t *)text + w->start, (const uint8_t *)text + w->end, &c);
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? CAPITAL : c >= 'a' && c <= 'z' ? SMALL : NO_LETTER;
    if (bl_lower(c, lower) != 1 || lower[0] != c) return CAPITAL;
    return (bl_traits(c) & BL_WORD_CHAR) ? SMALL : NO_LETTER;
}

/* How each word begins. Whether the capitals of the text say something: it has small letters, and
 * capitals that are not at the beginning of a sentence. */
static int read_letters(const char *text, bl_labeled_word *words, size_t count)
{
    int is_first = 1, smalls = 0, capitals = 0;
    for (size_t i = 0; i < count; i++) {
        bl_labeled_word *w = &words[i];
        if (i && has_line_end(text, words[i - 1].end, w->start)) is_first = 1;
        w->letter = (unsigned char)letter_of(text, w);
        if (w->letter == CAPITAL) {
            if (is_first) w->letter = FIRST_CAPITAL;
            else capitals += !is_this_mark(text, w, 'I');
        }
        smalls += w->letter == SMALL;
        if (w->letter != NO_LETTER) is_first = 0;
        else if (is_this_mark(text, w, '.') || is_this_mark(text, w, '!') ||
                 is_this_mark(text, w, '?'))
            is_first = 1;
    }
    return smalls && capitals;
}

/* The best label of a word with a capital. */
static void prefer_names(const bl_label_set *l, bl_labeled_word *w)
{
    const float none = w->scores[l->outside], lost = none * (1.0f - CAPITAL_RATIO);
    for (size_t i = 0; i < l->count; i++)
        w->scores[i] = (i == l->outside ? none - lost : w->scores[i]) / (1.0f - lost);
    int32_t best;
    bl_top_k(w->scores, l->count, 1, &best);
    w->label = best;
    w->score = w->scores[best];
}

/* Of the words [a, b) of a name, those in lowercase have to be surer than the others. */
static void leave_out_small(const bl_label_set *l, bl_labeled_word *words, size_t a, size_t b)
{
    int has_capital = 0;
    int is_sure = 0;
    for (size_t i = a; i < b; i++) {
        has_capital |= words[i].letter != SMALL;
        is_sure |= is_surer(l, &words[i], ALONE);
    }
    if (!has_capital) {
        for (size_t i = a; i < b && !is_sure; i++) leave_out(l, &words[i]);
        return;
    }
    while (words[a].letter == SMALL && !is_surer(l, &words[a], AT_EDGE)) leave_out(l, &words[a++]);
    while (words[b - 1].letter == SMALL && !is_surer(l, &words[b - 1], AT_EDGE))
        leave_out(l, &words[--b]);
    for (size_t i = a; i < b; i++)
        if (words[i].letter == SMALL && !is_surer(l, &words[i], INSIDE)) leave_out(l, &words[i]);
}

/* ---- entities -------------------------------------------------------------------------------- */

/* The label that goes on with an entity that this label begins: "I-room" for "B-room"; itself if
 * there is none. */
static size_t inside_of(const bl_label_set *l, int32_t begin)
{
    const char *name = bl_label_name(l->model, begin);
    for (size_t i = 0; i < l->count && name[0] == 'B' && name[1] == '-'; i++) {
        const char *other = bl_label_name(l->model, (int32_t)i);
        if (other[0] == 'I' && !strcmp(other + 1, name + 1)) return i;
    }
    return (size_t)begin;
}

/* "half past six": an entity behind one of its own type goes on with it, if it does not surely
 * begin. */
static void join_halves(const bl_label_set *l, bl_labeled_word *words, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bl_labeled_word *w = &words[i];
        if (is_outside(l, w) || !has_prefix(l, w, 'B') || !are_alike(l, &words[i - 1], w)) continue;
        const size_t inside = inside_of(l, w->label);
        if (w->scores[inside] * SURELY_BEGINS < w->scores[w->label]) continue;
        w->label = (int32_t)inside;
    }
}

/* The end of the entity that begins with a word. */
static size_t end_of(const bl_label_set *l, const bl_labeled_word *words, size_t count, size_t a)
{
    size_t b = a + 1;
    while (b < count && !has_prefix(l, &words[b], 'B') && are_alike(l, &words[a], &words[b])) b++;
    return b;
}

/* Whether a word cannot be at the end of an entity. */
static int is_around(const char *text, const bl_labeled_word *w)
{
    return IS_IN(text, w, linkers) || (is_mark(text, w) && !strchr(".%&+#", text[w->start]));
}

/* An entity, words [a, b), without what cannot begin or end one. */
static void trim(const bl_label_set *l, const char *text, bl_labeled_word *words, size_t a,
                 size_t b)
{
    int has_word = 0;
    for (size_t i = a; i < b; i++) has_word |= !is_mark(text, &words[i]);
    while (a < b && (!has_word || is_around(text, &words[a]) || is_this_mark(text, &words[a], '.')))
        leave_out(l, &words[a++]);
    while (b > a && is_around(text, &words[b - 1])) leave_out(l, &words[--b]);
    if (a < b && a && words[a - 1].end == words[a].start && IS_IN(text, &words[a], clitics) &&
        is_this_mark(text, &words[a - 1], '\''))
        leave_out(l, &words[a]);
}

/* "Smith-Jones": a hyphen between two words of one label is a part of their name. */
static void join_hyphens(const bl_label_set *l, const char *text, bl_labeled_word *words,
                         size_t count)
{
    for (size_t i = 1; i + 1 < count; i++) {
        const bl_labeled_word *left = &words[i - 1], *right = &words[i + 1];
        if (!is_this_mark(text, &words[i], '-') || !is_outside(l, &words[i]) ||
            is_outside(l, left) || left->label != right->label || left->end != words[i].start ||
            words[i].end != right->start || has_prefix(l, right, 'B'))
            continue;
        words[i].label = left->label;
        words[i].score = left->score < right->score ? left->score : right->score;
    }
}

void bl_heed_writing(const bl_label_set *l, const char *text, size_t size, bl_labeled_word *words,
                     size_t count)
{
    const int is_cased = l->are_names && read_letters(text, words, count);
    for (size_t i = 0; i < count; i++) {
        bl_labeled_word *w = &words[i];
        if (is_cased && w->letter == CAPITAL) prefer_names(l, w);
        if (!is_outside(l, w) && bl_is_in_address(text, size, w->start)) leave_out(l, w);
    }
    for (size_t a = 0, b; a < count; a = b) {
        b = end_of(l, words, count, a);
        if (is_outside(l, &words[a])) continue;
        if (is_cased) leave_out_small(l, words, a, b);
    }
    for (size_t a = 0, b; a < count; a = b) {
        b = end_of(l, words, count, a);
        if (!is_outside(l, &words[a])) trim(l, text, words, a, b);
    }
    join_hyphens(l, text, words, count);
    join_halves(l, words, count);
}

int bl_has_blank_line(const char *text, size_t end, size_t next)
{
    int lines = 0;
    for (size_t i = end; i < next; i++) lines += text[i] == '\n';
    return lines > 1;
}

/* Whether the text's lines end what is said between two words: at a blank line, and where a line is
 * short, which does not go on. */
int bl_ends_at_line(const char *text, size_t end, size_t next)
{
    if (!has_line_end(text, end, next)) return 0;
    if (bl_has_blank_line(text, end, next)) return 1;
    size_t from = end;
    while (from && text[from - 1] != '\n' && end - from < WRAPPED) from--;
    return end - from < WRAPPED;
}
