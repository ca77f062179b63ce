/* trainer.c: making a trainer, and the phases of a step. */
#include "trainer.h"

#include <math.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "state.h"

/* ---- making one ------------------------------------------------------------------------------ */

enum { ALIGNMENT = 64 };

static bl_status check_options(const bl_model *m, const bl_training_options *o, bl_error *error)
{
    if (m->info.precision == BL_INT8)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model to train is open in int8; open it with precision=\"fp32\".");
    if (!o->labels || o->labels > 65536)
        return bl_fail(error, BL_INPUT_ERROR,
                       "%zu labels cannot be trained; give 1 to 65536 labels.", o->labels);
    const int of_words = o->head == BL_WORD_HEAD;
    const int of_tokens = o->head == BL_TOKEN_HEAD || o->head == BL_ANSWER_HEAD || of_words;
    const int between = o->loss >= BL_CONTRASTIVE;
    if (between && (o->trained == BL_TRAIN_HEAD || !o->from_mean || of_tokens))
        return bl_fail(error, BL_INPUT_ERROR,
                       "a loss between vectors trains an encoder whose vectors are means; change "
                       "these.");
    if (o->loss == BL_CONTRASTIVE && !(o->temperature > 0))
        return bl_fail(error, BL_INPUT_ERROR,
                       "the contrastive loss needs a temperature above 0; give one.");
    if (of_words && (m->info.head != BL_WORD_HEAD || o->trained == BL_TRAIN_ALL ||
                     o->labels != m->c.vocabulary))
        return bl_fail(error, BL_INPUT_ERROR,
                       "masked words are trained with a model that has a head for them, and "
                       "without its table of words; change the model or what is trained.");
    if ((o->head == BL_NO_HEAD && !between) ||
        ((o->head == BL_TOKEN_HEAD || of_words) && o->loss != BL_ONE_LABEL) ||
        (o->head == BL_ANSWER_HEAD) != (o->loss == BL_SPAN) ||
        (o->head == BL_ANSWER_HEAD && o->labels != 2))
        return bl_fail(error, BL_INPUT_ERROR,
                       "this head is not trained with this loss; csrc/training/trainer.h says "
                       "which are.");
    if (!o->texts || !o->tokens || !o->length || o->length > m->c.positions)
        return bl_fail(error, BL_INPUT_ERROR,
                       "a text of %zu tokens cannot be trained: the model takes 1 to %zu; "
                       "truncate it.",
                       o->length, m->c.positions);
    if (o->tokens > (size_t)1 << 24 || o->texts > (size_t)1 << 20)
        return bl_fail(error, BL_INPUT_ERROR,
                       "a batch of %zu texts with %zu tokens is too large; give fewer at a time.",
                       o->texts, o->tokens);
    return BL_OK;
}

static void set_sizes(bl_trainer *t, const bl_model *m, const bl_training_options *o)
{
    t->c = m->c;
    t->o = *o;
    t->o.threads = o->threads < 1 ? 1 : o->threads > BL_MOST_THREADS ? BL_MOST_THREADS : o->threads;
    t->of_words = o->head == BL_WORD_HEAD;
    t->of_tokens = o->head == BL_TOKEN_HEAD || o->head == BL_ANSWER_HEAD || t->of_words;
    t->from_mean = o->from_mean != 0 && !t->of_tokens;
    t->has_pooler = !t->from_mean && !t->of_tokens;
    t->pooler_activation = m->c.family == BL_DISTILBERT ? BL_RELU : BL_TANH;
    t->hidden = m->hidden;
    t->intermediate = m->intermediate;
    t->head = m->head;
    t->width = m->width;
    t->label_count = o->labels;
    t->padded_labels = bl_pad(o->labels);
    t->beta1_power = t->beta2_power = 1.0;
}

static void set_constants(bl_trainer *t, const bl_training_options *o)
{
    for (size_t i = 0; i < t->c.hidden; i++) t->real[i] = 1.0f;
    for (size_t c = 0; c < t->label_count; c++)
        t->class_weights[c] = o->class_weights ? o->class_weights[c] : 1.0f;
    for (size_t c = 0; c < t->padded_labels; c++) t->label_mask[c] = c < o->labels ? 0.0f : -1e30f;
    t->o.class_weights = t->class_weights;
    const size_t head_width = t->c.hidden / t->c.heads; /* it divides without a rest */
    t->attention_factor = 1.0f / sqrtf((float)head_width);
}

