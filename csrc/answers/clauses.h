/* clauses.h: where a sentence may be split into commands of its own: at conjunctions and
 * punctuation behind which a clause begins. "Turn off the lamp and play jazz" has one such place,
 * "play rock and roll" and "call mom and dad" have none: what follows there is no clause. The words
 * are English, as the embedded models are. */
#ifndef BL_CLAUSES_H
#define BL_CLAUSES_H

#include "list.h"

/* Between two clauses: the left one ends at byte left_end, the right one begins at right_start;
 * the conjunction and punctuation between them belong to neither. */
typedef struct {
    size_t left_end, right_start;
} bl_clause_break;

/* Appends the breaks of a text (bl_clause_break) to the list; 0 without memory. */
int bl_find_clause_breaks(bl_arena *arena, const char *text, size_t size, bl_list *breaks);

/* Writes a text without the words that deny to `out`, of its size: "please don't play jazz" is
 * "play jazz"; "play no jazz" leaves nothing. Returns how many bytes were written. See bl_affirmed,
 * which leaves out what is denied, too. */
size_t bl_undenied(const char *text, size_t size, char *out);
#endif
