/* hosted.c: the transcript of a converted file, of the core with an operating system.
 *
 *     hosted FILE TOKENS < lines
 *     hosted --write FILE TOKENS BYTES BASE TASK      blocks for flash; prints their sizes
 *     hosted --flash BASE TASK TOKENS MEMORY < lines  the transcript of the blocks
 *     hosted --fuzz BASE TASK SECONDS SEED            damages blocks and opens them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bertlite.h"
#include "flash/parts.h"
#include "transcript.h"

static void print(const char *text, size_t size) { fwrite(text, 1, size, stdout); }

static int fail(const bl_error *error)
{
    fprintf(stderr, "%d %s\n", (int)error->status, error->text);
    return 1;
}

static int answer(const bl_session *session)
{
    static char line[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        const size_t size = strlen(line);
        const bl_status status = transcript(session, line, size - (line[size - 1] == '\n'), print);
        printf(" = %d\n", (int)status);
    }
    return 0;
}

static int from_file(const char *file, const char *tokens)
{
    bl_error error;
    bl_session s = { .model = bl_open(file, BL_INT8, &error) };
    if (!s.model) return fail(&error);
    s.tokenizer = bl_tokenizer_open(file, &error);
    if (!s.tokenizer) return fail(&error);
    s.arena = bl_arena_create();
    s.max_tokens = (size_t)atol(tokens);
    answer(&s);
    bl_arena_free(s.arena);
    bl_tokenizer_close((bl_tokenizer *)(uintptr_t)s.tokenizer);
    bl_close((bl_model *)(uintptr_t)s.model);
    return 0;
}

static int write_blocks(char **argv)
{
    const bl_flash_limits limits = { .tokens = (size_t)atol(argv[1]),
                                     .bytes = (size_t)atol(argv[2]) };
    bl_flash_info info;
    bl_error error;
    if (bl_flash_write(argv[0], NULL, &limits, argv[3], argv[4], &info, &error) != BL_OK)
        return fail(&error);
    printf("%zu %zu %zu %d\n", info.base_size, info.task_size, info.memory, (int)info.head);
    return 0;
}

/* The file at a multiple of 64 bytes. */
static void *read_block(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) exit(2);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    void *data = aligned_alloc(64, (*size + 63) / 64 * 64);
    if (!data || fread(data, 1, *size, file) != *size) exit(2);
    fclose(file);
    return data;
}

static bl_flash read_blocks(char **argv)
{
    bl_flash flash = { 0 };
    flash.base = read_block(argv[0], &flash.base_size);
    flash.task = read_block(argv[1], &flash.task_size);
    return flash;
}

static int from_flash(char **argv)
{
    bl_flash flash = read_blocks(argv);
    const size_t size = (size_t)atol(argv[3]);
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    bl_session session;
    bl_error error;
    if (!memory || bl_flash_open(&flash, memory, size, &session, &error) != BL_OK)
        return fail(&error);
    session.max_tokens = (size_t)atol(argv[2]);
    return answer(&session);
}

static uint64_t state;
static uint32_t random_below(size_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % n);
}

/* Where a block's vocabulary begins; 0: it has none. */
static size_t vocabulary_at(const unsigned char *block, size_t size)
{
    for (size_t at = sizeof(bl_flash_header) / 16 * 16; at + BL_PACKED_HEADER <= size; at += 16)
        if (!memcmp(block + at, "BLP2", 4)) return at;
    return 0;
}

/* So many bytes of the vocabulary become others that most words meet one. */
static void damage_words(unsigned char *block, size_t size, size_t vocabulary)
{
    const size_t first = vocabulary + BL_PACKED_HEADER;
    for (size_t i = first < size ? (size - first) / 40 : 0; i; i--)
        block[first + random_below(size - first)] = (unsigned char)random_below(256);
}

