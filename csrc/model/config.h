/* config.h: the numbers of a config.json that decide how a model is computed. */
#ifndef BL_CONFIG_H
#define BL_CONFIG_H

#include "bertlite.h"
#include "../kernels/kernels.h"

/* Capacity for any BERT, and small enough that no product of sizes overflows 32 bits. */
enum {
    BL_MOST_LAYERS = 256,
    BL_MOST_HIDDEN = 8192,
    BL_MOST_HEADS = 256,
    BL_MOST_INTERMEDIATE = 32768,
    BL_MOST_WORDS = 1 << 20,
    BL_MOST_POSITIONS = 8192,
    BL_MOST_TYPES = 64,
    BL_MOST_LABELS = 65536
};

typedef enum { BL_BERT, BL_DISTILBERT } bl_family;

typedef struct {
    bl_family family;
    size_t layers, hidden, heads, intermediate, vocabulary, positions, token_types, labels;
    size_t window, window_overlap; /* as config.json has them; 0: none of its own */
    float epsilon;
    bl_activation activation;
    bl_head head; /* what "architectures" names; BL_NO_HEAD if it names none */
    int untied;   /* the word head has a table of its own */
    int mean;     /* "pooling" is "mean": without a pooler, labels come from the tokens' mean */
} bl_config_values;

/* What windows there are at so many positions. */
void bl_describe_windows(const bl_config_values *c, bl_info *info);

bl_status bl_read_config(const char *text, size_t size, bl_config_values *out, bl_error *error);
#endif
