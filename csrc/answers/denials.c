#include "denials.h"

#include <string.h>

/* What says "not", with or without a second word; and who wishes so. */
static const char *const nots[] = { "don't", "dont", "never", "shouldn't", "mustn't", "needn't" };
static const char *const auxiliaries[] = { "do", "should", "must", "need", "shall" };
static const char *const wishers[] = { "i", "we" };
static const char *const wishes[] = { "want", "wish", "need", "feel" };
static const char *const wished[] = { "to", "you", "for", "like" };
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
    OBJECT_WORDS = 5,
    WORDS_READ = 16 /* at each place: before what is said, of what is denied, at most */
};

static int is_now(const bl_cursor *c, const char *lower) { return !strcmp(c->now.lower, lower); }

static int is_next(bl_cursor *c, const char *lower) { return bl_step(c) && is_now(c, lower); }

/* Whether the words from now on say "not"; then they are left behind. */
static int skip_not(bl_cursor *c)
{
    if (BL_IS_IN(&c->now, nots)) return bl_step(c);
    if (is_now(c, "no")) return is_next(c, "longer") && bl_step(c);
    return BL_IS_IN(&c->now, auxiliaries) && is_next(c, "not") && bl_step(c);
}

int bl_denies_object(const bl_cursor *c)
{
    bl_text_word next, w;
    if (!is_now(c, "no") || !bl_read_near(c->text, c->size, &c->now, &next) ||
        BL_IS_IN(&next, no_objects) || BL_IS_IN(&next, nots))
        return 0;
    const int is_last = !bl_read_near(c->text, c->size, &next, &w);
    if (bl_is_opener(&next) && !(BL_IS_IN(&next, things) && (is_last || BL_IS_IN(&w, afters))))
        return 0;
    if (is_last) return 1;
    if (!strcmp(w.lower, "than")) return 0;
    for (int i = 0; i < WORDS_READ && bl_read_near(c->text, c->size, &w, &next); i++) {
        if (bl_is_conjunction(&next)) break;
        w = next;
    }
    return !bl_is_closer(&w);
}

/* Whether the clause asks for nothing of something: "set no alarm", "turn on neither lamp", "play
 * nothing"; then the word that says so is now. */
static int find_denied_object(bl_cursor *c)
{
    const int plays = is_now(c, "play");
    bl_text_word next;
    if (!plays && !BL_IS_IN(&c->now, doings)) return 0;
    for (int i = 0; i < OBJECT_WORDS && bl_read_near(c->text, c->size, &c->now, &next); i++) {
        c->now = next;
        const int is_last = !bl_read_near(c->text, c->size, &c->now, &next);
        if (BL_IS_IN(&c->now, nones))
            return is_last || BL_IS_IN(&next, afters) || !strcmp(next.lower, "of");
        if (is_now(c, "neither")) return !is_last && !plays;
        if (!is_now(c, "no") || is_last) continue;
        if (plays && !strcmp(next.lower, "more") && !bl_read_near(c->text, c->size, &next, &next))
            return 0;
        return bl_denies_object(c) && (!plays || BL_IS_IN(&next, sounds));
    }
    return 0;
}

int bl_find_denial(bl_cursor *c)
{
    for (int i = 0; i < WORDS_READ && bl_is_softener(&c->now); i++) {
        bl_cursor behind = *c;
        if (is_now(c, "no") && (bl_denies_object(c) || is_next(&behind, "need"))) break;
        bl_step(c);
    }
    if (is_now(c, "there's")) bl_step(c);
    bl_cursor behind = *c;
    if (is_now(c, "no") && is_next(&behind, "need")) return bl_step(c) && bl_step(c);
    if (is_now(c, "no") && !is_now(&behind, "longer") && bl_denies_object(c)) return bl_step(c);
    if (is_now(c, "let's") || is_now(c, "lets")) return is_next(c, "not") && bl_step(c);
    if (is_now(c, "i'd")) return is_next(c, "rather") && is_next(c, "not") && bl_step(c);
    if (BL_IS_IN(&c->now, wishers) && bl_step(c)) {
        if (!skip_not(c) || !BL_IS_IN(&c->now, wishes) || !bl_step(c) || !BL_IS_IN(&c->now, wished))
            return 0;
        bl_step(c);
        if (is_now(c, "having") && is_next(c, "you")) bl_step(c);
        return 1;
    }
    behind = *c;
    if (find_denied_object(&behind)) {
        c->now = (bl_text_word){ c->size, c->size, { 0 } };
        return 1;
    }
    if (is_now(c, "you")) bl_step(c);
    if (!skip_not(c) || c->now.start == c->size || BL_IS_IN(&c->now, no_denials)) return 0;
    behind = *c;
    return !is_now(c, "let") || !bl_step(&behind) || !is_next(&behind, "forget");
}

