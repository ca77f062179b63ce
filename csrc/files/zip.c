#include "zip.h"

#include "tensors.h"

/* Signatures of a ZIP archive's records, and the sizes of their fixed parts. */
#define LOCAL_SIGNATURE     0x04034B50u
#define DIRECTORY_SIGNATURE 0x02014B50u
#define END_SIGNATURE       0x06054B50u
#define END64_SIGNATURE     0x06064B50u
#define LOCATOR64_SIGNATURE 0x07064B50u
enum {
    LOCAL_SIZE = 30,
    DIRECTORY_SIZE = 46,
    END_SIZE = 22,
    END64_SIZE = 56,
    LOCATOR64_SIZE = 20,
    LONGEST_COMMENT = 65535,
    ZIP64_EXTRA = 1
};
#define IN_ZIP64 0xFFFFFFFFu /* the value is in the ZIP64 extra field */

int bl_is_zip(const void *data, size_t size)
{
    return size >= 4 && bl_little_endian(data, 4) == LOCAL_SIGNATURE;
}

int bl_zip_open(bl_zip *z, const void *data, size_t size)
{
    const unsigned char *p = data;
    if (size < END_SIZE) return 0;
    size_t end = size - END_SIZE;
    const size_t lowest = end > LONGEST_COMMENT ? end - LONGEST_COMMENT : 0;
    for (; bl_little_endian(p + end, 4) != END_SIGNATURE; end--)
        if (end == lowest) return 0;
    uint64_t length = bl_little_endian(p + end + 12, 4), from = bl_little_endian(p + end + 16, 4);
    if (end >= LOCATOR64_SIZE &&
        bl_little_endian(p + end - LOCATOR64_SIZE, 4) == LOCATOR64_SIGNATURE) {
        const uint64_t at = bl_little_endian(p + end - 12, 8);
        if (at > size || size - at < END64_SIZE || bl_little_endian(p + at, 4) != END64_SIGNATURE)
            return 0;
        length = bl_little_endian(p + at + 40, 8);
        from = bl_little_endian(p + at + 48, 8);
    }
    if (from > size || length > size - from) return 0;
    *z = (bl_zip){ p, size, p + from, (size_t)length };
    return 1;
}

/* What a ZIP64 extra field says of those sizes and offsets that do not fit in 32 bits. */
static int read_zip64(const unsigned char *extra, size_t extra_size, uint64_t *plain,
                      uint64_t *packed, uint64_t *local)
{
    for (size_t e = 0; e + 4 <= extra_size; e += 4 + bl_little_endian(extra + e + 2, 2)) {
        const unsigned char *x = extra + e;
        const size_t size = bl_little_endian(x + 2, 2);
        uint64_t *const fields[] = { plain, packed, local };
        size_t i = 4;
        if (size > extra_size - e - 4) return 0;
        if (bl_little_endian(x, 2) != ZIP64_EXTRA) continue;
        for (size_t f = 0; f < 3; f++)
            if (*fields[f] == IN_ZIP64 && i + 8 <= size + 4) {
                *fields[f] = bl_little_endian(x + i, 8);
                i += 8;
            }
    }
    return 1;
}

int bl_zip_next(const bl_zip *z, size_t *at, bl_zip_member *out)
{
    if (*at >= z->directory_size) return 0;
    const unsigned char *d = z->directory + *at;
    const size_t left = z->directory_size - *at;
    if (left < DIRECTORY_SIZE || bl_little_endian(d, 4) != DIRECTORY_SIGNATURE) return 0;
    const size_t name = bl_little_endian(d + 28, 2), extra = bl_little_endian(d + 30, 2),
                 comment = bl_little_endian(d + 32, 2),
                 record = DIRECTORY_SIZE + name + extra + comment;
    if (left < record) return 0;
    uint64_t packed = bl_little_endian(d + 20, 4), plain = bl_little_endian(d + 24, 4),
             local = bl_little_endian(d + 42, 4);
    if (!read_zip64(d + DIRECTORY_SIZE + name, extra, &plain, &packed, &local)) return 0;
    const uint64_t method = bl_little_endian(d + 10, 2);
    if (method != 0 || packed != plain || local > z->size || z->size - local < LOCAL_SIZE) return 0;
    const unsigned char *header = z->data + local;
    const size_t skip = LOCAL_SIZE + bl_little_endian(header + 26, 2) +
                        bl_little_endian(header + 28, 2);
    if (bl_little_endian(header, 4) != LOCAL_SIGNATURE || z->size - local < skip ||
        z->size - local - skip < plain)
        return 0;
    *out = (bl_zip_member){ d + DIRECTORY_SIZE, header + skip, name, (size_t)plain };
    *at += record;
    return 1;
}
