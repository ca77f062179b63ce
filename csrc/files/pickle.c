#include "pickle.h"

#include <string.h>

#include "../memory.h"

#define MARK ((size_t)-1)

/* Far beyond any model; these keep a hostile file from costing more than a moment. */
enum { MOST_VALUES = 1 << 18, MOST_MEMO_SLOTS = 1000000 };

int bl_pickle_fail(bl_pickle *m, const char *problem)
{
    if (!m->problem) m->problem = problem;
    return 0;
}

int bl_pickle_no_memory(bl_pickle *m)
{
    m->no_memory = 1;
    return bl_pickle_fail(m, "there is not enough memory");
}

static int malformed(bl_pickle *m) { return bl_pickle_fail(m, "its pickle is malformed"); }

/* *array, a pointer to elements of this size, gets capacity for `need` of them. */
static int grow(bl_pickle *m, void *array, size_t *capacity, size_t need, size_t element)
{
    void *old;
    if (need <= *capacity) return 1;
    size_t n = *capacity ? *capacity * 2 : 256;
    while (n < need) n *= 2;
    memcpy(&old, array, sizeof old);
    void *more = bl_realloc(old, n * element);
    if (!more) return bl_pickle_no_memory(m);
    memcpy(array, &more, sizeof more);
    *capacity = n;
    return 1;
}

/* ---- the stack ---------------------------------------------------------------------- */

static int push(bl_pickle *m, size_t value)
{
    if (!grow(m, &m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack)) return 0;
    m->stack[m->depth++] = value;
    return 1;
}

static bl_pickle_value *create(bl_pickle *m, bl_pickle_kind k)
{
    if (m->value_count == MOST_VALUES) {
        bl_pickle_fail(m, "its pickle is too long");
        return NULL;
    }
    if (!grow(m, &m->values, &m->value_capacity, m->value_count + 1, sizeof *m->values) ||
        !push(m, m->value_count))
        return NULL;
    bl_pickle_value *v = &m->values[m->value_count++];
    memset(v, 0, sizeof *v);
    v->kind = k;
    return v;
}

/* Value on the stack, `down` from its top; NULL if there is none. */
static bl_pickle_value *top(bl_pickle *m, size_t down)
{
    if (m->depth <= down || m->stack[m->depth - 1 - down] == MARK) {
        malformed(m);
        return NULL;
    }
    return &m->values[m->stack[m->depth - 1 - down]];
}

/* Values above the topmost mark; all values where there is none. */
static size_t count_above_mark(const bl_pickle *m)
{
    size_t n = 0;
    while (n < m->depth && m->stack[m->depth - 1 - n] != MARK) n++;
    return n;
}

static int take(bl_pickle *m, size_t n, const unsigned char **at)
{
    if ((size_t)(m->end - m->p) < n) return bl_pickle_fail(m, "its pickle ends too early");
    *at = m->p;
    m->p += n;
    return 1;
}

static int number(bl_pickle *m, size_t bytes)
{
    const unsigned char *at;
    if (!take(m, bytes, &at)) return 0;
    bl_pickle_value *v = create(m, BL_PICKLE_NUMBER);
    if (v) v->number = bl_little_endian(at, bytes < 8 ? bytes : 8);
    return v != NULL;
}

static int text(bl_pickle *m, size_t length_bytes)
{
    const unsigned char *at;
    if (!take(m, length_bytes, &at)) return 0;
    uint64_t n = bl_little_endian(at, length_bytes);
    if (n > (uint64_t)(m->end - m->p)) return bl_pickle_fail(m, "its pickle ends too early");
    bl_pickle_value *v = create(m, BL_PICKLE_TEXT);
    if (!v) return 0;
    v->text = m->p;
    v->size = (size_t)n;
    m->p += n;
    return 1;
}

/* The topmost values down to the mark, or the topmost n, become a tuple. */
static int tuple(bl_pickle *m, size_t n, int marked)
{
    if (marked) n = count_above_mark(m);
    if (n + (marked ? 1 : 0) > m->depth) return malformed(m);
    for (size_t i = 0; i < n; i++)
        if (!top(m, i)) return 0;
    size_t first = m->item_count;
    if (!grow(m, &m->items, &m->item_capacity, first + n, sizeof *m->items)) return 0;
    if (n) memcpy(m->items + first, m->stack + m->depth - n, n * sizeof *m->items);
    m->item_count += n;
    m->depth -= n + (marked ? 1 : 0);
    bl_pickle_value *v = create(m, BL_PICKLE_TUPLE);
    if (!v) return 0;
    v->first = first;
    v->size = n;
    return 1;
}

const bl_pickle_value *bl_pickle_item(const bl_pickle *m, const bl_pickle_value *t, size_t i)
{
    return t->kind == BL_PICKLE_TUPLE && i < t->size ? &m->values[m->items[t->first + i]] : NULL;
}

