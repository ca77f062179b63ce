#include "english.h"

#include <string.h>

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
static const char *const closers[] = { "down", "off", "on", "up" };
static const char *const fillers[] = { "also", "afterwards", "finally", "just",
                                       "next", "now",        "then" };
static const char *const conjunctions[] = { "and", "then" };
static const char *const softeners[] = { "actually", "also",   "and", "but",  "hello", "hey",
                                         "hi",       "just",   "no",  "now",  "oh",    "ok",
                                         "okay",     "please", "so",  "then", "well",  "yet" };

int bl_is_in(const char *lower, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(lower, list[i])) return 1;
    return 0;
}

int bl_is_opener(const bl_text_word *w) { return BL_IS_IN(w, openers); }

int bl_is_closer(const bl_text_word *w) { return BL_IS_IN(w, closers); }

int bl_is_filler(const bl_text_word *w) { return BL_IS_IN(w, fillers); }

int bl_is_conjunction(const bl_text_word *w) { return BL_IS_IN(w, conjunctions); }

int bl_is_softener(const bl_text_word *w) { return BL_IS_IN(w, softeners); }

int bl_is_word_byte(char c)
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
                           : bl_is_word_byte(text[at + 1]);
}

int bl_read_word(const char *text, size_t size, size_t at, bl_text_word *out)
{
    while (at < size && !bl_is_word_byte(text[at])) at++;
    if (at == size) return 0;
    out->start = at;
    while (at < size && (bl_is_word_byte(text[at]) || joins(text, size, at))) at++;
    out->end = at;
    memset(out->lower, 0, sizeof out->lower);
    if (out->end - out->start >= BL_LONGEST_WORD) return 1;
    size_t n = 0;
    for (size_t i = out->start; i < out->end; i++) {
        const char c = text[i];
        const int is_apostrophe = i + 2 < out->end && !memcmp(text + i, "\xE2\x80\x99", 3);
        out->lower[n++] = (char)(is_apostrophe ? '\'' : c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        i += is_apostrophe ? 2 : 0;
    }
    return 1;
}

bl_mark bl_mark_between(const char *text, size_t from, size_t to)
{
    bl_mark found = BL_NO_MARK;
    for (size_t i = from; i < to; i++) {
        if (strchr(".!?;\n", text[i]) && text[i]) return BL_STOP;
        if (strchr(",:", text[i]) && text[i]) found = BL_COMMA;
    }
    return found;
}

int bl_read_near(const char *text, size_t size, const bl_text_word *w, bl_text_word *next)
{
    return bl_read_word(text, size, w->end, next) && !bl_mark_between(text, w->end, next->start);
}

int bl_step(bl_cursor *c)
{
    if (!bl_read_word(c->text, c->size, c->now.end, &c->now))
        c->now = (bl_text_word){ c->size, c->size, { 0 } };
    return 1;
}
