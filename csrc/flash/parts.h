/* parts.h: what a block in flash consists of, in order: parts.c goes through a model and a
 * tokenizer once, and what it meets is written to a block, or pointed to in one.
 *
 * A block is for 32-bit and 64-bit machines, little-endian. Numbers take 32 bits; every array
 * begins at a multiple of BL_PART_ALIGNMENT. There are no offsets in it: an array is where the
 * sizes of those before it end. */
#ifndef BL_PARTS_H
#define BL_PARTS_H

#include "../model/model.h"
#include "../model/sentence.h"
#include "../tokenizer/tokenizer.h"

enum {
    BL_PART_ALIGNMENT = 16,
    BL_FLASH_LAYOUT = 7, /* the number changes with anything in a block */
    BL_BASE_BLOCK = 1,
    BL_TASK_BLOCK = 2,
    BL_MOST_ADDED = 4096,
    BL_MOST_NGRAMS = 1 << 24,
    BL_MOST_SPELLING = 1 << 24 /* bytes of each part */
};

/* At the start of both blocks. */
typedef struct {
    char magic[8];
    uint32_t layout, kind, size; /* size: of the whole block */
    uint32_t reserved;
    uint64_t base;     /* of a task: its base's checksum */
    uint64_t checksum; /* of what is behind this header, and of `size`, `kind` and `base` */
} bl_flash_header;

#define BL_FLASH_MAGIC "BLflash"

/* What a model in flash takes of a 32-bit machine's memory: open.c asserts it. */
enum {
    BL_MODEL_32 = 512,
    BL_LAYER_32 = 192,
    BL_TOKENIZER_32 = 1360,
    BL_ADDED_32 = 40,
    BL_SENTENCE_32 = 1120,
    BL_ARENA_32 = 48
};

uint64_t bl_flash_checksum(const bl_flash_header *header, const void *rest);

typedef struct bl_parts bl_parts;
struct bl_parts {
    const unsigned char *block; /* reading */
    size_t size, at;
    int damaged;
    /* Writing: adds to the block, at p->at. NULL: reading. */
    void (*put)(bl_parts *p, const void *data, size_t size);
    /* Reading: memory that lives as long as the model, all zeros; NULL if there is none. */
    void *(*memory)(bl_parts *p, size_t count, size_t size);
    void *context;
    int lacks_memory;
};

/* A task block begins with its model's sizes, which the base's parts depend on. */
void bl_task_sizes(bl_parts *p, bl_model *m);
/* The embeddings and the tokenizer: all of a base block. */
void bl_base_parts(bl_parts *p, bl_model *m, bl_tokenizer *t);
/* The layers and the head: the rest of a task block. */
void bl_task_parts(bl_parts *p, bl_model *m);

#endif
