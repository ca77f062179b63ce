/* top_k.c: the largest of many values. */
#include "../kernels/kernels.h"
#include "bertlite.h"

/* Heap order: the root is the one that goes first when a better one comes. */
static int worse(const float *values, int32_t a, int32_t b)
{
    return values[a] < values[b] || (values[a] == values[b] && a > b);
}

static void sift(const float *values, int32_t *heap, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && worse(values, heap[child + 1], heap[child])) child++;
        if (!worse(values, heap[child], heap[at])) break;
        const int32_t other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

size_t bl_top_k(const float *values, size_t n, size_t k, int32_t *indices)
{
    const bl_kernels *kernels = bl_active_isa();
    k = k < n ? k : n;
    for (size_t i = 0; i < k; i++) indices[i] = (int32_t)i;
    for (size_t i = k / 2; i-- > 0;) sift(values, indices, i, k);
    for (size_t i = k; k && i < n; i++) {
        if (kernels) i = kernels->find_above(values, i, n, values[indices[0]]);
        if (i < n && worse(values, indices[0], (int32_t)i)) {
            indices[0] = (int32_t)i;
            sift(values, indices, 0, k);
        }
    }
    for (size_t i = k; i-- > 1;) {
        const int32_t worst = indices[0];
        indices[0] = indices[i];
        indices[i] = worst;
        sift(values, indices, 0, i);
    }
    return k;
}

static const bl_kernels *kernels_in_use(void)
{
    const bl_kernels *kernels = bl_active_isa();
    size_t count;
    return kernels ? kernels : bl_isas(&count)[0]; /* plain C, which runs everywhere */
}

void bl_probabilities_of(const float *logits, const float softmax[2], const int32_t *indices,
                         size_t k, float *out)
{
    const bl_kernels *kernels = kernels_in_use();
    float one[BL_LANES] = { 0.0f };
    for (size_t i = 0; i < k; i++) {
        one[0] = logits[indices[i]];
        out[i] = kernels->sum_exp(one, 1, softmax[0]) / softmax[1];
    }
}

void bl_probabilities(const float *logits, size_t n, const int32_t *indices, size_t k, float *out)
{
    const bl_kernels *kernels = kernels_in_use();
    float softmax[2];
    if (!n) return;
    softmax[0] = kernels->largest(logits, n);
    softmax[1] = kernels->sum_exp(logits, n, softmax[0]);
    bl_probabilities_of(logits, softmax, indices, k, out);
}
