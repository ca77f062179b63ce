#include "parts.h"

#include <string.h>

#include "../checksum.h"

uint64_t bl_flash_checksum(const bl_flash_header *header, const void *rest)
{
    const uint64_t number = header->base ^ ((uint64_t)header->kind << 32 | header->size);
    return bl_checksum_of(number, rest, header->size - sizeof *header);
}

/* ---- numbers and arrays --------------------------------------------------- */

static int goes_on(const bl_parts *p) { return !p->damaged && !p->lacks_memory; }

/* The place of `size` bytes in the block, or NULL. */
static const void *find_bytes(bl_parts *p, uint64_t size)
{
    if (!goes_on(p)) return NULL;
    if (!p->block || size > p->size - p->at) {
        p->damaged = 1;
        return NULL;
    }
    const unsigned char *found = p->block + p->at;
    p->at += (size_t)size;
    return found;
}

static void align(bl_parts *p)
{
    static const unsigned char zeros[BL_PART_ALIGNMENT] = { 0 };
    const size_t more = (size_t)-p->at % BL_PART_ALIGNMENT;
    if (p->put) p->put(p, zeros, more);
    else (void)find_bytes(p, more);
}

static uint32_t number(bl_parts *p, uint32_t value)
{
    if (p->put) {
        p->put(p, &value, sizeof value);
        return value;
    }
    const void *found = find_bytes(p, sizeof value);
    value = 0;
    if (found) memcpy(&value, found, sizeof value);
    return value;
}

/* A whole number of any type, written or read. */
#define NUMBER(p, n) ((n) = number((p), (uint32_t)(n)))

/* A number of at most `most`. */
#define SIZE(p, n, most)                                                                           \
    do {                                                                                           \
        NUMBER(p, n);                                                                              \
        if ((n) > (most)) (p)->damaged = 1;                                                        \
    } while (0)

/* count items of `unit` bytes. */
static const void *array(bl_parts *p, const void *data, uint64_t count, size_t unit)
{
    align(p);
    if (!p->put) return find_bytes(p, count * unit);
    p->put(p, data, (size_t)count * unit);
    return data;
}

/* Kernels take no NaN and no infinity. */
static void check_floats(bl_parts *p, const float *values, uint64_t count)
{
    const uint32_t infinity = 0x7F800000u;
    for (size_t i = 0; values && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        if ((bits & infinity) == infinity) p->damaged = 1;
    }
}

static void floats(bl_parts *p, const float **values, uint64_t count)
{
    *values = array(p, *values, count, sizeof **values);
    if (!p->put) check_floats(p, *values, count);
}

/* The same where there may be none. */
static void optional_floats(bl_parts *p, const float **values, uint64_t count)
{
    uint32_t has = *values != NULL;
    NUMBER(p, has);
    if (has) floats(p, values, count);
}

static void one_float(bl_parts *p, float *value)
{
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    NUMBER(p, bits);
    memcpy(value, &bits, sizeof bits);
    if (!p->put) check_floats(p, value, 1);
}

/* A text with a NUL behind it, which its size does not count. */
static const char *text(bl_parts *p, const char *data, uint32_t *size)
{
    NUMBER(p, *size);
    data = array(p, data, (uint64_t)*size + 1, 1);
    if (data && !p->put && data[*size]) p->damaged = 1;
    return data;
}

static void *memory(bl_parts *p, const void *existing, size_t count, size_t size)
{
    if (p->put) return (void *)(uintptr_t)existing;
    if (!goes_on(p)) return NULL;
    void *found = p->memory(p, count, size);
    if (!found) p->lacks_memory = 1;
    return found;
}

/* ---- the tokenizer --------------------------------------------------- */

static void added_token(bl_parts *p, bl_added *a)
{
    a->text = (char *)(uintptr_t)text(p, a->text, &a->size);
    NUMBER(p, a->id);
    NUMBER(p, a->single_word);
    NUMBER(p, a->lstrip);
    NUMBER(p, a->rstrip);
    NUMBER(p, a->normalized);
    NUMBER(p, a->special);
    SIZE(p, a->pattern_size, BL_FLASH_MAX_ADDED_SIZE);
    a->pattern = (uint8_t *)(uintptr_t)array(p, a->pattern, a->pattern_size, 1);
}

