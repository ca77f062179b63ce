#include "sentence_settings.h"

#include <string.h>

#include "../error.h"
#include "../files/json_writer.h"

enum { SHOWN = 60, MOST_IN = 1 << 17, MOST_OUT = 8192, NAME_SIZE = 96 };

/* In the order in which the old files' switches count. */
static const struct {
    const char *name, *old_name;
    bl_pooling pooling;
} poolings[] = {
    { "cls", "pooling_mode_cls_token", BL_CLS_POOLING },
    { "max", "pooling_mode_max_tokens", BL_MAX_POOLING },
    { "mean", "pooling_mode_mean_tokens", BL_MEAN_POOLING },
    { "mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", BL_MEAN_SQRT_POOLING },
    { "weightedmean", "pooling_mode_weightedmean_tokens", BL_WEIGHTED_MEAN_POOLING },
    { "lasttoken", "pooling_mode_lasttoken", BL_LAST_POOLING },
};
enum { POOLINGS = sizeof poolings / sizeof *poolings };

static const char *const functions[BL_STEP_FUNCTIONS] = {
    [BL_STEP_IDENTITY] = "torch.nn.modules.linear.Identity",
    [BL_STEP_TANH] = "torch.nn.modules.activation.Tanh",
    [BL_STEP_RELU] = "torch.nn.modules.activation.ReLU",
    [BL_STEP_GELU] = "torch.nn.modules.activation.GELU",
    [BL_STEP_SIGMOID] = "torch.nn.modules.activation.Sigmoid",
    [BL_STEP_SILU] = "torch.nn.modules.activation.SiLU",
};

static bl_status malformed(const char *name, bl_error *error)
{
    return bl_fail(error, BL_FILE_ERROR,
                   "%.200s is not a well-formed JSON object with the values that "
                   "sentence-transformers writes; copy the model's folder again.",
                   name);
}

/* What is asked for cannot be done: a key, or its value if that is a text. */
static bl_status refuse(const char *name, bl_json_string key, bl_json_string value, bl_error *error)
{
    return bl_fail(error, BL_CONFIG_ERROR,
                   "%.120s sets %.*s%s%.*s, which cannot be done here; run this model with "
                   "sentence-transformers.",
                   name, (int)(key.size < SHOWN ? key.size : SHOWN), key.text,
                   value.size ? " to " : "", (int)(value.size < SHOWN ? value.size : SHOWN),
                   value.text);
}

static const bl_json_string no_text = { "", 0, 0 };

static int read_bool(bl_json *j, int *out)
{
    if (bl_json_word(j, "true")) *out = 1;
    else if (bl_json_word(j, "false") || bl_json_word(j, "null")) *out = 0;
    else return 0;
    return 1;
}

/* A whole number; null leaves *out as it is. */
static int read_size(bl_json *j, size_t most, size_t *out)
{
    uint64_t value;
    if (bl_json_word(j, "null")) return 1;
    if (!bl_json_size(j, &value)) return 0;
    *out = value < most ? (size_t)value : most;
    return 1;
}

/* Whether the next value says nothing: null, false, {} or []. It is read. */
static int is_nothing(bl_json *j)
{
    bl_json_string key;
    int count = 0;
    if (bl_json_word(j, "null") || bl_json_word(j, "false")) return 1;
    if (bl_json_peek(j) == '{') {
        bl_json_open(j, '{');
        while (bl_json_key(j, &key)) count += bl_json_skip(j);
        return !count;
    }
    bl_json_skip(j);
    return 0;
}

/* ---- the encoder ------------------------------------------------------------------------- */

bl_status bl_read_encoder_settings(bl_json *j, const char *name, bl_sentence_settings *s,
                                   bl_error *error)
{
    static const char *const others[] = { "query_length", "document_length", "query_expansion",
                                          "processing_kwargs", "tokenizer_name_or_path" };
    bl_json_string key, value;
    if (!bl_json_open(j, '{')) return malformed(name, error);
    while (bl_json_key(j, &key)) {
        int read = 1;
        if (bl_json_is(key, "max_seq_length")) {
            read = read_size(j, INT32_MAX, &s->max_tokens);
        } else if (bl_json_is(key, "do_lower_case")) {
            read = read_bool(j, &s->lowercase);
        } else if (bl_json_is(key, "transformer_task") && bl_json_peek(j) == '"') {
            read = bl_json_text(j, &value);
            if (read && s->pooling_count && !bl_json_is(value, "feature-extraction"))
                return refuse(name, key, value, error);
        } else {
            for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                if (bl_json_is(key, others[i]) && !is_nothing(j))
                    return refuse(name, key, no_text, error);
            read = bl_json_skip(j);
        }
        if (!read) return malformed(name, error);
    }
    return j->bad ? malformed(name, error) : BL_OK;
}

