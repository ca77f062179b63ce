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
/* What says "not", with or without a second word; who wishes so; what may stand before. */
static const char *const nots[] = { "don't", "dont", "never", "shouldn't", "mustn't", "needn't" };
static const char *const auxiliaries[] = { "do", "should", "must", "need", "shall" };
static const char *const wishers[] = { "i", "we" };
static const char *const wishes[] = { "want", "wish", "need", "feel" };
static const char *const wished[] = { "to", "you", "for", "like" };
static const char *const softeners[] = { "actually", "also",   "and", "but",  "hello", "hey",
                                         "hi",       "just",   "no",  "now",  "oh",    "ok",
                                         "okay",     "please", "so",  "then", "well",  "yet" };
/* Behind "do not": what is the case, a question, or what is to be done all the same. */
static const char *const no_denials[] = {
    "believe",  "bother", "care",  "fail",       "forget", "get",    "have",
    "hesitate", "i",      "know",  "mind",       "miss",   "really", "remember",
    "see",      "they",   "think", "understand", "we",     "worry",  "you",
};
/* "no", where it is not of what follows: "no problem", "no later", "no the other one". */
static const char *const no_objects[] = {
    "a",      "actually", "an",     "any",     "at",    "big",     "biggie", "but",
    "can",    "doubt",    "hurry",  "i",       "i'm",   "idea",    "in",     "it",
    "it's",   "its",      "just",   "later",   "less",  "matter",  "my",     "never",
    "no",     "not",      "on",     "one",     "prob",  "problem", "rush",   "problems",
    "really", "sir",      "sooner", "sorry",   "sweat", "thank",   "thanks", "that",
    "that's", "thats",    "the",    "then",    "this",  "to",      "wait",   "way",
    "we",     "with",     "wonder", "worries", "worry", "yes",     "you",    "your",
};
/* Openers that are things, too, where nothing but one of these follows. */
static const char *const things[] = { "alert", "call", "email", "light", "message", "text" };
static const char *const afters[] = {
    "anymore", "at",     "for",  "in",    "now",      "on",      "please", "right",
    "thank",   "thanks", "this", "today", "tomorrow", "tonight", "until",
};
/* What is done to things, not to words: "set no alarm", but not "add no salt crackers". */
static const char *const doings[] = {
    "activate", "book", "brew",  "bring",  "buy",  "call",   "close",   "create", "dim",
    "enable",   "get",  "lock",  "make",   "open", "order",  "reserve", "run",    "schedule",
    "send",     "set",  "start", "switch", "turn", "unlock", "use",
};
static const char *const sounds[] = { "audio", "music", "podcast", "podcasts", "radio",
                                      "song",  "songs", "sound",   "sounds",   "tunes" };
static const char *const nones[] = { "nobody", "none", "nothing" };
/* What takes back all before it, at a text's end. */
static const char *const retractions[][2] = {
    { "", "don't" },    { "", "dont" },        { "", "nevermind" },
    { "do", "not" },    { "don't", "bother" }, { "dont", "bother" },
    { "forget", "it" }, { "never", "mind" },   { "leave", "it" },
};
static const char *const leads[] = { "but", "no", "nope", "please", "so", "sorry", "wait" };
/* What a denial may say besides what it takes back: "don't set it", "don't make any coffee". */
static const char *const pointers[] = {
    "a",   "after", "all", "an",   "any",  "anymore", "anything", "do",  "either",
    "her", "him",   "it",  "just", "my",   "now",     "ones",     "or",  "please",
    "so",  "that",  "the", "them", "this", "those",   "too",      "yet",
};
/* "but leave the lights on": nothing is to be done. */
static const char *const keepers[] = { "keep", "leave" };
static const char *const states[] = { "alone", "are",     "be",      "closed", "going",
                                      "is",    "lit",     "locked",  "off",    "on",
                                      "open",  "playing", "running", "shut",   "unlocked" };
enum {
    GREETING_WORDS = 3,
    OBJECT_WORDS = 5,
    WORDS_READ = 16,     /* at each place: before what is said, of what is denied, at most */
    TAKEN_WORDS = 8,     /* that a denial has of what it takes back, at most */
    TAKEN_CLAUSES = 4,   /* before a denial, that it may take back */
    JOINING_WORDS = 8,   /* and phrases, between two clauses, at most */
    LONGEST_CLAUSE = 24, /* in words, that ends without an opener behind it */
    LONGEST = 16
};

