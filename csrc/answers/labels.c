/* labels.c: labels for a text as a whole. */
#include "text_input.h"

bl_status bl_classify(const bl_session *s, const bl_text *text, const bl_classify_options *options,
                      bl_labels *out, bl_error *error)
{
    static const bl_classify_options defaults = { BL_SOFTMAX, 1 };
    if (!options) options = &defaults;
    bl_status status = bl_begin(s, BL_CLASS_HEAD, "classifying a text", error);
    bl_text_row row;
    if (status == BL_OK) status = bl_read_row(s, text, &row, &out->extent, error);
    if (status != BL_OK) return status;
    const size_t n = (size_t)bl_describe(s->model)->labels,
                 k = options->top_k && options->top_k < n ? options->top_k : n;
    float *scores = bl_arena_take(s->arena, n, sizeof *scores);
    int32_t *best = bl_arena_take(s->arena, k, sizeof *best);
    bl_label *items = bl_arena_take(s->arena, k, sizeof *items);
    if (!scores || !best || !items) return bl_no_memory(error, "the labels of the text");
    status = bl_run_row(s, &row, BL_CLASSES, NULL, 0, scores, error);
    if (status != BL_OK) return status;
    bl_scores(options->function, scores, n, scores);
    if (options->top_k) bl_top_k(scores, n, k, best);
    for (size_t i = 0; i < k; i++) {
        const int32_t label = options->top_k ? best[i] : (int32_t)i;
        items[i] = (bl_label){ label, scores[label] };
    }
    out->items = items;
    out->count = k;
    return BL_OK;
}
