/* answer_set.h: answers found so far, each text once. Texts that differ only in case are one
 * answer: their scores add up within a window, and the best window counts. */
#ifndef BL_ANSWER_SET_H
#define BL_ANSWER_SET_H

#include "list.h"

typedef struct {
    uint32_t start, end; /* bytes of the context, in the window that counts */
    uint32_t hash;
    double score;
    /* the last window that had it: its sum, and where it was first */
    size_t window;
    double sum;
    uint32_t window_start, window_end;
} bl_found_answer;

typedef struct {
    bl_arena *arena;
    const char *context;
    int sum_windows; /* scores add up over windows too */
    size_t top_k;    /* as many are wanted in the end */
    bl_list answers; /* bl_found_answer, in the order in which they were found */
    uint32_t *slots; /* hash table: an answer's index and 1, or 0 */
    size_t slot_count;
    float *scores; /* what choosing the best takes, kept for the next time */
    int32_t *best;
    unsigned char *chosen;
    size_t chosen_capacity;
} bl_answer_set;

void bl_answer_set_start(bl_answer_set *set, bl_arena *arena, const char *context, size_t top_k,
                         int sum_windows);
/* Functions that return an int return 0 without memory. */
int bl_answer_set_add(bl_answer_set *set, size_t window, uint32_t start, uint32_t end, float score);
/* After each window: forgets what can no longer be among the best, if there is much of it. */
int bl_answer_set_trim(bl_answer_set *set);
/* The best at last, in falling order of score: their indices in set->answers. An index behind the
 * last answer stands for no answer, which takes part with this score if that is not NULL. */
int bl_answer_set_best(bl_answer_set *set, const float *no_answer, const int32_t **best,
                       size_t *count);
/* The score of an answer of the set. */
float bl_answer_score(const bl_found_answer *answer);
#endif
