#include "json_writer.h"

#include <stdio.h>
#include <string.h>

bl_json_writer bl_json_writer_start(char *out, size_t capacity)
{
    return (bl_json_writer){ out, capacity, 0, 0 };
}

static void put(bl_json_writer *w, const char *text, size_t size)
{
    if (w->size + size <= w->capacity) memcpy(w->out + w->size, text, size);
    w->size += size;
}

static void separate(bl_json_writer *w)
{
    if (w->comma) put(w, ",", 1);
    w->comma = 1;
}

static void put_value(bl_json_writer *w, const char *text)
{
    separate(w);
    put(w, text, strlen(text));
}

/* The text in quotes, with what JSON does not allow inside escaped. */
static void put_quoted(bl_json_writer *w, const char *text, size_t size)
{
    put(w, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        char code[8];
        if (c == '"' || c == '\\') put(w, "\\", 1);
        if (c < 0x20) put(w, code, (size_t)snprintf(code, sizeof code, "\\u%04x", c));
        else put(w, text + i, 1);
    }
    put(w, "\"", 1);
}

void bl_json_begin(bl_json_writer *w, char bracket)
{
    separate(w);
    put(w, &bracket, 1);
    w->comma = 0;
}

void bl_json_end(bl_json_writer *w, char bracket)
{
    put(w, &bracket, 1);
    w->comma = 1;
}

void bl_json_write_key(bl_json_writer *w, const char *key)
{
    bl_json_write_sized_key(w, key, strlen(key));
}

void bl_json_write_sized_key(bl_json_writer *w, const char *key, size_t size)
{
    separate(w);
    put_quoted(w, key, size);
    put(w, ":", 1);
    w->comma = 0;
}

void bl_json_write_string(bl_json_writer *w, const char *text, size_t size)
{
    separate(w);
    put_quoted(w, text, size);
}

void bl_json_write_text(bl_json_writer *w, const char *text)
{
    if (text) bl_json_write_string(w, text, strlen(text));
    else bl_json_write_null(w);
}

void bl_json_write_number(bl_json_writer *w, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    put_value(w, text);
}

void bl_json_write_bool(bl_json_writer *w, int value) { put_value(w, value ? "true" : "false"); }

void bl_json_write_null(bl_json_writer *w) { put_value(w, "null"); }

void bl_json_write_raw(bl_json_writer *w, const char *json, size_t size)
{
    separate(w);
    put(w, json, size);
}
