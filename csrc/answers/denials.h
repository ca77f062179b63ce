/* denials.h: what says that something is not to be done ("don't ...", "no music") or stays as it
 * is, and what takes back what was said ("..., never mind"). A clause that a cursor stands for
 * begins with the word that is now. */
#ifndef BL_DENIALS_H
#define BL_DENIALS_H

#include "english.h"

enum { BL_TAKEN_WORDS = 8 }; /* that a denial has of what it takes back, at most */

/* Whether the word that is now, "no", is said of what follows: "no music", but not "no, lights
 * off", "no turn it off", "no don't" or "no later than nine". */
int bl_denies_object(const bl_cursor *c);
/* Whether the clause that begins with the word that is now says that something is not to be done:
 * "please don't ...", "i don't want you to ...", "no need to ...", "let's not ...", "no ...". What
 * is the case ("i don't know", "i can't") or is to be done ("don't forget to ...") is no denial.
 * What is denied is now; it is nothing where its words alone would be no text ("play no music"). */
int bl_find_denial(bl_cursor *c);
int bl_is_denial(bl_cursor c);
/* Whether the clause asks for something to stay as it is, which is nothing to be done. */
int bl_keeps_state(bl_cursor c);
/* Whether the clause only takes back what is before it: "oh, never mind". */
int bl_retracts(bl_cursor c);
/* What a denial says from now on of what it takes back, without words that only point to it; 0 if
 * that is more than BL_TAKEN_WORDS. */
int bl_read_taken(const bl_cursor *c, bl_text_word *words, size_t *count);
/* Where the words begin that take back all before them; behind the text if there are none. */
size_t bl_find_retraction(const char *text, size_t size);
/* Whether a text may deny something: it has an n where the words have it that do ("no", "don't"),
 * or a word that may be "leave" or "keep", or ends as one that takes something back ("forget it").
 * Most texts do not. */
int bl_may_deny(const char *text, size_t size);
#endif
