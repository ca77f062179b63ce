/* torchbin.c: pytorch_model.bin without torch, and without executing its pickle.
 *
 * Two containers exist: a ZIP of stored members (torch >= 1.6) and the older row of
 * pickles with the storages behind them. In both, a pickle describes a dictionary
 * from names to (storage, offset, shape, strides). This reader follows the pickle's
 * stack language just far enough to see that dictionary: a call to anything but
 * torch's three rebuilding functions yields an opaque value, and nothing is run. */
#include <stdlib.h>
#include <string.h>

#include "tensors.h"
#include "../memory.h"
#include "../error.h"

typedef enum { OPAQUE, NUMBER, TEXT, GLOBAL, TUPLE, DICT, STORAGE, TENSOR } kind;

typedef struct {
    kind kind;
    uint64_t number;           /* NUMBER; STORAGE: elements; TENSOR: offset in elements */
    const unsigned char *text; /* TEXT, GLOBAL ("module\nname") */
    size_t size;               /* TEXT, GLOBAL: bytes; TUPLE: items */
    size_t first;          /* TUPLE: in items; DICT: first pair, 0 if none; TENSOR: its storage */
    size_t shape, strides; /* TENSOR: tuples */
    bl_dtype dtype;        /* STORAGE */
    unsigned element;      /* STORAGE: bytes */
} value;

typedef struct {
    size_t key, value, next;
} pair;

typedef struct {
    const unsigned char *p, *end;
    value *values;
    size_t value_count, value_room;
    size_t *items, item_count, item_room;
    pair *pairs;
    size_t pair_count, pair_room;
    size_t *stack, depth, stack_room;
    size_t *memo, memo_count, memo_room;
    size_t next_memo;
    const char *problem;
} machine;

#define MARK ((size_t)-1)

/* Far beyond any model; they keep a hostile file from costing more than a moment. */
enum { MOST_VALUES = 1 << 18, MOST_TENSORS = 4096 };

static int grow(void *array, size_t *capacity, size_t need, size_t element)
{
    void **a = array;
    if (need <= *capacity) return 1;
    size_t n = *capacity ? *capacity * 2 : 256;
    while (n < need) n *= 2;
    void *more = bl_realloc(*a, n * element);
    if (!more) return 0;
    *a = more;
    *capacity = n;
    return 1;
}

static int fail(machine *m, const char *problem)
{
    if (!m->problem) m->problem = problem;
    return 0;
}

static value *create(machine *m, kind k)
{
    if (m->value_count == MOST_VALUES) {
        fail(m, "its pickle is too long");
        return NULL;
    }
    if (!grow(&m->values, &m->value_room, m->value_count + 1, sizeof *m->values) ||
        !grow(&m->stack, &m->stack_room, m->depth + 1, sizeof *m->stack)) {
        fail(m, "there is no memory for it");
        return NULL;
    }
    value *v = &m->values[m->value_count];
    memset(v, 0, sizeof *v);
    v->kind = k;
    m->stack[m->depth++] = m->value_count++;
    return v;
}

/* Value on the stack, `down` from its top; NULL if there is none. */
static value *top(machine *m, size_t down)
{
    if (m->depth <= down || m->stack[m->depth - 1 - down] == MARK) {
        fail(m, "its pickle is malformed");
        return NULL;
    }
    return &m->values[m->stack[m->depth - 1 - down]];
}

