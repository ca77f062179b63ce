# A model and its tokenizer together: text in, answers out. Part of _native.pyx.

import warnings

cdef bl_function function_named(str name) except *:
    if name == "softmax":
        return BL_SOFTMAX
    if name == "sigmoid":
        return BL_SIGMOID
    if name == "none":
        return BL_RAW
    raise InputError(f"function_to_apply is {name!r}; it can be 'softmax', 'sigmoid' or 'none'.")


cdef Tensor rows_of(object values, str name):
    """Rows of floats (a Tensor, an array, or lists) as a Tensor of two dimensions."""
    cdef Tensor t
    cdef Py_ssize_t i, j, width
    if isinstance(values, Tensor) and (<Tensor>values).ndim == 2 and (<Tensor>values).base is None:
        return values
    rows = values.tolist() if hasattr(values, "tolist") else [list(row) for row in values]
    width = len(rows[0]) if rows else 0
    t = new_tensor(2, len(rows), width, 1)
    for i in range(len(rows)):
        if len(rows[i]) != width:
            raise InputError(f"{name} has rows of {width} and of {len(rows[i])} values.")
        for j in range(width):
            t.data[i * width + j] = rows[i][j]
    return t


cdef class TextModel:
    """A model with its tokenizer. Any number of threads may call it."""
    cdef readonly Model model
    cdef readonly TokenizerCore tokenizer
    cdef readonly size_t longest      # tokens that a text may have

    def __init__(self, Model model, TokenizerCore tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.longest = bl_max_tokens(model.model, tokenizer.t)
        if bl_tokenizer_describe(tokenizer.t).tokens > <size_t>bl_describe(model.model).vocabulary:
            raise ModelConfigError(f"the tokenizer has {len(tokenizer)} tokens, but the model knows {bl_describe(model.model).vocabulary}; they do not belong together.")

    cdef Tensor run(self, object text, object pair, bl_output output, bint first_only, Py_ssize_t width, size_t *count):
        """The model's output for a text: one row, or one for each token."""
        cdef int32_t first = 0
        cdef bl_text t
        cdef bl_request request
        cdef bl_error error
        cdef bl_status status
        cdef Tensor out
        cdef workspace *w
        cdef size_t tokens
        cdef Py_ssize_t size
        t.data, t.pair, t.pair_size = utf8(text, &size), NULL, 0
        t.size = size
        if pair is not None:
            t.pair = utf8(pair, &size)
            t.pair_size = size
        tokens = min(self.longest, t.size + t.pair_size + 32)  # no text has more pieces than bytes
        request.output, request.positions, request.position_count, request.pooled = output, &first if first_only else NULL, first_only, NULL
        out = new_tensor(2, 1 if first_only or output != BL_HIDDEN else tokens, width, 1)
        w = self.model.borrow(tokens, 1)
        with nogil:
            status = bl_run_text(self.model.model, self.tokenizer.t, &t, tokens, &request, out.data, count, w + 1, w.size, &error)
        self.model.give_back(w)
        if status != BL_OK:
            raise_error(&error)
        if output == BL_HIDDEN and not first_only:
            out.dims[0] = count[0]
        if count[0] == self.longest:
            self.tell_if_cut(&t)
        return out

    cdef tell_if_cut(self, const bl_text *text):
        """A text fills all the capacity that there is: was it longer?"""
        cdef size_t a = 0, b = 0
        cdef bl_error error
        bl_tokenize(self.tokenizer.t, text.data, text.size, 0, NULL, NULL, 0, &a, &error)
        if text.pair is not NULL:
            bl_tokenize(self.tokenizer.t, text.pair, text.pair_size, 0, NULL, NULL, 0, &b, &error)
        a += b + self.tokenizer.num_special_tokens_to_add(text.pair is not NULL)
        if a > self.longest:
            warnings.warn(f"a text has {a} tokens, but the model takes {self.longest}; the rest was not read.", stacklevel=4)

    def row_of(self, text):
        """A text's tokens with those around them, cut off where the model ends."""
        cdef bl_limits limits
        cdef bl_text t
        cdef Py_ssize_t size
        limits.truncation, limits.max_length, limits.stride, limits.truncate_left, limits.specials = BL_LONGEST_FIRST, self.longest, 0, False, True
        cdef Encoding row = self.tokenizer.encode_one(text, None, False, False, &limits, False)
        if <size_t>row.count == self.longest:
            t.data, t.pair = utf8(text, &size), NULL
            t.size = size
            self.tell_if_cut(&t)
        return row

    def classify(self, text, pair, str function, size_t k):
        """[(label's index, score)] of the k best, or of all in their own order (k: 0)."""
        cdef size_t count = 0, n = self.model.width
        cdef bl_function f = function_named(function)
        cdef Tensor logits = self.run(text, pair, BL_CLASSES, False, n, &count)
        cdef int32_t near[64]
        cdef int32_t *index = near
        bl_scores(f, logits.data, n, logits.data)
        if k == 0:
            return [(i, logits.data[i]) for i in range(n)]
        k = min(k, n)
        if k > 64:
            index = <int32_t *>PyMem_Malloc(k * sizeof(int32_t))
            if index is NULL:
                raise OutOfMemoryError("there is no memory for the labels.")
        bl_top_k(logits.data, n, k, index)
        try:
            return [(index[i], logits.data[index[i]]) for i in range(k)]
        finally:
            if index != near:
                PyMem_Free(index)

    def embed(self, list texts, str pooling, bint normalize):
        """A row for each text."""
        cdef size_t count = 0, i, width = bl_describe(self.model.model).hidden
        cdef Tensor out = new_tensor(2, len(texts), width, 1), one
        if pooling not in ("mean", "cls"):
            raise InputError(f"pooling is {pooling!r}; it can be 'mean' or 'cls'.")
        for i in range(<size_t>len(texts)):
            one = self.run(texts[i], None, BL_MEAN if pooling == "mean" else BL_HIDDEN, pooling == "cls", width, &count)
            memcpy(out.data + i * width, one.data, width * sizeof(float))
        if normalize:
            bl_normalize_rows(out.data, len(texts), width)
        return out

    def hidden(self, text):
        """The hidden states of a text's tokens."""
        cdef size_t count = 0
        return self.run(text, None, BL_HIDDEN, False, bl_describe(self.model.model).hidden, &count)

    cdef Tensor forward(self, Encoding row, bl_output output, const int32_t *at, size_t at_count):
        """The model's output for each token of a row that its tokenizer made, or for some of them."""
        cdef bl_batch batch
        cdef bl_request request
        cdef bl_error error
        cdef bl_status status
        cdef Tensor out
        cdef workspace *w
        if <size_t>row.count > self.model.positions:
            raise InputError(f"a text of {row.count} tokens is too long for this model, which takes {self.model.positions}; truncate it.")
        batch.ids, batch.mask, batch.types, batch.texts, batch.length = row.data, NULL, row.data + row.count if self.tokenizer.wants_types else NULL, 1, row.count
        request.output, request.positions, request.position_count, request.pooled = output, at, at_count, NULL
        out = new_tensor(2, at_count if at is not NULL else row.count, self.model.width, 1)
        w = self.model.borrow(row.count, 1)
        with nogil:
            status = bl_run(self.model.model, &batch, &request, out.data, w + 1, w.size, 1, &error)
        self.model.give_back(w)
        if status != BL_OK:
            raise_error(&error)
        return out

    def logits(self, Encoding row):
        """The model's labels for each token of a row."""
        return self.forward(row, BL_TOKENS, NULL, 0)

    def label_tokens(self, Encoding row, list labels, object ignored):
        """What is found for the tokens that are the text's own, but those whose label is ignored; for each token
        whether it goes on with a word, as the original tells; and all their scores."""
        cdef Tensor t = self.forward(row, BL_TOKENS, NULL, 0)
        cdef size_t n = self.model.width, number = 0
        cdef Py_ssize_t i
        cdef int32_t best
        cdef int32_t unknown = bl_tokenizer_describe(self.tokenizer.t).id[BL_UNK]
        cdef Pieces p
        cdef bl_offset *place
        cdef list out = [], inside = []
        for i in range(row.count):
            p = row.whose(i, &number)
            if p is None:
                continue
            bl_scores(BL_SOFTMAX, t.data + i * n, n, t.data + i * n)
            bl_top_k(t.data + i * n, n, 1, &best)
            label = labels[best]
            if label in ignored:
                continue
            p.locate()
            place = p.places + number
            start, end = place.start, place.end
            if row.data[i] == unknown and unknown >= 0:
                word, goes_on = (p.text if isinstance(p.text, str) else p.text[place.word])[start:end], False
            else:
                word = self.tokenizer.token_of(row.data[i])
                goes_on = len(word) != end - start
            out.append({"entity": label, "score": t.data[i * n + best], "index": i, "word": word, "start": start, "end": end})
            inside.append(goes_on)
        return out, inside, t

    def label_of_mean(self, Tensor scores, list rows):
        """(label's index, score) of the mean of some tokens' scores."""
        cdef size_t n = self.model.width, count = len(rows), i
        cdef Tensor some = new_tensor(2, count + 1, n, 1)
        cdef int32_t best
        for i in range(count):
            memcpy(some.data + i * n, scores.data + <size_t>rows[i] * n, n * sizeof(float))
        bl_mean_row(some.data, count, n, some.data + count * n)
        bl_top_k(some.data + count * n, n, 1, &best)
        return best, some.data[count * n + best]

    def answers(self, Encoding row, size_t k, size_t longest, bint may_be_none):
        """[(start, end, score)] of the k best spans of the second text's tokens, and the score of no answer (or None)."""
        cdef Tensor t = self.forward(row, BL_TOKENS, NULL, 0)
        cdef Py_ssize_t i, n = row.count
        cdef size_t number = 0, found
        cdef Tensor both = new_tensor(2, 2, n, 1)
        cdef float *starts = both.data
        cdef float *ends = both.data + n
        cdef Tensor scores
        cdef bl_span *spans
        none = None
        for i in range(n):
            own = row.whose(i, &number) is row.b or row.data[i] == self.tokenizer.cls_token_id
            starts[i] = t.data[2 * i] if own else <float>-10000.0
            ends[i] = t.data[2 * i + 1] if own else <float>-10000.0
        bl_scores(BL_SOFTMAX, starts, n, starts)
        bl_scores(BL_SOFTMAX, ends, n, ends)
        if may_be_none:
            none = starts[0] * ends[0]
        starts[0] = ends[0] = 0.0  # the first token stands for "none"
        longest = min(longest, <size_t>n)
        k = min(k, n * longest)
        scores = new_tensor(2, n, longest, 1)
        spans = <bl_span *>PyMem_Malloc((k + 1) * (sizeof(bl_span) + sizeof(int32_t)))
        if spans is NULL:
            raise OutOfMemoryError("there is no memory for the answers.")
        try:
            found = bl_spans(starts, ends, n, longest, k, scores.data, <int32_t *>(spans + k), spans)
            return [(spans[j].start, spans[j].end, spans[j].score) for j in range(found)], none
        finally:
            PyMem_Free(spans)

    def words_at(self, Encoding row, list places, list targets, size_t k):
        """For each masked place the k best [(id, score)], of all words or of some."""
        cdef size_t n = self.model.width, i, j, have
        cdef Tensor out
        cdef int32_t at[64]
        cdef int32_t index[64]
        cdef float score[64]
        if len(places) > 64:
            raise InputError(f"the text has {len(places)} masks; up to 64 can be filled at once.")
        for i in range(<size_t>len(places)):
            at[i] = places[i]
        out = self.forward(row, BL_WORDS, at, len(places))
        results = []
        for i in range(<size_t>len(places)):
            if targets:
                bl_scores(BL_SOFTMAX, out.data + i * n, n, out.data + i * n)
                some = sorted([(-out.data[i * n + <size_t>t], order, t) for order, t in enumerate(targets)])[:k]
                results.append([(t, -negative) for negative, order, t in some])
                continue
            if k > 64:
                bl_scores(BL_SOFTMAX, out.data + i * n, n, out.data + i * n)
                results.append(best_of(out, i, k))
                continue
            if bl_top(out.data + i * n, n, k, index, score) != BL_OK:
                raise InstructionSetError("BERTLITE_ISA names an instruction set that this machine or build lacks.")
            have = min(k, n)
            results.append([(index[j], score[j]) for j in range(have)])
        return results


def similarities(a, b):
    """The products of each row of a with each row of b."""
    cdef Tensor x = rows_of(a, "a"), y = rows_of(b, "b"), out
    if x.dims[0] and y.dims[0] and x.dims[1] != y.dims[1]:
        raise InputError(f"the rows have {x.dims[1]} and {y.dims[1]} values; they have to have as many.")
    out = new_tensor(2, x.dims[0], y.dims[0], 1)
    bl_dot_products(x.data, x.dims[0], y.data, y.dims[0], x.dims[1], out.data)
    return out


def best_of(Tensor rows, size_t row, size_t k):
    """[(index, value)] of a row's k largest values."""
    cdef size_t n = rows.dims[1], i
    cdef int32_t *index
    if rows.ndim != 2 or row >= <size_t>rows.dims[0]:
        raise InputError("there is no such row.")
    k = min(k, n)
    index = <int32_t *>PyMem_Malloc((k + 1) * sizeof(int32_t))
    if index is NULL:
        raise OutOfMemoryError("there is no memory for the results.")
    try:
        bl_top_k(rows.data + row * n, n, k, index)
        return [(index[i], rows.data[row * n + <size_t>index[i]]) for i in range(k)]
    finally:
        PyMem_Free(index)


def softmax(values):
    """Softmax of a list of numbers."""
    cdef Tensor t = rows_of([values], "values")
    bl_scores(BL_SOFTMAX, t.data, t.dims[1], t.data)
    return [t.data[i] for i in range(t.dims[1])]


def unit_mean(rows):
    """The mean of rows, scaled to length 1."""
    cdef Tensor x = rows_of(rows, "rows"), out = new_tensor(2, 1, x.dims[1], 1)
    bl_mean_row(x.data, x.dims[0], x.dims[1], out.data)
    bl_normalize_rows(out.data, 1, x.dims[1])
    return out


def cosines(a, b):
    """The cosine between each row of a and the same row of b."""
    cdef Tensor x = rows_of(a, "a"), y = rows_of(b, "b"), one = new_tensor(2, 1, 1, 1), p, q
    cdef Py_ssize_t width = x.dims[1], i
    if x.dims[0] != y.dims[0] or width != y.dims[1]:
        raise InputError(f"the shapes {x.shape} and {y.shape} differ.")
    p, q = new_tensor(2, x.dims[0], width, 1), new_tensor(2, x.dims[0], width, 1)
    memcpy(p.data, x.data, x.dims[0] * width * sizeof(float))
    memcpy(q.data, y.data, x.dims[0] * width * sizeof(float))
    bl_normalize_rows(p.data, x.dims[0], width)
    bl_normalize_rows(q.data, x.dims[0], width)
    found = []
    for i in range(x.dims[0]):
        bl_dot_products(p.data + i * width, 1, q.data + i * width, 1, width, one.data)
        found.append(one.data[0])
    return found
