#include "keep.h"

#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../tokenizer/vocabulary_pack.h"

enum { KEPT = 0, DROPPED = -1 };

static void mark(const bl_kept *kept, const bl_model *m, int32_t id)
{
    if (id >= 0 && (size_t)id < m->c.vocabulary) kept->now[id] = KEPT;
}

static void mark_template(const bl_kept *kept, const bl_model *m, const bl_template *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->parts[i].kind == BL_TOKEN_PART) mark(kept, m, row->parts[i].id);
}

/* What the tokenizer uses whatever the text. */
static void mark_own(const bl_kept *kept, const bl_model *m, const bl_tokenizer *t)
{
    mark(kept, m, t->unknown);
    for (size_t i = 0; i < t->added_count; i++) mark(kept, m, t->added[i].id);
    for (int i = 0; i < BL_SPECIALS; i++) mark(kept, m, t->info.id[i]);
    mark_template(kept, m, &t->single);
    mark_template(kept, m, &t->pair);
}

static void mark_lines(const bl_kept *kept, const bl_model *m, const bl_tokenizer *t,
                       const char *pieces, size_t size)
{
    const char *const end = pieces + size;
    for (const char *line = pieces; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        const char *last = stop > line && stop[-1] == '\r' ? stop - 1 : stop;
        mark(kept, m, bl_find_piece(&t->vocabulary, (const uint8_t *)line, (size_t)(last - line)));
        line = stop + 1;
    }
}

static int32_t now(const bl_kept *kept, const bl_model *m, int32_t id)
{
    return id >= 0 && (size_t)id < m->c.vocabulary ? kept->now[id] : id;
}

static void renumber_template(const bl_kept *kept, const bl_model *m, bl_template *row)
{
    for (size_t i = 0; i < row->count; i++) row->parts[i].id = now(kept, m, row->parts[i].id);
}

static void renumber_tokenizer(const bl_kept *kept, const bl_model *m, bl_tokenizer *t)
{
    t->unknown = now(kept, m, t->unknown);
    for (size_t i = 0; i < t->added_count; i++) t->added[i].id = now(kept, m, t->added[i].id);
    for (int i = 0; i < BL_SPECIALS; i++) t->info.id[i] = now(kept, m, t->info.id[i]);
    renumber_template(kept, m, &t->single);
    renumber_template(kept, m, &t->pair);
}

/* The table with the rows that are kept. */
static bl_status keep_rows(bl_kept *kept, bl_model *m, size_t count, bl_error *error)
{
    const size_t width = m->hidden;
    kept->words = bl_calloc(bl_pad(count), width);
    kept->scale = bl_calloc(bl_pad(count), sizeof *kept->scale);
    kept->numbers = bl_calloc(count + 1, sizeof *kept->numbers);
    if (!kept->words || !kept->scale || !kept->numbers)
        return bl_no_memory(error, "the table of embeddings");
    size_t row = 0;
    for (size_t id = 0; id < m->c.vocabulary; id++) {
        if (kept->now[id] < 0) continue;
        memcpy(kept->words + row * width, m->tables.words + id * width, width);
        kept->scale[row] = m->tables.words_scale[id];
        kept->numbers[row++] = (uint16_t)id;
    }
    m->tables.words = kept->words;
    m->tables.words_scale = kept->scale;
    m->ngrams.numbers = kept->numbers;
    m->spelling = (bl_spelling){ 0 }; /* it tells known words by what is one token no more */
    return BL_OK;
}

static bl_status pack(bl_kept *kept, const bl_model *m, bl_tokenizer *t, bl_error *error)
{
    const bl_vocabulary *v = &t->vocabulary;
    bl_entry *entries = bl_calloc((size_t)v->count + 1, sizeof *entries);
    if (!entries) return bl_no_memory(error, "the vocabulary");
    size_t count = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        bl_entry e;
        e.text = bl_piece_at(v, i, &e.size, &e.id);
        if (!e.text || !e.size) continue;
        const int32_t id = kept->now ? now(kept, m, (int32_t)e.id) : (int32_t)e.id;
        if (id < 0) continue;
        e.id = (uint32_t)id;
        entries[count++] = e;
    }
    size_t size = 0;
    const bl_status status =
        bl_packed_build(&kept->vocabulary, &size, entries, count, t->prefix, error);
    bl_free(entries);
    if (status != BL_OK) return status;
    t->vocabulary = (bl_vocabulary){ .own = t->vocabulary.own };
    return bl_vocabulary_read_packed(&t->vocabulary, kept->vocabulary, size, error);
}

static bl_status select_pieces(bl_kept *kept, bl_model *m, bl_tokenizer *t, const char *pieces,
                               size_t size, bl_error *error)
{
    int32_t count = 0;
    if (m->info.head == BL_WORD_HEAD)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this model fills in words, for which it needs its whole vocabulary; leave "
                       "the small one out.");
    if (m->c.vocabulary > BL_PACKED_MOST_IDS)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this model has %zu word pieces; up to %d can be chosen from.",
                       m->c.vocabulary, BL_PACKED_MOST_IDS);
    kept->now = bl_malloc(m->c.vocabulary * sizeof *kept->now);
    if (!kept->now) return bl_no_memory(error, "the vocabulary");
    memset(kept->now, DROPPED, m->c.vocabulary * sizeof *kept->now);
    mark_own(kept, m, t);
    mark_lines(kept, m, t, pieces, size);
    for (size_t id = 0; id < m->c.vocabulary; id++)
        if (kept->now[id] == KEPT) kept->now[id] = count++;
    return keep_rows(kept, m, (size_t)count, error);
}

bl_status bl_keep_pieces(bl_kept *kept, bl_model *m, bl_tokenizer *t, const char *pieces,
                         size_t pieces_size, bl_error *error)
{
    bl_status status = BL_OK;
    if (pieces) status = select_pieces(kept, m, t, pieces, pieces_size, error);
    if (status == BL_OK) status = pack(kept, m, t, error);
    if (status != BL_OK || !pieces) return status;
    renumber_tokenizer(kept, m, t);
    size_t count = 0;
    for (size_t id = 0; id < m->c.vocabulary; id++) count += kept->now[id] >= 0;
    m->c.vocabulary = count;
    m->info.vocabulary = (int)count;
    t->info.tokens = count;
    return BL_OK;
}

void bl_kept_free(bl_kept *kept)
{
    bl_free(kept->now);
    bl_free(kept->numbers);
    bl_free(kept->words);
    bl_free(kept->scale);
    bl_free(kept->vocabulary);
}