/* The tokens of a set, by their index among all. */
static void added_set(bl_parts *p, bl_tokenizer *t, bl_added_set *set)
{
    uint32_t count = set->count;
    SIZE(p, count, t->added_count);
    const bl_added **items = memory(p, set->items, count + 1, sizeof *items);
    if (!p->put && items) bl_added_start(set, items);
    for (uint32_t i = 0; i < count && goes_on(p); i++) {
        uint32_t index = p->put ? (uint32_t)(set->items[i] - t->added) : 0;
        NUMBER(p, index);
        if (p->put) continue;
        if (index >= t->added_count || !t->added[index].pattern_size) p->damaged = 1;
        else bl_added_insert(set, &t->added[index]);
    }
}

static void added_tokens(bl_parts *p, bl_tokenizer *t)
{
    SIZE(p, t->added_count, (size_t)BL_MOST_ADDED);
    t->added = memory(p, t->added, t->added_count + 1, sizeof *t->added);
    for (size_t i = 0; i < t->added_count && goes_on(p); i++) added_token(p, &t->added[i]);
    added_set(p, t, &t->raw);
    added_set(p, t, &t->normal);
}

static void template(bl_parts *p, bl_template *row, int texts)
{
    int seen = 0;
    SIZE(p, row->count, (size_t)BL_MAX_TEMPLATE_PARTS);
    if (!p->put) row->tokens = 0;
    for (size_t i = 0; i < row->count && goes_on(p); i++) {
        uint32_t kind = row->parts[i].kind;
        NUMBER(p, kind);
        NUMBER(p, row->parts[i].id);
        NUMBER(p, row->parts[i].type);
        row->parts[i].kind = kind;
        if (kind != BL_TOKEN_PART && kind != (seen++ ? BL_SECOND_PART : BL_FIRST_PART))
            p->damaged = 1;
        if (!p->put) row->tokens += kind == BL_TOKEN_PART;
    }
    if (seen != texts) p->damaged = 1;
}

static void tokenizer_info(bl_parts *p, bl_tokenizer *t)
{
    bl_tokenizer_info *info = &t->info;
    NUMBER(p, info->tokens);
    NUMBER(p, info->max_length);
    NUMBER(p, info->pad_left);
    NUMBER(p, info->truncate_left);
    NUMBER(p, info->clean_up);
    NUMBER(p, info->types);
    NUMBER(p, info->join_with_spaces);
    NUMBER(p, info->tidy);
    for (int i = 0; i < BL_SPECIALS; i++) {
        uint32_t has = info->token[i] != NULL;
        uint32_t size = has ? (uint32_t)strlen(info->token[i]) : 0;
        NUMBER(p, info->id[i]);
        NUMBER(p, has);
        if (has) info->token[i] = text(p, info->token[i], &size);
    }
    if (p->put) return;
    info->vocabulary = t->vocabulary.count;
    info->table_bytes = t->vocabulary.size;
    info->lowercase = t->rules.lowercase;
    info->strip_accents = t->rules.strip_accents;
    info->split_chinese = t->rules.split_chinese;
    info->prefix = t->prefix;
}

static void tokenizer(bl_parts *p, bl_tokenizer *t)
{
    uint32_t size = (uint32_t)t->vocabulary.size;
    NUMBER(p, size);
    const void *block = array(p, t->vocabulary.block, size, 1);
    if (!p->put && block && bl_vocabulary_read_packed(&t->vocabulary, block, size, NULL) != BL_OK)
        p->damaged = 1;
    t->vocabulary.packed.text =
        memory(p, t->vocabulary.packed.text, t->vocabulary.packed.longest + 1, 1);
    NUMBER(p, t->rules.clean);
    NUMBER(p, t->rules.split_chinese);
    NUMBER(p, t->rules.strip_accents);
    NUMBER(p, t->rules.lowercase);
    SIZE(p, t->longest_word, (uint32_t)BL_FLASH_MAX_WORD);
    NUMBER(p, t->unknown);
    for (size_t i = 0; i < sizeof t->prefix; i += 4) {
        uint32_t four = 0;
        const size_t some = sizeof t->prefix - i < 4 ? sizeof t->prefix - i : 4;
        memcpy(&four, t->prefix + i, some);
        NUMBER(p, four);
        memcpy(t->prefix + i, &four, some);
    }
    if (t->prefix[sizeof t->prefix - 1] || strlen(t->prefix) != t->vocabulary.prefix)
        p->damaged = 1;
    added_tokens(p, t);
    template(p, &t->single, 1);
    template(p, &t->pair, 2);
    tokenizer_info(p, t);
}

