#include "windows.h"

#include <string.h>

#include "../tokenizer/unicode.h"
#include "written.h"

/* ---- where a text may be split ------------------------------------------------------------ */

enum {
    SHORT_WORD = 3 /* letters: "Mr." and "St." do not end a sentence, nor does an initial */
};

static int is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static int is_lower(char c) { return c >= 'a' && c <= 'z'; }
static int is_letter(char c) { return is_upper(c) || is_lower(c); }

static size_t start_of(const bl_text_windows *w, size_t token)
{
    const bl_offset *o = &w->tokens->offsets[token];
    return (w->word_starts ? w->word_starts[o->word] : 0) + o->start;
}

static size_t end_of(const bl_text_windows *w, size_t token)
{
    const bl_offset *o = &w->tokens->offsets[token];
    return (w->word_starts ? w->word_starts[o->word] : 0) + o->end;
}

static int starts_word(const bl_text_windows *w, size_t token)
{
    const bl_offset *o = w->tokens->offsets + token;
    return o[-1].word != o->word;
}

/* Whether there is white space before the token, or a word that was given begins. */
static int starts_apart(const bl_text_windows *w, size_t token)
{
    return starts_word(w, token) && (w->word_starts || end_of(w, token - 1) < start_of(w, token));
}

/* A blank line separates the token from the one before it. */
static int is_after_blank_line(const bl_text_windows *w, size_t token)
{
    return bl_has_blank_line(w->text, end_of(w, token - 1), start_of(w, token));
}

/* Whether the token begins an item of a list: "- eggs". */
static int is_bullet(const bl_text_windows *w, size_t token)
{
    static const char bullet[] = "\xe2\x80\xa2";
    const size_t from = start_of(w, token), size = end_of(w, token) - from;
    return (size == 1 && strchr("-*", w->text[from])) ||
           (size == sizeof bullet - 1 && !memcmp(w->text + from, bullet, size));
}

/* Whether the full stop at this byte may be one of an abbreviation: behind a short capitalized
 * word. */
static int may_abbreviate(const bl_text_windows *w, size_t stop)
{
    size_t from = stop;
    while (from && is_letter(w->text[from - 1]) && stop - from <= SHORT_WORD) from--;
    return stop - from <= SHORT_WORD && from < stop && is_upper(w->text[from]);
}

static int is_wide_stop(uint32_t c) { return c == 0x3002 || c == 0xFF01 || c == 0xFF1F; }

/* Whether a sentence ends before the token. */
static int starts_sentence(const bl_text_windows *w, size_t token)
{
    enum { ELLIPSIS = 0x2026 };
    if (!starts_word(w, token)) return 0;
    if (!w->word_starts && is_after_blank_line(w, token)) return 1;
    size_t last = token - 1; /* the sentence's last token, before closing quotes and brackets */
    while (last && end_of(w, last) - start_of(w, last) == 1 &&
           strchr("\"')]}", w->text[start_of(w, last)]) && !starts_apart(w, last))
        last--;
    const size_t from = start_of(w, last), end = end_of(w, last);
    if (from >= end) return 0;
    uint32_t c;
    bl_decode((const uint8_t *)w->text + from, (const uint8_t *)w->text + end, &c);
    if (is_wide_stop(c)) return 1;
    if (!starts_apart(w, token)) return 0;
    if (c == '!' || c == '?' || c == ELLIPSIS) return 1;
    const size_t next = start_of(w, token);
    const int goes_on = next < end_of(w, token) && is_lower(w->text[next]);
    return c == '.' && !goes_on && !may_abbreviate(w, from);
}

int bl_text_windows_part(const bl_text_windows *w, size_t token)
{
    const size_t end = end_of(w, token - 1), next = start_of(w, token);
    if (end >= next || !memchr(w->text + end, '\n', next - end)) return 0;
    return starts_sentence(w, token) || is_bullet(w, token) ||
           (bl_ends_at_line(w->text, end, next) && !is_lower(w->text[next]));
}

/* The last sentence end in (after, before], or `after` if there is none. */
static size_t last_sentence_end(const bl_text_windows *w, size_t after, size_t before)
{
    for (size_t i = before; i > after; i--)
        if (starts_sentence(w, i)) return i;
    return after;
}

/* The last token in (after, before] that can follow a split: behind white space, or else at the
 * start of a word. Where one word is longer than a window it has to be split. */
static size_t last_word_start(const bl_text_windows *w, size_t after, size_t before)
{
    for (size_t i = before; i > after; i--)
        if (starts_apart(w, i)) return i;
    for (size_t i = before; i > after; i--)
        if (starts_word(w, i)) return i;
    return before;
}

/* ---- windows ------------------------------------------------------------------------------- */