static int is_global(const bl_pickle_value *v, const char *name)
{
    return v->kind == BL_PICKLE_GLOBAL && v->size == strlen(name) &&
           !memcmp(v->text, name, v->size);
}

/* Put the n topmost values, key and value by turns, into the dictionary below them
 * (and below the mark); values that are not in a dictionary are dropped. */
static int set_items(bl_pickle *m, size_t n, int marked)
{
    if (marked) n = count_above_mark(m);
    size_t below = n + (marked ? 1 : 0);
    bl_pickle_value *dict = top(m, below);
    if (!dict || n % 2) return malformed(m);
    for (size_t i = 0; i < n; i++)
        if (!top(m, i)) return 0;
    for (size_t i = 0; dict->kind == BL_PICKLE_DICT && i < n; i += 2) {
        if (!grow(m, &m->pairs, &m->pair_capacity, m->pair_count + 2, sizeof *m->pairs)) return 0;
        if (!m->pair_count) m->pair_count = 1; /* 0 ends a list */
        bl_pickle_pair *p = &m->pairs[m->pair_count];
        p->key = m->stack[m->depth - n + i];
        p->value = m->stack[m->depth - n + i + 1];
        p->next = dict->first;
        dict->first = m->pair_count++;
    }
    m->depth -= below;
    return 1;
}

/* ('storage', type, key, location, elements, ...) */
static int persistent(bl_pickle *m)
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
    const bl_pickle_value *t = top(m, 0);
    if (!t) return 0;
    const bl_pickle_value *type = bl_pickle_item(m, t, 1), *key = bl_pickle_item(m, t, 2),
                          *count = bl_pickle_item(m, t, 4);
    if (!type || !key || !count || key->kind != BL_PICKLE_TEXT || count->kind != BL_PICKLE_NUMBER)
        return bl_pickle_fail(m, "its pickle describes no torch storage");
    bl_pickle_value s = {
        BL_PICKLE_STORAGE, count->number, key->text, key->size, 0, 0, 0, BL_OTHER, 0
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_global(type, known[i].name)) {
            s.dtype = known[i].dtype;
            s.element = known[i].size;
        }
    m->depth--;
    bl_pickle_value *v = create(m, BL_PICKLE_STORAGE);
    if (v) *v = s;
    return v != NULL;
}

static int reduce(bl_pickle *m)
{
    const bl_pickle_value *arguments = top(m, 0), *function = top(m, 1);
    if (!arguments || !function) return 0;
    size_t above = m->depth - 2;
    if (is_global(function, "collections\nOrderedDict")) {
        m->depth = above;
        return create(m, BL_PICKLE_DICT) != NULL;
    }
    if (is_global(function, "torch._utils\n_rebuild_parameter") &&
        arguments->kind == BL_PICKLE_TUPLE && arguments->size) {
        m->stack[above] = m->items[arguments->first];
        m->depth = above + 1;
        return 1;
    }
    bl_pickle_value t = { BL_PICKLE_OPAQUE, 0, NULL, 0, 0, 0, 0, BL_OTHER, 0 };
    if (is_global(function, "torch._utils\n_rebuild_tensor_v2") ||
        is_global(function, "torch._utils\n_rebuild_tensor")) {
        const bl_pickle_value *storage = bl_pickle_item(m, arguments, 0),
                              *offset = bl_pickle_item(m, arguments, 1);
        const bl_pickle_value *shape = bl_pickle_item(m, arguments, 2),
                              *strides = bl_pickle_item(m, arguments, 3);
        if (!storage || !offset || !shape || !strides || storage->kind != BL_PICKLE_STORAGE ||
            offset->kind != BL_PICKLE_NUMBER || shape->kind != BL_PICKLE_TUPLE ||
            strides->kind != BL_PICKLE_TUPLE || shape->size != strides->size)
            return bl_pickle_fail(m, "its pickle describes no torch tensor");
        t.kind = BL_PICKLE_TENSOR;
        t.number = offset->number;
        t.first = (size_t)(storage - m->values);
        t.shape = (size_t)(shape - m->values);
        t.strides = (size_t)(strides - m->values);
    }
    m->depth = above;
    bl_pickle_value *v = create(m, BL_PICKLE_OPAQUE);
    if (v) *v = t;
    return v != NULL;
}

static int put(bl_pickle *m, uint64_t slot)
{
    if (!top(m, 0)) return 0;
    if (slot > MOST_MEMO_SLOTS) return malformed(m);
    size_t old = m->memo_capacity;
    if (!grow(m, &m->memo, &m->memo_capacity, (size_t)slot + 1, sizeof *m->memo)) return 0;
    for (; old < m->memo_capacity; old++) m->memo[old] = MARK;
    m->memo[slot] = m->stack[m->depth - 1];
    return 1;
}

