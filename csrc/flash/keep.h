/* keep.h: a model and its tokenizer with the word pieces that are worth their place in flash. */
#ifndef BL_KEEP_H
#define BL_KEEP_H

#include "../model/model.h"
#include "../tokenizer/tokenizer.h"

/* What bl_keep_pieces made, to be freed when the model and the tokenizer are not used any more. */
typedef struct {
    int32_t *now;      /* for each id, what it is now; below 0: nothing */
    uint16_t *numbers; /* for each id that there is now, what it was */
    int8_t *words;
    float *scale;
    uint8_t *known_ids, *known_words; /* of misspelled words */
    uint8_t *meanings, *lengths, *letters;
    uint32_t *places;
    void *vocabulary;
} bl_kept;

/* Packs the vocabulary. limits->whole, or a model that fills in words: keeps all, under their own
 * ids. Else leaves what is in limits->pieces (those that it does not have are passed over), or
 * without them what texts can have, and the tokens that the tokenizer itself uses; ids are numbered
 * anew, in the order of texts. The list of misspelled words is in groups then. */
bl_status bl_keep_pieces(bl_kept *kept, bl_model *m, bl_tokenizer *t, const bl_flash_limits *limits,
                         bl_error *error);
void bl_kept_free(bl_kept *kept);

#endif
