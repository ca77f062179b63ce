#include "settings.h"

#include "../error.h"
#include "../memory.h"

const char *const bl_special_keys[BL_SPECIALS] = {
    [BL_UNK] = "unk_token", [BL_SEP] = "sep_token",   [BL_PAD] = "pad_token",
    [BL_CLS] = "cls_token", [BL_MASK] = "mask_token",
};

static const char *const usual_specials[BL_SPECIALS] = {
    [BL_UNK] = "[UNK]", [BL_SEP] = "[SEP]",   [BL_PAD] = "[PAD]",
    [BL_CLS] = "[CLS]", [BL_MASK] = "[MASK]",
};

bl_status bl_settings_start(bl_settings *s, size_t size, bl_error *error)
{
    memset(s, 0, sizeof *s);
    s->rules = (bl_rules){ 1, 1, 1, 1 };
    s->unknown = usual_specials[BL_UNK];
    s->prefix = "##";
    s->longest_word = 100;
    s->types = 1;
    s->tidy = 1;
    memcpy(s->special, usual_specials, sizeof usual_specials);
    /* Each string of a file is kept at most once, and is two quotes longer there. */
    s->texts_capacity = size + 1;
    s->texts = bl_malloc(s->texts_capacity);
    return s->texts ? BL_OK : bl_no_memory(error, "the tokenizer's settings");
}

void bl_settings_free(bl_settings *s)
{
    bl_free(s->entries);
    bl_free(s->added);
    bl_free(s->texts);
    memset(s, 0, sizeof *s);
}

/* Capacity for one more item of `size` bytes; 0 without memory. */
static int grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return 1;
    const size_t more = *capacity ? 2 * *capacity : 64;
    void *p = bl_realloc(*items, more * size);
    if (!p) return 0;
    *items = p;
    *capacity = more;
    return 1;
}

bl_status bl_settings_add_entry(bl_settings *s, const char *text, size_t size, uint32_t id,
                                bl_error *error)
{
    void *items = s->entries;
    if (!grow(&items, s->entry_count, &s->entry_capacity, sizeof *s->entries))
        return bl_no_memory(error, "the vocabulary");
    s->entries = items;
    s->entries[s->entry_count++] = (bl_entry){ text, (uint32_t)size, id };
    return BL_OK;
}

bl_status bl_settings_add_token(bl_settings *s, bl_token_setting token, bl_error *error)
{
    void *items = s->added;
    if (!grow(&items, s->added_count, &s->added_capacity, sizeof *s->added))
        return bl_no_memory(error, "the added tokens");
    s->added = items;
    s->added[s->added_count++] = token;
    return BL_OK;
}

static void add_part(bl_template_setting *t, const char *name, int kind, int32_t type)
{
    t->parts[t->count].name = name;
    t->parts[t->count].kind = kind;
    t->parts[t->count].type = type;
    t->count++;
}

void bl_settings_templates(bl_settings *s, const char *cls, const char *sep)
{
    bl_template_setting *const both[] = { &s->single, &s->pair };
    for (int i = 0; i < 2; i++) {
        both[i]->count = 0;
        if (cls) add_part(both[i], cls, BL_TOKEN_PART, 0);
        add_part(both[i], NULL, BL_FIRST_PART, 0);
        if (sep) add_part(both[i], sep, BL_TOKEN_PART, 0);
    }
    add_part(&s->pair, NULL, BL_SECOND_PART, 1);
    if (sep) add_part(&s->pair, sep, BL_TOKEN_PART, 1);
}

static int is_added(const bl_settings *s, const char *text)
{
    for (size_t i = 0; i < s->added_count; i++)
        if (!strcmp(s->added[i].text, text)) return 1;
    return 0;
}

bl_status bl_settings_complete(bl_settings *s, bl_error *error)
{
    s->unknown = s->special[BL_UNK] ? s->special[BL_UNK] : usual_specials[BL_UNK];
    bl_settings_templates(s, s->special[BL_CLS], s->special[BL_SEP]);
    for (int i = 0; i < BL_SPECIALS; i++) {
        const bl_token_setting token = { .text = s->special[i], .special = 1 };
        if (!token.text || is_added(s, token.text)) continue;
        const bl_status status = bl_settings_add_token(s, token, error);
        if (status != BL_OK) return status;
    }
    return BL_OK;
}