/* ---- pooling ----------------------------------------------------------------------------- */

static bl_status add_pooling(bl_json_string mode, const char *name, bl_sentence_settings *s,
                             bl_error *error)
{
    size_t i = 0;
    while (i < POOLINGS && !bl_json_is(mode, poolings[i].name)) i++;
    if (i == POOLINGS || s->pooling_count == BL_MOST_POOLINGS)
        return refuse(name, (bl_json_string){ "pooling_mode", 12, 0 }, mode, error);
    s->poolings[s->pooling_count++] = poolings[i].pooling;
    return BL_OK;
}

/* pooling_mode: a name, or a list of them. */
static bl_status read_poolings(bl_json *j, const char *name, bl_sentence_settings *s,
                               bl_error *error)
{
    bl_json_string mode;
    bl_status status = BL_OK;
    s->pooling_count = 0;
    if (bl_json_peek(j) != '[') {
        if (!bl_json_text(j, &mode)) return malformed(name, error);
        return add_pooling(mode, name, s, error);
    }
    bl_json_open(j, '[');
    while (status == BL_OK && bl_json_item(j)) {
        if (!bl_json_text(j, &mode)) return malformed(name, error);
        status = add_pooling(mode, name, s, error);
    }
    return status;
}

/* One of the switches of old files. */
static bl_status read_switch(bl_json *j, bl_json_string key, const char *name, int on[POOLINGS],
                             bl_error *error)
{
    int value;
    size_t i = 0;
    if (!read_bool(j, &value)) return malformed(name, error);
    while (i < POOLINGS && !bl_json_is(key, poolings[i].old_name)) i++;
    if (i < POOLINGS) on[i] = value;
    else if (value) return refuse(name, key, no_text, error);
    return BL_OK;
}

bl_status bl_read_pooling_settings(bl_json *j, const char *name, bl_sentence_settings *s,
                                   bl_error *error)
{
    static const char old[] = "pooling_mode_";
    bl_json_string key;
    int on[POOLINGS] = { 0 }, listed = 0, include = 1;
    bl_status status = BL_OK;
    if (!bl_json_open(j, '{')) return malformed(name, error);
    while (status == BL_OK && bl_json_key(j, &key)) {
        int read = 1;
        if (bl_json_is(key, "pooling_mode")) {
            status = read_poolings(j, name, s, error);
            listed = 1;
        } else if (key.size > sizeof old - 1 && !memcmp(key.text, old, sizeof old - 1)) {
            status = read_switch(j, key, name, on, error);
        } else if (bl_json_is(key, "include_prompt")) {
            read = read_bool(j, &include);
        } else if (bl_json_is(key, "embedding_dimension") ||
                   bl_json_is(key, "word_embedding_dimension")) {
            read = read_size(j, MOST_IN, &s->pooling_width);
        } else {
            read = bl_json_skip(j);
        }
        if (status == BL_OK && !read) status = malformed(name, error);
    }
    if (status != BL_OK) return status;
    if (j->bad) return malformed(name, error);
    s->exclude_prompt = !include;
    for (size_t i = 0; !listed && i < POOLINGS; i++)
        if (on[i]) s->poolings[s->pooling_count++] = poolings[i].pooling;
    if (!s->pooling_count) s->poolings[s->pooling_count++] = BL_MEAN_POOLING;
    return BL_OK;
}

/* ---- what follows pooling ---------------------------------------------------------------- */

static int read_function(bl_json_string name, bl_step_function *out)
{
    for (int i = 0; i < BL_STEP_FUNCTIONS; i++)
        if (bl_json_is(name, functions[i])) {
            *out = (bl_step_function)i;
            return 1;
        }
    return 0;
}