/* ---- the model --------------------------------------------------- */

static void norm(bl_parts *p, const bl_model *m, bl_norm *n)
{
    floats(p, &n->gain, m->hidden);
    floats(p, &n->shift, m->hidden);
}

void bl_base_parts(bl_parts *p, bl_model *m, bl_tokenizer *t)
{
    const uint64_t rows = m->c.vocabulary;
    m->tables.words = array(p, m->tables.words, rows * m->hidden, 1);
    floats(p, &m->tables.words_scale, bl_pad(m->c.vocabulary));
    floats(p, &m->tables.positions, (uint64_t)m->c.positions * m->hidden);
    if (m->c.token_types) floats(p, &m->tables.types, (uint64_t)m->c.token_types * m->hidden);
    norm(p, m, &m->embedding_norm);
    tokenizer(p, t);
}

/* A layer of `in` to `out` values, both padded; int8, or float. */
static void linear(bl_parts *p, bl_linear *w, size_t in, size_t out, int int8)
{
    w->in = in;
    w->out = out;
    if (int8) {
        w->columns.data = array(p, w->columns.data, (uint64_t)in * out, 1);
        floats(p, &w->columns.scale, out);
        w->columns.sum = array(p, w->columns.sum, out, sizeof *w->columns.sum);
        optional_floats(p, &w->balance, in);
    } else {
        floats(p, &w->floats, (uint64_t)in * out);
    }
    floats(p, &w->bias, out);
}

static void layer(bl_parts *p, const bl_model *m, bl_layer *l, int is_last)
{
    const size_t h = m->hidden, fold = m->width * h;
    linear(p, &l->query_key, h, bl_pad(2 * m->width), 1);
    linear(p, &l->value, h, bl_pad(m->width), 1);
    linear(p, &l->output, m->width, h, 1);
    norm(p, m, &l->attention_norm);
    linear(p, &l->up, h, m->intermediate, 1);
    linear(p, &l->down, m->intermediate, h, 1);
    norm(p, m, &l->output_norm);
    if (!is_last) return;
    floats(p, &l->key_fold, fold);
    floats(p, &l->value_fold, fold);
}

static void words(bl_parts *p, bl_model *m)
{
    const size_t rows = m->c.vocabulary;
    uint32_t own = m->words != m->tables.words;
    linear(p, &m->transform, m->hidden, m->hidden, 1);
    norm(p, m, &m->transform_norm);
    NUMBER(p, own);
    if (own) {
        m->words = array(p, m->words, (uint64_t)rows * m->hidden, 1);
        floats(p, &m->words_scale, bl_pad(rows));
    } else {
        m->words = m->tables.words;
        m->words_scale = m->tables.words_scale;
    }
    m->words_sum = array(p, m->words_sum, bl_pad(rows), sizeof *m->words_sum);
    floats(p, &m->words_bias, bl_pad(rows));
}

/* The classifier of n-grams: how many it has, then them. A key may be of the ids that there were
 * before some were dropped. */
static void ngrams(bl_parts *p, bl_model *m)
{
    bl_ngrams *g = &m->ngrams;
    uint32_t renumbered = g->numbers != NULL;
    SIZE(p, g->count, (size_t)BL_MOST_NGRAMS);
    if (!g->count) return;
    g->labels = m->c.labels;
    g->keys = array(p, g->keys, g->count, sizeof *g->keys);
    floats(p, &g->rarity, g->count);
    g->weights = array(p, g->weights, (uint64_t)g->count * g->labels, 1);
    floats(p, &g->steps, g->count);
    NUMBER(p, renumbered);
    if (renumbered) g->numbers = array(p, g->numbers, m->c.vocabulary, sizeof *g->numbers);
}

