#include "names.h"

#include <stdio.h>

static const bl_names families[] = {
    [BL_BERT] = {
        .layer = "encoder.layer.",
        .query = "attention.self.query",
        .key = "attention.self.key",
        .value = "attention.self.value",
        .output = "attention.output.dense",
        .attention_norm = "attention.output.LayerNorm",
        .up = "intermediate.dense",
        .down = "output.dense",
        .output_norm = "output.LayerNorm",
        .pooler = "pooler.dense",
        .pooler_has_prefix = 1,
        .pooler_is_output = 1,
        .activation = BL_TANH,
        .transform = "cls.predictions.transform.dense",
        .transform_norm = "cls.predictions.transform.LayerNorm",
        .decoder = "cls.predictions.decoder.weight",
        .word_bias = { "cls.predictions.bias", "cls.predictions.decoder.bias" },
    },
    [BL_DISTILBERT] = {
        .layer = "transformer.layer.",
        .query = "attention.q_lin",
        .key = "attention.k_lin",
        .value = "attention.v_lin",
        .output = "attention.out_lin",
        .attention_norm = "sa_layer_norm",
        .up = "ffn.lin1",
        .down = "ffn.lin2",
        .output_norm = "output_layer_norm",
        .pooler = "pre_classifier",
        .activation = BL_RELU,
        .transform = "vocab_transform",
        .transform_norm = "vocab_layer_norm",
        .decoder = "vocab_projector.weight",
        .word_bias = { "vocab_projector.bias", "cls.predictions.decoder.bias" },
    },
};

const bl_names *bl_names_of(bl_family family) { return &families[family]; }

const char *bl_join(char full[BL_NAME_SIZE], const char *a, const char *b)
{
    snprintf(full, BL_NAME_SIZE, "%.79s%.79s", a, b);
    return full;
}
