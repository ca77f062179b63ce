#include "transcript.h"

#include <string.h>

void transcript_number(uint32_t value, transcript_print print)
{
    char text[9] = " ";
    size_t size = 1;
    for (int shift = 28; shift >= 0; shift -= 4)
        if (value >> shift || shift == 0) text[size++] = "0123456789abcdef"[value >> shift & 15];
    print(text, size);
}

static void bits(float value, transcript_print print)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    transcript_number(word, print);
}

static void name(const char *text, transcript_print print)
{
    print(" ", 1);
    print(text ? text : "?", text ? strlen(text) : 1);
}

static void extent(const bl_extent *e, transcript_print print)
{
    transcript_number((uint32_t)e->read, print);
    transcript_number((uint32_t)e->total, print);
}

static bl_status labels(const bl_session *s, const bl_text *text, transcript_print print)
{
    const bl_classify_options all = { BL_SOFTMAX, 0 };
    bl_labels out;
    bl_status status = bl_classify(s, text, &all, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.count; i++) bits(out.items[i].score, print);
    status = bl_classify(s, text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    name(bl_label_name(s->model, out.items[0].label), print);
    extent(&out.extent, print);
    return BL_OK;
}

static bl_status entities(const bl_session *s, const bl_text *text, transcript_print print)
{
    const bl_entity_options every = { BL_EACH_WORD,  BL_MODEL_WINDOWS, 1,
                                      BL_OWN_STRIDE, BL_BYTES,         NULL };
    const bl_entity_options *const options[] = { NULL, &every };
    for (size_t k = 0; k < 2; k++) {
        bl_entities out;
        const bl_status status = bl_find_entities(s, text, options[k], &out, NULL);
        if (status != BL_OK) return status;
        for (size_t i = 0; i < out.count; i++) {
            transcript_number(out.items[i].start, print);
            transcript_number(out.items[i].end, print);
            bits(out.items[i].score, print);
            name(bl_entity_type(s->model, out.items[i].label), print);
        }
        extent(&out.extent, print);
    }
    return BL_OK;
}

static bl_status spans(const bl_session *s, const bl_text *text, transcript_print print)
{
    bl_answers out;
    const bl_status status = bl_answer_question(s, text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.count; i++) {
        transcript_number(out.items[i].start, print);
        transcript_number(out.items[i].end, print);
        bits(out.items[i].score, print);
    }
    transcript_number((uint32_t)out.windows, print);
    return BL_OK;
}

static bl_status words(const bl_session *s, const bl_text *text, transcript_print print)
{
    bl_filled out;
    const bl_status status = bl_fill_mask(s, text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.mask_count * out.words_per_mask; i++) {
        size_t size;
        const char *piece = bl_token_text(s->tokenizer, out.words[i].id, &size);
        print(" ", 1);
        print(piece ? piece : "?", piece ? size : 1);
        bits(out.words[i].score, print);
    }
    return BL_OK;
}

static bl_status vectors(const bl_session *s, const bl_text *text, transcript_print print)
{
    bl_vectors out;
    const bl_status status = bl_embed(s, text, NULL, &out, NULL);
    if (status != BL_OK) return status;
    for (size_t i = 0; i < out.count * out.width; i++) bits(out.rows[i], print);
    extent(&out.extent, print);
    return BL_OK;
}

bl_status transcript(const bl_session *s, const char *line, size_t size, transcript_print print)
{
    const char *tab = memchr(line, '\t', size);
    bl_text text = { .data = line, .size = tab ? (size_t)(tab - line) : size };
    if (tab) {
        text.pair = tab + 1;
        text.pair_size = size - text.size - 1;
    }
    switch (bl_describe(s->model)->head) {
    case BL_CLASS_HEAD: return labels(s, &text, print);
    case BL_TOKEN_HEAD: return entities(s, &text, print);
    case BL_ANSWER_HEAD: return spans(s, &text, print);
    case BL_WORD_HEAD: return words(s, &text, print);
    case BL_NO_HEAD: break;
    }
    return vectors(s, &text, print);
}
