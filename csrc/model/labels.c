#include "labels.h"

#include <stdio.h>
#include <string.h>

#include "../files/json.h"

enum { DEFAULT_SIZE = 24 }; /* "LABEL_" and a number */

/* The label that a key of id2label names: decimal digits; -1 for anything else. */
static int label_of(bl_json_string key, int labels)
{
    int label = 0;
    if (!key.size) return -1;
    for (size_t i = 0; i < key.size; i++) {
        if (key.text[i] < '0' || key.text[i] > '9') return -1;
        label = label * 10 + (key.text[i] - '0');
        if (label >= labels) return -1;
    }
    return label;
}

/* The reader, inside the object id2label; 0 if config.json has none. */
static int find_id2label(const bl_model *m, bl_json *j)
{
    bl_json_string key;
    *j = bl_json_start(m->config, m->config_size);
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        if (bl_json_is(key, "id2label") && bl_json_peek(j) == '{') return bl_json_open(j, '{');
        if (!bl_json_skip(j)) return 0;
    }
    return 0;
}

/* The next label that has a name; 0 behind the last. */
static int next_label(bl_json *j, int labels, int *label, bl_json_string *name)
{
    bl_json_string key;
    while (bl_json_key(j, &key)) {
        *label = label_of(key, labels);
        if (*label >= 0 && bl_json_peek(j) == '"') return bl_json_text(j, name);
        if (!bl_json_skip(j)) return 0;
    }
    return 0;
}

bl_status bl_build_label_names(bl_builder *b)
{
    bl_model *m = b->model;
    const int labels = m->info.labels;
    const size_t count = (size_t)labels;
    size_t size = count * DEFAULT_SIZE;
    bl_json j;
    bl_json_string name;
    int label;
    if (!labels) return BL_OK;
    /* A name takes no more bytes than it has in JSON, and one for its end. */
    if (find_id2label(m, &j))
        while (next_label(&j, labels, &label, &name)) size += name.size + 1;
    const char **names = bl_builder_memory(b, count, sizeof *names);
    char *text = names ? bl_builder_memory(b, size, 1) : NULL;
    if (!text) return BL_MEMORY_ERROR;
    if (find_id2label(m, &j)) {
        while (next_label(&j, labels, &label, &name)) {
            if (!bl_json_copy(name, text, name.size + 1)) continue;
            names[label] = text;
            text += strlen(text) + 1;
        }
    }
    for (label = 0; label < labels; label++) {
        if (names[label]) continue;
        names[label] = text;
        text += snprintf(text, DEFAULT_SIZE, "LABEL_%d", label) + 1;
    }
    m->label_names = names;
    return BL_OK;
}
