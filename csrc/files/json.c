#include "json.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

bl_json bl_json_start(const void *text, size_t size)
{
    const unsigned char *p = text;
    bl_json j = { p, p + size, 0, 0, 0 };
    return j;
}

static int fail(bl_json *j)
{
    j->bad = 1;
    j->at = j->end;
    return 0;
}

int bl_json_peek(bl_json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
        j->at++;
    return j->bad || j->at == j->end ? 0 : *j->at;
}

int bl_json_open(bl_json *j, char bracket)
{
    if (bl_json_peek(j) != bracket || ++j->depth > DEEPEST) return fail(j);
    j->at++;
    j->first = 1;
    return 1;
}

/* At the next member of an object or array, or past its end. */
static int more(bl_json *j, char end)
{
    int c = bl_json_peek(j);
    if (c == end) {
        j->at++;
        j->depth--;
        j->first = 0;
        return 0;
    }
    if (!j->first) {
        if (c != ',') return fail(j);
        j->at++;
    }
    j->first = 0;
    return 1;
}

int bl_json_key(bl_json *j, bl_json_string *key)
{
    if (j->bad || !more(j, '}')) return 0;
    if (!bl_json_text(j, key) || bl_json_peek(j) != ':') return fail(j);
    j->at++;
    return 1;
}

int bl_json_item(bl_json *j) { return !j->bad && more(j, ']'); }

static int hex4(const unsigned char *p, const unsigned char *end, unsigned *value)
{
    *value = 0;
    if (end - p < 4) return 0;
    for (int i = 0; i < 4; i++) {
        int c = p[i], d = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (d < 0) return 0;
        *value = *value * 16 + (unsigned)d;
    }
    return 1;
}

