/* english.h: reading the words and marks of an English text, and kinds of words that several files
 * ask for. */
#ifndef BL_ENGLISH_H
#define BL_ENGLISH_H

#include <stddef.h>

enum { BL_LONGEST_WORD = 16 };

typedef struct {
    size_t start, end;
    char lower[BL_LONGEST_WORD]; /* without capitals; empty if the word is longer */
} bl_text_word;

/* A text, and one of its words. */
typedef struct {
    const char *text;
    size_t size;
    bl_text_word now; /* behind the last one, an empty one */
} bl_cursor;

typedef enum { BL_NO_MARK, BL_COMMA, BL_STOP } bl_mark;

int bl_is_in(const char *lower, const char *const *list, size_t count);
#define BL_IS_IN(word, list) bl_is_in((word)->lower, list, sizeof(list) / sizeof *(list))

/* What begins a clause: the first words of commands in the training sets, but for nouns. */
int bl_is_opener(const bl_text_word *w);
/* What a clause without a verb ends with: "lights off". */
int bl_is_closer(const bl_text_word *w);
/* What may stand before an opener: "and then please ...". */
int bl_is_filler(const bl_text_word *w);
int bl_is_conjunction(const bl_text_word *w);
/* What may stand before a denial or a request. */
int bl_is_softener(const bl_text_word *w);

/* Letters, digits and everything that is not ASCII. */
int bl_is_word_byte(char c);
/* The next word from `at` on; 0 behind the last. */
int bl_read_word(const char *text, size_t size, size_t at, bl_text_word *out);
/* The words of the rest of the clause: the one behind `w`; 0 if a mark or the end comes first. */
int bl_read_near(const char *text, size_t size, const bl_text_word *w, bl_text_word *next);
/* The punctuation between two bytes. */
bl_mark bl_mark_between(const char *text, size_t from, size_t to);
/* The next word is now; behind the last one, an empty one. */
int bl_step(bl_cursor *c);
#endif
