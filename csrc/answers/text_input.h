/* text_input.h: from a text to rows of ids that a model has run. All memory comes from the
 * session's arena. */
#ifndef BL_TEXT_INPUT_H
#define BL_TEXT_INPUT_H

#include "../arena.h"
#include "../error.h"

/* Frees the arena's blocks for a new call. BL_CONFIG_ERROR if the model does not have the head
 * that the task needs; BL_NO_HEAD: any model will do. */
bl_status bl_begin(const bl_session *s, bl_head head, const char *task, bl_error *error);

/* How many tokens a text may have, and whether a longer one loses its beginning. */
size_t bl_session_tokens(const bl_session *s);
int bl_session_truncates_left(const bl_session *s);

/* ---- tokens --------------------------------------------------------------------------- */

/* Tokens of a text and of its pair, which follow at ids + first. A count that is larger than
 * what was asked for says that there are more tokens, of which only that many were read. */
typedef struct {
    int32_t *ids;
    bl_offset *offsets;   /* in bytes; or NULL */
    size_t first, second; /* second: BL_NO_PAIR if there is none */
    int is_whole; /* all of the first text was read; corrected words may be of more tokens */
} bl_text_tokens;

/* At most `most` tokens of the text (its pair is read whole). */
bl_status bl_read_tokens(const bl_session *s, const bl_text *text, size_t most, int offsets,
                         bl_text_tokens *out, bl_error *error);

/* How many tokens the text has, special tokens included. */
bl_status bl_count_tokens(const bl_session *s, const bl_text *text, size_t *count, bl_error *error);

/* The windows over these tokens. */
bl_status bl_read_windows(const bl_session *s, const bl_text_tokens *tokens,
                          const bl_limits *limits, const bl_window **windows, size_t *count,
                          bl_error *error);

/* ---- rows ----------------------------------------------------------------------------- */

/* A row of ids, and the memory to run it. */
typedef struct {
    int32_t *ids, *types;
    int32_t *source; /* see bl_row */
    size_t count;
    void *workspace;
    size_t workspace_size;
} bl_text_row;

/* Memory for rows of up to `count` tokens. */
bl_status bl_take_row(const bl_session *s, size_t count, bl_text_row *row, bl_error *error);

/* Memory for any of these windows. */
bl_status bl_take_window_row(const bl_session *s, const bl_window *windows, size_t count, int pair,
                             bl_text_row *row, bl_error *error);
void bl_fill_window_row(const bl_session *s, const bl_text_tokens *tokens, const bl_window *window,
                        bl_text_row *row);

/* A text (or a pair), truncated to what the model takes. source is not filled in. */
bl_status bl_read_row(const bl_session *s, const bl_text *text, bl_text_row *row, bl_extent *extent,
                      bl_error *error);

/* The same, truncated to `most` tokens. */
bl_status bl_read_short_row(const bl_session *s, const bl_text *text, size_t most, bl_text_row *row,
                            bl_extent *extent, bl_error *error);

/* Runs a row. */
bl_status bl_run_request(const bl_session *s, const bl_text_row *row, const bl_request *request,
                         float *out, bl_error *error);

/* The same; with an output per token only for `positions`, unless that is NULL. */
bl_status bl_run_row(const bl_session *s, const bl_text_row *row, bl_output output,
                     const int32_t *positions, size_t position_count, float *out, bl_error *error);

/* ---- characters ------------------------------------------------------------------------ */

/* Characters in a text. */
uint32_t bl_characters_in(const char *text, size_t size);

/* From bytes to characters at any offset of a text, in constant time. */
typedef struct {
    const char *text;
    size_t size;
    uint32_t *before; /* characters before each block of bytes */
} bl_characters;

bl_status bl_count_characters(const bl_session *s, const char *text, size_t size,
                              bl_characters *out, bl_error *error);
uint32_t bl_character_at(const bl_characters *c, size_t byte);
#endif