typedef struct {
    size_t start, end;
    char lower[LONGEST]; /* without capitals; empty if the word is longer */
} word;

typedef struct {
    const char *text;
    size_t size, at;  /* what is behind `at` is not read yet */
    word before, now; /* words */
    size_t begin;     /* of the clause so far, */
    size_t words;     /* and its words */
    int is_greeting;  /* it begins with a greeting */
    int has_reporter, is_reported;
    int has_name, plays, plays_any; /* it has one of these words */
    int finds_more;                 /* joiners and signs separate clauses, too, or nothing does */
    bl_joint joint;                 /* of the clause so far and the one before */
    int finds_denials; /* "but" separates clauses too, and so does a denial behind a comma, */
    int keeps_objects; /* but not "no" of an object: "add milk, but no sugar, to my list" */
} scanner;

/* Between two clauses: the left one ends at byte left_end, the right one begins at right_start. */
typedef struct {
    size_t left_end, right_start;
} clause_break;

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

/* An apostrophe or a point between two word characters belongs to the word, and a comma before a
 * digit. */
static int joins(const char *text, size_t size, size_t at)
{
    if (at + 1 == size || !text[at] || !strchr("'.,:-", text[at])) return 0;
    return text[at] == ',' ? text[at + 1] >= '0' && text[at + 1] <= '9'
                           : is_word_byte(text[at + 1]);
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
    size_t n = 0;
    for (size_t i = out->start; i < out->end; i++) {
        const char c = text[i];
        const int is_apostrophe = i + 2 < out->end && !memcmp(text + i, "\xE2\x80\x99", 3);
        out->lower[n++] = (char)(is_apostrophe ? '\'' : c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        i += is_apostrophe ? 2 : 0;
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

/* ---- denials --------------------------------------------------------------------------------- */

/* The next word is now; behind the last one, an empty one. */
static int step(scanner *s)
{
    if (!read_word(s->text, s->size, s->now.end, &s->now))
        s->now = (word){ s->size, s->size, { 0 } };
    return 1;
}

static int is_now(const scanner *s, const char *lower) { return !strcmp(s->now.lower, lower); }

static int is_next(scanner *s, const char *lower) { return step(s) && is_now(s, lower); }

/* Whether the words from now on say "not"; then they are left behind. */
static int skip_not(scanner *s)
{
    if (IS_IN(&s->now, nots)) return step(s);
    if (is_now(s, "no")) return is_next(s, "longer") && step(s);
    return IS_IN(&s->now, auxiliaries) && is_next(s, "not") && step(s);
}

/* The words of the rest of the clause: the one behind `w`; 0 if a mark or the end comes first. */
static int read_near(const scanner *s, const word *w, word *next)
{
    return read_word(s->text, s->size, w->end, next) && !mark_between(s->text, w->end, next->start);
}

/* Whether the word that is now, "no", is said of what follows: "no music", but not "no, lights
 * off", "no turn it off", "no don't" or "no later than nine". */
static int denies_object(const scanner *s)
{
    word next, w;
    if (!is_now(s, "no") || !read_near(s, &s->now, &next) || IS_IN(&next, no_objects) ||
        IS_IN(&next, nots))
        return 0;
    const int is_last = !read_near(s, &next, &w);
    if (IS_IN(&next, openers) && !(IS_IN(&next, things) && (is_last || IS_IN(&w, afters))))
        return 0;
    if (is_last) return 1;
    if (!strcmp(w.lower, "than")) return 0;
    for (int i = 0; i < WORDS_READ && read_near(s, &w, &next); i++) {
        if (IS_IN(&next, conjunctions)) break;
        w = next;
    }
    return !IS_IN(&w, closers);
}

/* Whether the clause asks for nothing of something: "set no alarm", "turn on neither lamp", "play
 * nothing"; then the word that says so is now. */
static int find_denied_object(scanner *s)
{
    const int plays = is_now(s, "play");
    word next;
    if (!plays && !IS_IN(&s->now, doings)) return 0;
    for (int i = 0; i < OBJECT_WORDS && read_near(s, &s->now, &next); i++) {
        s->now = next;
        const int is_last = !read_near(s, &s->now, &next);
        if (IS_IN(&s->now, nones))
            return is_last || IS_IN(&next, afters) || !strcmp(next.lower, "of");
        if (is_now(s, "neither")) return !is_last && !plays;
        if (!is_now(s, "no") || is_last) continue;
        if (plays && !strcmp(next.lower, "more") && !read_near(s, &next, &next)) return 0;
        return denies_object(s) && (!plays || IS_IN(&next, sounds));
    }
    return 0;
}

/* Whether the clause that begins with the word that is now says that something is not to be done:
 * "please don't ...", "i don't want you to ...", "no need to ...", "let's not ...", "no ...". What
 * is the case ("i don't know", "i can't") or is to be done ("don't forget to ...") is no denial.
 * What is denied is now; it is nothing where its words alone would be no text ("play no music"). */
static int find_denial(scanner *s)
{
    for (int i = 0; i < WORDS_READ && IS_IN(&s->now, softeners); i++) {
        scanner behind = *s;
        if (is_now(s, "no") && (denies_object(s) || is_next(&behind, "need"))) break;
        step(s);
    }
    if (is_now(s, "there's")) step(s);
    scanner behind = *s;
    if (is_now(s, "no") && is_next(&behind, "need")) return step(s) && step(s);
    if (is_now(s, "no") && !is_now(&behind, "longer") && denies_object(s)) return step(s);
    if (is_now(s, "let's") || is_now(s, "lets")) return is_next(s, "not") && step(s);
    if (is_now(s, "i'd")) return is_next(s, "rather") && is_next(s, "not") && step(s);
    if (IS_IN(&s->now, wishers) && step(s)) {
        if (!skip_not(s) || !IS_IN(&s->now, wishes) || !step(s) || !IS_IN(&s->now, wished))
            return 0;
        step(s);
        if (is_now(s, "having") && is_next(s, "you")) step(s);
        return 1;
    }
    behind = *s;
    if (find_denied_object(&behind)) {
        s->now = (word){ s->size, s->size, { 0 } };
        return 1;
    }
    if (is_now(s, "you")) step(s);
    if (!skip_not(s) || s->now.start == s->size || IS_IN(&s->now, no_denials)) return 0;
    behind = *s;
    return !is_now(s, "let") || !step(&behind) || !is_next(&behind, "forget");
}

static int is_denial(scanner s) { return find_denial(&s); }

/* ---- clauses --------------------------------------------------------------------------------- */

static int is_conjunction(const scanner *s, const word *w)
{
    return IS_IN(w, conjunctions) || (s->finds_denials && IS_IN(w, contrasts));
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
    s->is_greeting = s->has_reporter = s->is_reported = s->has_name = s->plays = s->plays_any = 0;
}

static void count_word(scanner *s)
{
    if (!s->words) {
        s->begin = s->now.start;
        s->is_greeting = IS_IN(&s->now, greetings);
    }
    s->words++;
    s->is_reported |= s->has_reporter && IS_IN(&s->now, reported);
    if (s->finds_more) {
        s->has_name |= IS_IN(&s->now, named);
        s->plays_any |= s->plays && IS_IN(&s->now, any_sounds);
        s->plays |= IS_IN(&s->now, players);
    }
    s->has_reporter |= IS_IN(&s->now, reporters);
    s->before = s->now;
    s->at = s->now.end;
}

/* Leaves a phrase behind that stands between two commands; 0 if there is none, or nothing behind
 * it. */
static int skip_phrase(scanner *s)
{
    if (!s->finds_more) return 0;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        word w = s->now;
        int n = 0, more = 1;
        while (more && n < PHRASE_WORDS && phrases[i][n] && !strcmp(w.lower, phrases[i][n])) {
            more = read_word(s->text, s->size, w.end, &w);
            n++;
        }
        if (!more || (n < PHRASE_WORDS && phrases[i][n])) continue;
        s->now = w;
        return 1;
    }
    return 0;
}

static int is_joiner(const scanner *s)
{
    scanner behind = *s;
    return s->finds_more && (IS_IN(&s->now, joiners) || skip_phrase(&behind));
}

/* Whether a sign that joins is before the word that is now: "lights off & play jazz". */
static int is_signed(const scanner *s)
{
    for (size_t i = s->at; s->finds_more && i < s->now.start; i++)
        if (s->text[i] && strchr("&+-/", s->text[i])) return 1;
    return 0;
}

/* Whether the words from now on are those that the clause so far ends with: "please turn on turn on
 * the light". */
static int is_repeated(const scanner *s)
{
    word w = { .end = s->begin };
    while (read_word(s->text, s->at, w.end, &w)) {
        word left = w, right = s->now;
        int more = 1, is_same = 1;
        while (more && is_same) {
            is_same = *left.lower && !strcmp(left.lower, right.lower);
            more = read_word(s->text, s->at, left.end, &left);
            if (more && !read_word(s->text, s->size, right.end, &right)) is_same = 0;
        }
        if (is_same) return 1;
    }
    return 0;
}

/* Whether the clause so far can end with nothing or no opener behind it: it is short, and what
 * follows belongs to no title, to nothing that someone is told and to no name. */
static int is_closed(const scanner *s)
{
    return s->finds_more && s->words > 1 && s->words <= LONGEST_CLAUSE && !s->is_reported &&
           !s->is_greeting && !s->has_name && !(s->plays && !s->plays_any) &&
           !IS_IN(&s->before, leaders);
}

/* Whether what follows a conjunction or comma may be a command without an opener: "music off". */
static int begins_loose(const scanner *s)
{
    word first, next;
    return is_closed(s) && !IS_IN(&s->now, courtesies) && !IS_IN(&s->now, leaders) &&
           read_near(s, &s->now, &next) && !IS_IN(&next, conjunctions) &&
           read_word(s->text, s->at, s->begin, &first) && !IS_IN(&first, courtesies);
}

/* Whether a command begins with the word that is now, though nothing is between it and the one
 * before: "lock the door turn on the light". */
static int begins_bare(const scanner *s)
{
    word first, next;
    if (!is_closed(s) || !read_near(s, &s->now, &next)) return 0;
    if (!(IS_IN(&s->now, bare_openers) && (!IS_IN(&next, leaders) || IS_IN(&next, determiners))) &&
        !(IS_IN(&s->now, bare_verbs) && IS_IN(&next, determiners)) &&
        !(IS_IN(&s->now, questions) && IS_IN(&next, question_verbs)))
        return 0;
    if (!read_word(s->text, s->at, s->begin, &first)) return 0;
    return begins_clause(s->text, s->at, &first, NO_MARK) && !is_repeated(s);
}

/* From a conjunction or punctuation on: the word that a clause begins with, in s->now; 0 if there
 * is none. */
static int find_opener(scanner *s, mark before, int *is_sequence)
{
    *is_sequence = 0;
    int is_joined = 0;
    for (int i = 0; is_conjunction(s, &s->now) || is_joiner(s) ||
                    (s->at != s->now.start && IS_IN(&s->now, fillers)) ||
                    (s->finds_more && IS_IN(&s->now, orders));
         i++) {
        if (i == JOINING_WORDS) return 0;
        is_joined |= is_conjunction(s, &s->now) || is_joiner(s);
        word next;
        if (skip_phrase(s)) {
            *is_sequence = 1;
            continue;
        }
        *is_sequence |= strcmp(s->now.lower, "and") != 0 && (before || !IS_IN(&s->now, joiners));
        if (!read_word(s->text, s->size, s->now.end, &next)) return 0;
        s->now = next;
    }
    return (is_joined || before) &&
           (begins_clause(s->text, s->size, &s->now, before) ||
            (s->finds_denials && is_denial(*s) && !(s->keeps_objects && denies_object(s))));
}

static int is_denied_so_far(const scanner *s)
{
    scanner clause = { .text = s->text, .size = s->at };
    return read_word(s->text, s->at, s->begin, &clause.now) && is_denial(clause);
}

/* Whether the clause so far may end, before s->now. */
static int may_end(const scanner *s, mark between, int is_sequence)
{
    if (!s->words) return 0;
    if (s->is_greeting && s->words <= GREETING_WORDS && !(s->finds_denials && is_denied_so_far(s)))
        return 0;
    if (s->is_reported && between != STOP && !is_sequence) return 0;
    return between != COMMA || s->words > 1;
}

/* Whether the word that is now only counts the lines of a list: "2." or "2)" at a line's start. */
static int is_list_number(const scanner *s)
{
    enum { DIGITS = 2 };
    const word *w = &s->now;
    size_t from = w->start;
    if (w->end - w->start > DIGITS || w->end == s->size) return 0;
    for (size_t i = w->start; i < w->end; i++)
        if (s->text[i] < '0' || s->text[i] > '9') return 0;
    while (from && s->text[from - 1] == ' ') from--;
    return (!from || s->text[from - 1] == '\n') &&
           (s->text[w->end] == '.' || s->text[w->end] == ')');
}

/* The next place where the text may be split; 0 if there is none. */
static int next_break(scanner *s, clause_break *out)
{
    int is_found = 0, is_item = 0;
    while (!is_found && read_word(s->text, s->size, s->at, &s->now)) {
        const word seen = s->now;
        if (is_list_number(s)) {
            s->at = s->now.end;
            is_item = 1;
            continue;
        }
        mark between = !s->words ? NO_MARK
                       : is_item ? STOP
                                 : mark_between(s->text, s->at, s->now.start);
        is_item = 0;
        int is_sequence;
        if (s->words && !between && is_signed(s)) between = COMMA;
        const int is_bare = s->words && !between && begins_bare(s),
                  is_joined = s->words && (between || is_conjunction(s, &s->now) || is_joiner(s));
        is_found = is_bare || (is_joined && find_opener(s, between, &is_sequence) &&
                               may_end(s, between, is_sequence));
        s->joint = is_bare ? BL_BARE : BL_JOINED;
        if (!is_found && is_joined && (between || !IS_IN(&seen, contrasts)) &&
            may_end(s, between, 0) && begins_loose(s)) {
            s->joint = BL_LOOSE;
            is_found = 1;
        }
        if (is_found) {
            *out = (clause_break){ s->before.end, s->now.start };
            begin_clause(s);
        } else {
            s->now = seen;
        }
        count_word(s);
    }
    return is_found;
}

/* ---- what clauses deny ----------------------------------------------------------------------- */

/* The clauses of a text, one after the other; those that a later one may take back are read
 * ahead. */
typedef struct {
    scanner s;
    size_t start; /* of the next clause to be read ahead */
    int is_read;  /* there is none */
    bl_clause ahead[TAKEN_CLAUSES + 1];
    size_t count;
} clause_reader;

static scanner scan_clause(const clause_reader *r, const bl_clause *c)
{
    scanner s = { .text = r->s.text, .size = c->end };
    if (!read_word(s.text, s.size, c->start, &s.now)) s.now = (word){ s.size, s.size, { 0 } };
    return s;
}

/* Whether two words are the same, but for capitals if they are short. */
static int is_same(const char *text, const word *a, const word *b)
{
    const size_t size = a->end - a->start;
    if (*a->lower || *b->lower) return !strcmp(a->lower, b->lower);
    return size == b->end - b->start && !memcmp(text + a->start, text + b->start, size);
}

static int has_word(const clause_reader *r, const bl_clause *c, const word *wanted)
{
    word w = { .end = c->start };
    while (read_word(r->s.text, c->end, w.end, &w))
        if (is_same(r->s.text, &w, wanted)) return 1;
    return 0;
}

/* Whether the clause only takes back what is before it: "oh, never mind". */
static int retracts(scanner s)
{
    while (IS_IN(&s.now, softeners) || IS_IN(&s.now, leads)) step(&s);
    for (size_t i = 0; i < sizeof retractions / sizeof *retractions; i++) {
        scanner end = s;
        if (*retractions[i][0] && !(is_now(&end, retractions[i][0]) && step(&end))) continue;
        if (is_now(&end, retractions[i][1]) && step(&end) && end.now.start == s.size) return 1;
    }
    return 0;
}

/* Whether the clause asks for something, by its words: not "it's cold in here". */
static int is_request(scanner s)
{
    while (IS_IN(&s.now, softeners) || IS_IN(&s.now, fillers)) step(&s);
    return s.now.start < s.size && begins_clause(s.text, s.size, &s.now, NO_MARK);
}

/* Whether the clause asks for something to stay as it is, which is nothing to be done. */
static int keeps_state(scanner s)
{
    while (IS_IN(&s.now, softeners)) step(&s);
    if (!IS_IN(&s.now, keepers)) return 0;
    word last = s.now, next;
    while (read_word(s.text, s.size, last.end, &next)) last = next;
    return IS_IN(&last, states);
}

/* A denial takes back those clauses before it that have all of its words: "set an alarm, don't set
 * it". Its words begin with the one that is now; without any it takes back all of them. */
static void take_back(clause_reader *r, scanner s, bl_clause *denial)
{
    word w = s.now, words[TAKEN_WORDS];
    size_t count = 0, taken = 0;
    for (int more = w.start < s.size; more; more = read_word(s.text, s.size, w.end, &w)) {
        if (IS_IN(&w, pointers)) continue;
        if (count == TAKEN_WORDS) return;
        words[count++] = w;
    }
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
    clause_break found = { r->s.size, r->s.size };
    r->is_read = !next_break(&r->s, &found);
    bl_clause c = { r->start, found.left_end, r->start, 0, 0, joint };
    scanner s = scan_clause(r, &c);
    const int has_retraction = r->start && retracts(s);
    c.is_request = is_request(s);
    if (r->s.finds_denials && r->start && (has_retraction || keeps_state(s))) {
        c.is_denied = 1;
        c.says_from = c.end;
        s.now = (word){ s.size, s.size, { 0 } };
        if (has_retraction) take_back(r, s, &c);
    } else if (r->s.finds_denials && find_denial(&s)) {
        c.is_denied = 1;
        c.says_from = s.now.start;
        if (s.now.start < s.size) take_back(r, s, &c);
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

/* Where the words begin that take back all before them; behind the text if there are none. */
static size_t find_retraction(const char *text, size_t size)
{
    word last[3] = { { 0 } }, next = { 0 };
    size_t count = 0;
    for (; read_word(text, size, next.end, &next); count++) {
        last[0] = last[1];
        last[1] = last[2];
        last[2] = next;
    }
    for (size_t i = 0; i < sizeof retractions / sizeof *retractions; i++) {
        const char *const *r = retractions[i];
        const size_t words = *r[0] ? 2 : 1;
        const word *first = &last[3 - words], *before = first - 1;
        if (count <= words || strcmp(last[2].lower, r[1]) ||
            (words == 2 && strcmp(first->lower, r[0])))
            continue;
        if (IS_IN(before, leads) ||
            (mark_between(text, before->end, first->start) && strcmp(r[0], "leave") != 0))
            return first->start;
    }
    return size;
}

/* Whether a word begins with these two small letters, here. */
static int begins_with(const char *text, size_t size, size_t at, const char *letters)
{
    return at + 1 < size && (text[at] | 0x20) == letters[0] && (text[at + 1] | 0x20) == letters[1];
}

/* Whether a text may deny something: it has an n where the words have it that do ("no", "don't"),
 * or a word that may be "leave" or "keep", or ends as one that takes something back ("forget it").
 * Most texts do not. */
static int may_deny(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char c = text[i], next = i + 1 < size ? text[i + 1] : ' ';
        const int is_first = !i || !is_word_byte(text[i - 1]);
        if ((c == 'n' || c == 'N') &&
            (is_first || next == '\'' || next == 't' || next == 'T' || (unsigned char)next >= 0x80))
            return 1;
        if (is_first && (begins_with(text, size, i, "le") || begins_with(text, size, i, "ke")))
            return 1;
    }
    while (size && !is_word_byte(text[size - 1])) size--;
    return size > 2 && (text[size - 1] | 0x20) == 't' && (text[size - 2] | 0x20) == 'i';
}

/* Starts to read the clauses of a text; what it takes back at its end is one clause. */
static void start_clauses(clause_reader *r, const char *text, size_t size, int finds_denials)
{
    const int may = finds_denials && may_deny(text, size);
    *r = (clause_reader){ .s = { .text = text, .size = size, .finds_denials = may } };
    if (!may || find_retraction(text, size) == size) return;
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