/* Length of the valid UTF-8 character at p, or 0. */
static size_t utf8(const unsigned char *p, const unsigned char *end)
{
    size_t n = *p < 0x80                 ? 1
               : *p >= 0xC2 && *p < 0xE0 ? 2
               : *p >= 0xE0 && *p < 0xF0 ? 3
               : *p >= 0xF0 && *p < 0xF5 ? 4
                                         : 0;
    if (!n || (size_t)(end - p) < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) || (*p == 0xF0 && p[1] < 0x90) ||
        (*p == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

/* The character that the escape at p (behind the backslash) stands for; its length, or 0. */
static size_t escape(const unsigned char *p, const unsigned char *end, unsigned *character)
{
    static const char names[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (p == end) return 0;
    for (const char *n = names; *n; n += 2)
        if (*p == (unsigned char)n[0]) {
            *character = (unsigned char)n[1];
            return 1;
        }
    if (*p != 'u' || !hex4(p + 1, end, character)) return 0;
    if (*character < 0xD800 || *character > 0xDFFF) return 5;
    unsigned low;
    if (*character > 0xDBFF || end - p < 11 || p[5] != '\\' || p[6] != 'u' ||
        !hex4(p + 7, end, &low) || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
    return 11;
}

/* Past the characters that are ASCII and stand for themselves, eight at a time where it can. */
static const unsigned char *past_plain(const unsigned char *p, const unsigned char *end)
{
    const uint64_t ones = UINT64_MAX / 255, highest = ones << 7;
    for (uint64_t w; end - p >= 8; p += 8) {
        memcpy(&w, p, 8);
        const uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
        if ((w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & highest) break;
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
    return p;
}

int bl_json_text(bl_json *j, bl_json_string *s)
{
    if (bl_json_peek(j) != '"') return fail(j);
    const unsigned char *p = ++j->at;
    s->text = (const char *)p;
    s->escaped = 0;
    while ((p = past_plain(p, j->end)) < j->end && *p != '"') {
        unsigned c;
        size_t n;
        if (*p == '\\') {
            s->escaped = 1;
            n = escape(p + 1, j->end, &c);
            if (!n) return fail(j);
            n++;
        } else {
            n = *p < 0x20 ? 0 : utf8(p, j->end);
            if (!n) return fail(j);
        }
        p += n;
    }
    if (p == j->end) return fail(j);
    s->size = (size_t)(p - (const unsigned char *)s->text);
    j->at = p + 1;
    return 1;
}

static int digits(bl_json *j)
{
    const unsigned char *from = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') j->at++;
    return j->at > from;
}

/* Past a number; whether it was a plain whole one. */
static int number(bl_json *j, int *whole)
{
    int c = bl_json_peek(j);
    *whole = c != '-';
    if (c == '-') j->at++;
    if (j->at < j->end && *j->at == '0') j->at++;
    else if (!digits(j)) return fail(j);
    if (j->at < j->end && *j->at == '.') {
        *whole = 0;
        j->at++;
        if (!digits(j)) return fail(j);
    }
    if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
        *whole = 0;
        j->at++;
        if (j->at < j->end && (*j->at == '+' || *j->at == '-')) j->at++;
        if (!digits(j)) return fail(j);
    }
    return 1;
}

int bl_json_number(bl_json *j, double *value)
{
    char copy[64];
    int whole;
    bl_json_peek(j);
    const unsigned char *from = j->at;
    if (!number(j, &whole)) return 0;
    size_t n = (size_t)(j->at - from);
    if (n >= sizeof copy) return fail(j);
    memcpy(copy, from, n);
    copy[n] = 0;
    *value = strtod(copy, NULL);
    return 1;
}

int bl_json_size(bl_json *j, uint64_t *value)
{
    int whole;
    bl_json_peek(j);
    const unsigned char *from = j->at;
    if (!number(j, &whole)) return 0;
    if (!whole) return fail(j);
    *value = 0;
    for (; from < j->at; from++) {
        if (*value > (UINT64_MAX - 9) / 10) return fail(j);
        *value = *value * 10 + (uint64_t)(*from - '0');
    }
    return 1;
}

int bl_json_word(bl_json *j, const char *word)
{
    size_t n = strlen(word);
    bl_json_peek(j);
    if (j->bad || (size_t)(j->end - j->at) < n || memcmp(j->at, word, n)) return 0;
    j->at += n;
    return 1;
}

int bl_json_skip(bl_json *j)
{
    bl_json_string s;
    int whole;
    switch (bl_json_peek(j)) {
    case '{':
        bl_json_open(j, '{');
        while (bl_json_key(j, &s)) bl_json_skip(j);
        break;
    case '[':
        bl_json_open(j, '[');
        while (bl_json_item(j)) bl_json_skip(j);
        break;
    case '"': bl_json_text(j, &s); break;
    case 't':
    case 'f':
    case 'n':
        if (!bl_json_word(j, "true") && !bl_json_word(j, "false") && !bl_json_word(j, "null"))
            fail(j);
        break;
    default: number(j, &whole); break;
    }
    return !j->bad;
}

int bl_json_finished(bl_json *j)
{
    return !j->bad && j->depth == 0 && bl_json_peek(j) == 0 && j->at == j->end;
}

int bl_json_is(bl_json_string s, const char *word)
{
    return s.size == strlen(word) && !memcmp(s.text, word, s.size);
}

int bl_json_copy(bl_json_string s, char *out, size_t capacity)
{
    const unsigned char *p = (const unsigned char *)s.text, *end = p + s.size;
    size_t n = 0;
    while (p < end) {
        const unsigned char *backslash = memchr(p, '\\', (size_t)(end - p));
        const size_t run = (size_t)((backslash ? backslash : end) - p);
        if (run >= capacity - n) return 0;
        memcpy(out + n, p, run);
        n += run;
        p += run;
        if (!backslash) break;
        unsigned c = 0;
        p += 1 + escape(p + 1, end, &c);
        const size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (count >= capacity - n) return 0;
        for (size_t i = count; i-- > 1; c >>= 6) out[n + i] = (char)(0x80 | (c & 0x3F));
        out[n] = (char)(c | (count == 1 ? 0 : count == 2 ? 0xC0 : count == 3 ? 0xE0 : 0xF0));
        n += count;
    }
    if (n >= capacity) return 0;
    out[n] = 0;
    return memchr(out, 0, n) == NULL;
}
