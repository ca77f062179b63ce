#include "breaks.h"

#include <string.h>

#include "denials.h"

/* What else joins two commands, words and phrases, and what else may stand before an opener. */
static const char *const joiners[] = { "additionally", "also", "meanwhile", "plus" };
static const char *const orders[] = { "afterward", "eventually", "kindly",   "lastly",
                                      "later",     "second",     "secondly", "third" };
enum { PHRASE_WORDS = 5 };
static const char *const phrases[][PHRASE_WORDS] = {
    { "after", "that" },
    { "after", "this" },
    { "as", "well", "as" },
    { "at", "the", "same", "time" },
    { "besides", "that" },
    { "in", "addition" },
    { "in", "the", "meantime" },
    { "on", "top", "of", "that" },
    { "once", "it's", "done" },
    { "once", "that's", "done" },
    { "once", "you're", "done" },
    { "or", "rather" },
    { "when", "that's", "done" },
    { "when", "you're", "done" },
    { "while", "at", "it" },
    { "while", "you", "are", "at", "it" },
    { "while", "you're", "at", "it" },
};
/* What begins a command that nothing separates from the one before: some openers, others before a
 * determiner or a particle, since they are nouns or adjectives, too, and questions. */
static const char *const bare_openers[] = {
    "activate", "add",    "brighten", "cancel",   "deactivate", "decrease", "delete", "dim",
    "disable",  "enable", "how's",    "increase", "mute",       "pause",    "play",   "raise",
    "remind",   "remove", "resume",   "set",      "switch",     "turn",     "unlock", "unmute",
    "vacuum",   "what's", "whats",    "when's",   "where's",    "who's",
};
static const char *const bare_verbs[] = {
    "adjust", "answer", "arm",   "book",   "brew",   "bring", "buy",      "call", "change", "check",
    "clean",  "clear",  "close", "create", "disarm", "erase", "find",     "get",  "give",   "lock",
    "lower",  "make",   "open",  "order",  "put",    "read",  "schedule", "send", "show",   "shut",
    "skip",   "start",  "stop",  "tell",   "text",   "wake",  "water",
};
static const char *const determiners[] = {
    "a",  "all", "an",  "another", "any", "back", "down", "every", "her",  "him",  "his", "it",
    "me", "my",  "off", "on",      "our", "some", "that", "the",   "them", "this", "up",  "us",
};
static const char *const questions[] = { "how", "what", "when", "where", "who" };
static const char *const question_verbs[] = {
    "are", "day", "did", "do", "does", "is", "long", "many", "much", "song", "time", "was", "will",
};
/* Behind these no such command begins: "how to turn ...", "the play ...", "don't stop". */
static const char *const leaders[] = {
    "a",      "about", "always", "an",    "and",   "at",    "by",   "can",   "could", "did",
    "didn't", "do",    "does",   "don't", "dont",  "for",   "from", "had",   "has",   "have",
    "he",     "help",  "her",    "him",   "his",   "how",   "i",    "if",    "in",    "into",
    "is",     "it",    "its",    "let",   "let's", "lets",  "me",   "might", "must",  "my",
    "never",  "new",   "next",   "no",    "not",   "of",    "on",   "or",    "our",   "she",
    "should", "some",  "than",   "that",  "the",   "their", "them", "these", "they",  "this",
    "those",  "to",    "us",     "was",   "we",    "what",  "when", "where", "which", "who",
    "why",    "will",  "with",   "would", "you",   "your",
};
/* What is said beside a command, but is none. */
static const char *const courtesies[] = {
    "bye", "cheers", "good",  "goodbye", "hello", "hey",    "hi",  "much", "no",   "nope", "oh",
    "ok",  "okay",   "sorry", "sure",    "thank", "thanks", "thx", "ty",   "yeah", "yep",  "yes",
};
/* What is played may be named by any words, but for these. */
static const char *const players[] = { "hear", "listen", "play", "queue", "watch" };
static const char *const any_sounds[] = { "music", "radio", "some", "something", "tunes" };
/* What is said, written or named: without a conjunction, what follows belongs to it. */
static const char *const named[] = {
    "appointment", "ask",      "called",    "define", "definition", "email",     "event",
    "mean",        "means",    "meeting",   "memo",   "message",    "named",     "note",
    "remind",      "reminder", "reminders", "say",    "saying",     "song",      "spell",
    "task",        "text",     "titled",    "to-do",  "todo",       "translate", "write",
};
static const char *const contrasts[] = { "but", "so" };
static const char *const greetings[] = { "hello", "hey", "hi", "ok", "okay" };
/* What others are to be told or reminded of is a text of its own, "and" included. */
static const char *const reporters[] = { "ask", "email", "message", "note", "remind",
                                         "say", "tell",  "text",    "write" };
