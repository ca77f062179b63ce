#include "ngrams.h"

#include <math.h>

uint32_t bl_ngram_key(int32_t first, int32_t second)
{
    uint32_t key = (uint32_t)first * 0x9E3779B1u + 0x7F4A7C15u;
    if (second >= 0) key = (key ^ key >> 15) * 0x85EBCA6Bu + (uint32_t)second * 0xC2B2AE35u + 1;
    key = (key ^ key >> 16) * 0x7FEB352Du;
    key = (key ^ key >> 15) * 0x846CA68Bu;
    return key ^ key >> 16;
}

static int32_t number(const bl_ngrams *g, int32_t id) { return g->numbers ? g->numbers[id] : id; }

/* Writes the row that has the key, if there is one; how many were written. */
static size_t find(const bl_ngrams *g, uint32_t key, int32_t *row)
{
    size_t low = 0, high = g->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (g->keys[middle] < key) low = middle + 1;
        else high = middle;
    }
    if (low == g->count || g->keys[low] != key) return 0;
    *row = (int32_t)low;
    return 1;
}

static void sort(int32_t *x, size_t count)
{
    for (size_t gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (size_t i = gap; i < count; i++) {
            const int32_t value = x[i];
            size_t j = i;
            for (; j >= gap && x[j - gap] > value; j -= gap) x[j] = x[j - gap];
            x[j] = value;
        }
}

size_t bl_ngrams_of(const bl_ngrams *g, const int32_t *ids, size_t count, int32_t *rows,
                    float *values)
{
    size_t found = 0, distinct = 0;
    float squares = 0;
    for (size_t i = 0; i < count; i++) {
        const int32_t id = number(g, ids[i]);
        found += find(g, bl_ngram_key(id, -1), rows + found);
        if (i + 1 < count) found += find(g, bl_ngram_key(id, number(g, ids[i + 1])), rows + found);
    }
    sort(rows, found);
    for (size_t i = 0; i < found;) {
        const int32_t row = rows[i];
        size_t same = i + 1;
        while (same < found && rows[same] == row) same++;
        const float value = sqrtf((float)(same - i)) * g->rarity[row];
        squares += value * value;
        rows[distinct] = row;
        values[distinct++] = value;
        i = same;
    }
    const float factor = squares > 0 ? 1.0f / sqrtf(squares) : 0.0f;
    for (size_t i = 0; i < distinct; i++) values[i] *= factor;
    return distinct;
}

void bl_ngrams_add(const bl_ngrams *g, const int32_t *ids, size_t count, int32_t *rows,
                   float *values, float *logits)
{
    const size_t distinct = bl_ngrams_of(g, ids, count, rows, values);
    for (size_t i = 0; i < distinct; i++) {
        const size_t row = (size_t)rows[i];
        const int8_t *weights = g->weights + row * g->labels;
        const float factor = values[i] * g->steps[row];
        for (size_t c = 0; c < g->labels; c++) logits[c] += factor * (float)weights[c];
    }
}
