#include "clauses.h"

#include <string.h>

/* What begins a clause: the first words of commands in the training sets, but for nouns. */
static const char *const openers[] = {
    "activate", "add",       "adjust",    "alert",   "alter",      "answer",   "are",
    "arm",      "ask",       "begin",     "book",    "brew",       "brighten", "bring",
    "buy",      "calculate", "call",      "can",     "cancel",     "change",   "check",
    "clean",    "clear",     "close",     "compose", "confirm",    "connect",  "continue",
    "convert",  "cool",      "could",     "create",  "deactivate", "decrease", "define",
    "delete",   "describe",  "dial",      "did",     "dim",        "disable",  "disarm",
    "display",  "do",        "does",      "drive",   "email",      "enable",   "erase",
    "explain",  "find",      "flip",      "get",     "give",       "go",       "heat",
    "help",     "how",       "how's",     "i'd",     "include",    "increase", "inform",
    "initiate", "is",        "keep",      "launch",  "leave",      "let",      "let's",
    "lets",     "light",     "list",      "listen",  "locate",     "lock",     "look",
    "lower",    "make",      "message",   "move",    "mute",       "navigate", "need",
    "note",     "open",      "order",     "pause",   "pay",        "phone",    "place",
    "play",     "please",    "post",      "power",   "prepare",    "provide",  "pull",
    "put",      "raise",     "rate",      "read",    "recommend",  "record",   "reduce",
    "remember", "remind",    "remove",    "repeat",  "replay",     "reply",    "report",
    "reserve",  "reset",     "resume",    "ring",    "run",        "save",     "schedule",
    "search",   "select",    "send",      "set",     "share",      "should",   "show",
    "shuffle",  "shut",      "skip",      "slow",    "snooze",     "speak",    "spell",
    "start",    "stop",      "suggest",   "switch",  "take",       "tell",     "text",
    "toggle",   "transfer",  "translate", "try",     "tune",       "turn",     "tweet",
    "unlock",   "unmute",    "update",    "use",     "vacuum",     "wake",     "want",
    "warm",     "was",       "water",     "what",    "what's",     "whats",    "when",
    "when's",   "where",     "where's",   "which",   "who",        "who's",    "why",
    "will",     "would",     "write",
};
/* What a clause without a verb ends with: "lights off". */
static const char *const closers[] = { "down", "off", "on", "up" };
/* What may stand before an opener: "and then please ...". */
static const char *const fillers[] = { "also", "afterwards", "finally", "just",
                                       "next", "now",        "then" };
static const char *const conjunctions[] = { "and", "then" };
static const char *const greetings[] = { "hello", "hey", "hi", "ok", "okay" };
/* What others are to be told or reminded of is a text of its own, "and" included. */
static const char *const reporters[] = { "ask", "email", "message", "note", "remind",
                                         "say", "tell",  "text",    "write" };
static const char *const reported[] = { "that", "to" };
enum { GREETING_WORDS = 3, LONGEST = 16 };

typedef struct {
    size_t start, end;
    char lower[LONGEST]; /* without capitals; empty if the word is longer or not ASCII */
} word;

typedef struct {
    const char *text;
    size_t size, at;  /* what is behind `at` is not read yet */
    word before, now; /* words */
    size_t words;     /* of the clause so far */
    int is_greeting;  /* it begins with a greeting */
    int has_reporter, is_reported;
} scanner;

static int is_in(const char *lower, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(lower, list[i])) return 1;
    return 0;
}
#define IS_IN(word, list) is_in((word)->lower, list, sizeof(list) / sizeof *(list))

/* Letters, digits and everything that is not ASCII. */
static int is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

/* An apostrophe, or a point or comma, between two word characters belongs to the word. */
static int joins(const char *text, size_t size, size_t at)
{
    return strchr("'.,:-", text[at]) && text[at] && at + 1 < size && is_word_byte(text[at + 1]);
}

