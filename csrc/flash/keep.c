#include "keep.h"

#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../tokenizer/unicode.h"
#include "../tokenizer/vocabulary_pack.h"

enum { DROPPED = -1, KEPT = -2 /* and not numbered yet */ };

/* ---- what is kept --------------------------------------------------- */

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
                       const bl_flash_limits *limits)
{
    const char *const end = limits->pieces + limits->pieces_size;
    for (const char *line = limits->pieces; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        const char *last = stop > line && stop[-1] == '\r' ? stop - 1 : stop;
        mark(kept, m, bl_find_piece(&t->vocabulary, (const uint8_t *)line, (size_t)(last - line)));
        line = stop + 1;
    }
}

/* Whether a text can have a word piece. Punctuation is a word of its own, and so is a Chinese
 * character, so that neither is within a longer one; "[unused7]" is not met, nor is "##!". */
static int can_be_met(const bl_tokenizer *t, const char *text, uint32_t size)
{
    const uint32_t prefix = (uint32_t)strlen(t->prefix);
    const int continues = prefix && size > prefix && !memcmp(text, t->prefix, prefix);
    const uint8_t *at = (const uint8_t *)text + (continues ? prefix : 0),
                  *end = (const uint8_t *)text + size;
    size_t characters = 0;
    int stands_alone = 0;
    for (; at < end; characters++) {
        uint32_t c;
        at += bl_decode(at, end, &c);
        stands_alone |= (bl_traits(c) & BL_PUNCTUATION) != 0;
        stands_alone |= t->rules.split_chinese && bl_is_chinese(c);
    }
    return !stands_alone || (characters == 1 && !continues);
}

static void mark_met(const bl_kept *kept, const bl_model *m, const bl_tokenizer *t)
{
    uint32_t size, id;
    for (uint32_t i = 0; i < t->vocabulary.count; i++) {
        const char *text = bl_piece_at(&t->vocabulary, i, &size, &id);
        if (text && can_be_met(t, text, size)) mark(kept, m, (int32_t)id);
    }
}

/* ---- numbering anew --------------------------------------------------- */

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

/* The table with the rows that are kept, in their new order. */
static bl_status keep_rows(bl_kept *kept, bl_model *m, size_t count, bl_error *error)
{
    const size_t width = m->hidden;
    kept->words = bl_calloc(bl_pad(count), width);
    kept->scale = bl_calloc(bl_pad(count), sizeof *kept->scale);
    kept->numbers = bl_calloc(count + 1, sizeof *kept->numbers);
    if (!kept->words || !kept->scale || !kept->numbers)
        return bl_no_memory(error, "the table of embeddings");
    for (size_t id = 0; id < m->c.vocabulary; id++) {
        if (kept->now[id] < 0) continue;
        const size_t row = (size_t)kept->now[id];
        memcpy(kept->words + row * width, m->tables.words + id * width, width);
        kept->scale[row] = m->tables.words_scale[id];
        kept->numbers[row] = (uint16_t)id;
    }
    m->tables.words = kept->words;
    m->tables.words_scale = kept->scale;
    m->ngrams.numbers = kept->numbers;
    return BL_OK;
}

/* ---- misspelled words --------------------------------------------------- */

static void set_bit(uint8_t *bits, size_t at) { bits[at / 8] |= (uint8_t)(1u << at % 8); }