/* The list for misspelled words, in groups: how large it is, then its arrays. */
static void spelling(bl_parts *p, bl_model *m)
{
    bl_spelling *s = &m->spelling;
    bl_spelling_groups *g = &s->groups;
    size_t ids = s->id_count / 8, known = s->known_bits / 8;
    SIZE(p, known, (size_t)BL_MOST_SPELLING);
    if (!known) return;
    SIZE(p, ids, (size_t)BL_MOST_SPELLING);
    SIZE(p, s->words_size, (size_t)BL_SPELLED_WORDS - 1);
    SIZE(p, g->count, (size_t)BL_SPELLED_WORDS - 1);
    SIZE(p, g->size, (size_t)BL_SPELLED_WORDS - 1);
    s->words = array(p, s->words, s->words_size, 1);
    g->places = array(p, g->places, BL_SPELLED_LONGEST + 2, sizeof *g->places);
    g->lengths = array(p, g->lengths, g->count, 1);
    g->letters = array(p, g->letters, g->size, 1);
    s->ids = array(p, s->ids, ids, 1);
    s->known = array(p, s->known, known, 1);
    s->id_count = ids * 8;
    s->known_bits = s->known ? known * 8 : 0;
    if (!p->put && s->known &&
        (!bl_is_spelling_list(s->words, s->words_size) || !bl_are_spelling_groups(g)))
        p->damaged = 1;
}

static void head(bl_parts *p, bl_model *m)
{
    uint32_t pooler = m->pooler.columns.data != NULL;
    uint32_t kind = m->info.head;
    NUMBER(p, pooler);
    NUMBER(p, m->pooler_activation);
    NUMBER(p, m->classes_from_mean);
    NUMBER(p, m->info.has_pooler);
    NUMBER(p, kind);
    NUMBER(p, m->info.ignored_head);
    m->info.head = kind;
    if (kind > BL_WORD_HEAD || m->pooler_activation >= BL_ACTIVATIONS ||
        (m->info.has_pooler && !pooler))
        p->damaged = 1;
    if (kind == BL_CLASS_HEAD && !pooler && !m->classes_from_mean) p->damaged = 1;
    if (pooler) linear(p, &m->pooler, m->hidden, m->hidden, 1);
    if (kind == BL_WORD_HEAD) words(p, m);
    else if (kind != BL_NO_HEAD) linear(p, &m->classifier, m->hidden, bl_pad(m->c.labels), 0);
    if (kind == BL_CLASS_HEAD) ngrams(p, m);
    spelling(p, m);
    if (kind == BL_ANSWER_HEAD && m->c.labels != 2) p->damaged = 1;
    if (!p->put && kind != BL_NO_HEAD && kind != BL_WORD_HEAD) m->info.labels = (int)m->c.labels;
}

static void label_names(bl_parts *p, bl_model *m)
{
    const size_t count = (size_t)m->info.labels;
    const char **names = memory(p, m->label_names, count + 1, sizeof *names);
    for (size_t i = 0; i < count && goes_on(p); i++) {
        uint32_t size = p->put ? (uint32_t)strlen(names[i]) : 0;
        const char *name = text(p, names[i], &size);
        if (!p->put) names[i] = name;
    }
    m->label_names = names;
}

/* ---- vectors --------------------------------------------------- */

static void steps(bl_parts *p, const bl_model *m, bl_sentence *s)
{
    bl_sentence_settings *set = &s->settings;
    size_t width = set->pooling_count * m->c.hidden;
    size_t widest = bl_pad(width);
    SIZE(p, set->step_count, (size_t)BL_MOST_STEPS);
    for (size_t i = 0; i < set->step_count && goes_on(p); i++) {
        bl_step_settings *step = &set->steps[i];
        NUMBER(p, step->kind);
        if (step->kind != BL_DENSE_STEP) continue;
        SIZE(p, step->out, (size_t)BL_MAX_ATTENTION_SIZE);
        NUMBER(p, step->function);
        if (step->function >= BL_STEP_FUNCTIONS) p->damaged = 1;
        step->in = width;
        linear(p, &s->dense[i], bl_pad(width), bl_pad(step->out), 0);
        width = step->out;
        if (bl_pad(width) > widest) widest = bl_pad(width);
    }
    s->width = width;
    s->widest = widest;
}