static int get(bl_pickle *m, uint64_t slot)
{
    if (slot >= m->memo_capacity || m->memo[slot] == MARK) return malformed(m);
    return push(m, m->memo[slot]);
}

/* "module\nname\n" */
static int global(bl_pickle *m)
{
    const unsigned char *from = m->p, *p = from;
    for (int lines = 0; p < m->end; p++)
        if (*p == '\n' && ++lines == 2) {
            bl_pickle_value *v = create(m, BL_PICKLE_GLOBAL);
            if (!v) return 0;
            v->text = from;
            v->size = (size_t)(p - from);
            m->p = p + 1;
            return 1;
        }
    return bl_pickle_fail(m, "its pickle ends too early");
}

static int drop(bl_pickle *m, size_t n, int marked)
{
    if (marked) n = count_above_mark(m);
    if (n + (marked ? 1 : 0) > m->depth) return malformed(m);
    m->depth -= n + (marked ? 1 : 0);
    return 1;
}

/* ---- opcodes ------------------------------------------------------------------------- */

/* Opcodes that only push a value; 0 if this is another one. */
static int run_value(bl_pickle *m, unsigned char opcode)
{
    const unsigned char *at;
    switch (opcode) {
    case '(': push(m, MARK); break;
    case 'N':  /* None */
    case 0x88: /* True */
    case 0x89: /* False */
    case ']':  /* a list, */
    case 0x8F: /* a set: what they hold is dropped */ create(m, BL_PICKLE_OPAQUE); break;
    case 'G': /* a float */
        if (take(m, 8, &at)) create(m, BL_PICKLE_OPAQUE);
        break;
    case 'J': number(m, 4); break;
    case 'K': number(m, 1); break;
    case 'M': number(m, 2); break;
    case 0x8A: /* LONG1 */
        if (take(m, 1, &at)) number(m, *at);
        break;
    case 0x8C:
    case 'U': text(m, 1); break;
    case 'X':
    case 'T': text(m, 4); break;
    case '}': create(m, BL_PICKLE_DICT); break;
    case 'c': global(m); break;
    default: return 0;
    }
    return 1;
}

/* Opcodes that work on what is on the stack; 0 if this is another one. */
static int run_operation(bl_pickle *m, unsigned char opcode)
{
    switch (opcode) {
    case ')': tuple(m, 0, 0); break;
    case 0x85: tuple(m, 1, 0); break;
    case 0x86: tuple(m, 2, 0); break;
    case 0x87: tuple(m, 3, 0); break;
    case 't':
    case 'l': tuple(m, 0, 1); break;
    case 'a': /* APPEND */
    case 'b': /* BUILD: attributes only */
    case '0': drop(m, 1, 0); break;
    case 'e':  /* APPENDS */
    case 0x90: /* ADDITEMS */
    case '1': drop(m, 0, 1); break;
    case 's': set_items(m, 2, 0); break;
    case 'u': set_items(m, 0, 1); break;
    case 'Q': persistent(m); break;
    case 'R':
    case 0x81: reduce(m); break;
    default: return 0;
    }
    return 1;
}

/* Opcodes of the memo, and those that only frame a pickle; 0 if this is another one. */
static int run_memo(bl_pickle *m, unsigned char opcode)
{
    const unsigned char *at;
    switch (opcode) {
    case 0x80: take(m, 1, &at); break; /* PROTO */
    case 0x95: take(m, 8, &at); break; /* FRAME */
    case 'q':
        if (take(m, 1, &at)) put(m, *at);
        break;
    case 'r':
        if (take(m, 4, &at)) put(m, bl_little_endian(at, 4));
        break;
    case 0x94: put(m, m->next_memo++); break;
    case 'h':
        if (take(m, 1, &at)) get(m, *at);
        break;
    case 'j':
        if (take(m, 4, &at)) get(m, bl_little_endian(at, 4));
        break;
    default: return 0;
    }
    return 1;
}

void bl_pickle_start(bl_pickle *m, const unsigned char *bytes, size_t size)
{
    memset(m, 0, sizeof *m);
    m->p = bytes;
    m->end = bytes + size;
}

void bl_pickle_free(bl_pickle *m)
{
    bl_free(m->values);
    bl_free(m->items);
    bl_free(m->pairs);
    bl_free(m->stack);
    bl_free(m->memo);
}

int bl_pickle_read(bl_pickle *m, size_t *value)
{
    const unsigned char *at;
    m->depth = 0;
    m->next_memo = 0;
    for (size_t i = 0; i < m->memo_capacity; i++) m->memo[i] = MARK;
    while (!m->problem && take(m, 1, &at)) {
        if (*at == '.') {
            if (!top(m, 0)) return 0;
            *value = m->stack[m->depth - 1];
            return 1;
        }
        if (!run_value(m, *at) && !run_operation(m, *at) && !run_memo(m, *at))
            return bl_pickle_fail(m, "its pickle holds more than tensors");
    }
    return 0;
}