static uint64_t little(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static int take(machine *m, size_t n, const unsigned char **at)
{
    if ((size_t)(m->end - m->p) < n) return fail(m, "its pickle ends too early");
    *at = m->p;
    m->p += n;
    return 1;
}

static int number(machine *m, size_t bytes)
{
    const unsigned char *at;
    if (!take(m, bytes, &at)) return 0;
    value *v = create(m, NUMBER);
    if (v) v->number = little(at, bytes < 8 ? bytes : 8);
    return v != NULL;
}

static int text(machine *m, size_t length_bytes)
{
    const unsigned char *at;
    if (!take(m, length_bytes, &at)) return 0;
    uint64_t n = little(at, length_bytes);
    if (n > (uint64_t)(m->end - m->p)) return fail(m, "its pickle ends too early");
    value *v = create(m, TEXT);
    if (!v) return 0;
    v->text = m->p;
    v->size = (size_t)n;
    m->p += n;
    return 1;
}

/* The topmost values down to the mark, or the topmost n, become a tuple. */
static int tuple(machine *m, size_t n, int marked)
{
    if (marked)
        for (n = 0; n < m->depth && m->stack[m->depth - 1 - n] != MARK; n++) {
        }
    if (n + (marked ? 1 : 0) > m->depth) return fail(m, "its pickle is malformed");
    for (size_t i = 0; i < n; i++)
        if (!top(m, i)) return 0;
    size_t first = m->item_count;
    if (!grow(&m->items, &m->item_room, first + n, sizeof *m->items))
        return fail(m, "there is no memory for it");
    if (n) memcpy(m->items + first, m->stack + m->depth - n, n * sizeof *m->items);
    m->item_count += n;
    m->depth -= n + (marked ? 1 : 0);
    value *v = create(m, TUPLE);
    if (!v) return 0;
    v->first = first;
    v->size = n;
    return 1;
}

static const value *item(const machine *m, const value *t, size_t i)
{
    return t->kind == TUPLE && i < t->size ? &m->values[m->items[t->first + i]] : NULL;
}

static int is_global(const value *v, const char *name)
{
    return v->kind == GLOBAL && v->size == strlen(name) && !memcmp(v->text, name, v->size);
}

/* Put the n topmost values, key and value by turns, into the dictionary below them
 * (and below the mark); values that are not in a dictionary are dropped. */
static int set_items(machine *m, size_t n, int marked)
{
    if (marked)
        for (n = 0; n < m->depth && m->stack[m->depth - 1 - n] != MARK; n++) {
        }
    size_t below = n + (marked ? 1 : 0);
    value *dict = top(m, below);
    if (!dict || n % 2) return fail(m, "its pickle is malformed");
    for (size_t i = 0; i < n; i++)
        if (!top(m, i)) return 0;
    for (size_t i = 0; dict->kind == DICT && i < n; i += 2) {
        if (!grow(&m->pairs, &m->pair_room, m->pair_count + 2, sizeof *m->pairs))
            return fail(m, "there is no memory for it");
        if (!m->pair_count) m->pair_count = 1; /* 0 ends a list */
        pair *p = &m->pairs[m->pair_count];
        p->key = m->stack[m->depth - n + i];
        p->value = m->stack[m->depth - n + i + 1];
        p->next = dict->first;
        dict->first = m->pair_count++;
    }
    m->depth -= below;
    return 1;
}

/* ('storage', type, key, location, elements, ...) */
static int persistent(machine *m)
{
    static const struct {
        const char *name;
        bl_dtype dtype;
        unsigned size;
    } known[] = {
        { "torch\nFloatStorage", BL_F32, 4 },     { "torch\nHalfStorage", BL_F16, 2 },
        { "torch\nBFloat16Storage", BL_BF16, 2 }, { "torch\nDoubleStorage", BL_F64, 8 },
        { "torch\nLongStorage", BL_OTHER, 8 },    { "torch\nIntStorage", BL_OTHER, 4 },
        { "torch\nShortStorage", BL_OTHER, 2 },   { "torch\nCharStorage", BL_I8, 1 },
        { "torch\nByteStorage", BL_OTHER, 1 },    { "torch\nBoolStorage", BL_OTHER, 1 },
    };
    const value *t = top(m, 0);
    if (!t) return 0;
    const value *type = item(m, t, 1), *key = item(m, t, 2), *count = item(m, t, 4);
    if (!type || !key || !count || key->kind != TEXT || count->kind != NUMBER)
        return fail(m, "its pickle describes no torch storage");
    value s = { STORAGE, count->number, key->text, key->size, 0, 0, 0, BL_OTHER, 0 };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_global(type, known[i].name)) {
            s.dtype = known[i].dtype;
            s.element = known[i].size;
        }
    m->depth--;
    value *v = create(m, STORAGE);
    if (v) *v = s;
    return v != NULL;
}