static const char *const reported[] = { "that", "to" };
enum {
    GREETING_WORDS = 3,
    JOINING_WORDS = 8,  /* and phrases, between two clauses, at most */
    LONGEST_CLAUSE = 24 /* in words, that ends without an opener behind it */
};

static int is_conjunction(const bl_scanner *s, const bl_text_word *w)
{
    return bl_is_conjunction(w) || (s->finds_denials && BL_IS_IN(w, contrasts));
}

int bl_begins_clause(const char *text, size_t size, const bl_text_word *first, bl_mark before)
{
    enum { WORDS = 5 };
    bl_text_word w = *first, next;
    int count = 1;
    for (; count < WORDS; count++) {
        const int more = bl_read_word(text, size, w.end, &next);
        if (!more || bl_mark_between(text, w.end, next.start) || bl_is_conjunction(&next)) break;
        if (count == 1 && (bl_is_opener(first) || before == BL_STOP)) return 1;
        w = next;
    }
    return count > 1 && count < WORDS && bl_is_closer(&w);
}

/* The clause so far ends here; the next one is empty. */
static void begin_clause(bl_scanner *s)
{
    s->words = 0;
    s->is_greeting = s->has_reporter = s->is_reported = s->has_name = s->plays = s->plays_any = 0;
}

static void count_word(bl_scanner *s)
{
    if (!s->words) {
        s->begin = s->now.start;
        s->is_greeting = BL_IS_IN(&s->now, greetings);
    }
    s->words++;
    s->is_reported |= s->has_reporter && BL_IS_IN(&s->now, reported);
    if (s->finds_more) {
        s->has_name |= BL_IS_IN(&s->now, named);
        s->plays_any |= s->plays && BL_IS_IN(&s->now, any_sounds);
        s->plays |= BL_IS_IN(&s->now, players);
    }
    s->has_reporter |= BL_IS_IN(&s->now, reporters);
    s->before = s->now;
    s->at = s->now.end;
}

/* Leaves a phrase behind that stands between two commands; 0 if there is none, or nothing behind
 * it. */
static int skip_phrase(bl_scanner *s)
{
    if (!s->finds_more) return 0;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        bl_text_word w = s->now;
        int n = 0, more = 1;
        while (more && n < PHRASE_WORDS && phrases[i][n] && !strcmp(w.lower, phrases[i][n])) {
            more = bl_read_word(s->text, s->size, w.end, &w);
            n++;
        }
        if (!more || (n < PHRASE_WORDS && phrases[i][n])) continue;
        s->now = w;
        return 1;
    }
    return 0;
}

static int is_joiner(const bl_scanner *s)
{
    bl_scanner behind = *s;
    return s->finds_more && (BL_IS_IN(&s->now, joiners) || skip_phrase(&behind));
}

/* Whether a sign that joins is before the word that is now: "lights off & play jazz". */
static int is_signed(const bl_scanner *s)
{
    for (size_t i = s->at; s->finds_more && i < s->now.start; i++)
        if (s->text[i] && strchr("&+-/", s->text[i])) return 1;
    return 0;
}

/* Whether the words from now on are those that the clause so far ends with: "please turn on turn on
 * the light". */
static int is_repeated(const bl_scanner *s)
{
    bl_text_word w = { .end = s->begin };
    while (bl_read_word(s->text, s->at, w.end, &w)) {
        bl_text_word left = w, right = s->now;
        int more = 1, is_same = 1;
        while (more && is_same) {
            is_same = *left.lower && !strcmp(left.lower, right.lower);
            more = bl_read_word(s->text, s->at, left.end, &left);
            if (more && !bl_read_word(s->text, s->size, right.end, &right)) is_same = 0;
        }
        if (is_same) return 1;
    }
    return 0;
}

/* Whether the clause so far can end with nothing or no opener behind it: it is short, and what
 * follows belongs to no title, to nothing that someone is told and to no name. */
static int is_closed(const bl_scanner *s)
{
    return s->finds_more && s->words > 1 && s->words <= LONGEST_CLAUSE && !s->is_reported &&
           !s->is_greeting && !s->has_name && !(s->plays && !s->plays_any) &&
           !BL_IS_IN(&s->before, leaders);
}

/* Whether what follows a conjunction or comma may be a command without an opener: "music off". */
static int begins_loose(const bl_scanner *s)
{
    bl_text_word first, next;
    return is_closed(s) && !BL_IS_IN(&s->now, courtesies) && !BL_IS_IN(&s->now, leaders) &&
           bl_read_near(s->text, s->size, &s->now, &next) && !bl_is_conjunction(&next) &&
           bl_read_word(s->text, s->at, s->begin, &first) && !BL_IS_IN(&first, courtesies);
}

/* Whether a command begins with the word that is now, though nothing is between it and the one
 * before: "lock the door turn on the light". */
