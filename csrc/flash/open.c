/* open.c: a session from two blocks in flash. */
#include <string.h>

#include "../arena.h"
#include "../error.h"
#include "../sizes.h"
#include "parts.h"

#define FITS(type, size)                                                                           \
    _Static_assert(sizeof(void *) != 4 || sizeof(type) <= (size), "parts.h says less")
FITS(bl_model, BL_MODEL_32);
FITS(bl_layer, BL_LAYER_32);
FITS(bl_tokenizer, BL_TOKENIZER_32);
FITS(bl_added, BL_ADDED_32);
FITS(bl_sentence, BL_SENTENCE_32);
FITS(bl_arena, BL_ARENA_32);

enum { DEFAULT_ROWS = 2, MOST_ROWS = 65536, MEMORY_ALIGNMENT = 8 };

_Static_assert(sizeof(bl_flash_header) == 40, "the header has no gaps");

/* ---- blocks --------------------------------------------------- */

static bl_status check_block(const void *block, size_t size, uint32_t kind, bl_flash_header *h,
                             bl_error *error)
{
    const char *name = kind == BL_BASE_BLOCK ? "base" : "task";
    (void)name;
    if (!block || (uintptr_t)block % BL_PART_ALIGNMENT)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the %s block has to begin at a multiple of %d bytes; align it.", name,
                       BL_PART_ALIGNMENT);
    if (size < sizeof *h)
        return bl_fail(error, BL_FILE_ERROR, "the %s block is cut off; write it again.", name);
    memcpy(h, block, sizeof *h);
    if (memcmp(h->magic, BL_FLASH_MAGIC, sizeof h->magic) != 0)
        return bl_fail(error, BL_FILE_ERROR,
                       "there is no %s block at this address; check where it was written to.",
                       name);
    if (h->layout != BL_FLASH_LAYOUT)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the %s block was written by another version; write it again.", name);
    if (h->kind != kind)
        return bl_fail(error, BL_CONFIG_ERROR, "the %s block is not one; were they swapped?", name);
    if (h->size > size || h->size < sizeof *h)
        return bl_fail(error, BL_FILE_ERROR, "the %s block is cut off; write it again.", name);
    if (h->checksum != bl_flash_checksum(h, (const char *)block + sizeof *h))
        return bl_fail(error, BL_FILE_ERROR, "the %s block is damaged; write it again.", name);
    return BL_OK;
}

/* ---- memory --------------------------------------------------- */

static void *take(bl_arena *memory, size_t count, size_t size)
{
    void *block = bl_arena_take(memory, count, size);
    if (block) memset(block, 0, count * size);
    return block;
}

static void *part_memory(bl_parts *p, size_t count, size_t size)
{
    return take(p->context, count, size);
}

static bl_parts parts_of(const void *block, const bl_flash_header *h, bl_arena *memory)
{
    return (bl_parts){
        .block = block, .size = h->size, .at = sizeof *h, .memory = part_memory, .context = memory
    };
}

static bl_status read_parts(const bl_flash *flash, const bl_flash_header *base_header,
                            const bl_flash_header *task_header, bl_arena *memory, bl_model *m,
                            bl_tokenizer *t, bl_error *error)
{
    bl_parts base = parts_of(flash->base, base_header, memory),
             task = parts_of(flash->task, task_header, memory);
    bl_task_sizes(&task, m);
    if (!task.damaged) bl_base_parts(&base, m, t);
    if (!base.damaged && !task.damaged && !base.lacks_memory) bl_task_parts(&task, m);
    if (base.lacks_memory || task.lacks_memory) return bl_no_memory(error, "the model");
    if (base.damaged || task.damaged || base.at != base.size || task.at != task.size)
        return bl_fail(error, BL_FILE_ERROR,
                       "the blocks' parts do not have the sizes that they say; write them again.");
    return BL_OK;
}

bl_status bl_flash_open(const bl_flash *flash, void *memory, size_t size, bl_session *out,
                        bl_error *error)
{
    bl_flash_header base = { 0 }, task = { 0 };
    bl_arena setup;
    *out = (bl_session){ 0 };
    if (!memory || (uintptr_t)memory % MEMORY_ALIGNMENT)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the memory has to begin at a multiple of %d bytes; align it.",
                       MEMORY_ALIGNMENT);
    bl_status status = check_block(flash->base, flash->base_size, BL_BASE_BLOCK, &base, error);
    if (status == BL_OK)
        status = check_block(flash->task, flash->task_size, BL_TASK_BLOCK, &task, error);
    if (status != BL_OK) return status;
    if (task.base != base.checksum)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the task block belongs to another base block; write both again.");
    const size_t shift = (size_t)(-(uintptr_t)memory & (BL_ALIGNMENT - 1));
    if (size < shift || !bl_arena_fix(&setup, (char *)memory + shift, size - shift))
        return bl_no_memory(error, "the model");
    bl_model *m = take(&setup, 1, sizeof *m);
    bl_tokenizer *t = take(&setup, 1, sizeof *t);
    bl_arena *arena = take(&setup, 1, sizeof *arena);
    if (!m || !t || !arena) return bl_no_memory(error, "the model");
    m->k = bl_plain_isa();
    m->frugal = 1;
    m->chunk = flash->rows ? flash->rows : DEFAULT_ROWS;
    if (m->chunk > MOST_ROWS) m->chunk = MOST_ROWS; /* more than a text has */
    m->chunk += m->chunk % 2;                       /* rows are stored in pairs */
    status = read_parts(flash, &base, &task, &setup, m, t, error);
    if (status != BL_OK) return status;
    if (!bl_arena_fix(arena, (char *)setup.last + setup.last->used,
                      setup.last->size - setup.last->used))
        return bl_no_memory(error, "any text");
    *out = (bl_session){ .model = m, .tokenizer = t, .arena = arena };
    return BL_OK;
}
