# Labels, commands and their values as JSON, into memory that grows. Part of _native.pyx.

cdef char *put_labels(Names names, const bl_labels *found, char *p) noexcept nogil:
    cdef size_t i
    p = put(p, b"[", 1)
    for i in range(found.count):
        p = put_label(names, p, found.items[i].label, found.items[i].score)
        p = put(p, b"},", 2)
    return put(p - 1, b"]", 1)


cdef char *put_label(Names names, char *p, int label, double score) noexcept nogil:
    """label: -1: none."""
    p = put(p, b'{"label":', 9)
    if label < 0:
        p = put(p, b"null", 4)
    else:
        p = put(p, names.items[label].data, names.items[label].size)
    return write_double(put(p, b',"score":', 9), score)


cdef bint put_commands(Names names, Names value_names, const bl_text *t, const bl_commands *all,
                       bint several, bint with_values, json_text *out) noexcept nogil:
    """All commands of a text, as a list if there may be several, and a comma; False: there was no
    memory."""
    cdef const bl_command *c
    cdef size_t i, j
    cdef char *p
    for i in range(all.count):
        c = all.items + i
        p = json_room(out, names.widest + 6 * (c.end - c.start) + 5 * MOST_OF_A_NUMBER + 96)
        if p is NULL:
            return False
        if several and not i:
            p = put(p, b"[", 1)
        p = put_label(names, p, -1 if c.is_refused else c.label, c.score)
        p = write_double(put(p, b',"margin":', 10), c.margin)
        if several:
            p = write_text(put(p, b',"text":', 8), t.data + c.start, c.end - c.start)
            p = put_place(p, t, c.start, c.end)
        if with_values:
            p = put(p, b',"slots":[', 10)
            out.used = p - out.data
            for j in range(c.value_count):
                if not put_value(value_names, t, all.values + c.first_value + j, out):
                    return False
            p = out.data + out.used
            if c.value_count:
                p -= 1  # the comma
            p = put(p, b"]", 1)
        p = put(p, b"},", 2)
        out.used = p - out.data
    if several:
        out.data[out.used - 1] = 93
        p = json_room(out, 1)
        if p is NULL:
            return False
        out.used = put(p, b",", 1) - out.data
    return True


cdef bint put_value(Names value_names, const bl_text *t, const bl_value *v,
                    json_text *out) noexcept nogil:
    """A value, and a comma; False: there was no memory."""
    cdef const bl_bytes *name = value_names.items + v.label
    cdef char *p = json_room(out, 2 * name.size + 6 * (v.end - v.start) + 3 * MOST_OF_A_NUMBER + 96)
    if p is NULL:
        return False
    p = put(put(p, b'{"entity":', 10), name.data, name.size)
    p = put(put(p, b',"entity_group":', 16), name.data, name.size)
    p = write_double(put(p, b',"score":', 9), v.score)
    p = write_text(put(p, b',"word":', 8), t.data + v.start, v.end - v.start)
    out.used = put(put_place(p, t, v.start, v.end), b"},", 2) - out.data
    return True


cdef char *put_place(char *p, const bl_text *t, size_t start, size_t end) noexcept nogil:
    """Where bytes [start, end) are, in characters."""
    cdef size_t first = characters(t.data, start)
    p = write_whole(put(p, b',"start":', 9), first)
    return write_whole(put(p, b',"end":', 7), first + characters(t.data + start, end - start))
