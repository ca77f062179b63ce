/* pickle.h: reads pickles of torch.save without executing them. The pickle's stack language is
 * followed just far enough to see a dictionary from names to (storage, offset, shape, strides): a
 * call to anything but torch's rebuilding functions gives an opaque value, and nothing is run. */
#ifndef BL_PICKLE_H
#define BL_PICKLE_H

#include "tensors.h"

typedef enum {
    BL_PICKLE_OPAQUE,
    BL_PICKLE_NUMBER,
    BL_PICKLE_TEXT,
    BL_PICKLE_GLOBAL,
    BL_PICKLE_TUPLE,
    BL_PICKLE_DICT,
    BL_PICKLE_STORAGE,
    BL_PICKLE_TENSOR
} bl_pickle_kind;

typedef struct {
    bl_pickle_kind kind;
    uint64_t number;           /* NUMBER; STORAGE: elements; TENSOR: offset in elements */
    const unsigned char *text; /* TEXT, GLOBAL ("module\nname"); STORAGE: its key */
    size_t size;               /* TEXT, GLOBAL, STORAGE: bytes of text; TUPLE: items */
    size_t first;          /* TUPLE: in items; DICT: first pair, 0 if none; TENSOR: its storage */
    size_t shape, strides; /* TENSOR: tuples */
    bl_dtype dtype;        /* STORAGE */
    unsigned element;      /* STORAGE: bytes of an element */
} bl_pickle_value;

/* Of a dictionary. next: 0 behind the last. */
typedef struct {
    size_t key, value, next;
} bl_pickle_pair;

/* Values name each other by their index. */
typedef struct {
    const unsigned char *p, *end; /* what is still to be read */
    bl_pickle_value *values;
    size_t value_count, value_capacity;
    size_t *items, item_count, item_capacity;
    bl_pickle_pair *pairs;
    size_t pair_count, pair_capacity;
    size_t *stack, depth, stack_capacity;
    size_t *memo, memo_capacity, next_memo;
    int no_memory;       /* why it failed: this, or */
    const char *problem; /* what is wrong with the file */
} bl_pickle;

void bl_pickle_start(bl_pickle *m, const unsigned char *bytes, size_t size);
void bl_pickle_free(bl_pickle *m);

/* Reads one pickle and stops behind it. Its value is *value; 0 on failure. */
int bl_pickle_read(bl_pickle *m, size_t *value);

/* The i-th item of a tuple; NULL if there is none. */
const bl_pickle_value *bl_pickle_item(const bl_pickle *m, const bl_pickle_value *tuple, size_t i);

/* These record why it failed, and return 0. */
int bl_pickle_fail(bl_pickle *m, const char *problem);
int bl_pickle_no_memory(bl_pickle *m);
#endif