/* The next word from `at` on; 0 behind the last. */
static int read_word(const char *text, size_t size, size_t at, word *out)
{
    while (at < size && !is_word_byte(text[at])) at++;
    if (at == size) return 0;
    out->start = at;
    while (at < size && (is_word_byte(text[at]) || joins(text, size, at))) at++;
    out->end = at;
    memset(out->lower, 0, sizeof out->lower);
    if (out->end - out->start >= LONGEST) return 1;
    for (size_t i = out->start; i < out->end; i++) {
        const char c = text[i];
        out->lower[i - out->start] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return 1;
}

typedef enum { NO_MARK, COMMA, STOP } mark;

/* The punctuation between two bytes. */
static mark mark_between(const char *text, size_t from, size_t to)
{
    mark found = NO_MARK;
    for (size_t i = from; i < to; i++) {
        if (strchr(".!?;\n", text[i]) && text[i]) return STOP;
        if (strchr(",:", text[i]) && text[i]) found = COMMA;
    }
    return found;
}

/* Whether a clause begins with this word: an opener and another word, or some words that end,
 * before the next conjunction or punctuation, with a closer. */
static int begins_clause(const char *text, size_t size, const word *first, mark before)
{
    enum { WORDS = 5 };
    word w = *first, next;
    int count = 1;
    for (; count < WORDS; count++) {
        const int more = read_word(text, size, w.end, &next);
        if (!more || mark_between(text, w.end, next.start) || IS_IN(&next, conjunctions)) break;
        if (count == 1 && (IS_IN(first, openers) || before == STOP)) return 1;
        w = next;
    }
    return count > 1 && count < WORDS && IS_IN(&w, closers);
}

/* The clause so far ends here; the next one is empty. */
static void begin_clause(scanner *s)
{
    s->words = 0;
    s->is_greeting = s->has_reporter = s->is_reported = 0;
}

static void count_word(scanner *s)
{
    if (!s->words) s->is_greeting = IS_IN(&s->now, greetings);
    s->words++;
    s->is_reported |= s->has_reporter && IS_IN(&s->now, reported);
    s->has_reporter |= IS_IN(&s->now, reporters);
    s->before = s->now;
    s->at = s->now.end;
}

/* From a conjunction or punctuation on: the word that a clause begins with, in s->now; 0 if there
 * is none. */
static int find_opener(scanner *s, mark before, int *is_sequence)
{
    *is_sequence = 0;
    int is_conjunction = 0;
    while (IS_IN(&s->now, conjunctions) || (s->at != s->now.start && IS_IN(&s->now, fillers))) {
        is_conjunction |= IS_IN(&s->now, conjunctions);
        *is_sequence |= strcmp(s->now.lower, "and") != 0;
        word next;
        if (!read_word(s->text, s->size, s->now.end, &next)) return 0;
        s->now = next;
    }
    return (is_conjunction || before) && begins_clause(s->text, s->size, &s->now, before);
}

/* Whether the clause so far may end, before s->now. */
static int may_end(const scanner *s, mark between, int is_sequence)
{
    if (!s->words) return 0;
    if (s->is_greeting && s->words <= GREETING_WORDS) return 0;
    if (s->is_reported && between != STOP && !is_sequence) return 0;
    return between != COMMA || s->words > 1;
}

int bl_find_clause_breaks(bl_arena *arena, const char *text, size_t size, bl_list *breaks)
{
    scanner s = { .text = text, .size = size };
    breaks->item_size = sizeof(bl_clause_break);
    while (read_word(text, size, s.at, &s.now)) {
        const word seen = s.now;
        const mark between = s.words ? mark_between(text, s.at, s.now.start) : NO_MARK;
        int is_sequence;
        if (s.words && (between || IS_IN(&s.now, conjunctions)) &&
            find_opener(&s, between, &is_sequence) && may_end(&s, between, is_sequence)) {
            bl_clause_break *b = bl_list_append(arena, breaks, 1);
            if (!b) return 0;
            *b = (bl_clause_break){ s.before.end, s.now.start };
            begin_clause(&s);
        } else {
            s.now = seen;
        }
        count_word(&s);
    }
    return 1;
}