/* Whether a word is one that is looked up: of ASCII letters and digits, and short. */
static int is_looked_up(const char *text, uint32_t size)
{
    if (!text || size > BL_SPELLED_LONGEST) return 0;
    for (uint32_t i = 0; i < size; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9')) return 0;
    return 1;
}

/* The text of a known word that was one token and is several now; NULL if an id has none. */
static const char *known_no_more(const bl_kept *kept, const bl_model *m, const bl_tokenizer *t,
                                 size_t id, uint32_t *size)
{
    if (kept->now[id] >= 0 || !bl_is_known_id(&m->spelling, (int32_t)id)) return NULL;
    const char *text = bl_piece_text(&t->vocabulary, (uint32_t)id, size);
    return is_looked_up(text, *size) ? text : NULL;
}

/* Puts these where known words of several tokens are. */
static bl_status keep_known_words(bl_kept *kept, const bl_model *m, const bl_tokenizer *t,
                                  bl_spelling *s, bl_error *error)
{
    const size_t bytes = s->known_bits / 8;
    kept->known_words = bl_malloc(bytes);
    if (!kept->known_words) return bl_no_memory(error, "the list of words");
    memcpy(kept->known_words, s->known, bytes);
    s->known = kept->known_words;
    for (size_t id = 0; id < m->c.vocabulary; id++) {
        uint32_t bits[BL_FILTER_BITS], size;
        const char *text = known_no_more(kept, m, t, id, &size);
        if (!text) continue;
        bl_filter_bits(s, text, size, bits);
        for (int i = 0; i < BL_FILTER_BITS; i++) set_bit(kept->known_words, bits[i]);
    }
    return BL_OK;
}

static bl_status keep_spelling(bl_kept *kept, bl_model *m, const bl_tokenizer *t, size_t count,
                               bl_error *error)
{
    bl_spelling s = m->spelling;
    if (!s.known_bits) return BL_OK;
    s.id_count = (count + 7) / 8 * 8;
    kept->known_ids = bl_calloc(s.id_count / 8, 1);
    if (!kept->known_ids) return bl_no_memory(error, "the list of words");
    for (size_t id = 0; id < m->c.vocabulary; id++)
        if (kept->now[id] >= 0 && bl_is_known_id(&m->spelling, (int32_t)id))
            set_bit(kept->known_ids, (size_t)kept->now[id]);
    s.ids = kept->known_ids;
    const bl_status status = keep_known_words(kept, m, t, &s, error);
    m->spelling = s;
    return status;
}

/* The list in groups. */
static bl_status group_spelling(bl_kept *kept, bl_model *m, bl_error *error)
{
    bl_spelling *s = &m->spelling;
    bl_spelling_groups *g = &s->groups;
    uint32_t next[BL_SPELLED_LONGEST + 2];
    size_t meanings = 0, n = 0;
    if (!s->known_bits) return BL_OK;
    kept->meanings = bl_calloc(s->words_size, 1);
    kept->lengths = bl_calloc(s->words_size, 1);
    kept->letters = bl_calloc(s->words_size, 1);
    kept->places = bl_calloc(BL_SPELLED_LONGEST + 2, sizeof *kept->places);
    if (!kept->meanings || !kept->lengths || !kept->letters || !kept->places)
        return bl_no_memory(error, "the list of words");
    for (size_t at = 0; at < s->words_size;) {
        const size_t length = s->words[at] & BL_SPELLED_LENGTH, meant = s->words[at + 1 + length];
        if (meant) {
            memcpy(kept->meanings + meanings, s->words + at, 2 + length + meant);
            meanings += 2 + length + meant;
        } else {
            kept->lengths[g->count++] = s->words[at];
        }
        at += 2 + length + meant;
    }
    g->size = bl_spelling_places(kept->lengths, g->count, kept->places);
    memcpy(next, kept->places, sizeof next);
    for (size_t at = 0; n < g->count;) {
        const size_t length = s->words[at] & BL_SPELLED_LENGTH, meant = s->words[at + 1 + length];
        if (!meant) {
            memcpy(kept->letters + next[length], s->words + at + 1, length);
            next[length] += (uint32_t)length;
            n++;
        }
        at += 2 + length + meant;
    }
    s->words = kept->meanings;
    s->words_size = meanings;
    s->order = NULL;
    g->lengths = kept->lengths;
    g->letters = kept->letters;
    g->places = kept->places;
    return BL_OK;
}

/* ---- the vocabulary --------------------------------------------------- */

/* Those of its word pieces that are kept; how many. */
static size_t entries_of(const bl_kept *kept, const bl_model *m, const bl_vocabulary *v,
                         bl_entry *entries)
{
    size_t count = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        bl_entry e;
        e.text = bl_piece_at(v, i, &e.size, &e.id);
        if (!e.text || !e.size || (kept->now && now(kept, m, (int32_t)e.id) == DROPPED)) continue;
        entries[count++] = e;
    }
    return count;
}