/* A key of a module that works on the pooled vector. */
static bl_status read_step_value(bl_json *j, bl_json_string key, const char *name,
                                 bl_step_settings *step, bl_error *error)
{
    bl_json_string text;
    int read = 1;
    if (bl_json_is(key, "in_features")) {
        read = read_size(j, SIZE_MAX, &step->in);
    } else if (bl_json_is(key, "out_features")) {
        read = read_size(j, SIZE_MAX, &step->out);
    } else if (bl_json_is(key, "bias")) {
        read = read_bool(j, &step->bias);
    } else if (bl_json_is(key, "activation_function")) {
        read = bl_json_text(j, &text);
        if (read && !read_function(text, &step->function)) return refuse(name, key, text, error);
    } else if (bl_json_is(key, "module_input_name") || bl_json_is(key, "module_output_name")) {
        if (bl_json_word(j, "null")) return BL_OK;
        read = bl_json_text(j, &text);
        if (read && !bl_json_is(text, "sentence_embedding")) return refuse(name, key, text, error);
    } else if (bl_json_is(key, "use_residual")) {
        if (!is_nothing(j)) return refuse(name, key, no_text, error);
    } else {
        read = bl_json_skip(j);
    }
    return read ? BL_OK : malformed(name, error);
}

static bl_status read_step(const char *name, const char *text, size_t size, bl_step_settings *step,
                           bl_error *error)
{
    bl_json_string key;
    bl_json j = bl_json_start(text, size);
    bl_status status = BL_OK;
    if (!bl_json_open(&j, '{')) return malformed(name, error);
    while (status == BL_OK && bl_json_key(&j, &key))
        status = read_step_value(&j, key, name, step, error);
    if (status == BL_OK && !bl_json_finished(&j)) status = malformed(name, error);
    return status;
}

bl_status bl_add_step_settings(const char *type, const char *name, const char *text, size_t size,
                               bl_sentence_settings *s, bl_error *error)
{
    bl_step_settings step = { BL_NORMALIZE_STEP, 0, 0, 1, BL_STEP_TANH };
    bl_status status = BL_OK;
    if (!strcmp(type, "Dropout")) return BL_OK; /* does nothing once a model is trained */
    if (!strcmp(type, "Dense")) step.kind = BL_DENSE_STEP;
    if ((step.kind != BL_DENSE_STEP && strcmp(type, "Normalize") != 0) ||
        s->step_count == BL_MOST_STEPS)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "modules.json asks for %s behind the encoder, but only one Pooling and then "
                       "up to %d of Dense, Normalize and Dropout can be run; run this model with "
                       "sentence-transformers.",
                       type, BL_MOST_STEPS);
    if (size) status = read_step(name, text, size, &step, error);
    if (status != BL_OK) return status;
    if (step.kind == BL_DENSE_STEP &&
        (!step.in || step.in > MOST_IN || !step.out || step.out > MOST_OUT))
        return bl_fail(error, BL_CONFIG_ERROR,
                       "%.200s has no in_features up to %d and out_features up to %d; save the "
                       "model again with sentence-transformers.",
                       name, MOST_IN, MOST_OUT);
    s->steps[s->step_count++] = step;
    return BL_OK;
}

/* ---- prompts and the like ---------------------------------------------------------------- */

bl_status bl_read_sentence_config(const char *text, size_t size, bl_sentence_settings *s,
                                  bl_error *error)
{
    static const char name[] = "config_sentence_transformers.json";
    bl_json_string key;
    bl_json j = bl_json_start(text, size);
    if (!bl_json_open(&j, '{')) return malformed(name, error);
    while (bl_json_key(&j, &key)) {
        const int read = bl_json_is(key, "truncate_dim") ? read_size(&j, INT32_MAX, &s->dimensions)
                                                         : bl_json_skip(&j);
        if (!read) return malformed(name, error);
    }
    if (!bl_json_finished(&j)) return malformed(name, error);
    s->config = text;
    s->config_size = size;
    return BL_OK;
}

/* ---- in a converted file ----------------------------------------------------------------- */

static void write_step(bl_json_writer *w, const bl_step_settings *step)
{
    bl_json_begin(w, '{');
    bl_json_write_key(w, "type");
    bl_json_write_text(w, step->kind == BL_DENSE_STEP ? "Dense" : "Normalize");
    if (step->kind == BL_DENSE_STEP) {
        bl_json_write_key(w, "in_features");
        bl_json_write_number(w, (int64_t)step->in);
        bl_json_write_key(w, "out_features");
        bl_json_write_number(w, (int64_t)step->out);
        bl_json_write_key(w, "bias");
        bl_json_write_bool(w, step->bias);
        bl_json_write_key(w, "activation_function");
        bl_json_write_text(w, functions[step->function]);
    }
    bl_json_end(w, '}');
}