bl_trainer *bl_trainer_create(const bl_model *start, const bl_training_options *options,
                              bl_error *error)
{
    if (check_options(start, options, error) != BL_OK) return NULL;
    const bl_training_kernels *k =
        bl_training_kernels_for(options->isa ? options->isa : start->k->name);
    if (!k) {
        bl_fail(error, BL_ISA_ERROR, "this build cannot train on %.40s; set BERTLITE_ISA=generic.",
                options->isa ? options->isa : start->k->name);
        return NULL;
    }
    bl_trainer *t = bl_calloc(1, sizeof *t);
    if (!t) {
        bl_no_memory(error, "the training");
        return NULL;
    }
    t->k = k;
    t->products = options->fused ? bl_fused_products(k) : NULL;
    if (!t->products) t->products = &k->products;
    set_sizes(t, start, options);
    t->bytes = bl_trainer_lay_out(t, NULL);
    /* zeros that the system gives when they are first written: rows that no text has take
     * no memory */
    t->memory = bl_calloc(1, t->bytes + ALIGNMENT);
    if (!t->memory) {
        bl_fail(error, BL_MEMORY_ERROR,
                "there is not enough memory for the training, which takes %zu MB; use smaller "
                "batches or shorter texts.",
                t->bytes >> 20);
        bl_trainer_free(t);
        return NULL;
    }
    bl_trainer_lay_out(t, t->memory + (ALIGNMENT - (uintptr_t)t->memory % ALIGNMENT));
    set_constants(t, options);
    bl_trainer_unpack(t, start);
    bl_trainer_list_jobs(t);
    return t;
}

void bl_trainer_free(bl_trainer *t)
{
    if (!t) return;
    bl_free(t->memory);
    bl_free(t);
}

size_t bl_trainer_bytes(const bl_trainer *t) { return t->bytes; }
size_t bl_trainer_width(const bl_trainer *t) { return t->c.hidden; }
size_t bl_trainer_labels(const bl_trainer *t) { return t->label_count; }
double bl_trainer_norm(const bl_trainer *t) { return t->norm; }

/* ---- batches --------------------------------------------------------------------------------- */

static bl_status check_ids(const bl_trainer *t, const bl_training_batch *b, bl_error *error)
{
    if (b->start[b->texts] > t->o.tokens)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the batch has %zu tokens, but the training was made for %zu; give fewer.",
                       b->start[b->texts], t->o.tokens);
    for (size_t text = 0; text < b->texts; text++) {
        const size_t length = b->start[text + 1] - b->start[text];
        if (!length || length > t->o.length)
            return bl_fail(error, BL_INPUT_ERROR, "text %zu has %zu tokens; a text has 1 to %zu.",
                           text, length, t->o.length);
    }
    for (size_t i = 0; i < b->start[b->texts]; i++) {
        if (b->ids[i] < 0 || (size_t)b->ids[i] >= t->c.vocabulary)
            return bl_fail(error, BL_INPUT_ERROR, "an id is %d, but the vocabulary has %zu words.",
                           (int)b->ids[i], t->c.vocabulary);
        if (b->types && t->c.token_types &&
            (b->types[i] < 0 || (size_t)b->types[i] >= t->c.token_types))
            return bl_fail(error, BL_INPUT_ERROR,
                           "a token type is %d, but the model has %zu types.", (int)b->types[i],
                           t->c.token_types);
    }
    return BL_OK;
}

static bl_status check_label(const bl_trainer *t, size_t row, int32_t label, size_t count,
                             bl_error *error)
{
    const int none = t->of_tokens && t->o.loss == BL_ONE_LABEL && label == -1;
    if (none || (label >= 0 && (size_t)label < count)) return BL_OK;
    return bl_fail(error, BL_INPUT_ERROR, "label %zu is %d, but there are %zu labels.", row,
                   (int)label, count);
}

static bl_status check_labels(const bl_trainer *t, const bl_training_batch *b, bl_error *error)
{
    bl_status status = BL_OK;
    if (t->o.loss == BL_ONE_LABEL) {
        const size_t rows = t->of_tokens ? b->start[b->texts] : b->texts;
        for (size_t i = 0; i < rows && status == BL_OK; i++)
            status = check_label(t, i, b->labels[i], t->label_count, error);
    } else if (t->o.loss == BL_SPAN) {
        for (size_t i = 0; i < 2 * b->texts && status == BL_OK; i++)
            status = check_label(t, i, b->labels[i], b->start[i / 2 + 1] - b->start[i / 2], error);
    }
    return status;
}

