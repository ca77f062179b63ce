/* build.h: makes a tokenizer of its settings, and of its vocabulary if that is read already. */
#ifndef BL_BUILD_H
#define BL_BUILD_H

#include "settings.h"

/* Takes the vocabulary from the settings' entries. NULL and *error on failure. */
bl_tokenizer *bl_tokenizer_build(const bl_settings *s, bl_error *error);
/* Takes the vocabulary from a block, `size` bytes that must outlive the tokenizer. */
bl_tokenizer *bl_tokenizer_build_with_block(const bl_settings *s, const void *block, size_t size,
                                            bl_error *error);
#endif
