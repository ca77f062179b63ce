/* describe.c: what an open tokenizer knows of its tokens. */
#include "tokenizer.h"

const bl_tokenizer_info *bl_tokenizer_describe(const bl_tokenizer *t) { return &t->info; }

int32_t bl_token_id(const bl_tokenizer *t, const char *text, size_t size)
{
    for (size_t i = 0; i < t->added_count; i++)
        if (t->added[i].size == size && !memcmp(t->added[i].text, text, size))
            return t->added[i].id;
    return bl_find_piece(&t->vocabulary, (const uint8_t *)text, size);
}

const char *bl_token_text(const bl_tokenizer *t, int32_t id, size_t *size)
{
    for (size_t i = 0; i < t->added_count; i++) {
        if (t->added[i].id != id) continue;
        *size = t->added[i].size;
        return t->added[i].text;
    }
    return bl_word_piece(t, id, size);
}

const char *bl_word_piece(const bl_tokenizer *t, int32_t id, size_t *size)
{
    uint32_t length = 0;
    const char *text = id < 0 ? NULL : bl_piece_text(&t->vocabulary, (uint32_t)id, &length);
    *size = length;
    return text;
}

int bl_vocabulary_item(const bl_tokenizer *t, size_t n, const char **text, size_t *size,
                       int32_t *id)
{
    uint32_t length;
    uint32_t number;
    if (n >= t->vocabulary.count) return 0;
    *text = bl_piece_at(&t->vocabulary, (uint32_t)n, &length, &number);
    if (!*text) return 0;
    *size = length;
    *id = (int32_t)number;
    return 1;
}

int bl_added_item(const bl_tokenizer *t, size_t n, bl_added_token *out)
{
    if (n >= t->added_count) return 0;
    const bl_added *a = &t->added[n];
    *out = (bl_added_token){
        .text = a->text,
        .size = a->size,
        .id = a->id,
        .single_word = a->single_word,
        .lstrip = a->lstrip,
        .rstrip = a->rstrip,
        .normalized = a->normalized,
        .special = a->special,
    };
    return 1;
}