static void sentence(bl_parts *p, bl_model *m)
{
    uint32_t has = m->sentence != NULL;
    NUMBER(p, has);
    if (!has) return;
    bl_sentence *s = memory(p, m->sentence, 1, sizeof *s);
    if (!s) return;
    bl_sentence_settings *set = &s->settings;
    m->sentence = s;
    SIZE(p, set->pooling_count, (size_t)BL_MOST_POOLINGS);
    for (size_t i = 0; i < set->pooling_count && goes_on(p); i++) {
        NUMBER(p, set->poolings[i]);
        if (set->poolings[i] > BL_LAST_POOLING) p->damaged = 1;
    }
    NUMBER(p, set->exclude_prompt);
    NUMBER(p, set->max_tokens);
    NUMBER(p, set->dimensions);
    steps(p, m, s);
    uint32_t size = (uint32_t)s->json_size;
    s->json = (char *)(uintptr_t)text(p, s->json, &size);
    s->json_size = size;
}

/* ---- a task --------------------------------------------------- */

void bl_task_sizes(bl_parts *p, bl_model *m)
{
    bl_config_values *c = &m->c;
    uint32_t family = c->family;
    uint32_t activation = c->activation;
    uint32_t named = c->head;
    NUMBER(p, family);
    SIZE(p, c->layers, (size_t)BL_MOST_LAYERS);
    SIZE(p, c->hidden, (size_t)BL_MOST_HIDDEN);
    SIZE(p, c->heads, (size_t)BL_MOST_HEADS);
    SIZE(p, c->intermediate, (size_t)BL_MOST_INTERMEDIATE);
    SIZE(p, c->vocabulary, (size_t)BL_MOST_WORDS);
    SIZE(p, c->positions, (size_t)BL_FLASH_MAX_POSITIONS);
    SIZE(p, c->token_types, (size_t)BL_MOST_TYPES);
    SIZE(p, c->labels, (size_t)BL_MOST_LABELS);
    SIZE(p, c->window, (size_t)BL_FLASH_MAX_POSITIONS);
    SIZE(p, c->window_overlap, (size_t)BL_FLASH_MAX_POSITIONS);
    one_float(p, &c->epsilon);
    NUMBER(p, activation);
    NUMBER(p, named);
    NUMBER(p, c->untied);
    NUMBER(p, c->mean);
    c->family = family;
    c->activation = activation;
    c->head = named;
    if (c->hidden / (c->heads ? c->heads : 1) > BL_FLASH_MAX_POSITIONS) p->damaged = 1;
    if (!c->layers || !c->heads || !c->intermediate || !c->vocabulary || !c->positions ||
        c->hidden % (c->heads ? c->heads : 1) || family > BL_DISTILBERT ||
        activation >= BL_ACTIVATIONS || named > BL_WORD_HEAD ||
        !(c->epsilon >= 0.0f && c->epsilon < 1.0f))
        p->damaged = 1;
    if (p->put || !goes_on(p)) return;
    m->info = (bl_info){
        .precision = BL_INT8,
        .layers = (int)c->layers,
        .hidden = (int)c->hidden,
        .heads = (int)c->heads,
        .intermediate = (int)c->intermediate,
        .vocabulary = (int)c->vocabulary,
        .positions = (int)c->positions,
        .token_types = (int)c->token_types,
    };
    bl_describe_windows(c, &m->info);
    m->hidden = bl_pad(c->hidden);
    m->intermediate = bl_pad(c->intermediate);
    m->head = bl_pad(c->hidden / c->heads);
    m->width = m->head * c->heads;
}

void bl_task_parts(bl_parts *p, bl_model *m)
{
    m->layers = memory(p, m->layers, m->c.layers, sizeof *m->layers);
    for (size_t i = 0; i < m->c.layers && goes_on(p); i++)
        layer(p, m, &m->layers[i], i + 1 == m->c.layers);
    if (goes_on(p)) head(p, m);
    if (goes_on(p)) label_names(p, m);
    if (goes_on(p)) sentence(p, m);
}