static bl_status check_batch(const bl_trainer *t, const bl_training_batch *b, bl_error *error)
{
    if (!b->texts || b->texts > t->o.texts)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the batch has %zu texts; the training was made for 1 to %zu.", b->texts,
                       t->o.texts);
    const size_t group = t->o.loss == BL_ALIKE ? 2 : t->o.loss == BL_TRIPLET ? 3 : 1;
    if (t->has_targets && b->texts % group)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the batch has %zu texts, but this loss is of %zu texts at a time.",
                       b->texts, group);
    if (b->features && t->o.head != BL_CLASS_HEAD)
        return bl_fail(error, BL_INPUT_ERROR,
                       "vectors can be trained on for labels of texts only.");
    const bl_status status = b->features ? BL_OK : check_ids(t, b, error);
    return status == BL_OK && t->has_targets ? check_labels(t, b, error) : status;
}

/* What the loss is divided by: texts, their labels' weights, or values. */
static double target_sum(const bl_trainer *t, const bl_training_batch *b)
{
    const size_t pairs = b->texts / 2, triplets = b->texts / 3;
    switch (t->o.loss) {
    case BL_SPAN:
    case BL_CONTRASTIVE: return (double)b->texts;
    case BL_ALIKE: return (double)pairs;
    case BL_TRIPLET: return (double)triplets;
    case BL_SEVERAL_LABELS:
    case BL_REGRESSION: return (double)(b->texts * t->label_count);
    case BL_ONE_LABEL: break;
    }
    const size_t rows = t->of_tokens ? b->start[b->texts] : b->texts;
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        if (b->labels[i] >= 0) sum += (double)t->class_weights[b->labels[i]];
    return sum > 0 ? sum : 1;
}

/* Some texts at a time, whose activations stay in the cache. */
static void set_chunks(bl_trainer *t, const bl_training_batch *b)
{
    enum { CHUNK_TOKENS = 192, CHUNK_TEXTS = 64 };
    size_t weights = 0;
    t->chunk_count = 0;
    t->chunks[0] = 0;
    for (size_t text = 0; text < b->texts; text++) {
        const size_t first = t->chunks[t->chunk_count];
        const int full = b->features ? text - first >= CHUNK_TEXTS
                                     : b->start[text + 1] - b->start[first] > CHUNK_TOKENS;
        if (full && text > first) t->chunks[++t->chunk_count] = text;
        t->weight_at[text] = weights;
        if (!b->features) {
            const size_t length = b->start[text + 1] - b->start[text];
            weights += length * bl_pad(length);
        }
    }
    t->chunks[++t->chunk_count] = b->texts;
}

static void take_features(bl_trainer *t, size_t from, size_t to)
{
    const size_t n = t->c.hidden;
    for (size_t text = from; text < to; text++)
        memcpy(t->pooled_in + text * t->hidden, t->batch->features + text * n, n * sizeof(float));
}

/* ---- a step ---------------------------------------------------------------------------------- */

static void run_texts(bl_trainer *t, unsigned thread)
{
    for (;;) {
        const size_t chunk = (size_t)bl_fetch_add(&t->next_chunk, 1);
        if (chunk >= t->chunk_count) return;
        const size_t from = t->chunks[chunk], to = t->chunks[chunk + 1];
        if (t->batch->features) take_features(t, from, to);
        else bl_train_forward(t, thread, from, to);
        if (bl_is_between(t) && t->has_targets) continue;
        bl_train_head_forward(t, from, to);
        if (t->has_targets) bl_train_loss(t, thread, from, to);
        if (!t->step) continue;
        bl_train_head_backward(t, from, to);
        if (t->o.trained != BL_TRAIN_HEAD) bl_train_backward(t, thread, from, to);
    }
}

/* All vectors come first. */
static void run_between(bl_trainer *t, unsigned thread)
{
    bl_barrier(&t->threads);
    if (thread == 0) bl_train_between(t);
    bl_barrier(&t->threads);
    while (t->step) {
        const size_t chunk = (size_t)bl_fetch_add(&t->next_back, 1);
        if (chunk >= t->chunk_count) return;
        bl_train_unpool(t, t->chunks[chunk], t->chunks[chunk + 1]);
        bl_train_backward(t, thread, t->chunks[chunk], t->chunks[chunk + 1]);
    }
}