bl_status bl_text_windows_start(bl_text_windows *w, const bl_session *s, const bl_text *text,
                                const uint32_t *word_starts, const bl_text_tokens *tokens,
                                size_t overlap, bl_error *error)
{
    const bl_window empty = { 0, 0, 0, 0 };
    const size_t specials = bl_row_size(s->tokenizer, &empty, 0, 1), most = bl_session_tokens(s),
                 own = (size_t)bl_describe(s->model)->window, size = own < most ? own : most;
    if (size <= specials)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model takes %zu tokens, too few for the special tokens around a text; "
                       "use a model that takes more.",
                       size);
    *w = (bl_text_windows){ .text = text->data ? text->data : "",
                            .word_starts = word_starts,
                            .tokens = tokens,
                            .size = size - specials };
    w->overlap = overlap < w->size / 2 ? overlap : w->size / 2;
    return BL_OK;
}

/* Where a window begins that answers tokens from core_from on: about `margin` tokens before. */
static size_t overlapping_start(const bl_text_windows *w, size_t core_from, size_t margin)
{
    if (margin >= core_from) return 0;
    const size_t wanted = core_from - margin, search = w->size / 4;
    return last_word_start(w, wanted > search ? wanted - search : 0, wanted);
}

/* Where a window begins whose answers begin at a sentence: there, or a sentence earlier if all of
 * the next sentence fits beside that. */
static size_t sentence_window_start(const bl_text_windows *w)
{
    const size_t core = w->core_from, count = w->tokens->first, most = w->size / 2;
    if (!w->with_sentence_before) return core;
    size_t before = core;
    do {
        if (!before || core - before == most) return core;
        before--;
    } while (before && !starts_sentence(w, before));
    const int fits = count - before <= w->size ||
                     last_sentence_end(w, core, before + w->size) > core;
    return fits ? before : core;
}

/* The end of a sentence that is longer than a window, if it may have a longer one; or core_from. */
static size_t long_sentence_end(const bl_text_windows *w)
{
    const size_t count = w->tokens->first, most = w->longest;
    if (w->from < w->core_from) return w->core_from;
    for (size_t i = w->from + w->size; i <= count && i - w->from <= most; i++)
        if (i == count || starts_sentence(w, i)) return i;
    return w->core_from;
}

int bl_text_windows_next(bl_text_windows *w)
{
    const size_t count = w->tokens->first;
    if (w->started && w->core_to == count) return 0;
    const size_t margin = w->overlap / 2;
    if (w->started) {
        w->core_from = w->core_to;
        w->from = w->at_sentence_end ? sentence_window_start(w)
                                     : overlapping_start(w, w->core_from, margin);
    }
    w->started = 1;
    w->at_sentence_end = 1;
    if (count - w->from <= w->size) {
        w->to = w->core_to = count;
        return 1;
    }
    w->to = w->from + w->size;
    w->core_to = last_sentence_end(w, w->core_from, w->to);
    if (w->core_to > w->core_from) {
        w->to = w->core_to;
        return 1;
    }
    w->core_to = long_sentence_end(w);
    if (w->core_to > w->core_from) {
        w->to = w->core_to;
        return 1;
    }
    w->at_sentence_end = 0;
    w->to = last_word_start(w, w->core_from, w->to);
    const size_t middle = w->to - w->core_from > margin ? w->to - margin : w->core_from + 1;
    w->core_to = last_word_start(w, w->core_from, middle);
    return 1;
}

/* ---- the window around a token --------------------------------------------------------------- */

static size_t sentence_start(const bl_text_windows *w, size_t token)
{
    while (token && !starts_sentence(w, token)) token--;
    return token;
}

static size_t sentence_end(const bl_text_windows *w, size_t token)
{
    do token++;
    while (token < w->tokens->first && !starts_sentence(w, token));
    return token;
}

/* Cuts a sentence that is longer than a window, between words. */
static void cut_around(bl_text_windows *w, size_t token)
{
    const size_t half = w->size / 2, end = w->core_to, latest = end - w->size;
    size_t from = token > w->core_from + half ? token - half : w->core_from;
    if (from > latest) from = latest;
    size_t to = from + w->size;
    while (from < token && from && !starts_word(w, from)) from++;
    while (to < end && to > token + 1 && !starts_word(w, to)) to--;
    w->from = from;
    w->to = to;
    w->core_from = token;
    w->core_to = token + 1;
}

void bl_text_windows_around(bl_text_windows *w, size_t token)
{
    w->core_from = sentence_start(w, token);
    w->core_to = sentence_end(w, token);
    if (w->core_to - w->core_from > w->size) {
        cut_around(w, token);
        return;
    }
    w->from = w->core_from;
    w->to = w->core_to;
    while (w->from) {
        const size_t before = sentence_start(w, w->from - 1);
        if (w->to - before > w->size) break;
        w->from = before;
    }
    while (w->to < w->tokens->first) {
        const size_t behind = sentence_end(w, w->to);
        if (behind - w->from > w->size) break;
        w->to = behind;
    }
    if (w->from || w->to < w->tokens->first) return;
    w->core_from = 0;
    w->core_to = w->to;
}
