#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../files/json.h"

/* transformers' own, where config.json does not say */
enum { DEFAULT_POSITIONS = 512, DEFAULT_TYPES = 2, DEFAULT_LABELS = 2 };
enum { PROBLEM_SIZE = 192, LONGEST_SHOWN = 60 };
enum { ANSWER_LABELS = 2 }; /* question answering: the start and the end of a span */

typedef enum {
    LAYERS,
    HIDDEN,
    HEADS,
    INTERMEDIATE,
    VOCABULARY,
    POSITIONS,
    TOKEN_TYPES,
    LABELS,
    WINDOW, /* our own two: a checkpoint of others does not have them */
    WINDOW_OVERLAP,
    FIELDS
} field;

static const struct {
    const char *name, *distilbert_name;
    size_t offset; /* in bl_config_values */
    uint64_t most, preset;
} fields[FIELDS] = {
#define MEMBER(member) offsetof(bl_config_values, member)
    [LAYERS] = { "num_hidden_layers", "n_layers", MEMBER(layers), BL_MOST_LAYERS, 0 },
    [HIDDEN] = { "hidden_size", "dim", MEMBER(hidden), BL_MOST_HIDDEN, 0 },
    [HEADS] = { "num_attention_heads", "n_heads", MEMBER(heads), BL_MOST_HEADS, 0 },
    [INTERMEDIATE] = { "intermediate_size", "hidden_dim", MEMBER(intermediate),
                       BL_MOST_INTERMEDIATE, 0 },
    [VOCABULARY] = { "vocab_size", "vocab_size", MEMBER(vocabulary), BL_MOST_WORDS, 0 },
    [POSITIONS] = { "max_position_embeddings", "max_position_embeddings", MEMBER(positions),
                    BL_MOST_POSITIONS, DEFAULT_POSITIONS },
    [TOKEN_TYPES] = { "type_vocab_size", "type_vocab_size", MEMBER(token_types), BL_MOST_TYPES,
                      DEFAULT_TYPES },
    [LABELS] = { "num_labels", "num_labels", MEMBER(labels), BL_MOST_LABELS, DEFAULT_LABELS },
    [WINDOW] = { "window", "window", MEMBER(window), BL_MOST_POSITIONS, 0 },
    [WINDOW_OVERLAP] = { "window_overlap", "window_overlap", MEMBER(window_overlap),
                         BL_MOST_POSITIONS, 0 },
#undef MEMBER
};

typedef struct {
    bl_json j;
    bl_json_string model_type;
    uint64_t sizes[FIELDS], named_labels; /* named_labels: entries of id2label */
    double epsilon;
    char problem[PROBLEM_SIZE]; /* the first one, or empty */
} reader;

static void complain(reader *r, const char *format, ...) BL_PRINTF(2, 3);

static void complain(reader *r, const char *format, ...)
{
    if (r->problem[0]) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->problem, sizeof r->problem, format, arguments);
    va_end(arguments);
}

/* How much of a string is shown, for "%.*s". */
static int shown(bl_json_string word)
{
    return (int)(word.size < LONGEST_SHOWN ? word.size : LONGEST_SHOWN);
}

static bl_head head_of(bl_json_string name)
{
    static const struct {
        const char *ending;
        bl_head head;
    } known[] = {
        { "ForMaskedLM", BL_WORD_HEAD },
        { "ForPreTraining", BL_WORD_HEAD },
        { "ForSequenceClassification", BL_CLASS_HEAD },
        { "ForTokenClassification", BL_TOKEN_HEAD },
        { "ForQuestionAnswering", BL_ANSWER_HEAD },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].ending);
        if (name.size >= n && !memcmp(name.text + name.size - n, known[i].ending, n))
            return known[i].head;
    }
    return BL_NO_HEAD;
}

static int activation_of(bl_json_string name, bl_activation *out)
{
    static const struct {
        const char *name;
        bl_activation activation;
    } known[] = {
        { "gelu", BL_GELU },          { "gelu_python", BL_GELU },
        { "gelu_new", BL_GELU_TANH }, { "gelu_pytorch_tanh", BL_GELU_TANH },
        { "relu", BL_RELU },          { "gelu_fast", BL_GELU_TANH },
        { "silu", BL_SILU },          { "swish", BL_SILU },
        { "tanh", BL_TANH },          { "quick_gelu", BL_QUICK_GELU },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!bl_json_is(name, known[i].name)) continue;
        *out = known[i].activation;
        return 1;
    }
    return 0;
}

static field field_named(bl_json_string key)
{
    field f = 0;
    while (f < FIELDS && !bl_json_is(key, fields[f].name) &&
           !bl_json_is(key, fields[f].distilbert_name))
        f++;
    return f;
}

static void read_architectures(reader *r, bl_config_values *out)
{
    bl_json_string word;
    bl_json_open(&r->j, '[');
    while (bl_json_item(&r->j))
        if (bl_json_text(&r->j, &word) && out->head == BL_NO_HEAD) out->head = head_of(word);
}

static void count_named_labels(reader *r)
{
    bl_json_string key;
    bl_json_open(&r->j, '{');
    for (r->named_labels = 0; bl_json_key(&r->j, &key); r->named_labels++) bl_json_skip(&r->j);
}

static void read_position_type(reader *r)
{
    bl_json_string word;
    if (bl_json_word(&r->j, "null")) return;
    if (!bl_json_text(&r->j, &word)) complain(r, "its position_embedding_type is not a string");
    else if (!bl_json_is(word, "absolute"))
        complain(r, "its positions are \"%.*s\", not absolute", shown(word), word.text);
}

