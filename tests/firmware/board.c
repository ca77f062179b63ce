/* board.c: start and semihosting of Cortex-M and RISC-V, for emulators. */
#include "board.h"

#include <string.h>

extern unsigned char board_stack_low[], board_stack_top[], board_bss[], board_bss_end[];
extern unsigned char board_data[], board_data_end[];
extern const unsigned char board_data_load[];

/* ---- semihosting --------------------------------------------------- */

enum { OPEN = 1, CLOSE = 2, WRITE = 5, READ = 6, EXIT = 0x18, APPLICATION_EXIT = 0x20026 };

#ifdef __riscv
__asm__(".text\n.balign 16\n.option push\n.option norvc\n.global semihost\nsemihost:\n"
        "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\nret\n.option pop\n");
#else
__asm__(".syntax unified\n.thumb\n.text\n.global semihost\n.thumb_func\nsemihost:\n"
        "bkpt 0xab\nbx lr\n");
#endif
long semihost(long operation, const void *argument);

static long open_file(const char *name, long mode)
{
    const long block[3] = { (long)name, mode, (long)strlen(name) };
    return semihost(OPEN, block);
}

size_t board_read(void *data, size_t capacity)
{
    const long file = open_file("request", 1);
    const long block[3] = { file, (long)data, (long)capacity };
    if (file < 0) return 0;
    const long left = semihost(READ, block);
    (void)semihost(CLOSE, &file);
    return capacity - (size_t)left;
}

/* Semihosting is slow: lines are kept until there is a block of them. */
static char kept[512];
static size_t kept_size;
static long reply = -1;

static void flush(void)
{
    if (reply < 0) reply = open_file("reply", 5);
    const long block[3] = { reply, (long)kept, (long)kept_size };
    (void)semihost(WRITE, block);
    kept_size = 0;
}

void board_print(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (kept_size == sizeof kept) flush();
        kept[kept_size++] = text[i];
    }
}

void board_exit(void)
{
    flush();
    (void)semihost(CLOSE, &reply);
#ifdef __riscv
    static const long block[2] = { APPLICATION_EXIT, 0 };
    (void)semihost(EXIT, block);
#else
    (void)semihost(EXIT, (const void *)APPLICATION_EXIT);
#endif
    for (;;) {
    }
}

static void fault(void)
{
    board_print("fault\n", 6);
    board_exit();
}

/* ---- stack --------------------------------------------------- */

enum { PAINT = 0xA5 };

__attribute__((noinline)) void board_paint(void)
{
    unsigned char here;
    unsigned char *const end = (unsigned char *)((uintptr_t)&here & ~(uintptr_t)15) - 128;
    for (volatile unsigned char *p = board_stack_low; p < end; p++) *p = PAINT;
}

size_t board_stack(void)
{
    const unsigned char *p = board_stack_low;
    while (p < board_stack_top && *p == PAINT) p++;
    return (size_t)(board_stack_top - p);
}

/* ---- instructions --------------------------------------------------- */

#ifdef __riscv
static uint32_t started;
static uint32_t count(void)
{
    uint32_t n;
    __asm__ volatile("csrr %0, minstret" : "=r"(n));
    return n;
}
void board_start(void) { started = count(); }
uint32_t board_instructions(void) { return count() - started; }
#else
/* SysTick counts down at the processor's clock of CLOCK_HZ, an instruction takes 1 ns. */
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;
static volatile uint32_t wraps;
static void tick(void) { wraps++; }
void board_start(void)
{
    wraps = 0;
    systick[1] = 0xFFFFFF;
    systick[2] = 0;
    systick[0] = 7;
}
uint32_t board_instructions(void)
{
    const uint32_t ticks = 0xFFFFFF - systick[2] + wraps * 0x1000000;
    return (uint32_t)((uint64_t)ticks * 1000000000u / CLOCK_HZ);
}
#endif

/* ---- start --------------------------------------------------- */

static void begin(void)
{
    memcpy(board_data, board_data_load, (size_t)(board_data_end - board_data));
    memset(board_bss, 0, (size_t)(board_bss_end - board_bss));
    (void)main();
    board_exit();
}

#ifdef __riscv
__attribute__((used)) static void start_c(void)
{
    void (*const handler)(void) = fault;
    __asm__ volatile("csrw mtvec, %0" ::"r"(handler));
    begin();
}
__asm__(".section .start,\"ax\"\n.global _start\n_start:\n"
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "la sp, board_stack_top\nli t0, 0x2000\ncsrs mstatus, t0\ncall start_c\n");
#else
void board_start_address(void);
void board_start_address(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* CPACR: floating point */
    __asm__ volatile("dsb\nisb");
    begin();
}

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(void *)board_stack_top,
    board_start_address,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    [15] = tick,
};
#endif