static int reduce(machine *m)
{
    const value *arguments = top(m, 0), *function = top(m, 1);
    if (!arguments || !function) return 0;
    size_t above = m->depth - 2;
    if (is_global(function, "collections\nOrderedDict")) {
        m->depth = above;
        return create(m, DICT) != NULL;
    }
    if (is_global(function, "torch._utils\n_rebuild_parameter") && arguments->kind == TUPLE &&
        arguments->size) {
        m->stack[above] = m->items[arguments->first];
        m->depth = above + 1;
        return 1;
    }
    value t = { OPAQUE, 0, NULL, 0, 0, 0, 0, BL_OTHER, 0 };
    if (is_global(function, "torch._utils\n_rebuild_tensor_v2") ||
        is_global(function, "torch._utils\n_rebuild_tensor")) {
        const value *storage = item(m, arguments, 0), *offset = item(m, arguments, 1);
        const value *shape = item(m, arguments, 2), *strides = item(m, arguments, 3);
        if (!storage || !offset || !shape || !strides || storage->kind != STORAGE ||
            offset->kind != NUMBER || shape->kind != TUPLE || strides->kind != TUPLE ||
            shape->size != strides->size)
            return fail(m, "its pickle describes no torch tensor");
        t.kind = TENSOR;
        t.number = offset->number;
        t.first = (size_t)(storage - m->values);
        t.shape = (size_t)(shape - m->values);
        t.strides = (size_t)(strides - m->values);
    }
    m->depth = above;
    value *v = create(m, OPAQUE);
    if (v) *v = t;
    return v != NULL;
}

static int put(machine *m, uint64_t slot)
{
    if (!top(m, 0)) return 0;
    if (slot > 1000000) return fail(m, "its pickle is malformed");
    size_t old = m->memo_room;
    if (!grow(&m->memo, &m->memo_room, (size_t)slot + 1, sizeof *m->memo))
        return fail(m, "there is no memory for it");
    for (; old < m->memo_room; old++) m->memo[old] = MARK;
    m->memo[slot] = m->stack[m->depth - 1];
    return 1;
}

static int get(machine *m, uint64_t slot)
{
    if (slot >= m->memo_room || m->memo[slot] == MARK) return fail(m, "its pickle is malformed");
    if (!grow(&m->stack, &m->stack_room, m->depth + 1, sizeof *m->stack))
        return fail(m, "there is no memory for it");
    m->stack[m->depth++] = m->memo[slot];
    return 1;
}

/* "module\nname\n" */
static int global(machine *m)
{
    const unsigned char *from = m->p, *p = from;
    for (int lines = 0; p < m->end; p++)
        if (*p == '\n' && ++lines == 2) {
            value *v = create(m, GLOBAL);
            if (!v) return 0;
            v->text = from;
            v->size = (size_t)(p - from);
            m->p = p + 1;
            return 1;
        }
    return fail(m, "its pickle ends too early");
}

static int drop(machine *m, size_t n, int marked)
{
    if (marked)
        for (n = 0; n < m->depth && m->stack[m->depth - 1 - n] != MARK; n++) {
        }
    if (n + (marked ? 1 : 0) > m->depth) return fail(m, "its pickle is malformed");
    m->depth -= n + (marked ? 1 : 0);
    return 1;
}

