/* windows.h: a text of any length in windows as long as the model's own (bl_info.window).
 *
 * A window holds whole sentences, as many as fit. A sentence that does not fit is read in windows
 * that overlap, split between words; a token is then answered by the window in whose middle it is.
 * So every token is answered once, and the time is linear in the text. */
#ifndef BL_WINDOWS_H
#define BL_WINDOWS_H

#include "text_input.h"

typedef struct {
    const char *text;
    const uint32_t *word_starts; /* where each word begins, if the text was given as words */
    const bl_text_tokens *tokens;
    size_t size, overlap;     /* tokens, without special tokens */
    size_t longest;           /* a sentence of so many tokens has a window of that length */
    int with_sentence_before; /* a window begins with the last sentence of the one before it, if
                               * the next fits beside it */
    /* the present window: tokens [from, to) are run, [core_from, core_to) are answered */
    size_t from, to, core_from, core_to;
    int at_sentence_end; /* core_to is the end of a sentence, or of the text */
    int started;
} bl_text_windows;

/* Windows over the first text of these tokens. BL_CONFIG_ERROR if none can hold a token. */
bl_status bl_text_windows_start(bl_text_windows *w, const bl_session *s, const bl_text *text,
                                const uint32_t *word_starts, const bl_text_tokens *tokens,
                                size_t overlap, bl_error *error);
/* The next window; 0 behind the last. An empty text has one, which is empty. */
int bl_text_windows_next(bl_text_windows *w);
/* The window around one token: its sentence, which is the core, and whole sentences before it and
 * then behind it, as many as fit. A longer sentence is cut around the token, which is the core; of
 * a text that fits, all is the core. */
void bl_text_windows_around(bl_text_windows *w, size_t token);
/* Whether a line ends before a token, not the first, and with it what is said: the line was not
 * wrapped. That is so at a blank line, at the end of a sentence, before an item of a list, and
 * behind a short line if the next one does not begin with a small letter. */
int bl_text_windows_part(const bl_text_windows *w, size_t token);
#endif
