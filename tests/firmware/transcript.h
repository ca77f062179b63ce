/* transcript.h: every bit of a session's answer to a text, as lines. */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "bertlite.h"

typedef void (*transcript_print)(const char *text, size_t size);

/* The task is the one that the model's head is for. A text with a tab is a pair. */
bl_status transcript(const bl_session *session, const char *line, size_t size,
                     transcript_print print);
/* " 1f" */
void transcript_number(uint32_t value, transcript_print print);

#endif
