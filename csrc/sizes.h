/* sizes.h: limits that cost memory or stack whether they are reached or not. A build without an
 * operating system (BL_FREESTANDING) has smaller ones. No result depends on them. */
#ifndef BL_SIZES_H
#define BL_SIZES_H

enum {
    BL_FRUGAL_ALIGNMENT = 8, /* of working memory of a frugal model (model.h) */
    BL_FLASH_MAX_WORD = 100, /* what a tokenizer in flash may ask for at most */
    BL_FLASH_MAX_ADDED_SIZE = 64,
    BL_FLASH_MAX_POSITIONS = 512 /* also of values in an attention head */
};

#ifdef BL_FREESTANDING
enum {
    BL_MOST_THREADS = 1,
    BL_MAX_ATTENTION_SIZE = BL_FLASH_MAX_POSITIONS,
    BL_MAX_WORD = BL_FLASH_MAX_WORD,
    BL_MAX_ADDED_SIZE = BL_FLASH_MAX_ADDED_SIZE,
    BL_MASKS_AT_ONCE = 1, /* of one text: each takes a float for every word of the vocabulary */
    BL_HASHES_WORDS = 0,  /* every vocabulary is packed */
    BL_ALIGNMENT = 8
};
#else
enum {
    BL_MOST_THREADS = 64,
    /* The widest head and the longest text that the attention kernels take; config.c allows no
     * more. */
    BL_MAX_ATTENTION_SIZE = 8192,
    BL_MAX_WORD = 1000,       /* characters in max_input_chars_per_word */
    BL_MAX_ADDED_SIZE = 1000, /* bytes in an added token */
    BL_MASKS_AT_ONCE = 16,
    BL_HASHES_WORDS = 1,
    BL_ALIGNMENT = 64 /* of blocks of working memory */
};
#endif

#endif