static void run_jobs(bl_trainer *t)
{
    const size_t columns = t->o.trained == BL_TRAIN_ALL ? t->hidden / 16 : 0;
    for (;;) {
        const size_t job = (size_t)bl_fetch_add(&t->next_job, 1);
        if (job < columns) bl_train_embedding_columns(t, job * 16);
        else if (job - columns < t->job_count) bl_train_job_run(t, job - columns);
        else return;
    }
}

static double sum_losses(const bl_trainer *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->batch->texts; i++) sum += t->losses[i];
    return sum / t->target_sum;
}

static void run_update(bl_trainer *t, unsigned thread)
{
    for (;;) {
        const size_t block = (size_t)bl_fetch_add(&t->next_square, 1);
        if (block >= t->block_count) break;
        bl_train_square(t, block);
    }
    bl_barrier(&t->threads);
    if (thread == 0) bl_train_begin_update(t);
    bl_barrier(&t->threads);
    if (!isfinite(t->norm) || !isfinite(sum_losses(t))) return; /* the weights stay as they were */
    size_t from, to;
    bl_thread_range(&t->threads, thread, t->touched_count, 1, &from, &to);
    bl_train_update_words(t, from, to);
    for (;;) {
        const size_t block = (size_t)bl_fetch_add(&t->next_block, 1);
        if (block >= t->block_count) break;
        bl_train_update(t, block);
    }
    bl_barrier(&t->threads);
    bl_train_pack(t, thread);
}

static void work(void *context, unsigned thread)
{
    bl_trainer *t = context;
    if (t->packs_are_stale) {
        bl_train_pack(t, thread);
        bl_barrier(&t->threads);
    }
    run_texts(t, thread);
    if (bl_is_between(t) && t->has_targets) run_between(t, thread);
    bl_barrier(&t->threads);
    if (thread == 0) t->packs_are_stale = 0;
    if (!t->step) return;
    run_jobs(t);
    bl_barrier(&t->threads);
    if (t->step->last) run_update(t, thread);
}

static bl_status run(bl_trainer *t, const bl_training_batch *batch, const bl_training_step *step,
                     int has_targets, double *loss, bl_error *error)
{
    t->has_targets = has_targets;
    const bl_status status = check_batch(t, batch, error);
    if (status != BL_OK) return status;
    t->batch = batch;
    t->step = step;
    t->target_sum = has_targets ? target_sum(t, batch) : 1;
    t->next_chunk = t->next_back = t->next_job = t->next_square = t->next_block = 0;
    set_chunks(t, batch);
    if (step && t->o.trained == BL_TRAIN_ALL) bl_train_touch(t);
    bl_threads_run(&t->threads, t->o.threads, work, t);
    if (has_targets) *loss = sum_losses(t);
    return BL_OK;
}

bl_status bl_trainer_step(bl_trainer *t, const bl_training_batch *batch,
                          const bl_training_step *step, double *loss, bl_error *error)
{
    const bl_status status = run(t, batch, step, 1, loss, error);
    if (status != BL_OK) return status;
    if (step->last) {
        for (size_t i = 0; i < t->touched_count; i++) t->is_touched[t->touched[i]] = 0;
        t->touched_count = 0;
    }
    if (isfinite(*loss) && (!step->last || isfinite(t->norm))) return BL_OK;
    return bl_fail(error, BL_INPUT_ERROR,
                   "the loss is no longer a finite number at step %llu; train again with a lower "
                   "learning rate.",
                   (unsigned long long)step->number + 1);
}

bl_status bl_trainer_evaluate(bl_trainer *t, const bl_training_batch *batch, float *logits,
                              float *vectors, double *loss, bl_error *error)
{
    const bl_status status = run(t, batch, NULL, loss != NULL, loss, error);
    if (status != BL_OK) return status;
    const size_t rows = bl_train_head_row(t, batch->texts);
    for (size_t row = 0; logits && t->logits && row < rows; row++)
        memcpy(logits + row * t->label_count, t->logits + row * t->padded_labels,
               t->label_count * sizeof *logits);
    for (size_t text = 0; vectors && !t->of_tokens && text < batch->texts; text++)
        memcpy(vectors + text * t->c.hidden, t->pooled_in + text * t->hidden,
               t->c.hidden * sizeof *vectors);
    return BL_OK;
}
