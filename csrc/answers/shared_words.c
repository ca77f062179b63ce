#include "shared_words.h"

enum {
    FIRST_CONTENT = 2060, /* ids before are nearly all grammar, in the vocabularies of BERT */
    WEIGHT_SHIFT = 10,    /* a weight more each time that an id doubles */
    SAME_LETTERS = 4,     /* words that begin alike are forms of one word: so many letters are */
    OTHER_LETTERS = 3     /* the same, and at most so many at the end are not */
};

static uint32_t weight_of(int32_t id)
{
    uint32_t weight = 0;
    if (id < FIRST_CONTENT) return 0;
    for (uint32_t left = (uint32_t)id >> WEIGHT_SHIFT; left; left >>= 1) weight++;
    return weight;
}

static int is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static char lower(char c) { return is_upper(c) ? (char)(c + 'a' - 'A') : c; }

static int same_word(const char *a, uint32_t a_size, const char *b, uint32_t b_size)
{
    const uint32_t shorter = a_size < b_size ? a_size : b_size, longer = a_size + b_size - shorter;
    uint32_t same = 0;
    while (same < shorter && lower(a[same]) == lower(b[same])) same++;
    return same == longer || (same >= SAME_LETTERS && same + OTHER_LETTERS >= longer);
}

/* The token behind the word that begins with this one. */
static size_t word_end(const bl_read_text *t, size_t token, size_t to)
{
    size_t end = token + 1;
    while (end < to && t->offsets[end].word == t->offsets[token].word) end++;
    return end;
}

void bl_question_words_start(bl_question_words *q, const bl_read_text *question)
{
    q->count = q->weight = 0;
    for (size_t at = 0, end; at < question->count && q->count < BL_QUESTION_WORDS; at = end) {
        end = word_end(question, at, question->count);
        uint32_t weight = 0; /* that of its rarest piece */
        for (size_t i = at; i < end; i++) {
            const uint32_t own = weight_of(question->ids[i]);
            if (own > weight) weight = own;
        }
        if (!weight) continue;
        const uint32_t start = question->offsets[at].start;
        q->words[q->count].text = question->text + start;
        q->words[q->count].size = question->offsets[end - 1].end - start;
        const char first = question->text[start];
        q->words[q->count].is_name = (is_upper(first) && at) || is_digit(first);
        q->words[q->count++].weight = weight;
        q->weight += BL_WHOLE_WEIGHT * weight;
    }
}

uint32_t bl_shared_weight(const bl_question_words *q, const bl_read_text *text, size_t from,
                          size_t to, uint32_t *named)
{
    uint32_t found = 0, names = *named, weight = 0; /* a bit for each word */
    for (size_t at = from, end; at < to; at = end) {
        end = word_end(text, at, to);
        const uint32_t start = text->offsets[at].start, size = text->offsets[end - 1].end - start;
        for (size_t i = 0; i < q->count; i++) {
            const uint32_t bit = (uint32_t)1 << i;
            if (found & bit) continue;
            if (!same_word(q->words[i].text, q->words[i].size, text->text + start, size)) continue;
            found |= bit;
            if (q->words[i].is_name || is_upper(text->text[start])) names |= bit;
        }
    }
    for (size_t i = 0; i < q->count; i++) {
        const uint32_t bit = (uint32_t)1 << i;
        if (found & bit) weight += BL_WHOLE_WEIGHT * q->words[i].weight;
        else if (*named & bit) weight += BL_NAMED_WEIGHT * q->words[i].weight;
    }
    *named = names;
    return weight;
}
