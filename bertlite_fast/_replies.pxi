# Replies: answers as JSON, without a Python object for each. Part of _native.pyx.

cdef bint is_blank(const bl_text *t, str text):
    """Whether a text is nothing but white space."""
    if t.size and 32 < <unsigned char>t.data[0] < 127:
        return False
    return not text.strip()


cdef struct wanted:
    bint is_intent, is_command, with_values
    size_t labels                  # 0: all
    double threshold
    bl_command_options options
    const bl_session *values


cdef class Replies:
    """Labels of texts as JSON: what text-classification and intent-classification answer.

    labels: the labels' names, as JSON. Of intents, refused: for each label not 0 if it stands for
    what the model does not know; heeds: what a text denies is not read; values: the model that
    finds values in commands, value_labels: its labels' types, as JSON. Any number of threads may
    call an object.
    """
    cdef TextModel model, values
    cdef Names names, value_names
    cdef bl_function function
    cdef bl_command_options options
    cdef bytes refused

    def __init__(self, TextModel model not None, str function not None, list labels not None,
                 bytes refused=None, bint heeds=False, TextModel values=None,
                 list value_labels=None):
        if self.names is not None:
            raise BertliteError("these replies are open already; make another object.")
        self.function = <bl_function>chosen(FUNCTIONS, "function_to_apply", function)
        if refused is not None:
            read_command_options(&self.options, model, function, 0.0, refused, False, heeds)
            self.options.unit = BL_BYTES
        if values is not None:
            self.value_names = Names(value_labels or [], bl_describe(values.opened()).labels)
        self.names = Names(labels, bl_describe(model.opened()).labels)
        self.model, self.values, self.refused = model, values, refused

    cdef int check(self, bint is_possible) except -1:
        if self.model is None:
            raise wrong("these replies are not open: __init__ failed, or was not called.")
        if not is_possible:
            raise wrong("these replies were not made for that.")
        return 0

    def labels(self, texts, size_t k):
        """[[{"label", "score"}, ...], ...] for a text or a list of them, k (0: all) of each, and
        how many were truncated."""
        cdef wanted w
        self.check(True)
        memset(&w, 0, sizeof(w))
        w.labels = k
        return self.made(texts, &w)

    def intents(self, texts, double threshold):
        """{"label", "score", "margin"} for a text, or a list of them for a list."""
        cdef wanted w
        self.check(self.refused is not None)
        memset(&w, 0, sizeof(w))
        w.is_intent, w.labels, w.threshold = True, 2, threshold
        w.options = self.options
        w.options.threshold = threshold
        return self.made(texts, &w)

    def commands(self, texts, double threshold, bint slots, bint several):
        """As intents, with "slots", a list of values; several: a list for each text."""
        cdef wanted w
        cdef bl_session values
        self.check(self.refused is not None and self.values is not None)
        memset(&w, 0, sizeof(w))
        w.is_intent, w.is_command, w.with_values = True, True, slots
        w.options = self.options
        w.options.threshold, w.options.several = threshold, several
        self.values.begin(&values)
        try:
            w.values = &values
            return self.made(texts, &w)
        finally:
            self.values.end(&values)

    def quick(self, bytes request not None, double threshold, size_t most):
        """The bytes that answer {"inputs": "a text"}, as intents or labels do; None: the request is
        another, or not so simple: longer than `most`, truncated, with escapes or beyond ASCII."""
        cdef wanted w
        cdef bl_session s
        cdef bl_text t
        cdef json_text out
        cdef bl_error error
        cdef bl_status status
        cdef Py_ssize_t cut = 0
        cdef bint is_blank = True, is_made
        cdef size_t i, left
        self.check(True)
        if not only_text(PyBytes_AS_STRING(request), PyBytes_GET_SIZE(request), &t):
            return None
        if t.size > most:
            return None
        memset(&w, 0, sizeof(w))
        w.is_intent = self.refused is not None
        w.labels, w.threshold, w.options = 2 if w.is_intent else 1, threshold, self.options
        w.options.threshold = threshold
        for i in range(t.size):
            is_blank = is_blank and t.data[i] == 32
        out.data, out.used, out.capacity = NULL, 0, 0
        self.model.begin(&s)
        try:
            with nogil:
                is_made = self.add(&s, &t, is_blank, &w, &out, &cut, &status, &error)
            if not is_made or cut:
                return None  # the usual way says what is wrong
            left = 1 if w.is_intent else 0
            out.data[0] = 91  # [
            out.data[out.used - 1] = 93
            return PyBytes_FromStringAndSize(out.data + left, out.used - 2 * left)
        finally:
            self.model.end(&s)
            free(out.data)

    cdef tuple made(self, object texts, wanted *w):
        cdef bl_session s
        cdef bl_text only_text
        cdef bint only_blank
        cdef bl_text *rows = &only_text
        cdef bint *blank = &only_blank
        cdef json_text out
        cdef bl_error error
        cdef bl_status status = BL_OK
        cdef Py_ssize_t i, count = 1, done = 0, cut = 0
        cdef bint is_single = isinstance(texts, str)
        cdef list given = [texts] if is_single else texts
        out.data, out.used, out.capacity = NULL, 0, 0
        s.arena = NULL
        try:
            if not is_single:
                count = len(given)
                rows = <bl_text *>allocate(count, sizeof(bl_text) + sizeof(bint))
                blank = <bint *>(rows + count)
            for i in range(count):
                read_text(rows + i, given[i], None)
                blank[i] = w.is_intent and is_blank(rows + i, given[i])
            self.model.begin(&s)
            with nogil:
                while done < count and self.add(&s, rows + done, blank[done], w, &out, &cut,
                                                &status, &error):
                    done += 1
            if status != BL_OK:
                raise_error(&error)
            if done < count:
                raise OutOfMemoryError(f"out of memory for the answers to {count} texts.")
            if not count:
                return "[]", 0
            if is_single and w.is_intent:
                return PyUnicode_DecodeUTF8(out.data + 1, out.used - 2, NULL), cut
            out.data[0] = 91  # [
            out.data[out.used - 1] = 93
            return PyUnicode_DecodeUTF8(out.data, out.used, NULL), cut
        finally:
            if s.arena is not NULL:
                self.model.end(&s)
            free(out.data)
            if rows is not &only_text:
                PyMem_Free(rows)

    cdef bint add(self, bl_session *s, const bl_text *t, bint blank, const wanted *w,
                  json_text *out, Py_ssize_t *cut, bl_status *status,
                  bl_error *error) noexcept nogil:
        """A text's answer, behind a byte for the bracket, and a comma; False: there was no memory,
        or the status says what went wrong."""
        cdef bl_classify_options options
        cdef bl_labels found
        cdef bl_commands all
        cdef char *p
        if not out.used:
            p = json_room(out, 1)
            if p is NULL:
                return False
            out.used = 1
        if w.is_command:
            status[0] = bl_read_commands(s, w.values, t, &w.options, &all, error)
            if status[0] != BL_OK:
                return False
            if not put_commands(self.names, self.value_names, t, &all, w.options.several,
                                w.with_values, out):
                return False
            cut[0] += all.extent.read < all.extent.total
            return True
        options.function, options.top_k = self.function, w.labels
        status[0] = bl_classify(s, t, &options, &found, error)
        if status[0] != BL_OK:
            return False
        cut[0] += found.extent.read < found.extent.total
        p = json_room(out, found.count * (self.names.widest + 2 * MOST_OF_A_NUMBER + 32)
                      + t.size + 4)
        if p is NULL:
            return False
        if w.is_intent:
            p = self.put_intent(s, t, blank, &found, w, p, status, error)
        else:
            p = put_labels(self.names, &found, p)
        if p is NULL:
            return False
        out.used = put(p, b",", 1) - out.data
        return True

    cdef char *put_intent(self, bl_session *s, const bl_text *t, bint blank, const bl_labels *found,
                          const wanted *w, char *p, bl_status *status,
                          bl_error *error) noexcept nogil:
        """The answer; NULL: see the status."""
        cdef bl_commands all
        cdef int label = found.items[0].label
        cdef double score = found.items[0].score, margin = score
        if found.count > 1:
            margin = score - <double>found.items[1].score
        if blank:
            label = -1
        elif w.options.heeds_denials and bl_affirmed(t.data, t.size, p) != t.size:
            status[0] = bl_read_commands(s, NULL, t, &w.options, &all, error)
            if status[0] != BL_OK:
                return NULL
            label = -1 if all.items[0].is_refused else all.items[0].label
            score, margin = all.items[0].score, all.items[0].margin
        elif w.options.refused[label] or not score >= w.threshold:
            label = -1
        p = put(put_label(self.names, p, label, score), b',"margin":', 10)
        return put(write_double(p, margin), b"}", 1)