int bl_is_denial(bl_cursor c) { return bl_find_denial(&c); }

int bl_keeps_state(bl_cursor c)
{
    while (bl_is_softener(&c.now)) bl_step(&c);
    if (!BL_IS_IN(&c.now, keepers)) return 0;
    bl_text_word last = c.now, next;
    while (bl_read_word(c.text, c.size, last.end, &next)) last = next;
    return BL_IS_IN(&last, states);
}

int bl_retracts(bl_cursor c)
{
    while (bl_is_softener(&c.now) || BL_IS_IN(&c.now, leads)) bl_step(&c);
    for (size_t i = 0; i < sizeof retractions / sizeof *retractions; i++) {
        bl_cursor end = c;
        if (*retractions[i][0] && !(is_now(&end, retractions[i][0]) && bl_step(&end))) continue;
        if (is_now(&end, retractions[i][1]) && bl_step(&end) && end.now.start == c.size) return 1;
    }
    return 0;
}

int bl_read_taken(const bl_cursor *c, bl_text_word *words, size_t *count)
{
    bl_text_word w = c->now;
    *count = 0;
    for (int more = w.start < c->size; more; more = bl_read_word(c->text, c->size, w.end, &w)) {
        if (BL_IS_IN(&w, pointers)) continue;
        if (*count == BL_TAKEN_WORDS) return 0;
        words[(*count)++] = w;
    }
    return 1;
}

size_t bl_find_retraction(const char *text, size_t size)
{
    bl_text_word last[3] = { { 0 } }, next = { 0 };
    size_t count = 0;
    for (; bl_read_word(text, size, next.end, &next); count++) {
        last[0] = last[1];
        last[1] = last[2];
        last[2] = next;
    }
    for (size_t i = 0; i < sizeof retractions / sizeof *retractions; i++) {
        const char *const *r = retractions[i];
        const size_t words = *r[0] ? 2 : 1;
        const bl_text_word *first = &last[3 - words], *before = first - 1;
        if (count <= words || strcmp(last[2].lower, r[1]) ||
            (words == 2 && strcmp(first->lower, r[0])))
            continue;
        if (BL_IS_IN(before, leads) ||
            (bl_mark_between(text, before->end, first->start) && strcmp(r[0], "leave") != 0))
            return first->start;
    }
    return size;
}

/* Whether a word begins with these two small letters, here. */
static int begins_with(const char *text, size_t size, size_t at, const char *letters)
{
    return at + 1 < size && (text[at] | 0x20) == letters[0] && (text[at + 1] | 0x20) == letters[1];
}

int bl_may_deny(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char c = text[i], next = i + 1 < size ? text[i + 1] : ' ';
        const int is_first = !i || !bl_is_word_byte(text[i - 1]);
        if ((c == 'n' || c == 'N') &&
            (is_first || next == '\'' || next == 't' || next == 'T' || (unsigned char)next >= 0x80))
            return 1;
        if (is_first && (begins_with(text, size, i, "le") || begins_with(text, size, i, "ke")))
            return 1;
    }
    while (size && !bl_is_word_byte(text[size - 1])) size--;
    return size > 2 && (text[size - 1] | 0x20) == 't' && (text[size - 2] | 0x20) == 'i';
}
