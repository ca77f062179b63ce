# Class Tokens: a text's tokens, and the offset, word and text of each. Part of _native.pyx.

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
        cdef object added = self.owner.added_tokens().get(self.ids[i])
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