/* One pickle. Afterwards m->p stands behind it, and its value is on the stack. */
static int run(machine *m)
{
    const unsigned char *at;
    m->depth = 0;
    m->next_memo = 0;
    for (size_t i = 0; i < m->memo_room; i++) m->memo[i] = MARK;
    while (!m->problem && take(m, 1, &at)) switch (*at) {
        case '.': return top(m, 0) != NULL;
        case 0x80: take(m, 1, &at); break; /* PROTO */
        case 0x95: take(m, 8, &at); break; /* FRAME */
        case '(':
            if (!grow(&m->stack, &m->stack_room, m->depth + 1, sizeof *m->stack))
                return fail(m, "there is no memory for it");
            m->stack[m->depth++] = MARK;
            break;
        case 'N':
        case 0x88:
        case 0x89: create(m, OPAQUE); break; /* None, True, False */
        case 'G':
            if (take(m, 8, &at)) create(m, OPAQUE);
            break; /* BINFLOAT */
        case 'J': number(m, 4); break;
        case 'K': number(m, 1); break;
        case 'M': number(m, 2); break;
        case 0x8A:
            if (take(m, 1, &at)) number(m, *at);
            break; /* LONG1 */
        case 0x8C:
        case 'U': text(m, 1); break;
        case 'X':
        case 'T': text(m, 4); break;
        case ')': tuple(m, 0, 0); break;
        case 0x85: tuple(m, 1, 0); break;
        case 0x86: tuple(m, 2, 0); break;
        case 0x87: tuple(m, 3, 0); break;
        case 't': tuple(m, 0, 1); break;
        case 'l': tuple(m, 0, 1); break;
        case '}': create(m, DICT); break;
        case ']':
        case 0x8F: create(m, OPAQUE); break; /* list, set */
        case 'a': drop(m, 1, 0); break;
        case 'e':
        case 0x90: drop(m, 0, 1); break;
        case 's': set_items(m, 2, 0); break;
        case 'u': set_items(m, 0, 1); break;
        case 'q':
            if (take(m, 1, &at)) put(m, *at);
            break;
        case 'r':
            if (take(m, 4, &at)) put(m, little(at, 4));
            break;
        case 0x94: put(m, m->next_memo++); break;
        case 'h':
            if (take(m, 1, &at)) get(m, *at);
            break;
        case 'j':
            if (take(m, 4, &at)) get(m, little(at, 4));
            break;
        case 'c': global(m); break;
        case 'Q': persistent(m); break;
        case 'R':
        case 0x81: reduce(m); break;
        case 'b': drop(m, 1, 0); break; /* BUILD: attributes only */
        case '0': drop(m, 1, 0); break;
        case '1': drop(m, 0, 1); break;
        default: return fail(m, "its pickle holds more than tensors");
        }
    return 0;
}

/* Storage bytes by key: a ZIP member, or a stretch of the old format. */
typedef struct {
    const unsigned char *data;
    size_t size;
    const unsigned char *pickle;
    size_t pickle_size;
    const char *prefix; /* ZIP: "archive/" */
    size_t prefix_size;
    const unsigned char *directory;
    uint64_t members;
    uint64_t directory_size;
} archive;

/* Next member of a ZIP's central directory; its name and stored bytes. */
static int member(const archive *z, size_t *at, const unsigned char **name, size_t *name_size,
                  const unsigned char **bytes, size_t *size)
{
    const unsigned char *d = z->directory + *at;
    if (z->directory_size - *at < 46 || little(d, 4) != 0x02014B50) return 0;
    size_t n = little(d + 28, 2), extra = little(d + 30, 2), comment = little(d + 32, 2);
    if (z->directory_size - *at - 46 < n + extra + comment) return 0;
    uint64_t packed = little(d + 20, 4), plain = little(d + 24, 4), local = little(d + 42, 4);
    for (size_t e = 0; e + 4 <= extra; e += 4 + little(d + 46 + n + e + 2, 2)) { /* ZIP64 */
        const unsigned char *x = d + 46 + n + e;
        size_t have = little(x + 2, 2), i = 4;
        if (have > extra - e - 4) return 0;
        if (little(x, 2) != 1) continue;
        if (plain == 0xFFFFFFFFu && i + 8 <= have + 4) {
            plain = little(x + i, 8);
            i += 8;
        }
        if (packed == 0xFFFFFFFFu && i + 8 <= have + 4) {
            packed = little(x + i, 8);
            i += 8;
        }
        if (local == 0xFFFFFFFFu && i + 8 <= have + 4) local = little(x + i, 8);
    }
    *at += 46 + n + extra + comment;
    *name = d + 46;
    *name_size = n;
    if (little(d + 10, 2) != 0 || packed != plain || local > z->size || z->size - local < 30)
        return 0; /* stored members only */
    const unsigned char *h = z->data + local;
    size_t skip = 30 + little(h + 26, 2) + little(h + 28, 2);
    if (little(h, 4) != 0x04034B50 || z->size - local < skip || z->size - local - skip < plain)
        return 0;
    *bytes = h + skip;
    *size = (size_t)plain;
    return 1;
}

