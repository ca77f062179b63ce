# Class Encoding (a row of ids), and the offset, word and text of each token. Part of _native.pyx.

cdef class Tokens:
    """The tokens of a text, or of a list of words."""
    cdef TokenizerCore owner
    cdef object text         # a str, or a list of str
    cdef bint split_special
    cdef size_t count        # may be one more than there are ids, where the rest was not wanted
    cdef size_t held         # how many ids there are
    cdef int32_t *ids
    cdef bl_offset *offsets  # in characters; made when first asked for

    def __dealloc__(self):
        PyMem_Free(self.ids)
        PyMem_Free(self.offsets)

    def __reduce__(self):
        cdef Py_ssize_t n = 0 if self.ids is NULL else self.held
        return restored_tokens, (self.owner, self.text, self.split_special, self.count,
                                 (<char *>self.ids)[:n * sizeof(int32_t)])

    cdef int locate(self) except -1:
        """Tokenize once more, this time noting the tokens' offsets."""
        cdef bl_offset *offsets
        cdef int32_t *ids = NULL
        if self.offsets is not NULL:
            return 0
        offsets = <bl_offset *>allocate(self.count, sizeof(bl_offset))
        try:
            ids = <int32_t *>allocate(self.count, sizeof(int32_t))
            self.fill_offsets(ids, offsets)
        except BaseException:
            PyMem_Free(offsets)
            raise
        finally:
            PyMem_Free(ids)
        self.offsets = offsets
        return 0

    cdef int fill_offsets(self, int32_t *ids, bl_offset *offsets) except -1:
        cdef Py_ssize_t size
        cdef const char *text
        cdef size_t done = 0, n = 0, i
        cdef uint32_t word = 0
        cdef bl_error error
        cdef bint whole_text = isinstance(self.text, str)
        for part in ((self.text,) if whole_text else self.text):
            text = utf8(part, &size)
            if bl_tokenize(self.owner.t, text, size, self.split_special, ids, offsets + done,
                           self.count - done, &n, &error) != BL_OK:
                raise_error(&error)
            n = min(n, self.count - done)
            if not PyUnicode_IS_ASCII(part):
                bl_offsets_in_characters(text, size, offsets + done, n)
            if not whole_text:
                for i in range(done, done + n):
                    offsets[i].word = word
                word += 1
            done += n
        # a pickle may hold more tokens than its text has
        memset(offsets + done, 0, (self.count - done) * sizeof(bl_offset))
        return 0

    cdef object token(self, size_t i):
        """A token as tokenizers shows it: an added token as in the text, or normalized."""
        cdef object added = self.owner.added.get(self.ids[i])
        if added is None or not (added.lstrip or added.rstrip or added.normalized):
            return self.owner.token_of(self.ids[i])
        self.locate()
        if self.offsets[i].left < 0:  # a word piece that happens to have its id
            return self.owner.word_piece(self.ids[i])
        if added.normalized:
            token = self.owner.token_of(self.ids[i])
            return " " * self.offsets[i].left + token + " " * self.offsets[i].right
        text = self.text if isinstance(self.text, str) else self.text[self.offsets[i].word]
        return text[self.offsets[i].start:self.offsets[i].end]


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
            raise InputError(f"there are {n} tokens; {given} is not the index of one.")
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

    def token_to_sequence(self, index):
        """0 for a token of the first text, 1 for one of the second, else None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(index), &n)
        return None if t is None else 0 if t is self.a else 1

    def token_to_chars(self, index):
        """(sequence, (start, end)) of a token's characters, or None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(index), &n)
        if t is None:
            return None
        t.locate()
        return (0 if t is self.a else 1), (t.offsets[n].start, t.offsets[n].end)

    def token_to_word(self, index):
        """(sequence, word) of a token, or None."""
        cdef size_t n = 0
        cdef Tokens t = self.source(self.row_index(index), &n)
        if t is None:
            return None
        t.locate()
        return (0 if t is self.a else 1), t.offsets[n].word

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