static void damage_numbers(unsigned char *block, size_t size)
{
    const size_t places = 1 + random_below(4);
    for (size_t i = 0; i < places; i++) {
        /* sizes and settings are between the arrays: small numbers */
        const size_t at = random_below(4)
                              ? sizeof(bl_flash_header) + random_below(size > 700 ? 640 : size - 48)
                              : random_below(size);
        static const uint32_t values[] = { 0, 1, 2, 127, 65536, 0x7F800000, 0x7FFFFFFF, ~0u };
        const uint32_t value = random_below(2) ? values[random_below(8)] : random_below(1u << 30);
        const size_t word = at / 4 * 4;
        if (word + 4 <= size) memcpy(block + word, &value, random_below(4) ? 4 : 1);
    }
}

/* Some bytes of a block become others; then, most of the time, its checksum is right again, so
 * that what is behind it is reached. */
static void damage(unsigned char *block, size_t size)
{
    bl_flash_header h;
    const size_t vocabulary = vocabulary_at(block, size);
    if (vocabulary && random_below(2)) damage_words(block, size, vocabulary);
    else damage_numbers(block, size);
    if (!random_below(8)) return;
    memcpy(&h, block, sizeof h);
    if (h.size > size || h.size < sizeof h) h.size = (uint32_t)size;
    h.checksum = bl_flash_checksum(&h, block + sizeof h);
    memcpy(block, &h, sizeof h);
}

static void copy_id(const void *base, void *task, size_t size)
{
    bl_flash_header b, t;
    memcpy(&b, base, sizeof b);
    memcpy(&t, task, sizeof t);
    t.base = b.checksum;
    if (t.size > size || t.size < sizeof t) return;
    t.checksum = bl_flash_checksum(&t, (const char *)task + sizeof t);
    memcpy(task, &t, sizeof t);
}

static void discard(const char *text, size_t size)
{
    (void)text;
    (void)size;
}

static int fuzz(char **argv)
{
    static const char text[] = "Turn [MASK] the na\xc3\xafve lights\tin Zurich, now";
    const bl_flash whole = read_blocks(argv);
    const time_t end = time(NULL) + atol(argv[2]);
    unsigned long runs = 0, opened = 0;
    state = (uint64_t)atol(argv[3]);
    while (time(NULL) < end) {
        /* Of exactly their sizes, so that a sanitizer sees a byte too far. */
        const size_t base_size = random_below(16) ? whole.base_size : random_below(whole.base_size),
                     task_size = random_below(16) ? whole.task_size : random_below(whole.task_size);
        void *base, *task;
        if (posix_memalign(&base, 64, base_size + !base_size) ||
            posix_memalign(&task, 64, task_size + !task_size))
            return 2;
        memcpy(base, whole.base, base_size);
        memcpy(task, whole.task, task_size);
        if (base_size > 64 && random_below(3) == 0) damage(base, base_size);
        if (task_size > 64 && random_below(3)) damage(task, task_size);
        if (base_size > 64 && task_size > 64) copy_id(base, task, task_size);
        const bl_flash flash = { base, base_size, task, task_size, random_below(9) };
        const size_t size = random_below(4) ? 1 << 20 : random_below(1 << 16);
        void *memory;
        if (posix_memalign(&memory, 64, size + !size)) return 2;
        bl_session session;
        if (bl_flash_open(&flash, memory, size, &session, NULL) == BL_OK) {
            opened++;
            session.max_tokens = random_below(2) ? 64 : 0;
            (void)transcript(&session, text, random_below(sizeof text), discard);
        }
        runs++;
        free(memory);
        free(base);
        free(task);
    }
    free((void *)(uintptr_t)whole.base);
    free((void *)(uintptr_t)whole.task);
    printf("%lu damaged pairs of blocks, %lu opened\n", runs, opened);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 7 && !strcmp(argv[1], "--write")) return write_blocks(argv + 2);
    if (argc == 6 && !strcmp(argv[1], "--flash")) return from_flash(argv + 2);
    if (argc == 6 && !strcmp(argv[1], "--fuzz")) return fuzz(argv + 2);
    if (argc == 3) return from_file(argv[1], argv[2]);
    fprintf(stderr, "usage: see hosted.c\n");
    return 2;
}
