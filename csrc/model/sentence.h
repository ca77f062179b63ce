/* sentence.h: from a text's hidden states to its vector, as a model of sentence-transformers asks:
 * the layers behind the encoder. */
#ifndef BL_SENTENCE_H
#define BL_SENTENCE_H

#include "builder.h"
#include "sentence_settings.h"

#define BL_STEP_NAME "sentence.%zu." /* of a step's tensors in a converted file */

struct bl_sentence {
    bl_sentence_settings settings;
    bl_linear dense[BL_MOST_STEPS]; /* of each step that is one; always float */
    size_t width;                   /* of the vector in the end */
    size_t widest;                  /* floats that a vector takes at most on the way, padded */
    char *json;
    size_t json_size;
};

/* Sets the model's `sentence` where its files say something about it. */
bl_status bl_build_sentence(bl_builder *b);

/* Remembers why the model cannot give vectors as its files ask; it still can do all else. */
bl_status bl_keep_sentence_problem(bl_model *m, const bl_error *problem, bl_error *error);

/* The steps behind pooling. a: the pooled vector, with zeros behind it; both have capacity for
 * `widest` floats. Returns the one that holds the result. */
float *bl_finish_sentence(const bl_model *m, float *a, float *b);
#endif
