/* legacy.c: what the calls in bertlite.h replace; deleted when nothing uses it. */
#include "../kernels/kernels.h"
#include "bertlite.h"
#include "../error.h"

/* The workspace begins with this many ids a token: the row, its types, the pieces of both texts. */
enum { IDS_A_TOKEN = 4, ALIGNMENT = 64 };

static size_t ids_size(size_t tokens)
{
    return (IDS_A_TOKEN * tokens * sizeof(int32_t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

size_t bl_text_workspace_size(const bl_model *m, size_t tokens)
{
    return tokens > SIZE_MAX / 64 ? 0
                                  : ids_size(tokens) + ALIGNMENT + bl_workspace_size(m, tokens, 1);
}

/* The text's row and its types; its length is *count. pieces: capacity for those of both texts. */
static bl_status encode(const bl_tokenizer *t, const bl_text *text, size_t tokens, int32_t *ids,
                        int32_t *types, int32_t *pieces, size_t *count, bl_error *error)
{
    const bl_limits limits = { BL_LONGEST_FIRST, tokens, 0, 0, 1 };
    size_t a = 0, b = BL_NO_PAIR, windows;
    bl_window window;
    bl_status status = bl_tokenize(t, text->data, text->size, 0, pieces, NULL, tokens, &a, error);
    if (status == BL_OK && text->pair) {
        status = bl_tokenize(t, text->pair, text->pair_size, 0, pieces + tokens, NULL, tokens, &b,
                             error);
        /* Where both are too long, it matters which is longer. */
        if (status == BL_OK && a > tokens && b > tokens)
            status = bl_tokenize(t, text->data, text->size, 0, NULL, NULL, 0, &a, error);
        if (status == BL_OK && a > tokens && b > tokens)
            status = bl_tokenize(t, text->pair, text->pair_size, 0, NULL, NULL, 0, &b, error);
    }
    if (status == BL_OK) status = bl_windows(t, a, b, &limits, &window, 1, &windows, error);
    if (status != BL_OK) return status;
    *count = bl_row_size(t, &window, text->pair != NULL, 1);
    if (*count > tokens || !*count)
        return bl_fail(error, BL_INPUT_ERROR,
                       "%zu tokens are too few for any text; give capacity for more.", tokens);
    bl_fill_row(t, pieces, pieces + tokens, a, &window, text->pair != NULL, 1,
                &(bl_row){ ids, types, NULL, NULL });
    return BL_OK;
}

bl_status bl_run_text(const bl_model *m, const bl_tokenizer *t, const bl_text *text, size_t tokens,
                      const bl_request *request, float *out, size_t *count, void *workspace,
                      size_t workspace_size, bl_error *error)
{
    if (tokens > bl_max_tokens(m, t)) tokens = bl_max_tokens(m, t);
    const size_t skip = (ALIGNMENT - (uintptr_t)workspace % ALIGNMENT) % ALIGNMENT;
    if (workspace_size < bl_text_workspace_size(m, tokens))
        return bl_fail(error, BL_INPUT_ERROR, "the workspace has %zu bytes; %zu are needed.",
                       workspace_size, bl_text_workspace_size(m, tokens));
    int32_t *ids = (int32_t *)((char *)workspace + skip), *types = ids + tokens;
    const bl_status status = encode(t, text, tokens, ids, types, types + tokens, count, error);
    if (status != BL_OK) return status;
    const bl_batch batch = { ids, NULL, bl_tokenizer_describe(t)->types ? types : NULL, 1, *count };
    return bl_run(m, &batch, request, out, (char *)ids + ids_size(tokens),
                  workspace_size - skip - ids_size(tokens), 1, error);
}

bl_status bl_top(const float *logits, size_t n, size_t k, int32_t *index, float *probability)
{
    enum { MOST = 64 };
    const bl_kernels *kernels = bl_active_isa();
    if (!kernels) return BL_ISA_ERROR;
    if (!n || !k || k > MOST) return BL_INPUT_ERROR;
    float value[MOST];
    size_t have = 0;
    k = k < n ? k : n;
    for (size_t i = 0; i < n; i++) {
        if (have == k) i = kernels->find_above(logits, i, n, value[k - 1]);
        if (i == n) break;
        size_t at = have < k ? have++ : k - 1;
        for (; at > 0 && value[at - 1] < logits[i]; at--) {
            value[at] = value[at - 1];
            index[at] = index[at - 1];
        }
        value[at] = logits[i];
        index[at] = (int32_t)i;
    }
    const float sum = kernels->sum_exp(logits, n, value[0]);
    float top[BL_LANES];
    for (size_t i = 0; i < k; i++) {
        top[0] = value[i];
        probability[i] = kernels->sum_exp(top, 1, value[0]) / sum;
    }
    return BL_OK;
}

size_t bl_spans(const float *starts, const float *ends, size_t n, size_t longest, size_t k,
                float *scores, int32_t *index, bl_span *out)
{
    for (size_t s = 0; s < n; s++)
        for (size_t more = 0; more < longest; more++) {
            const float score = s + more < n ? starts[s] * ends[s + more] : 0.0f;
            scores[s * longest + more] = score > 0.0f ? score : 0.0f;
        }
    k = k < n * longest ? k : n * longest;
    bl_top_k(scores, n * longest, k, index);
    size_t have = 0;
    for (; have < k && scores[index[have]] > 0.0f; have++) {
        const int32_t start = index[have] / (int32_t)longest;
        out[have] = (bl_span){ start, start + index[have] % (int32_t)longest, scores[index[have]] };
    }
    return have;
}
