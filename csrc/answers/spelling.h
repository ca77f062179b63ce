/* spelling.h: misspelled words read as what is likely meant, for models that have a list of words
 * (model/spelling.h). */
#ifndef BL_ANSWERS_SPELLING_H
#define BL_ANSWERS_SPELLING_H

#include "text_input.h"

enum { BL_MOST_MEANT = 16 }; /* tokens of what is meant by a word */

/* How many tokens are read of a text that is cut to `most`, so that what is left of them when it is
 * corrected is likely as long. */
static inline size_t bl_read_to_correct(size_t most) { return 2 * most; }

/* How many tokens a text of `count` may have when it is corrected. */
static inline size_t bl_most_corrected(size_t count) { return 2 * count + BL_MOST_MEANT; }

/* Whether the model's texts are corrected; then tokens may be other than what was written. */
int bl_corrects_spelling(const bl_session *s);

/* A token's word piece, without the prefix that says that it continues a word. */
const char *bl_piece_of(const bl_session *s, int32_t id, size_t *size, int *continues);

/* The tokens of a text, those of misspelled words in exchange for those of what is meant. Where
 * there are none, or the model has no list, the arrays stay; else they are new. `offsets` may hold
 * NULL; new tokens have the offsets of the word that was written. */
bl_status bl_correct_spelling(const bl_session *s, int32_t **ids, bl_offset **offsets,
                              size_t *count, bl_error *error);

/* The text with words for symbols such as thumbs and hearts, which the vocabulary does not have, if
 * it has any and the model has a list: a word beside one would be unknown, too. Those that are not
 * on the list are left out. */
bl_status bl_spell_symbols(const bl_session *s, const char **text, size_t *size, bl_error *error);
#endif
