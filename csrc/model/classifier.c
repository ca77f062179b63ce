#include "classifier.h"

#include <string.h>

#include "../error.h"
#include "../memory.h"

/* transformers' initializer_range */
#define DEVIATION 0.02f

/* splitmix64 */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The sum of 12 uniform numbers has variance 1 and is close to normal; unlike other ways to get
 * there, it needs no function that differs between systems. */
static float next_normal(uint64_t *state)
{
    enum { TERMS = 12, BITS = 20 };
    int64_t sum = 0;
    for (int i = 0; i < TERMS; i++) sum += (int64_t)(next_bits(state) >> (64 - BITS));
    const int64_t mean = TERMS / 2 * (1 << BITS);
    return (float)(sum - mean) * (1.0f / (1 << BITS));
}

/* One layer's weight and bias, with `rows` outputs. Returns the memory behind them. */
static float *add_layer(bl_builder *b, const char *name, size_t rows, float *memory,
                        uint64_t *state)
{
    const size_t columns = b->model->c.hidden;
    const struct {
        const char *ending;
        size_t rank, count;
    } parts[] = { { ".weight", 2, rows * columns }, { ".bias", 1, rows } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char full[BL_NAME_SIZE];
        bl_join(full, name, parts[i].ending);
        bl_tensor *t = (bl_tensor *)bl_find(b->tensors, full);
        if (!t) t = bl_add_tensor(b->tensors, full, strlen(full));
        if (!t) return NULL;
        t->dtype = BL_F32;
        t->rank = parts[i].rank;
        t->shape[0] = rows;
        t->shape[1] = columns;
        t->count = parts[i].count;
        t->data = (const unsigned char *)memory;
        for (size_t j = 0; j < t->count; j++) memory[j] = i ? 0 : DEVIATION * next_normal(state);
        memory += t->count;
    }
    return memory;
}

bl_status bl_add_classifier(bl_builder *b)
{
    const bl_names *n = b->names;
    const size_t labels = b->model->c.labels, hidden = b->model->c.hidden;
    char pooler[BL_NAME_SIZE], weight[BL_NAME_SIZE];
    uint64_t state = 0;
    bl_join(pooler, n->pooler_has_prefix ? b->prefix : "", n->pooler);
    const int has_pooler = bl_builder_has(b, bl_join(weight, pooler, ".weight"));
    const size_t rows = labels + (has_pooler ? 0 : hidden);
    b->wanted = BL_CLASS_HEAD;
    b->model->c.head = BL_CLASS_HEAD;
    b->new_tensors = bl_malloc(rows * (hidden + 1) * sizeof *b->new_tensors);
    float *memory = b->new_tensors;
    if (memory && !has_pooler) memory = add_layer(b, pooler, hidden, memory, &state);
    if (memory) memory = add_layer(b, "classifier", labels, memory, &state);
    return memory ? BL_OK : bl_no_memory(b->error, "the classifier");
}
