# Class Encoding, a row of ids, and where each of its tokens comes from. Part of _native.pyx.

cdef class Encoding:
    """One row for a model, and where each of its tokens comes from."""
    cdef TokenizerCore owner
    cdef Tokens a, b
    cdef Py_ssize_t count, padding
    cdef bint pad_left
    cdef int32_t *data               # ids, types, special, source: `count` of each
    cdef list windows                # what was truncated, as Encodings

    def __dealloc__(self):
        PyMem_Free(self.data)

    def __reduce__(self):
        cdef bytes data = b"" if self.data is NULL else (
            (<char *>self.data)[:4 * self.count * sizeof(int32_t)])
        return restored_encoding, (self.owner, self.a, self.b, self.padding, self.pad_left,
                                   data, self.windows)

    def __len__(self):
        return self.count + self.padding

    @property
    def overflowing(self):
        return list(self.windows or ())

    cdef list padded(self, list values, object filler):
        if not self.padding:
            return values
        filling = [filler] * self.padding
        return filling + values if self.pad_left else values + filling

    cdef Py_ssize_t row_index(self, object given) except -2:
        """A token's index without the padding; -1 for padding."""
        cdef Py_ssize_t n = self.count + self.padding
        cdef Py_ssize_t i = number("a token's index", given, -LARGEST)
        if i < 0:
            i += n
        if not 0 <= i < n:
            return -1  # as in tokenizers
        if self.pad_left:
            i -= self.padding
        return i if 0 <= i < self.count else -1

    cdef Tokens source(self, Py_ssize_t i, size_t *n):
        """The tokens of the text that row i's token is from, and its index there.

        None for padding and for special tokens around the texts.
        """
        cdef Py_ssize_t s = -1 if i < 0 else self.data[3 * self.count + i]
        if s < 0:
            return None
        if <size_t>s < self.a.count:
            n[0] = s
            return self.a
        n[0] = s - self.a.count
        return self.b

    @property
    def ids(self):
        cdef object pad = self.owner.special_id(BL_PAD) if self.padding else None
        return self.padded(list_of(self.data, self.count), pad)

    @property
    def type_ids(self):
        return self.padded(list_of(self.data + self.count, self.count), 0)

    @property
    def attention_mask(self):
        return self.padded([1] * self.count, 0)

    @property
    def special_tokens_mask(self):
        return self.padded(list_of(self.data + 2 * self.count, self.count), 1)

    @property
    def offsets(self):
        cdef size_t n = 0
        cdef Tokens t
        cdef list out = []
        for i in range(self.count):
            t = self.source(i, &n)
            if t is None:
                out.append((0, 0))
            else:
                t.locate()
                out.append((t.offsets[n].start, t.offsets[n].end))
        return self.padded(out, (0, 0))

    @property
    def word_ids(self):
        cdef size_t n = 0
        cdef Tokens t
        cdef list out = []
        for i in range(self.count):
            t = self.source(i, &n)
            if t is not None:
                t.locate()
            out.append(None if t is None else t.offsets[n].word)
        return self.padded(out, None)

    @property
    def sequence_ids(self):
        cdef size_t n = 0
        cdef Tokens t
        cdef list out = []
        for i in range(self.count):
            t = self.source(i, &n)
            out.append(None if t is None else 0 if t is self.a else 1)
        return self.padded(out, None)

    @property
    def tokens(self):
        cdef size_t n = 0
        cdef Tokens t
        cdef list out = []
        for i in range(self.count):
            t = self.source(i, &n)
            out.append(self.owner.token_of(self.data[i]) if t is None else t.token(n))
        return self.padded(out, self.owner.special(BL_PAD) if self.padding else None)

    @property
    def n_sequences(self):
        return 1 if self.b is None else 2

    @property
    def words(self):
        """The same as word_ids."""
        return self.word_ids

    def token_to_sequence(self, token_index):
        """0 for a token of the first text, 1 for one of the second, else None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(token_index), &n)
        return None if t is None else 0 if t is self.a else 1

    def token_to_chars(self, token_index):
        """(start, end) of a token's characters, or None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(token_index), &n)
        if t is None:
            return None
        t.locate()
        return t.offsets[n].start, t.offsets[n].end

    def token_to_word(self, token_index):
        """The index of a token's word, or None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(token_index), &n)
        if t is None:
            return None
        t.locate()
        return t.offsets[n].word

    cdef Encoding part(self, Py_ssize_t start, Py_ssize_t end):
        """Its tokens [start, end)."""
        cdef Encoding e = Encoding.__new__(Encoding)
        cdef Py_ssize_t i, size = end - start
        e.owner, e.a, e.b, e.count = self.owner, self.a, self.b, size
        e.data = <int32_t *>allocate(4 * size, sizeof(int32_t))
        for i in range(4):
            memcpy(e.data + i * size, self.data + i * self.count + start, size * sizeof(int32_t))
        return e

    def truncate(self, max_length, stride=0, direction="right"):
        """Keep max_length tokens; `overflowing` then holds the rest, in windows of as many."""
        cdef Py_ssize_t most = number("max_length", max_length, 0)
        cdef Py_ssize_t shared = number("stride", stride, 0)
        cdef Py_ssize_t n = self.count
        cdef list windows
        cdef Encoding kept
        cdef int32_t *data
        if direction not in ("left", "right"):
            raise wrong(f"direction is {direction!r}; it can be 'left' or 'right'.")
        if self.padding:
            raise wrong("a padded encoding cannot be truncated; truncate it first.")
        if n <= most:
            return
        if most and shared >= most:
            raise wrong(f"stride is {shared}; it has to be less than max_length={most}.")
        if direction == "right":
            starts = list(range(0, n, most - shared)) if most else [0]
            windows = [self.part(i, min(i + most, n)) for i in starts if not i or i + shared < n]
        else:
            ends = list(range(n, 0, shared - most)) if most else [n]
            windows = [self.part(max(0, i - most), i) for i in ends if i == n or i > shared]
        if not most:
            windows = [self.part(0, 0), self.part(0, n)]
        kept = windows[0]
        data, self.data, self.count = self.data, kept.data, kept.count
        kept.data = NULL
        PyMem_Free(data)
        self.windows = windows[1:]

    cdef list located(self, object sequence):
        """(index, start, end, word) of the tokens of one text."""
        cdef size_t n = 0
        cdef Tokens t
        cdef Tokens wanted = self.b if number("sequence_index", sequence, 0) else self.a
        cdef list out = []
        cdef Py_ssize_t shift = self.padding if self.pad_left else 0
        for i in range(self.count):
            t = self.source(i, &n)
            if t is not None and t is wanted:
                t.locate()
                out.append((i + shift, t.offsets[n].start, t.offsets[n].end, t.offsets[n].word))
        return out

    cdef tuple at_char(self, object char_pos, object sequence):
        """(index, start, end, word) of the token that a character is in, or None."""
        cdef Py_ssize_t at = number("char_pos", char_pos, 0)
        for found in self.located(sequence):
            if found[1] <= at < found[2]:
                return found
        return None

    def char_to_token(self, char_pos, sequence_index=0):
        found = self.at_char(char_pos, sequence_index)
        return None if found is None else found[0]

    def char_to_word(self, char_pos, sequence_index=0):
        found = self.at_char(char_pos, sequence_index)
        return None if found is None else found[3]

    cdef list of_word(self, object word_index, object sequence):
        return [found for found in self.located(sequence) if found[3] == word_index]

    def word_to_tokens(self, word_index, sequence_index=0):
        """(first, last + 1) of a word's tokens, or None."""
        cdef list found = self.of_word(word_index, sequence_index)
        return (found[0][0], found[len(found) - 1][0] + 1) if found else None

    def word_to_chars(self, word_index, sequence_index=0):
        """(start, end) of a word's characters, or None."""
        cdef list found = self.of_word(word_index, sequence_index)
        return (found[0][1], found[len(found) - 1][2]) if found else None

    def __repr__(self):
        return f"Encoding({self.count + self.padding} tokens)"
