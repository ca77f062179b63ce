#include "clauses.h"

#include <string.h>

#include "denials.h"

enum { TAKEN_CLAUSES = 4 }; /* before a denial, that it may take back */

/* The clauses of a text, one after the other; those that a later one may take back are read
 * ahead. */
typedef struct {
    bl_scanner s;
    size_t start; /* of the next clause to be read ahead */
    int is_read;  /* there is none */
    bl_clause ahead[TAKEN_CLAUSES + 1];
    size_t count;
} clause_reader;

static bl_cursor first_word(const clause_reader *r, const bl_clause *c)
{
    bl_cursor cursor = { .text = r->s.text, .size = c->end };
    if (!bl_read_word(cursor.text, cursor.size, c->start, &cursor.now))
        cursor.now = (bl_text_word){ cursor.size, cursor.size, { 0 } };
    return cursor;
}

/* Whether two words are the same, but for capitals if they are short. */
static int is_same(const char *text, const bl_text_word *a, const bl_text_word *b)
{
    const size_t size = a->end - a->start;
    if (*a->lower || *b->lower) return !strcmp(a->lower, b->lower);
    return size == b->end - b->start && !memcmp(text + a->start, text + b->start, size);
}

static int has_word(const clause_reader *r, const bl_clause *c, const bl_text_word *wanted)
{
    bl_text_word w = { .end = c->start };
    while (bl_read_word(r->s.text, c->end, w.end, &w))
        if (is_same(r->s.text, &w, wanted)) return 1;
    return 0;
}

/* Whether the clause asks for something, by its words: not "it's cold in here". */
static int is_request(bl_cursor cursor)
{
    while (bl_is_softener(&cursor.now) || bl_is_filler(&cursor.now)) bl_step(&cursor);
    return cursor.now.start < cursor.size &&
           bl_begins_clause(cursor.text, cursor.size, &cursor.now, BL_NO_MARK);
}

/* A denial takes back those clauses before it that have all of its words: "set an alarm, don't set
 * it". Its words begin with the one that is now; without any it takes back all of them. */
static void take_back(clause_reader *r, bl_cursor cursor, bl_clause *denial)
{
    bl_text_word words[BL_TAKEN_WORDS];
    size_t count, taken = 0;
    if (!bl_read_taken(&cursor, words, &count)) return;
    for (size_t i = 0; i < r->count; i++) {
        bl_clause *c = &r->ahead[i];
        size_t n = 0;
        while (n < count && has_word(r, c, &words[n])) n++;
        if (n < count || c->is_denied) continue;
        c->is_denied = 1;
        c->says_from = c->end;
        taken++;
    }
    if (taken) denial->says_from = denial->end;
}

static void read_ahead(clause_reader *r)
{
    const bl_joint joint = r->s.joint;
    bl_clause_break found = { r->s.size, r->s.size };
    r->is_read = !bl_next_break(&r->s, &found);
    bl_clause c = { r->start, found.left_end, r->start, 0, 0, joint };
    bl_cursor cursor = first_word(r, &c);
    const int has_retraction = r->start && bl_retracts(cursor);
    c.is_request = is_request(cursor);
    if (r->s.finds_denials && r->start && (has_retraction || bl_keeps_state(cursor))) {
        c.is_denied = 1;
        c.says_from = c.end;
        cursor.now = (bl_text_word){ cursor.size, cursor.size, { 0 } };
        if (has_retraction) take_back(r, cursor, &c);
    } else if (r->s.finds_denials && bl_find_denial(&cursor)) {
        c.is_denied = 1;
        c.says_from = cursor.now.start;
        if (cursor.now.start < cursor.size) take_back(r, cursor, &c);
    }
    r->ahead[r->count++] = c;
    r->start = found.right_start;
}

/* The next clause; 0 behind the last. */
static int next_clause(clause_reader *r, bl_clause *out)
{
    while (r->count <= TAKEN_CLAUSES && !r->is_read) read_ahead(r);
    if (!r->count) return 0;
    *out = r->ahead[0];
    memmove(r->ahead, r->ahead + 1, --r->count * sizeof *r->ahead);
    return 1;
}

/* Starts to read the clauses of a text; what it takes back at its end is one clause. */
static void start_clauses(clause_reader *r, const char *text, size_t size, int finds_denials)
{
    const int may = finds_denials && bl_may_deny(text, size);
    *r = (clause_reader){ .s = { .text = text, .size = size, .finds_denials = may } };
    if (!may || bl_find_retraction(text, size) == size) return;
    r->ahead[r->count++] = (bl_clause){ 0, size, size, 1, 0, BL_JOINED };
    r->is_read = 1;
}

int bl_find_clauses(bl_arena *arena, const char *text, size_t size, int finds_denials,
                    bl_list *clauses)
{
    clause_reader r;
    bl_clause found;
    start_clauses(&r, text, size, finds_denials);
    r.s.keeps_objects = r.s.finds_more = 1;
    clauses->item_size = sizeof found;
    while (next_clause(&r, &found)) {
        bl_clause *c = bl_list_append(arena, clauses, 1);
        if (!c) return 0;
        *c = found;
    }
    return 1;
}

typedef enum { AFFIRMED, REQUESTED, UNDENIED } wanted;

/* Writes what clauses say, without those that deny or without their words that do; if none of them
 * does, the text as it is. REQUESTED: nothing if one of the others is no request. */
static size_t read_affirmed(const char *text, size_t size, wanted of, char *out)
{
    clause_reader r;
    bl_clause c;
    size_t used = 0;
    int has_denials = 0, are_requests = 1;
    start_clauses(&r, text, size, 1);
    while (r.s.finds_denials && next_clause(&r, &c)) {
        has_denials |= c.is_denied;
        are_requests &= c.is_denied || c.is_request;
        if ((c.is_denied && of != UNDENIED) || c.says_from == c.end) continue;
        if (used) out[used++] = ' '; /* between two clauses there was a byte or more */
        memcpy(out + used, text + c.says_from, c.end - c.says_from);
        used += c.end - c.says_from;
    }
    if (has_denials) return of == REQUESTED && !are_requests ? 0 : used;
    memcpy(out, text, size);
    return size;
}

size_t bl_affirmed(const char *text, size_t size, char *out)
{
    return read_affirmed(text, size, AFFIRMED, out);
}

size_t bl_requested(const char *text, size_t size, char *out)
{
    return read_affirmed(text, size, REQUESTED, out);
}

size_t bl_undenied(const char *text, size_t size, char *out)
{
    return read_affirmed(text, size, UNDENIED, out);
}
