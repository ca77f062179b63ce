#include "heads.h"

#include "../error.h"
#include "embeddings.h"
#include "ngrams_build.h"
#include "pack.h"
#include "quantize.h"

static int is_classifier(bl_head head) { return head == BL_CLASS_HEAD || head == BL_TOKEN_HEAD; }

/* Whether the file has the tensors of a head. A classifier is of texts or of tokens, as named. */
static int has_head(const bl_builder *b, bl_head head)
{
    const bl_head named = b->model->c.head;
    char transform[BL_NAME_SIZE];
    switch (head) {
    case BL_WORD_HEAD: return bl_builder_has(b, bl_join(transform, b->names->transform, ".weight"));
    case BL_ANSWER_HEAD: return bl_builder_has(b, "qa_outputs.weight");
    case BL_CLASS_HEAD: return bl_builder_has(b, "classifier.weight") && named != BL_TOKEN_HEAD;
    case BL_TOKEN_HEAD: return bl_builder_has(b, "classifier.weight") && named != BL_CLASS_HEAD;
    case BL_NO_HEAD: break;
    }
    return 0;
}

enum { ANSWER_LABELS = 2 }; /* the start and the end of a span */

/* The head to use: the one wanted, or named by the config, if the file has it. *ignored: another
 * one that the file has. A classifier is for texts unless tokens are named. */
static bl_head find_head(const bl_builder *b, bl_head *ignored)
{
    const bl_head named = b->model->c.head;
    const bl_head classifier = named == BL_TOKEN_HEAD ? BL_TOKEN_HEAD : BL_CLASS_HEAD;
    const bl_head found[] = { b->wanted, named, BL_WORD_HEAD, BL_ANSWER_HEAD, classifier };
    bl_head head = BL_NO_HEAD;
    *ignored = BL_NO_HEAD;
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        /* Most checkpoints that were trained on from a language model keep its head. */
        const int leftover = found[i] == BL_WORD_HEAD && i > 1 && named != BL_NO_HEAD;
        if (leftover || found[i] == head || !has_head(b, found[i])) continue;
        if (head == BL_NO_HEAD) head = found[i];
        else if (!is_classifier(head) || !is_classifier(found[i])) *ignored = found[i];
    }
    return head;
}

static bl_status build_pooler(bl_builder *b, bl_head head, const bl_norm *last)
{
    bl_model *m = b->model;
    const bl_names *n = b->names;
    char pooler[BL_NAME_SIZE], weight[BL_NAME_SIZE];
    bl_join(pooler, n->pooler_has_prefix ? b->prefix : "", n->pooler);
    bl_join(weight, pooler, ".weight");
    if (!bl_builder_has(b, weight)) {
        m->classes_from_mean = head == BL_CLASS_HEAD && m->c.mean;
        if (head != BL_CLASS_HEAD || m->classes_from_mean) return BL_OK;
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "the model has no tensor %s, which its classifier needs; save the whole "
                       "model again.",
                       weight);
    }
    m->pooler_activation = n->activation;
    m->info.has_pooler = n->pooler_is_output;
    const bl_linear_plan plan = {
        .names = { pooler }, .parts = 1, .rows = m->c.hidden, .columns = m->c.hidden, .norm = last
    };
    return bl_build_linear(b, &plan, &m->pooler);
}

static bl_status build_classifier(bl_builder *b, const char *name)
{
    bl_model *m = b->model;
    const bl_linear_plan plan = { .names = { name },
                                  .parts = 1,
                                  .rows = m->c.labels,
                                  .columns = m->c.hidden,
                                  .always_float = 1 };
    m->info.labels = (int)m->c.labels;
    return bl_build_linear(b, &plan, &m->classifier);
}

/* ---- masked language model ------------------------------------------------------------- */

/* own: the decoder has a table of its own; otherwise it is that of the embeddings. */
static bl_status build_words_int8(bl_builder *b, int own)
{
    bl_model *m = b->model;
    const size_t rows = m->c.vocabulary;
    bl_status status = BL_OK;
    m->words = m->tables.words;
    m->words_scale = m->tables.words_scale;
    if (own) status = bl_build_word_table(b, b->names->decoder, &m->words, &m->words_scale);
    if (status == BL_OK)
        status = bl_check_symmetric(b, b->names->decoder, m->words, rows * m->hidden);
    if (status != BL_OK) return status;
    int32_t *sum = bl_builder_memory(b, bl_pad(rows), sizeof *sum);
    m->sweeps = bl_builder_memory(b, 1, sizeof *m->sweeps);
    if (!sum || !m->sweeps) return BL_MEMORY_ERROR;
    m->k->sums8(m->words, rows, m->hidden, sum);
    m->words_sum = sum;
    return BL_OK;
}

static bl_status build_words_float(bl_builder *b, int own)
{
    bl_model *m = b->model;
    const size_t rows = m->c.vocabulary;
    const float *table = m->tables.words_f32;
    if (own) {
        const bl_status status = bl_builder_matrix(b, b->names->decoder, rows, m->c.hidden, &table);
        if (status != BL_OK) return status;
    }
    float *packed = bl_builder_memory(b, bl_pad(rows) * m->hidden, sizeof *packed);
    if (!packed) return BL_MEMORY_ERROR;
    m->k->pack32(table, m->hidden, rows, m->hidden, packed);
    m->words_packed = packed;
    return BL_OK;
}

static bl_status build_word_head(bl_builder *b, const bl_norm *last)
{
    bl_model *m = b->model;
    const bl_names *n = b->names;
    const bl_linear_plan transform = { .names = { n->transform },
                                       .parts = 1,
                                       .rows = m->c.hidden,
                                       .columns = m->c.hidden,
                                       .norm = last };
    const int second = !bl_builder_has(b, n->word_bias[0]) && bl_builder_has(b, n->word_bias[1]);
    const int own = m->c.untied && bl_builder_has(b, n->decoder);
    bl_status status = bl_build_linear(b, &transform, &m->transform);
    if (status == BL_OK) status = bl_builder_norm(b, n->transform_norm, &m->transform_norm);
    if (status == BL_OK)
        status = bl_builder_matrix(b, n->word_bias[second], m->c.vocabulary, 0, &m->words_bias);
    if (status != BL_OK) return status;
    return m->info.precision == BL_INT8 ? build_words_int8(b, own) : build_words_float(b, own);
}

bl_status bl_build_heads(bl_builder *b, const bl_norm *last)
{
    const bl_head head = find_head(b, &b->model->info.ignored_head);
    const bl_status status = build_pooler(b, head, last);
    if (status != BL_OK) return status;
    b->model->info.head = head;
    switch (head) {
    case BL_NO_HEAD: return BL_OK;
    case BL_CLASS_HEAD: {
        const bl_status built = build_classifier(b, "classifier");
        return built == BL_OK ? bl_build_ngrams(b) : built;
    }
    case BL_TOKEN_HEAD: return build_classifier(b, "classifier");
    case BL_ANSWER_HEAD:
        b->model->c.labels = ANSWER_LABELS;
        return build_classifier(b, "qa_outputs");
    case BL_WORD_HEAD: return build_word_head(b, last);
    }
    return BL_OK;
}
