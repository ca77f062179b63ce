/* optimizer.c: AdamW, and how its rate moves over a training. */
#include <math.h>
#include <string.h>

#include "state.h"

void bl_train_square(bl_trainer *t, size_t block)
{
    const bl_train_block *b = &t->blocks[block];
    t->block_squares[block] =
        b->offset < t->trained_from
            ? 0.0
            : (double)t->k->sum_squares(t->gradients + (b->offset - t->trained_from), b->count);
}

double bl_train_word_squares(const bl_trainer *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->touched_count; i++)
        sum += (double)t->k->sum_squares(t->word_gradients +
                                             bl_train_slot_of(t, (size_t)t->touched[i]),
                                         t->hidden);
    return sum;
}

static double norm_of(const bl_trainer *t)
{
    double sum = bl_train_word_squares(t);
    for (size_t i = 0; i < t->block_count; i++) sum += t->block_squares[i];
    return sqrt(sum);
}

void bl_train_begin_update(bl_trainer *t)
{
    t->updates++;
    t->beta1_power *= (double)t->o.beta1;
    t->beta2_power *= (double)t->o.beta2;
    t->norm = norm_of(t);
}

static bl_adam adam_of(const bl_trainer *t, int decays)
{
    const double norm = t->norm, clip = (double)t->o.clip, rate = (double)t->step->rate;
    const double share = clip > 0 ? clip / (norm + 1e-6) : 1.0;
    return (bl_adam){
        .factor = share < 1.0 ? (float)share : 1.0f,
        .beta1 = t->o.beta1,
        .beta2 = t->o.beta2,
        .epsilon = t->o.epsilon,
        .rate = (float)(rate / (1.0 - t->beta1_power)),
        .root = (float)(1.0 / sqrt(1.0 - t->beta2_power)),
        .keep = (float)(1.0 - rate * (decays ? (double)t->o.decay : 0.0)),
    };
}

void bl_train_update(bl_trainer *t, size_t block)
{
    const bl_train_block *b = &t->blocks[block];
    if (b->offset < t->trained_from) return;
    const size_t at = b->offset - t->trained_from;
    const bl_adam a = adam_of(t, b->decays);
    t->k->adam(&a, t->values + b->offset, t->gradients + at, t->m + at, t->v + at, b->count);
}

void bl_train_update_words(bl_trainer *t, size_t from, size_t to)
{
    const bl_adam a = adam_of(t, 1);
    for (size_t i = from; i < to; i++) {
        const size_t word = (size_t)t->touched[i], at = bl_train_slot_of(t, word);
        t->k->adam(&a, t->words + word * t->hidden, t->word_gradients + at, t->word_m + at,
                   t->word_v + at, t->hidden);
    }
}

/* ---- schedules ------------------------------------------------------------------------------- */

/* cos(pi * x) for x from 0 to 1: a libm's may differ in its last bit from another's. */
static double cosine_of_half_turns(double x)
{
    const double pi = 3.141592653589793;
    const int second = x > 0.5;
    const double angle = pi * (second ? 1.0 - x : x), square = angle * angle;
    double sum = 1, term = 1;
    for (int i = 2; i < 26; i += 2) {
        term *= -square / (i * (i - 1));
        sum += term;
    }
    return second ? -sum : sum;
}

double bl_schedule_share(bl_schedule kind, uint64_t step, uint64_t warmup, uint64_t total)
{
    if (step < warmup) return (double)step / (double)(warmup ? warmup : 1);
    if (kind == BL_CONSTANT_RATE) return 1.0;
    if (step >= total) return 0.0;
    const double rest = (double)(total - warmup), done = (double)(step - warmup) / rest;
    return kind == BL_LINEAR_RATE ? 1.0 - done : 0.5 * (1.0 + cosine_of_half_turns(done));
}

/* splitmix64 */
uint64_t bl_training_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
