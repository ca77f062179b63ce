# What texts ask for, with the values in them. Part of _native.pyx.

cdef tuple command_of(const bl_commands *all, const bl_command *c):
    cdef const bl_value *v = all.values + c.first_value
    return c.label, bool(c.is_refused), c.score, c.margin, c.start, c.end, [
        (v[i].label, v[i].score, v[i].start, v[i].end) for i in range(c.value_count)
    ]


cdef list commands_of(const bl_commands *all):
    return [command_of(all, all.items + i) for i in range(all.count)]


def read_commands(TextModel intents not None, TextModel slots, text, str function not None,
                  float threshold, bytes refused not None, bint several, bint heeds, /):
    """[(label's index, refused, score, margin, start, end, values)] of each command of a text.

    slots: the model whose values are found in each, as [(label's index, score, start, end)]; or
    None. refused: for each label not 0 if it stands for what the model does not know. heeds:
    what a text denies is not read. Offsets are in characters.
    """
    cdef bl_session s, values
    cdef bl_text t
    cdef bl_command_options options
    cdef bl_commands out
    cdef bl_error error
    cdef bl_status status
    read_text(&t, text, None)
    read_command_options(&options, intents, function, threshold, refused, several, heeds)
    values.arena = NULL
    intents.begin(&s)
    try:
        if slots is not None:
            slots.begin(&values)
        with nogil:
            status = bl_read_commands(&s, &values if values.arena is not NULL else NULL, &t,
                                      &options, &out, &error)
        check_answer(status, &error, &out.extent)
        return commands_of(&out)
    finally:
        if values.arena is not NULL:
            slots.end(&values)
        intents.end(&s)