static const char *open_zip(archive *z)
{
    size_t end = z->size < 22 ? 0 : z->size - 22, lowest = end > 65535 ? end - 65535 : 0;
    for (; z->size >= 22 && little(z->data + end, 4) != 0x06054B50; end--)
        if (end == lowest) return "it is a broken ZIP archive";
    if (z->size < 22) return "it is a broken ZIP archive";
    uint64_t size = little(z->data + end + 12, 4), from = little(z->data + end + 16, 4);
    if (end >= 20 && little(z->data + end - 20, 4) == 0x07064B50) { /* ZIP64 */
        uint64_t at = little(z->data + end - 12, 8);
        if (at > z->size || z->size - at < 56 || little(z->data + at, 4) != 0x06064B50)
            return "it is a broken ZIP archive";
        size = little(z->data + at + 40, 8);
        from = little(z->data + at + 48, 8);
    }
    if (from > z->size || size > z->size - from) return "it is a broken ZIP archive";
    z->directory = z->data + from;
    z->directory_size = size;
    static const char pickle[] = "data.pkl";
    size_t at = 0, n, length;
    const unsigned char *name, *bytes;
    for (size_t members = 0; at < z->directory_size; members++) {
        if (members == 4 * MOST_TENSORS) return "it holds too many members";
        if (!member(z, &at, &name, &n, &bytes, &length))
            return "it is a compressed or broken ZIP archive";
        if (n >= 8 && !memcmp(name + n - 8, pickle, 8)) {
            z->prefix = (const char *)name;
            z->prefix_size = n - 8;
            z->pickle = bytes;
            z->pickle_size = length;
            return NULL;
        }
    }
    return "it holds no data.pkl";
}

static int zip_storage(const archive *z, const value *s, const unsigned char **bytes, size_t *size)
{
    const unsigned char *name;
    size_t at = 0, n;
    while (at < z->directory_size && member(z, &at, &name, &n, bytes, size))
        if (n == z->prefix_size + 5 + s->size && !memcmp(name, z->prefix, z->prefix_size) &&
            !memcmp(name + z->prefix_size, "data/", 5) &&
            !memcmp(name + z->prefix_size + 5, s->text, s->size))
            return 1;
    return 0;
}

/* Old format: behind the pickles, for every key of the list, the count and the elements. */
typedef struct {
    const unsigned char *key, *bytes;
    size_t key_size, size;
} stretch;

static stretch *old_storages(machine *m, size_t *count)
{
    /* the list of keys is a pickle of a list: its strings, in order, are the texts it creates */
    size_t first = m->value_count;
    if (!run(m)) return NULL;
    const unsigned char *from = m->p;
    size_t n = 0;
    for (size_t i = first; i < m->value_count; i++) n += m->values[i].kind == TEXT;
    if (n > MOST_TENSORS) {
        fail(m, "it holds too many tensors");
        return NULL;
    }
    stretch *s = bl_calloc(n ? n : 1, sizeof *s);
    if (!s) {
        fail(m, "there is no memory for it");
        return NULL;
    }
    *count = 0;
    for (size_t i = first; i < m->value_count; i++) {
        const value *key = &m->values[i];
        if (key->kind != TEXT) continue;
        unsigned element = 0;
        for (size_t v = 0; v < first && !element; v++)
            if (m->values[v].kind == STORAGE && m->values[v].size == key->size &&
                !memcmp(m->values[v].text, key->text, key->size))
                element = m->values[v].element;
        uint64_t elements = m->end - from >= 8 ? little(from, 8) : 0;
        if (!element || m->end - from < 8 || elements > (uint64_t)(m->end - from - 8) / element) {
            bl_free(s);
            fail(m, "its storages are incomplete");
            return NULL;
        }
        s[*count].key = key->text;
        s[*count].key_size = key->size;
        s[*count].bytes = from + 8;
        s[*count].size = (size_t)elements * element;
        from += 8 + s[(*count)++].size;
    }
    return s;
}

