#include "tensors.h"
#include "../memory.h"

#include <stdlib.h>
#include <string.h>

const bl_tensor *bl_find(const bl_tensors *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->items[i].name, name)) return &t->items[i];
    return NULL;
}

bl_tensor *bl_add_tensor(bl_tensors *t, const char *name, size_t size)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        bl_tensor *items = bl_realloc(t->items, capacity * sizeof *items);
        if (!items) return NULL;
        t->items = items;
        t->capacity = capacity;
    }
    bl_tensor *item = &t->items[t->count];
    memset(item, 0, sizeof *item);
    item->name = bl_malloc(size + 1);
    if (!item->name) return NULL;
    memcpy(item->name, name, size);
    item->name[size] = 0;
    t->count++;
    return item;
}

void bl_tensors_free(bl_tensors *t)
{
    for (size_t i = 0; i < t->count; i++) bl_free(t->items[i].name);
    bl_free(t->items);
    for (size_t i = 0; i < t->map_count; i++) bl_map_close(&t->maps[i]);
    bl_free(t->maps);
    bl_free(t->config);
    bl_free(t->tokenizer);
    bl_free(t->sentence);
    bl_free(t->id);
    bl_free(t->base);
    bl_free(t->base_id);
    memset(t, 0, sizeof *t);
}

size_t bl_dtype_size(bl_dtype d)
{
    return d == BL_F32 ? 4 : d == BL_F16 || d == BL_BF16 ? 2 : d == BL_F64 ? 8 : d == BL_I8 ? 1 : 0;
}

uint64_t bl_little_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static float from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3FF;
    if (exponent == 31) return from_bits(sign | 0x7F800000u | fraction << 13);
    if (exponent) return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float f = (float)fraction * (1.0f / 16777216.0f);
    return sign ? -f : f;
}

void bl_floats(const bl_tensor *t, size_t from, size_t count, float *out)
{
    const unsigned char *p = t->data + from * bl_dtype_size(t->dtype);
    switch (t->dtype) {
    case BL_F32: memcpy(out, p, count * 4); break;
    case BL_F16:
    case BL_BF16:
        for (size_t i = 0; i < count; i++) {
            uint16_t h;
            memcpy(&h, p + 2 * i, 2);
            out[i] = t->dtype == BL_F16 ? from_half(h) : from_bits((uint32_t)h << 16);
        }
        break;
    case BL_F64:
        for (size_t i = 0; i < count; i++) {
            double d;
            memcpy(&d, p + 8 * i, 8);
            out[i] = (float)d;
        }
        break;
    case BL_I8:
        for (size_t i = 0; i < count; i++) out[i] = (float)(signed char)p[i];
        break;
    case BL_OTHER: memset(out, 0, count * sizeof *out); break;
    }
}
