/* board.h: what firmware.c needs of a board, by way of semihosting. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* The blocks' places and the memory for a session: from the linker script. */
extern const unsigned char board_base[], board_task[];
extern unsigned char board_memory[], board_memory_end[];

size_t board_read(void *data, size_t capacity);  /* the file "request" */
void board_print(const char *text, size_t size); /* to the file "reply" */
void board_exit(void);

/* Instructions since the last board_start; under emulation with -icount shift=0 only. */
void board_start(void);
uint32_t board_instructions(void);

/* Paints the stack below the caller; how many bytes of it have been used since. */
void board_paint(void);
size_t board_stack(void);

int main(void);

#endif
