/* firmware.c: the transcript of two blocks in flash, on a board. The request's first line is
 * "MEMORY TOKENS ROWS", in decimal; each other line is a text. */
#include <string.h>

#include "bertlite.h"
#include "board.h"
#include "transcript.h"

static char request[1 << 16];

static size_t read_number(const char **p)
{
    size_t n = 0;
    while (**p == ' ') ++*p;
    for (; **p >= '0' && **p <= '9'; ++*p) n = n * 10 + (size_t)(**p - '0');
    return n;
}

static void measured(const char *what, uint32_t value)
{
    board_print(what, strlen(what));
    transcript_number(value, board_print);
    board_print("\n", 1);
}

int main(void)
{
    const size_t size = board_read(request, sizeof request - 1);
    const char *p = request, *const end = request + size;
    request[size] = 0;
    const size_t memory = read_number(&p), tokens = read_number(&p), rows = read_number(&p);
    const bl_flash flash = { board_base, 1 << 23, board_task, 1 << 23, rows };
    bl_session session;
    memset(board_memory, 0xA5, (size_t)(board_memory_end - board_memory));
    board_paint();
    board_start();
    const bl_status opened = bl_flash_open(&flash, board_memory, memory, &session, NULL);
    measured("# opened", opened);
    measured("# instructions to open", board_instructions());
    if (opened != BL_OK) return 0;
    session.max_tokens = tokens;
    const char *line = memchr(p, '\n', (size_t)(end - p));
    for (line = line ? line + 1 : end; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        board_start();
        const bl_status status = transcript(&session, line, (size_t)(stop - line), board_print);
        const uint32_t instructions = board_instructions();
        board_print(" =", 2);
        transcript_number(status, board_print);
        board_print("\n", 1);
        measured("# instructions", instructions);
        line = stop + 1;
    }
    const unsigned char *used = board_memory_end;
    while (used > board_memory && used[-1] == 0xA5) used--;
    measured("# memory", (uint32_t)(used - board_memory));
    measured("# stack", (uint32_t)board_stack());
    return 0;
}
