# JSON, as json of Python writes it: numbers, texts, rows of vectors. Part of _native.pyx.

cdef enum:
    MOST_OF_A_NUMBER = 32  # bytes

cdef struct json_text:
    char *data
    size_t used, capacity


cdef char *json_room(json_text *out, size_t more) noexcept nogil:
    """Where the next bytes go, as many as these; NULL without memory."""
    cdef char *data
    if out.capacity - out.used < more:
        data = <char *>realloc(out.data, 2 * (out.used + more))
        if data is NULL:
            return NULL
        out.data, out.capacity = data, 2 * (out.used + more)
    return out.data + out.used


cdef char *put(char *out, const char *text, size_t size) noexcept nogil:
    memcpy(out, text, size)
    return out + size


cdef char *write_double(char *out, double value) noexcept nogil:
    """A number as json of Python writes it: the fewest digits that are read as the same one.

    Digits of the exact value, until what is left of it, or what it lacks to the next digit, is less
    than half of the distance to its neighbors (Steele and White 1990). It is never just that half:
    after k digits what is left is a multiple of 2^(k+1), and that half, 10^k, is none.
    """
    cdef uint64_t one, left, half = 1  # that half distance, in units of one
    cdef int digit, exponent = 0
    cdef bint is_low, is_high
    if not 0.0078125 <= value < 1.0:  # 2^-7: for less, 64 bits do not suffice
        return write_other_double(out, value)
    left = <uint64_t>(frexp(value, &exponent) * 18014398509481984.0)  # 2^54; exact
    one = <uint64_t>1 << (54 - exponent)
    out = put(out, b"0.", 2)
    while True:
        left *= 10
        half *= 10
        digit = <int>(left >> (54 - exponent))
        left &= one - 1
        is_low, is_high = left < half, left + half > one
        if is_low or is_high:
            break
        out[0] = <char>(48 + digit)
        out += 1
    if is_high and (not is_low or 2 * left > one or (2 * left == one and digit & 1)):
        digit += 1
    out[0] = <char>(48 + digit)
    return out + 1


cdef char *write_other_double(char *out, double value) noexcept nogil:
    cdef int precision, size = 0, kept = 0, i
    cdef bint is_float = False
    if value != value:
        return put(out, b"NaN", 3)
    if value - value != 0:
        return put(out, b"Infinity", 8) if value > 0 else put(out, b"-Infinity", 9)
    for precision in range(15, 18):
        size = snprintf(out, MOST_OF_A_NUMBER, b"%.*g", precision, value)
        if strtod(out, NULL) == value:
            break
    for i in range(size):
        if 48 <= out[i] <= 57 or out[i] in (43, 45, 101):  # + - e
            out[kept] = out[i]
        elif kept and out[kept - 1] == 46:
            continue
        else:
            out[kept] = 46  # the locale's point, of one byte or more
        is_float = is_float or out[kept] == 46 or out[kept] == 101
        kept += 1
    if is_float:
        return out + kept
    return put(out + kept, b".0", 2)


def json_number(double value):
    """A number as JSON."""
    cdef char[MOST_OF_A_NUMBER] text
    return PyUnicode_DecodeUTF8(text, write_double(text, value) - text, NULL)


cdef const char *SHORT_ESCAPES = b"\\b\\t\\n\\v\\f\\r"  # of 8 to 13


cdef char *write_text(char *out, const char *text, size_t size) noexcept nogil:
    """UTF-8 as a JSON string of ASCII, as json of Python writes it: up to six times as long."""
    cdef const unsigned char *p = <const unsigned char *>text
    cdef const unsigned char *end = p + size
    cdef uint32_t c
    out = put(out, b'"', 1)
    while p < end:
        c = p[0]
        if c < 128:
            p += 1
        elif c < 224:
            c, p = (c & 31) << 6 | (p[1] & 63), p + 2
        elif c < 240:
            c, p = (c & 15) << 12 | (p[1] & 63) << 6 | (p[2] & 63), p + 3
        else:
            c = (c & 7) << 18 | (p[1] & 63) << 12 | (p[2] & 63) << 6 | (p[3] & 63)
            p += 4
        if 31 < c < 127:
            if c == 34 or c == 92:  # " and \\
                out = put(out, b"\\", 1)
            out[0] = <char>c
            out += 1
        elif 7 < c < 14 and c != 11:
            out = put(out, SHORT_ESCAPES + 2 * (c - 8), 2)
        elif c < 0x10000:
            out = write_unit(out, c)
        else:
            out = write_unit(out, 0xD7C0 + (c >> 10))
            out = write_unit(out, 0xDC00 + (c & 0x3FF))
    return put(out, b'"', 1)


