/* clauses.h: where a sentence may be split into commands of its own: at conjunctions and
 * punctuation behind which a clause begins. "Turn off the lamp and play jazz" has one such place,
 * "play rock and roll" has none: what follows there is no clause. Where another command
 * might begin otherwise, a clause says so (bl_joint), and the model decides. The words are English,
 * as the embedded models are. */
#ifndef BL_CLAUSES_H
#define BL_CLAUSES_H

#include "breaks.h"
#include "list.h"

/* Bytes [start, end) of a text; the conjunction and punctuation between two clauses belong to
 * neither. is_denied: what it says is not to be done, or stays as it is ("but leave the lights
 * on"), or is taken back by a later clause ("set an alarm, don't set it"). From says_from on it
 * says what is denied; nothing if its words alone would be no text ("play no music") or were taken
 * back. is_request: its words ask for something. */
typedef struct {
    size_t start, end, says_from;
    int is_denied, is_request;
    bl_joint joint;
} bl_clause;

/* Appends the clauses of a text (bl_clause) to the list; 0 without memory. finds_denials: or else
 * none is denied, and "but" separates none. */
int bl_find_clauses(bl_arena *arena, const char *text, size_t size, int finds_denials,
                    bl_list *clauses);

/* As bl_affirmed, but nothing is left where something else than requests would be: "it's cold,
 * don't open the window". */
size_t bl_requested(const char *text, size_t size, char *out);
#endif
