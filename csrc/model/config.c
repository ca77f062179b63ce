#include "config.h"

#include <string.h>

#include "../files/json.h"
#include "../files/tensors.h"
#include "../error.h"

/* Room for any BERT, and small enough that no product of sizes overflows 32 bits. */
enum {
    MOST_LAYERS = 256,
    MOST_HIDDEN = 8192,
    MOST_HEADS = 256,
    MOST_INTERMEDIATE = 32768,
    MOST_WORDS = 1 << 20,
    MOST_POSITIONS = 8192,
    MOST_TYPES = 64,
    MOST_LABELS = 65536
};

typedef struct {
    const char *name, *other;
    size_t offset;
    uint64_t most, preset;
} field;
#define FIELD(member, name, other, most, preset)                                                   \
    { name, other, offsetof(bl_config_values, member), most, preset }
static const field fields[] = {
    /* BERT's name, DistilBERT's name */
    FIELD(layers, "num_hidden_layers", "n_layers", MOST_LAYERS, 0),
    FIELD(hidden, "hidden_size", "dim", MOST_HIDDEN, 0),
    FIELD(heads, "num_attention_heads", "n_heads", MOST_HEADS, 0),
    FIELD(intermediate, "intermediate_size", "hidden_dim", MOST_INTERMEDIATE, 0),
    FIELD(vocabulary, "vocab_size", "vocab_size", MOST_WORDS, 0),
    FIELD(positions, "max_position_embeddings", "max_position_embeddings", MOST_POSITIONS, 512),
    FIELD(token_types, "type_vocab_size", "type_vocab_size", MOST_TYPES, 2),
    FIELD(labels, "num_labels", "num_labels", MOST_LABELS, 0),
};
enum { FIELDS = sizeof fields / sizeof *fields };

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
    if (bl_json_is(name, "gelu")) *out = BL_GELU;
    else if (bl_json_is(name, "gelu_new") || bl_json_is(name, "gelu_pytorch_tanh") ||
             bl_json_is(name, "gelu_fast"))
        *out = BL_GELU_TANH;
    else if (bl_json_is(name, "relu")) *out = BL_RELU;
    else return 0;
    return 1;
}

bl_status bl_read_config(const char *text, size_t size, bl_config_values *out, bl_error *error)
{
    bl_json j = bl_json_start(text, size);
    bl_json_string key, word, kind = { "", 0, 0 };
    uint64_t values[FIELDS], labels = 0;
    double epsilon = 1e-12;
    const char *problem = NULL;
    for (size_t i = 0; i < FIELDS; i++) values[i] = fields[i].preset;
    memset(out, 0, sizeof *out);
    out->activation = BL_GELU;
    bl_json_open(&j, '{');
    while (bl_json_key(&j, &key)) {
        size_t i = 0;
        while (i < FIELDS && !bl_json_is(key, fields[i].name) && !bl_json_is(key, fields[i].other))
            i++;
        if (i < FIELDS) {
            if (!bl_json_word(&j, "null") && !bl_json_size(&j, &values[i]))
                problem = "a size in it is no whole number";
        } else if (bl_json_is(key, "layer_norm_eps")) {
            bl_json_number(&j, &epsilon);
        } else if (bl_json_is(key, "model_type")) {
            bl_json_text(&j, &kind);
        } else if (bl_json_is(key, "hidden_act") || bl_json_is(key, "activation")) {
            if (bl_json_text(&j, &word) && !activation_of(word, &out->activation))
                problem =
                    "its activation is none of gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu";
        } else if (bl_json_is(key, "position_embedding_type")) {
            if (!bl_json_word(&j, "null") && bl_json_text(&j, &word) &&
                !bl_json_is(word, "absolute"))
                problem = "its positions are not absolute";
        } else if (bl_json_is(key, "is_decoder")) {
            if (bl_json_word(&j, "true")) problem = "it is a decoder";
            else bl_json_skip(&j);
        } else if (bl_json_is(key, "tie_word_embeddings")) {
            if (bl_json_word(&j, "false")) out->untied = 1;
            else bl_json_skip(&j);
        } else if (bl_json_is(key, "architectures") && bl_json_peek(&j) == '[') {
            bl_json_open(&j, '[');
            while (bl_json_item(&j))
                if (bl_json_text(&j, &word) && out->head == BL_NO_HEAD) out->head = head_of(word);
        } else if (bl_json_is(key, "id2label") && bl_json_peek(&j) == '{') {
            bl_json_open(&j, '{');
            for (; bl_json_key(&j, &word); labels++) bl_json_skip(&j);
        } else {
            bl_json_skip(&j);
        }
        if (problem) break;
    }
    if (!problem && !bl_json_finished(&j)) problem = "it is no well-formed JSON object";
    if (!problem && bl_json_is(kind, "distilbert")) out->family = BL_DISTILBERT;
    else if (!problem && kind.size && !bl_json_is(kind, "bert"))
        problem = "its model_type is neither bert nor distilbert";
    if (labels) values[FIELDS - 1] = labels;
    if (!values[FIELDS - 1]) values[FIELDS - 1] = 2;
    for (size_t i = 0; i < FIELDS && !problem; i++) {
        if (!values[i] && !(out->family == BL_DISTILBERT && i == 6))
            return bl_fail(error, BL_CONFIG_ERROR,
                           "config.json gives no %s; is this a BERT model's folder?",
                           fields[i].name);
        if (values[i] > fields[i].most)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "config.json asks for %llu as %s; at most %llu is possible.",
                           (unsigned long long)values[i], fields[i].name,
                           (unsigned long long)fields[i].most);
        size_t v = (size_t)values[i];
        memcpy((char *)out + fields[i].offset, &v, sizeof v);
    }
    if (!problem && out->hidden % out->heads)
        problem = "its hidden size is no multiple of its heads";
    if (!problem && !(epsilon >= 1e-14 && epsilon < 1))
        problem = "its layer_norm_eps is not between 1e-14 and 1";
    if (problem) return bl_fail(error, BL_CONFIG_ERROR, "config.json cannot be used: %s.", problem);
    out->epsilon = (float)epsilon;
    if (out->head == BL_ANSWER_HEAD) out->labels = 2;
    if (out->family == BL_DISTILBERT) out->token_types = 0;
    return BL_OK;
}