/* Numbers the ids that are kept: those of word pieces by their order, then those without one. */
static size_t number_ids(const bl_kept *kept, const bl_model *m, const bl_entry *entries,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].id < m->c.vocabulary) kept->now[entries[i].id] = (int32_t)i;
    for (size_t id = 0; id < m->c.vocabulary; id++)
        if (kept->now[id] == KEPT) kept->now[id] = (int32_t)count++;
    return count;
}

static bl_status renumber(bl_kept *kept, bl_model *m, bl_tokenizer *t, const bl_entry *entries,
                          size_t pieces, bl_error *error)
{
    const size_t count = number_ids(kept, m, entries, pieces);
    bl_status status = keep_rows(kept, m, count, error);
    if (status != BL_OK) return status;
    status = keep_spelling(kept, m, t, count, error);
    renumber_tokenizer(kept, m, t);
    m->c.vocabulary = count;
    m->info.vocabulary = (int)count;
    t->info.tokens = count;
    return status;
}

static bl_status pack(bl_kept *kept, bl_model *m, bl_tokenizer *t, bl_error *error)
{
    const bl_vocabulary *v = &t->vocabulary;
    bl_entry *entries = bl_calloc((size_t)v->count + 1, sizeof *entries);
    if (!entries) return bl_no_memory(error, "the vocabulary");
    const size_t count = entries_of(kept, m, v, entries);
    size_t size = 0;
    bl_status status =
        bl_packed_build(&kept->vocabulary, &size, entries, count, t->prefix, !kept->now, error);
    if (status == BL_OK && kept->now) status = renumber(kept, m, t, entries, count, error);
    if (status == BL_OK) status = group_spelling(kept, m, error);
    bl_free(entries);
    if (status != BL_OK) return status;
    t->vocabulary = (bl_vocabulary){ .own = t->vocabulary.own };
    return bl_vocabulary_read_packed(&t->vocabulary, kept->vocabulary, size, error);
}

/* ---- the call --------------------------------------------------- */

bl_status bl_keep_pieces(bl_kept *kept, bl_model *m, bl_tokenizer *t, const bl_flash_limits *limits,
                         bl_error *error)
{
    const int fills_words = m->info.head == BL_WORD_HEAD;
    if (limits->pieces && (fills_words || limits->whole))
        return bl_fail(error, BL_CONFIG_ERROR,
                       "%s needs its whole vocabulary; leave the small one out.",
                       fills_words ? "a model that fills in words" : "a base for such models");
    if (fills_words || limits->whole) return pack(kept, m, t, error);
    if (m->c.vocabulary > BL_PACKED_MOST_IDS)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this model has %zu word pieces; a microcontroller's may have %d.",
                       m->c.vocabulary, BL_PACKED_MOST_IDS);
    kept->now = bl_malloc(m->c.vocabulary * sizeof *kept->now);
    if (!kept->now) return bl_no_memory(error, "the vocabulary");
    for (size_t id = 0; id < m->c.vocabulary; id++) kept->now[id] = DROPPED;
    mark_own(kept, m, t);
    if (limits->pieces) mark_lines(kept, m, t, limits);
    else mark_met(kept, m, t);
    return pack(kept, m, t, error);
}

void bl_kept_free(bl_kept *kept)
{
    bl_free(kept->now);
    bl_free(kept->numbers);
    bl_free(kept->words);
    bl_free(kept->scale);
    bl_free(kept->known_ids);
    bl_free(kept->known_words);
    bl_free(kept->meanings);
    bl_free(kept->lengths);
    bl_free(kept->letters);
    bl_free(kept->places);
    bl_free(kept->vocabulary);
}