cdef char *write_unit(char *out, uint32_t value) noexcept nogil:
    cdef const char *digits = b"0123456789abcdef"
    cdef int i
    out = put(out, b"\\u", 2)
    for i in range(4):
        out[i] = digits[value >> 4 * (3 - i) & 15]
    return out + 4


cdef char *write_whole(char *out, size_t value) noexcept nogil:
    return out + snprintf(out, MOST_OF_A_NUMBER, b"%zu", value)


cdef size_t characters(const char *text, size_t size) noexcept nogil:
    cdef size_t i, count = 0
    for i in range(size):
        count += text[i] & 0xC0 != 0x80
    return count


def json_text_of(text):
    """A text as JSON."""
    cdef Py_ssize_t size
    cdef const char *data = utf8(text, &size)
    cdef char *out = <char *>allocate(6 * size + 2, 1)
    try:
        return PyUnicode_DecodeUTF8(out, write_text(out, data, size) - out, NULL)
    finally:
        PyMem_Free(out)


cdef class Names:
    """Names as JSON, where C can read them."""
    cdef list held
    cdef bl_bytes *items
    cdef size_t count, widest

    def __cinit__(self, list names, size_t count):
        if len(names) != <Py_ssize_t>count:
            raise wrong(f"{len(names)} names were given for {count} labels.")
        self.items = <bl_bytes *>allocate(count, sizeof(bl_bytes))
        self.held = [bytes(name) for name in names]
        for name in self.held:
            self.items[self.count].data = PyBytes_AS_STRING(name)
            self.items[self.count].size = PyBytes_GET_SIZE(name)
            self.widest = max(self.widest, self.items[self.count].size)
            self.count += 1

    def __dealloc__(self):
        PyMem_Free(self.items)


cdef const char *PAIRS = (
    b"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    b"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    b"8081828384858687888990919293949596979899"
)


cdef inline void put_pair(char *out, uint32_t value) noexcept nogil:
    """Two digits."""
    memcpy(out, PAIRS + 2 * value, 2)


cdef char *write_number(char *out, float value) noexcept nogil:
    """A float as "%.9g" writes it: nine digits give the same float when they are read again."""
    cdef double size = -<double>value if value < 0 else <double>value, scale = 1e9, product
    cdef int point = 0, count = 9, i  # size is 0.(nine digits) times 10 to the power of point
    cdef uint32_t whole, high, low
    cdef char[9] digits
    if not 1e-4 <= size < 1e3:
        return out + snprintf(out, 32, b"%.9g", <double>value)
    while size * scale >= 1e9:
        scale, point = scale / 10, point + 1
    while size * scale < 1e8:
        scale, point = scale * 10, point - 1
    product = size * scale  # exact: 24 bits of the float times at most 28 of a power of five
    whole = <uint32_t>product
    if product - whole > 0.5 or (product - whole == 0.5 and whole & 1):
        whole += 1
    high, low = whole // 10000, whole % 10000
    digits[0] = <char>(48 + high // 10000)
    high %= 10000
    put_pair(digits + 1, high // 100)
    put_pair(digits + 3, high % 100)
    put_pair(digits + 5, low // 100)
    put_pair(digits + 7, low % 100)
    while count > 1 and digits[count - 1] == 48 and count > point:
        count -= 1
    if value < 0:
        out[0] = 45
        out += 1
    if point <= 0:
        memcpy(out, b"0.000", 5)
        memcpy(out + 2 - point, digits, 9)
        return out + 2 - point + count
    for i in range(count):
        if i == point:
            out[0] = 46
            out += 1
        out[0] = digits[i]
        out += 1
    return out


def json_rows(Tensor rows not None, /):
    """Rows of floats as JSON."""
    cdef Py_ssize_t i, j, n = rows.dims[0], width = rows.dims[1]
    cdef const float *x = rows.data
    cdef char *text
    cdef char *out
    if rows.ndim != 2:
        raise wrong("rows of numbers have two dimensions.")
    text = out = <char *>allocate(n * (width * 24 + 2) + 2, 1)
    try:
        with nogil:
            out[0] = 91  # [
            for i in range(n):
                out += 1
                out[0] = 91
                for j in range(width):
                    out = write_number(out + 1, x[i * width + j])
                    out[0] = 44  # ,
                out += 0 if width else 1
                out[0] = 93  # ]
                out += 1
                out[0] = 44
            out += 0 if n else 1
            out[0] = 93
        return PyUnicode_DecodeUTF8(text, out + 1 - text, NULL)
    finally:
        PyMem_Free(text)
