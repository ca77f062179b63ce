/* breaks.h: the places where one clause of a text ends and another begins. */
#ifndef BL_BREAKS_H
#define BL_BREAKS_H

#include "english.h"

/* How a clause begins: behind a conjunction or punctuation and with a verb or question; with a verb
 * or question, but behind nothing ("lock the door turn on the light"); or behind a conjunction or
 * punctuation, but with other words ("dim the lamp, music off"). Only the first is sure to be a
 * clause. */
typedef enum { BL_JOINED, BL_BARE, BL_LOOSE } bl_joint;

/* Where the search for breaks is; zeroed but for the text and what is looked for, it begins. */
typedef struct {
    const char *text;
    size_t size, at;          /* what is behind `at` is not read yet */
    bl_text_word before, now; /* words */
    size_t begin;             /* of the clause so far, */
    size_t words;             /* and its words */
    int is_greeting;          /* it begins with a greeting */
    int has_reporter, is_reported;
    int has_name, plays, plays_any; /* it has one of these words */
    int finds_more;                 /* joiners and signs separate clauses, too, or nothing does */
    bl_joint joint;                 /* of the clause so far and the one before */
    int finds_denials; /* "but" separates clauses too, and so does a denial behind a comma, */
    int keeps_objects; /* but not "no" of an object: "add milk, but no sugar, to my list" */
} bl_scanner;

/* Between two clauses: the left one ends at byte left_end, the right one begins at right_start. */
typedef struct {
    size_t left_end, right_start;
} bl_clause_break;

/* The next place where the text may be split; 0 if there is none. */
int bl_next_break(bl_scanner *s, bl_clause_break *out);
/* Whether a clause begins with this word: an opener and another word, or some words that end,
 * before the next conjunction or punctuation, with a closer. */
int bl_begins_clause(const char *text, size_t size, const bl_text_word *first, bl_mark before);
#endif