/* The tensor's bytes within its storage, if it lies there in row order. */
static int place(const machine *m, const value *t, const unsigned char *bytes, size_t size,
                 bl_tensor *out)
{
    const value *storage = &m->values[t->first], *shape = &m->values[t->shape],
                *strides = &m->values[t->strides];
    uint64_t total = 1;
    for (size_t i = shape->size; i-- > 0;) {
        const value *n = item(m, shape, i), *stride = item(m, strides, i);
        if (n->kind != NUMBER || stride->kind != NUMBER ||
            (n->number > 1 && stride->number != total))
            return 0;
        if (n->number && total > SIZE_MAX / 64 / n->number) return 0;
        total *= n->number;
        if (i < BL_MOST_RANK) out->shape[i] = (size_t)n->number;
    }
    if (!storage->element || t->number > size / storage->element ||
        total > size / storage->element - t->number)
        return 0;
    out->rank = shape->size;
    out->dtype = shape->size > BL_MOST_RANK ? BL_OTHER : storage->dtype;
    out->count = (size_t)total;
    out->data = bytes + t->number * storage->element;
    return 1;
}

bl_status bl_read_torch(const void *data, size_t size, bl_tensors *out, bl_error *error)
{
    archive z = { data, size, data, size, NULL, 0, NULL, 0, 0 };
    machine m;
    stretch *old = NULL;
    size_t old_count = 0;
    int zip = size >= 4 && little(data, 4) == 0x04034B50;
    memset(out, 0, sizeof *out);
    memset(&m, 0, sizeof m);
    if (zip) m.problem = open_zip(&z);
    m.p = z.pickle;
    m.end = m.p + z.pickle_size;
    if (!zip) { /* a magic number, a version, a description of the machine */
        static const unsigned char magic[] = { 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9,
                                               0x20, 0x6A, 0xA8, 0x50, 0x19, '.' };
        if (size < 15 || memcmp(z.data + 2, magic, sizeof magic))
            m.problem = "it is no file of torch.save";
        for (int i = 0; i < 3 && !m.problem; i++) run(&m);
    }
    if (!m.problem && run(&m)) {
        size_t state = m.stack[m.depth - 1];
        if (m.values[state].kind != DICT) fail(&m, "it holds no dictionary of tensors");
        if (!zip && !m.problem) old = old_storages(&m, &old_count);
        for (size_t at = m.problem ? 0 : m.values[state].first; at && !m.problem;
             at = m.pairs[at].next) {
            const value *key = &m.values[m.pairs[at].key], *t = &m.values[m.pairs[at].value];
            const unsigned char *bytes = NULL;
            size_t length = 0;
            int found = 0;
            if (key->kind != TEXT || t->kind != TENSOR || memchr(key->text, 0, key->size)) continue;
            const value *storage = &m.values[t->first];
            if (zip) found = zip_storage(&z, storage, &bytes, &length);
            for (size_t i = 0; i < old_count && !found; i++)
                if (old[i].key_size == storage->size &&
                    !memcmp(old[i].key, storage->text, storage->size)) {
                    bytes = old[i].bytes;
                    length = old[i].size;
                    found = 1;
                }
            if (out->count == MOST_TENSORS) {
                fail(&m, "it holds too many tensors");
                break;
            }
            bl_tensor *item = bl_add_tensor(out, (const char *)key->text, key->size);
            if (!item) fail(&m, "there is no memory for it");
            else if (!found || !place(&m, t, bytes, length, item))
                fail(&m, "a tensor reaches outside its storage or is not in row order");
        }
        if (!m.problem && !out->count) fail(&m, "it holds no tensors");
    }
    bl_free(old);
    bl_free(m.values);
    bl_free(m.items);
    bl_free(m.pairs);
    bl_free(m.stack);
    bl_free(m.memo);
    if (!m.problem) return BL_OK;
    bl_tensors_free(out);
    return bl_fail(error, BL_FILE_ERROR,
                   "the torch file cannot be used: %s; save the model as model.safetensors.",
                   m.problem);
}