static void write_pooling(bl_json_writer *w, const bl_sentence_settings *s)
{
    bl_json_begin(w, '{');
    if (s->pooling_width) {
        bl_json_write_key(w, "embedding_dimension");
        bl_json_write_number(w, (int64_t)s->pooling_width);
    }
    bl_json_write_key(w, "pooling_mode");
    bl_json_begin(w, '[');
    for (size_t i = 0; i < s->pooling_count; i++)
        for (size_t k = 0; k < POOLINGS; k++)
            if (poolings[k].pooling == s->poolings[i]) bl_json_write_text(w, poolings[k].name);
    bl_json_end(w, ']');
    bl_json_write_key(w, "include_prompt");
    bl_json_write_bool(w, !s->exclude_prompt);
    bl_json_end(w, '}');
}

size_t bl_write_sentence_settings(const bl_sentence_settings *s, char *out, size_t capacity)
{
    bl_json_writer w = bl_json_writer_start(out, capacity);
    bl_json_begin(&w, '{');
    if (s->pooling_count) {
        bl_json_write_key(&w, "pooling");
        write_pooling(&w, s);
    }
    bl_json_write_key(&w, "modules");
    bl_json_begin(&w, '[');
    for (size_t i = 0; i < s->step_count; i++) write_step(&w, &s->steps[i]);
    bl_json_end(&w, ']');
    bl_json_write_key(&w, "transformer");
    bl_json_begin(&w, '{');
    if (s->max_tokens) {
        bl_json_write_key(&w, "max_seq_length");
        bl_json_write_number(&w, (int64_t)s->max_tokens);
    }
    bl_json_write_key(&w, "do_lower_case");
    bl_json_write_bool(&w, s->lowercase);
    bl_json_end(&w, '}');
    if (s->config) {
        bl_json_write_key(&w, "config");
        bl_json_write_raw(&w, s->config, s->config_size);
    }
    bl_json_end(&w, '}');
    return w.size;
}

/* The text of the next value, which is read. */
static bl_json_string raw_value(bl_json *j)
{
    bl_json_peek(j);
    const char *from = (const char *)j->at;
    if (!bl_json_skip(j)) return no_text;
    return (bl_json_string){ from, (size_t)((const char *)j->at - from), 0 };
}

static bl_status read_modules(bl_json *j, const char *name, bl_sentence_settings *s,
                              bl_error *error)
{
    bl_status status = BL_OK;
    bl_json_open(j, '[');
    while (status == BL_OK && bl_json_item(j)) {
        bl_json_string key, value;
        char type[NAME_SIZE] = "";
        const bl_json_string object = raw_value(j);
        bl_json inside = bl_json_start(object.text, object.size);
        bl_json_open(&inside, '{');
        while (bl_json_key(&inside, &key)) {
            if (!bl_json_is(key, "type")) bl_json_skip(&inside);
            else if (!bl_json_text(&inside, &value) || !bl_json_copy(value, type, sizeof type))
                return malformed(name, error);
        }
        status = bl_add_step_settings(type, name, object.text, object.size, s, error);
    }
    return status;
}

bl_status bl_read_sentence_settings(const char *text, size_t size, bl_sentence_settings *s,
                                    bl_error *error)
{
    static const char name[] = "the converted file's \"sentence\"";
    bl_json j = bl_json_start(text, size);
    bl_json_string key, raw;
    bl_status status = BL_OK;
    memset(s, 0, sizeof *s);
    if (!bl_json_open(&j, '{')) return malformed(name, error);
    while (status == BL_OK && bl_json_key(&j, &key)) {
        if (bl_json_is(key, "pooling")) {
            status = bl_read_pooling_settings(&j, name, s, error);
        } else if (bl_json_is(key, "modules")) {
            status = read_modules(&j, name, s, error);
        } else if (bl_json_is(key, "transformer")) {
            status = bl_read_encoder_settings(&j, name, s, error);
        } else if (bl_json_is(key, "config")) {
            raw = raw_value(&j);
            status = bl_read_sentence_config(raw.text, raw.size, s, error);
        } else {
            bl_json_skip(&j);
        }
    }
    if (status == BL_OK && !bl_json_finished(&j)) status = malformed(name, error);
    return status;
}