/* The value of a key that is not the name of a field. */
static void read_value(reader *r, bl_json_string key, bl_config_values *out)
{
    bl_json *j = &r->j;
    bl_json_string word;
    if (bl_json_is(key, "layer_norm_eps")) {
        if (!bl_json_number(j, &r->epsilon)) complain(r, "its layer_norm_eps is not a number");
    } else if (bl_json_is(key, "model_type")) {
        if (!bl_json_word(j, "null") && !bl_json_text(j, &r->model_type))
            complain(r, "its model_type is not a string");
    } else if (bl_json_is(key, "hidden_act") || bl_json_is(key, "activation")) {
        if (!bl_json_text(j, &word)) complain(r, "its activation is not a string");
        else if (!activation_of(word, &out->activation))
            complain(r,
                     "its activation is \"%.*s\", not one of gelu, gelu_new, gelu_pytorch_tanh, "
                     "gelu_fast, quick_gelu, relu, silu and tanh",
                     shown(word), word.text);
    } else if (bl_json_is(key, "position_embedding_type")) {
        read_position_type(r);
    } else if (bl_json_is(key, "is_decoder")) {
        if (bl_json_word(j, "true")) complain(r, "it is a decoder");
        else bl_json_skip(j);
    } else if (bl_json_is(key, "tie_word_embeddings")) {
        if (bl_json_word(j, "false")) out->untied = 1;
        else bl_json_skip(j);
    } else if (bl_json_is(key, "pooling") && bl_json_peek(j) == '"') {
        out->mean = bl_json_text(j, &word) && bl_json_is(word, "mean");
    } else if (bl_json_is(key, "architectures") && bl_json_peek(j) == '[') {
        read_architectures(r, out);
    } else if (bl_json_is(key, "id2label") && bl_json_peek(j) == '{') {
        count_named_labels(r);
    } else {
        bl_json_skip(j);
    }
}

static void read_object(reader *r, bl_config_values *out)
{
    bl_json_string key;
    bl_json_open(&r->j, '{');
    while (bl_json_key(&r->j, &key)) {
        const field f = field_named(key);
        if (f == FIELDS) read_value(r, key, out);
        else if (!bl_json_word(&r->j, "null") && !bl_json_size(&r->j, &r->sizes[f]))
            complain(r, "its %s is not a whole number", fields[f].name);
    }
    if (!bl_json_finished(&r->j)) complain(r, "it is not a well-formed JSON object");
}

static bl_status choose_family(const reader *r, bl_config_values *out, bl_error *error)
{
    const bl_json_string type = r->model_type;
    out->family = bl_json_is(type, "distilbert") ? BL_DISTILBERT : BL_BERT;
    if (out->family == BL_DISTILBERT || !type.size || bl_json_is(type, "bert")) return BL_OK;
    return bl_fail(error, BL_CONFIG_ERROR,
                   "config.json has the model_type \"%.*s\", but only bert and distilbert can be "
                   "run; choose a model of one of these.",
                   shown(type), type.text);
}

static bl_status set_sizes(reader *r, bl_config_values *out, bl_error *error)
{
    if (r->named_labels) r->sizes[LABELS] = r->named_labels;
    else if (!r->sizes[LABELS]) r->sizes[LABELS] = DEFAULT_LABELS;
    for (field f = 0; f < FIELDS; f++) {
        const int not_needed = f >= WINDOW || (f == TOKEN_TYPES && out->family == BL_DISTILBERT);
        if (!r->sizes[f] && !not_needed)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "config.json gives no %s; is this a BERT model's folder?",
                           fields[f].name);
        if (r->sizes[f] > fields[f].most)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "config.json asks for %llu as %s; at most %llu is possible.",
                           (unsigned long long)r->sizes[f], fields[f].name,
                           (unsigned long long)fields[f].most);
        const size_t size = (size_t)r->sizes[f];
        memcpy((char *)out + fields[f].offset, &size, sizeof size);
    }
    if (out->head == BL_ANSWER_HEAD) out->labels = ANSWER_LABELS;
    if (out->family == BL_DISTILBERT) out->token_types = 0;
    if (out->window >= out->positions) out->window = 0;
    return BL_OK;
}

bl_status bl_read_config(const char *text, size_t size, bl_config_values *out, bl_error *error)
{
    reader r = { .j = bl_json_start(text, size), .model_type = { "", 0, 0 }, .epsilon = 1e-12 };
    for (field f = 0; f < FIELDS; f++) r.sizes[f] = fields[f].preset;
    memset(out, 0, sizeof *out);
    out->activation = BL_GELU;
    read_object(&r, out);
    bl_status status = r.j.bad ? BL_OK : choose_family(&r, out, error);
    if (status == BL_OK && !r.problem[0]) status = set_sizes(&r, out, error);
    if (status != BL_OK) return status;
    if (!r.problem[0] && out->hidden % out->heads)
        complain(&r, "its hidden_size, %zu, is not a multiple of its %zu attention heads",
                 out->hidden, out->heads);
    if (!(r.epsilon >= 1e-14 && r.epsilon < 1))
        complain(&r, "its layer_norm_eps is %g, not between 1e-14 and 1", r.epsilon);
    if (r.problem[0])
        return bl_fail(error, BL_CONFIG_ERROR, "config.json cannot be used: %s.", r.problem);
    out->epsilon = (float)r.epsilon;
    return BL_OK;
}
