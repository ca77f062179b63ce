/* keep.h: a model and its tokenizer with some of their word pieces, for small flash. */
#ifndef BL_KEEP_H
#define BL_KEEP_H

#include "../model/model.h"
#include "../tokenizer/tokenizer.h"

/* What bl_keep_pieces made, to be freed when the model and the tokenizer are not used any more. */
typedef struct {
    int32_t *now;      /* for each id, what it is now; -1: nothing */
    uint16_t *numbers; /* for each id that there is now, what it was */
    int8_t *words;
    float *scale;
    void *vocabulary;
} bl_kept;

/* Leaves of the vocabulary what is in `pieces` (one a line, those that it does not have are passed
 * over), and the tokens that the tokenizer itself uses. Ids are numbered anew, in the same order.
 * pieces NULL: keeps all, under their own ids. The vocabulary is packed. */
bl_status bl_keep_pieces(bl_kept *kept, bl_model *m, bl_tokenizer *t, const char *pieces,
                         size_t pieces_size, bl_error *error);
void bl_kept_free(bl_kept *kept);

#endif
