/* write.c: the blocks of a model, for flash. */
#include <string.h>

#include "../answers/spelling.h"
#include "../error.h"
#include "../files/atomic_file.h"
#include "../memory.h"
#include "../model/open.h"
#include "../sizes.h"
#include "keep.h"
#include "parts.h"

/* ---- blocks --------------------------------------------------- */

typedef struct {
    unsigned char *data;
    size_t size, capacity;
    int failed;
} block;

static void put(bl_parts *p, const void *data, size_t size)
{
    block *b = p->context;
    p->at += size;
    if (b->failed || !size) return;
    if (size > b->capacity - b->size) {
        const size_t capacity = 2 * b->capacity + size;
        unsigned char *grown = bl_realloc(b->data, capacity);
        if (!grown) {
            b->failed = 1;
            return;
        }
        b->data = grown;
        b->capacity = capacity;
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static bl_parts begin(block *b)
{
    static const bl_flash_header empty = { .magic = BL_FLASH_MAGIC, .layout = BL_FLASH_LAYOUT };
    bl_parts p = { .put = put, .context = b };
    put(&p, &empty, sizeof empty);
    return p;
}

/* Completes the header; the block's checksum. */
static bl_status finish(block *b, const bl_parts *p, uint32_t kind, uint64_t base, uint64_t *id,
                        bl_error *error)
{
    bl_flash_header h;
    if (b->failed) return bl_no_memory(error, "the block");
    if (p->damaged || b->size > UINT32_MAX)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "this model or its tokenizer is beyond what a microcontroller is meant for: "
                       "more than %d positions, words of more than %d characters, an added token "
                       "of more than %d bytes, or more than 4 GB; use a smaller one.",
                       BL_FLASH_MAX_POSITIONS, BL_FLASH_MAX_WORD, BL_FLASH_MAX_ADDED_SIZE);
    memcpy(&h, b->data, sizeof h);
    h.kind = kind;
    h.size = (uint32_t)b->size;
    h.base = base;
    h.checksum = bl_flash_checksum(&h, b->data + sizeof h);
    memcpy(b->data, &h, sizeof h);
    *id = h.checksum;
    return BL_OK;
}

static bl_status save(const block *b, const char *file, bl_error *error)
{
    bl_atomic_file f;
    if (!file) return BL_OK;
    bl_status status = bl_atomic_open(&f, file, error);
    if (status != BL_OK) return status;
    status = bl_atomic_write(&f, b->data, b->size, error);
    if (status == BL_OK) return bl_atomic_commit(&f, error);
    bl_atomic_abandon(&f);
    return status;
}

/* ---- memory --------------------------------------------------- */

/* Whether a text's vector is pooled while the model runs: see answers/vectors.c. */
static int pools_directly(const bl_model *m)
{
    const bl_sentence_settings *s = m->sentence ? &m->sentence->settings : NULL;
    return !s || (s->pooling_count == 1 &&
                  (s->poolings[0] == BL_MEAN_POOLING || s->poolings[0] == BL_CLS_POOLING));
}

/* What is read of a text of n tokens and `bytes` bytes to correct it: its tokens twice, and the
 * text with words for its symbols. */
static size_t correcting_memory(const bl_model *m, size_t n, size_t bytes)
{
    enum { MOST_SYMBOLS = 4 /* bytes of words for symbols, for each byte of the text */ };
    if (!m->spelling.known_bits) return 0;
    const size_t read = bl_read_to_correct(n);
    return (read + bl_most_corrected(read)) * sizeof(int32_t) + MOST_SYMBOLS * bytes;
}

/* Bytes of working memory that a task takes beside what running the model takes, for n tokens of
 * `bytes` bytes: see the files in answers/. */
static size_t task_memory(const bl_model *m, size_t n, size_t bytes)
{
    const size_t all = bytes / 4 > n ? bytes / 4 : n; /* of all windows; lists double */
    const size_t labels = (size_t)m->info.labels, row = 4 * n * sizeof(int32_t),
                 each = sizeof(int32_t) + sizeof(bl_offset), lists = 64 * (28 + 24);
    const int corrects = m->spelling.known_bits > 0;
    switch (m->info.head) {
    case BL_CLASS_HEAD: return row + labels * 16 + correcting_memory(m, n, bytes);
    case BL_TOKEN_HEAD:
        return row + bytes * each + n * (labels * 4 + 28 + 24) + lists + 4 * all * (28 + 24) +
               bytes / 32 + (corrects ? bl_most_corrected(all) * each : 0);
    case BL_ANSWER_HEAD: return row + bytes * each + 32 * (bytes / 8 + 1) + 16 * n + (12 << 10);
    case BL_WORD_HEAD: return row + (size_t)m->info.vocabulary * 4 + 256;
    case BL_NO_HEAD: break;
    }
    const size_t widest = m->sentence ? m->sentence->widest : m->hidden;
    return row + 2 * widest * 4 + (pools_directly(m) ? 0 : n * m->hidden * 4);
}

static size_t memory_for(const bl_model *m, const bl_tokenizer *t, const bl_flash_limits *limits)
{
    enum { SPARE = 512 /* what aligning a dozen blocks takes, and ends of chunks */ };
    bl_model small = *m;
    bl_kernels widest = *m->k;
    widest.row_unit = 2;
    small.k = &widest;
    small.frugal = 1;
    small.chunk = 2;
    const size_t positions = m->c.positions;
    const size_t n = limits->tokens < positions ? limits->tokens : positions;
    const size_t fixed = BL_MODEL_32 + BL_TOKENIZER_32 + BL_ARENA_32 + m->c.layers * BL_LAYER_32 +
                         (m->sentence ? BL_SENTENCE_32 : 0) + t->added_count * (BL_ADDED_32 + 4) +
                         ((size_t)m->info.labels + 1) * 4 + t->vocabulary.longest + 1;
    return (fixed + task_memory(m, n, limits->bytes) + bl_workspace_size(&small, n, 1) + SPARE) /
           16 * 16;
}

/* No text is longer than the limits say, so there need not be more positions. */
static void keep_positions(bl_model *m, const bl_flash_limits *limits)
{
    bl_config_values *c = &m->c;
    if (!limits->tokens || limits->tokens >= c->positions) return;
    c->positions = limits->tokens;
    m->info.positions = (int)c->positions;
    bl_describe_windows(c, &m->info);
}

/* ---- the call --------------------------------------------------- */

static bl_status make(bl_model *m, bl_tokenizer *t, block *base, block *task, bl_flash_info *out,
                      bl_error *error)
{
    bl_parts p = begin(base);
    bl_base_parts(&p, m, t);
    bl_status status = finish(base, &p, BL_BASE_BLOCK, 0, &out->base_id, error);
    if (status != BL_OK) return status;
    p = begin(task);
    bl_task_sizes(&p, m);
    bl_task_parts(&p, m);
    status = finish(task, &p, BL_TASK_BLOCK, out->base_id, &out->task_id, error);
    out->base_size = base->size;
    out->task_size = task->size;
    out->head = m->info.head;
    return status;
}

bl_status bl_flash_write(const char *path, const char *base, const bl_flash_limits *limits,
                         const char *base_file, const char *task_file, bl_flash_info *out,
                         bl_error *error)
{
    block blocks[2] = { { 0 }, { 0 } };
    bl_kept kept = { 0 };
    bl_error reason; /* error may be NULL, but the status is needed */
    bl_model *m = bl_open_for_flash(path, base, &reason);
    bl_tokenizer *t = m ? bl_tokenizer_open_with_base(path, base, &reason) : NULL;
    bl_status status = t ? bl_keep_pieces(&kept, m, t, limits, error)
                         : bl_fail(error, reason.status, "%s", reason.text);
    if (status == BL_OK && m && t) {
        keep_positions(m, limits);
        status = make(m, t, &blocks[0], &blocks[1], out, error);
    }
    if (status == BL_OK && m && t) {
        out->memory = memory_for(m, t, limits);
        status = save(&blocks[0], base_file, error);
    }
    if (status == BL_OK) status = save(&blocks[1], task_file, error);
    bl_tokenizer_close(t);
    bl_close(m);
    bl_kept_free(&kept);
    bl_free(blocks[0].data);
    bl_free(blocks[1].data);
    return status;
}