static int begins_bare(const bl_scanner *s)
{
    bl_text_word first, next;
    if (!is_closed(s) || !bl_read_near(s->text, s->size, &s->now, &next)) return 0;
    if (!(BL_IS_IN(&s->now, bare_openers) &&
          (!BL_IS_IN(&next, leaders) || BL_IS_IN(&next, determiners))) &&
        !(BL_IS_IN(&s->now, bare_verbs) && BL_IS_IN(&next, determiners)) &&
        !(BL_IS_IN(&s->now, questions) && BL_IS_IN(&next, question_verbs)))
        return 0;
    if (!bl_read_word(s->text, s->at, s->begin, &first)) return 0;
    return bl_begins_clause(s->text, s->at, &first, BL_NO_MARK) && !is_repeated(s);
}

/* From a conjunction or punctuation on: the word that a clause begins with, in s->now; 0 if there
 * is none. */
static int find_opener(bl_scanner *s, bl_mark before, int *is_sequence)
{
    *is_sequence = 0;
    int is_joined = 0;
    for (int i = 0; is_conjunction(s, &s->now) || is_joiner(s) ||
                    (s->at != s->now.start && bl_is_filler(&s->now)) ||
                    (s->finds_more && BL_IS_IN(&s->now, orders));
         i++) {
        if (i == JOINING_WORDS) return 0;
        is_joined |= is_conjunction(s, &s->now) || is_joiner(s);
        bl_text_word next;
        if (skip_phrase(s)) {
            *is_sequence = 1;
            continue;
        }
        *is_sequence |= strcmp(s->now.lower, "and") != 0 && (before || !BL_IS_IN(&s->now, joiners));
        if (!bl_read_word(s->text, s->size, s->now.end, &next)) return 0;
        s->now = next;
    }
    const bl_cursor here = { s->text, s->size, s->now };
    return (is_joined || before) && (bl_begins_clause(s->text, s->size, &s->now, before) ||
                                     (s->finds_denials && bl_is_denial(here) &&
                                      !(s->keeps_objects && bl_denies_object(&here))));
}

static int is_denied_so_far(const bl_scanner *s)
{
    bl_cursor clause = { .text = s->text, .size = s->at };
    return bl_read_word(s->text, s->at, s->begin, &clause.now) && bl_is_denial(clause);
}

/* Whether the clause so far may end, before s->now. */
static int may_end(const bl_scanner *s, bl_mark between, int is_sequence)
{
    if (!s->words) return 0;
    if (s->is_greeting && s->words <= GREETING_WORDS && !(s->finds_denials && is_denied_so_far(s)))
        return 0;
    if (s->is_reported && between != BL_STOP && !is_sequence) return 0;
    return between != BL_COMMA || s->words > 1;
}

/* Whether the word that is now only counts the lines of a list: "2." or "2)" at a line's start. */
static int is_list_number(const bl_scanner *s)
{
    enum { DIGITS = 2 };
    const bl_text_word *w = &s->now;
    size_t from = w->start;
    if (w->end - w->start > DIGITS || w->end == s->size) return 0;
    for (size_t i = w->start; i < w->end; i++)
        if (s->text[i] < '0' || s->text[i] > '9') return 0;
    while (from && s->text[from - 1] == ' ') from--;
    return (!from || s->text[from - 1] == '\n') &&
           (s->text[w->end] == '.' || s->text[w->end] == ')');
}

int bl_next_break(bl_scanner *s, bl_clause_break *out)
{
    int is_found = 0, is_item = 0;
    while (!is_found && bl_read_word(s->text, s->size, s->at, &s->now)) {
        const bl_text_word seen = s->now;
        if (is_list_number(s)) {
            s->at = s->now.end;
            is_item = 1;
            continue;
        }
        bl_mark between = !s->words ? BL_NO_MARK
                          : is_item ? BL_STOP
                                    : bl_mark_between(s->text, s->at, s->now.start);
        is_item = 0;
        int is_sequence;
        if (s->words && !between && is_signed(s)) between = BL_COMMA;
        const int is_bare = s->words && !between && begins_bare(s),
                  is_joined = s->words && (between || is_conjunction(s, &s->now) || is_joiner(s));
        is_found = is_bare || (is_joined && find_opener(s, between, &is_sequence) &&
                               may_end(s, between, is_sequence));
        s->joint = is_bare ? BL_BARE : BL_JOINED;
        if (!is_found && is_joined && (between || !BL_IS_IN(&seen, contrasts)) &&
            may_end(s, between, 0) && begins_loose(s)) {
            s->joint = BL_LOOSE;
            is_found = 1;
        }
        if (is_found) {
            *out = (bl_clause_break){ s->before.end, s->now.start };
            begin_clause(s);
        } else {
            s->now = seen;
        }
        count_word(s);
    }
    return is_found;
}
