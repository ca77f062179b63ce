# The tokenizer's half of the binding: str in, ids out. Part of _native.pyx.

from cpython.list cimport PyList_New
from cpython.ref cimport Py_INCREF, PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8

from _thread import allocate_lock

cdef extern from "Python.h":
    # with pointers in place of references, which need no counting
    PyObject *PyLong_FromLong(long value)
    PyObject *PyList_GET_ITEM(object values, Py_ssize_t i)
    void PyList_SET_ITEM(object values, Py_ssize_t i, PyObject *item)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_ASCII(object text)

cdef enum:
    NEAR = 1024        # a text up to this many bytes needs no memory of its own
    WORTH_LETTING_GO = 4096  # bytes from which other threads may run meanwhile

SPECIAL_NAMES = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


cdef const char *utf8(object text, Py_ssize_t *size) except NULL:
    if not isinstance(text, str):
        raise InputError(f"a text has to be a str, not {type(text).__name__}.")
    try:
        return PyUnicode_AsUTF8AndSize(text, size)
    except UnicodeEncodeError as error:
        raise InputError(f"the text holds half a surrogate pair at index {error.start}, which is no character; remove it, or encode the text with errors='replace' first.") from None


# Python's own integers stop being shared at 256; ids below this are shared here, once there is
# a tokenizer. In BERT's vocabularies the usual words come first.
cdef enum:
    SHARED = 8192

cdef list shared_integers = []
cdef object sharing = allocate_lock()


cdef list list_of(const int32_t *values, Py_ssize_t n):
    cdef list out = PyList_New(n)
    cdef PyObject *v
    for i in range(n):
        if 0 <= values[i] < SHARED:
            v = PyList_GET_ITEM(shared_integers, values[i])
            Py_INCREF(<object>v)
        else:
            v = PyLong_FromLong(values[i])
        PyList_SET_ITEM(out, i, v)
    return out


cdef class Pieces:
    """What a text, or a list of words, was cut into."""
    cdef TokenizerCore owner
    cdef object text         # a str, or a list of str
    cdef bint split_special
    cdef size_t count        # may be one more than there are ids, where the rest was not wanted
    cdef int32_t *ids
    cdef bl_offset *places    # in characters; made when first asked for

    def __dealloc__(self):
        PyMem_Free(self.ids)
        PyMem_Free(self.places)

    cdef int locate(self) except -1:
        """Cut once more, this time noting where the pieces stand."""
        cdef Py_ssize_t size
        cdef const char *text
        cdef size_t done = 0, n = 0
        cdef uint32_t word = 0
        cdef bl_offset *places
        cdef int32_t *ids
        cdef bl_error error
        if self.places is not NULL:
            return 0
        places = <bl_offset *>PyMem_Malloc((self.count + 1) * sizeof(bl_offset))
        ids = <int32_t *>PyMem_Malloc((self.count + 1) * sizeof(int32_t))
        if places is NULL or ids is NULL:
            PyMem_Free(places)
            PyMem_Free(ids)
            raise OutOfMemoryError("there is no memory for the pieces' places.")
        try:
            for part in ((self.text,) if isinstance(self.text, str) else self.text):
                text = utf8(part, &size)
                if bl_tokenize(self.owner.t, text, size, self.split_special, ids, places + done, self.count - done, &n, &error) != BL_OK:
                    raise_error(&error)
                n = min(n, self.count - done)
                if not PyUnicode_IS_ASCII(part):
                    bl_offsets_in_characters(text, size, places + done, n)
                if part is not self.text:
                    for i in range(done, done + n):
                        places[i].word = word
                    word += 1
                done += n
        except BaseException:
            PyMem_Free(places)
            raise
        finally:
            PyMem_Free(ids)
        self.places = places
        return 0

    cdef object token(self, size_t i):
        """The piece as the original shows it: an added token as it stands in the text, or in the normalized text."""
        cdef object added = self.owner.added_by_id.get(self.ids[i])
        if added is None or not (added.lstrip or added.rstrip or added.normalized):
            return self.owner.token_of(self.ids[i])
        self.locate()
        if self.places[i].left < 0:  # a piece that happens to have its id
            return self.owner.piece_of(self.ids[i])
        if added.normalized:
            return " " * self.places[i].left + self.owner.token_of(self.ids[i]) + " " * self.places[i].right
        text = self.text if isinstance(self.text, str) else self.text[self.places[i].word]
        return text[self.places[i].start:self.places[i].end]


cdef class Encoding:
    """One row for a model, and where each of its tokens comes from."""
    cdef TokenizerCore owner
    cdef Pieces a, b
    cdef Py_ssize_t count, padding
    cdef bint pad_left
    cdef int32_t *data               # ids, types, special, source: `count` of each
    cdef readonly list overflowing

    def __dealloc__(self):
        PyMem_Free(self.data)

    def __len__(self):
        return self.count + self.padding

    cdef list padded(self, list values, object filler):
        if not self.padding:
            return values
        return [filler] * self.padding + values if self.pad_left else values + [filler] * self.padding

    cdef int32_t *source(self):
        return self.data + 3 * self.count

    cdef Py_ssize_t row_index(self, object given) except -2:
        """A token's index without the padding; -1 for padding."""
        cdef Py_ssize_t n = self.count + self.padding, i = number("a token's index", given, -LARGEST)
        if i < 0:
            i += n
        if not 0 <= i < n:
            raise InputError(f"there are {n} tokens, and none with the index {i}.")
        if self.pad_left:
            i -= self.padding
        return i if 0 <= i < self.count else -1

    cdef Pieces whose(self, Py_ssize_t i, size_t *n):
        """The pieces that row i's token is one of, and which one; None for padding and added tokens."""
        cdef Py_ssize_t s = -1 if i < 0 else self.source()[i]
        if s < 0:
            return None
        if <size_t>s < self.a.count:
            n[0] = s
            return self.a
        n[0] = s - self.a.count
        return self.b

    @property
    def ids(self):
        return self.padded(list_of(self.data, self.count), self.owner.pad_token_id)

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
        cdef Pieces p
        cdef list out = []
        for i in range(self.count):
            p = self.whose(i, &n)
            if p is None:
                out.append((0, 0))
            else:
                p.locate()
                out.append((p.places[n].start, p.places[n].end))
        return self.padded(out, (0, 0))

    @property
    def word_ids(self):
        cdef size_t n = 0
        cdef Pieces p
        cdef list out = []
        for i in range(self.count):
            p = self.whose(i, &n)
            if p is not None:
                p.locate()
            out.append(None if p is None else p.places[n].word)
        return self.padded(out, None)

    @property
    def sequence_ids(self):
        cdef size_t n = 0
        cdef Pieces p
        cdef list out = []
        for i in range(self.count):
            p = self.whose(i, &n)
            out.append(None if p is None else 0 if p is self.a else 1)
        return self.padded(out, None)

    @property
    def tokens(self):
        cdef size_t n = 0
        cdef Pieces p
        cdef list out = []
        for i in range(self.count):
            p = self.whose(i, &n)
            out.append(self.owner.token_of(self.data[i]) if p is None else p.token(n))
        return self.padded(out, self.owner.pad_token)

    @property
    def n_sequences(self):
        return 1 if self.b is None else 2

    def token_to_sequence(self, index):
        return self.sequence_ids[index]

    def token_to_chars(self, index):
        """(sequence, (start, end)) of a token's characters, or None."""
        cdef size_t n = 0
        cdef Pieces p = self.whose(self.row_index(index), &n)
        if p is None:
            return None
        p.locate()
        return (0 if p is self.a else 1), (p.places[n].start, p.places[n].end)

    def token_to_word(self, index):
        """(sequence, word) of a token, or None."""
        cdef size_t n = 0
        cdef Pieces p = self.whose(self.row_index(index), &n)
        if p is None:
            return None
        p.locate()
        return (0 if p is self.a else 1), p.places[n].word

    cdef list places_in(self, object sequence):
        """(index, start, end, word) of the tokens of one text."""
        cdef size_t n = 0
        cdef Pieces p, wanted = self.b if number("sequence_index", sequence, 0) else self.a
        cdef list out = []
        cdef Py_ssize_t shift = self.padding if self.pad_left else 0
        for i in range(self.count):
            p = self.whose(i, &n)
            if p is not None and p is wanted:
                p.locate()
                out.append((i + shift, p.places[n].start, p.places[n].end, p.places[n].word))
        return out

    cdef tuple at_char(self, object char_pos, object sequence):
        """(index, start, end, word) of the token that a character is in, or None."""
        cdef Py_ssize_t at = number("char_pos", char_pos, 0)
        for found in self.places_in(sequence):
            if found[1] <= at < found[2]:
                return found
        return None

    def char_to_token(self, char_pos, sequence_index=0):
        found = self.at_char(char_pos, sequence_index)
        return None if found is None else found[0]

    def char_to_word(self, char_pos, sequence_index=0):
        found = self.at_char(char_pos, sequence_index)
        return None if found is None else found[3]

    def word_to_tokens(self, word_index, sequence_index=0):
        found = [i for i, start, end, word in self.places_in(sequence_index) if word == word_index]
        return (min(found), max(found) + 1) if found else None

    def word_to_chars(self, word_index, sequence_index=0):
        found = [(start, end) for i, start, end, word in self.places_in(sequence_index) if word == word_index]
        return (found[0][0], found[len(found) - 1][1]) if found else None

    def __repr__(self):
        return f"Encoding({self.count + self.padding} tokens)"


class AddedToken:
    """A token that is found in texts before they are cut into words."""

    __slots__ = ("content", "single_word", "lstrip", "rstrip", "normalized", "special")

    def __init__(self, content, single_word=False, lstrip=False, rstrip=False, normalized=None, special=False):
        self.content, self.single_word, self.lstrip, self.rstrip, self.special = content, single_word, lstrip, rstrip, special
        self.normalized = not special if normalized is None else normalized

    def __str__(self):
        return self.content

    def __eq__(self, other):
        return isinstance(other, AddedToken) and all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    def __hash__(self):
        return hash(self.content)

    def __repr__(self):
        return "AddedToken(" + ", ".join([f"{n}={getattr(self, n)!r}" for n in self.__slots__]) + ")"


cdef class TokenizerCore:
    """An open tokenizer, without what only shapes its results. Any number of threads may call it."""
    cdef bl_tokenizer *t
    cdef readonly dict added_by_id       # id: AddedToken
    cdef dict shown                      # id: what a normalized added token is decoded to
    cdef bint wants_types
    cdef readonly object source
    cdef readonly dict settings          # how texts are normalized, and how pieces are put together again
    cdef public str padding_side, truncation_side
    cdef public object model_max_length
    cdef public bint clean_up_tokenization_spaces

    def __init__(self, source, *, bint json=False, config=None):
        """source: a path, or the bytes of a vocab.txt (json: of a tokenizer.json); config: bytes of a tokenizer_config.json."""
        cdef bl_error error
        cdef bytes data, settings
        cdef const char *p
        cdef const char *c = NULL
        cdef size_t size, config_size = 0
        cdef bl_tokenizer *t
        cdef bl_added_token a
        cdef size_t n = 0
        if self.t is not NULL:
            raise BertliteError("this tokenizer is open already.")
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            p, size = PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)
            if config is not None:
                settings = bytes(config)
                c, config_size = PyBytes_AS_STRING(settings), PyBytes_GET_SIZE(settings)
            with nogil:
                t = bl_tokenizer_open_memory(p, size, json, c, config_size, &error)
            source = None
        else:
            data = os.fsencode(source)
            p = data
            if strlen(p) != <size_t>len(data):
                raise ModelFileError("the tokenizer's path holds a NUL.")
            with nogil:
                t = bl_tokenizer_open_with_base(p, embedded_base, &error)
        if t is NULL:
            raise_error(&error)
        self.t = t
        with sharing:
            if not shared_integers:
                shared_integers.extend(range(SHARED))
        self.source = source
        self.added_by_id, self.shown = {}, {}
        while bl_added_item(t, n, &a):
            text = PyUnicode_DecodeUTF8(a.text, a.size, NULL)
            self.added_by_id[a.id] = AddedToken(text, bool(a.single_word), bool(a.lstrip), bool(a.rstrip), bool(a.normalized), bool(a.special))
            if a.normalized:
                self.shown[a.id] = self.normalize(text)
            n += 1
        i = bl_tokenizer_describe(t)
        self.padding_side = "left" if i.pad_left else "right"
        self.truncation_side = "left" if i.truncate_left else "right"
        self.model_max_length = i.max_length if i.max_length else int(1e30)
        self.clean_up_tokenization_spaces = bool(i.clean_up)
        self.wants_types = bool(i.types)
        self.settings = {"lowercase": bool(i.lowercase), "strip_accents": bool(i.strip_accents), "split_chinese": bool(i.split_chinese), "prefix": i.prefix.decode(),
                         "join_with_spaces": bool(i.join_with_spaces), "tidy": bool(i.tidy), "table_bytes": i.table_bytes}

    def __dealloc__(self):
        bl_tokenizer_close(self.t)

    # ---- the vocabulary ------------------------------------------------------------

    cdef object special(self, int which):
        cdef const char *text = bl_tokenizer_describe(self.t).token[which]
        return None if text is NULL else text.decode()

    cdef object special_id(self, int which):
        cdef int32_t id = bl_tokenizer_describe(self.t).id[which]
        return None if id < 0 else id

    @property
    def unk_token(self):
        return self.special(BL_UNK)

    @property
    def sep_token(self):
        return self.special(BL_SEP)

    @property
    def pad_token(self):
        return self.special(BL_PAD)

    @property
    def cls_token(self):
        return self.special(BL_CLS)

    @property
    def mask_token(self):
        return self.special(BL_MASK)

    @property
    def unk_token_id(self):
        return self.special_id(BL_UNK)

    @property
    def sep_token_id(self):
        return self.special_id(BL_SEP)

    @property
    def pad_token_id(self):
        return self.special_id(BL_PAD)

    @property
    def cls_token_id(self):
        return self.special_id(BL_CLS)

    @property
    def mask_token_id(self):
        return self.special_id(BL_MASK)

    @property
    def vocab_size(self):
        """Pieces in the vocabulary, without added tokens."""
        return bl_tokenizer_describe(self.t).vocabulary

    def __len__(self):
        """All tokens, added ones too."""
        return bl_tokenizer_describe(self.t).tokens

    def __bool__(self):
        return True

    @property
    def model_input_names(self):
        return ["input_ids", "token_type_ids", "attention_mask"] if self.wants_types else ["input_ids", "attention_mask"]

    def get_vocab(self):
        """{token: id}, added tokens too."""
        cdef const char *text
        cdef size_t size, n = 0
        cdef int32_t id
        out = {}
        while bl_vocabulary_item(self.t, n, &text, &size, &id):
            out[PyUnicode_DecodeUTF8(text, size, "replace")] = id
            n += 1
        for number, token in self.added_by_id.items():
            out[token.content] = number
        return out

    cdef object token_of(self, int64_t id):
        cdef size_t size
        cdef const char *text
        if not 0 <= id <= 0x7FFFFFFF:
            return None
        shown = self.shown.get(id)
        if shown is not None:
            return shown
        text = bl_token_text(self.t, <int32_t>id, &size)
        return None if text is NULL else PyUnicode_DecodeUTF8(text, size, "replace")

    cdef object piece_of(self, int32_t id):
        cdef size_t size
        cdef const char *text = bl_word_piece(self.t, id, &size)
        return None if text is NULL else PyUnicode_DecodeUTF8(text, size, "replace")

    def id_to_token(self, id):
        """An id's token, or None."""
        return self.token_of(number("an id", id, -LARGEST))

    def token_to_id(self, token):
        """A token's id, or None."""
        cdef Py_ssize_t size
        cdef const char *text = utf8(token, &size)
        cdef int32_t id = bl_token_id(self.t, text, size)
        return None if id < 0 else id

    def num_special_tokens_to_add(self, pair=False):
        """How many tokens belong around a text, or around a pair."""
        cdef bl_window none
        none.a_from = none.a_to = none.b_from = none.b_to = 0
        return bl_row_size(self.t, &none, bool(pair), 1)

    def normalize(self, text):
        """What a text's words are cut from: lowercase, without accents, and so on."""
        cdef Py_ssize_t size
        cdef const char *p = utf8(text, &size)
        cdef size_t n = bl_normalize(self.t, p, size, NULL, 0)
        cdef bytes out = PyBytes_FromStringAndSize(NULL, n)
        bl_normalize(self.t, p, size, PyBytes_AS_STRING(out), n)
        return out.decode()

    def to_json(self):
        """The bytes of a tokenizer.json that says all of this."""
        cdef size_t n = bl_tokenizer_json(self.t, NULL, 0)
        cdef bytes out = PyBytes_FromStringAndSize(NULL, n)
        bl_tokenizer_json(self.t, PyBytes_AS_STRING(out), n)
        return out

    # ---- texts to ids -------------------------------------------------------------------

    cdef int cut(self, const char *text, Py_ssize_t size, bint split_special, int32_t *ids, size_t capacity, size_t *count) except -1:
        cdef bl_error error
        cdef bl_status status
        if size < WORTH_LETTING_GO:
            status = bl_tokenize(self.t, text, size, split_special, ids, NULL, capacity, count, &error)
        else:
            with nogil:
                status = bl_tokenize(self.t, text, size, split_special, ids, NULL, capacity, count, &error)
        if status != BL_OK:
            raise_error(&error)
        return 0

    cdef Pieces pieces(self, object text, bint split_words, bint split_special, size_t most):
        """most: no more pieces than this are wanted, but it should be seen if there are more."""
        cdef Pieces p = Pieces.__new__(Pieces)
        cdef Py_ssize_t size, all_sizes = 0
        cdef const char *utf
        cdef size_t n = 0, capacity
        cdef int32_t near[NEAR]
        cdef int32_t *ids = near
        p.owner, p.split_special = self, split_special
        if split_words:
            if isinstance(text, str) or not isinstance(text, (list, tuple)):
                raise InputError(f"is_split_into_words is set, so a text has to be a list of words, not {type(text).__name__}.")
            p.text = list(text)
            for word in p.text:
                utf8(word, &size)
                all_sizes += size
        else:
            p.text = text
            utf = utf8(text, &all_sizes)
        capacity = all_sizes if split_words else min(<size_t>all_sizes, most)
        if capacity > NEAR:
            ids = <int32_t *>PyMem_Malloc(capacity * sizeof(int32_t))
            if ids is NULL:
                raise OutOfMemoryError("there is no memory for the ids.")
        try:
            if split_words:
                for word in p.text:
                    utf = utf8(word, &size)
                    self.cut(utf, size, split_special, ids + p.count, size, &n)
                    p.count += n
            else:
                self.cut(utf, all_sizes, split_special, ids, capacity, &p.count)
            # only as much as there is, for it is kept as long as the encoding
            n = min(p.count, capacity)
            p.ids = <int32_t *>PyMem_Malloc((n + 1) * sizeof(int32_t))
            if p.ids is NULL:
                raise OutOfMemoryError("there is no memory for the ids.")
            memcpy(p.ids, ids, n * sizeof(int32_t))
            return p
        finally:
            if ids != near:
                PyMem_Free(ids)

    cdef Encoding row(self, Pieces a, Pieces b, const bl_window *window, bint specials):
        cdef Encoding e = Encoding.__new__(Encoding)
        cdef bl_row row
        e.owner, e.a, e.b, e.overflowing = self, a, b, []
        e.count = bl_row_size(self.t, window, b is not None, specials)
        e.data = <int32_t *>PyMem_Malloc((4 * e.count + 1) * sizeof(int32_t))
        if e.data is NULL:
            raise OutOfMemoryError("there is no memory for the ids.")
        row.ids, row.types, row.special, row.source = e.data, e.data + e.count, e.data + 2 * e.count, e.data + 3 * e.count
        bl_fill_row(self.t, a.ids, NULL if b is None else b.ids, a.count, window, b is not None, specials, &row)
        return e

    cdef Encoding encode_one(self, object text, object pair, bint split_words, bint split_special, const bl_limits *limits, bint overflowing):
        cdef size_t most = <size_t>-1, count = 0
        cdef Pieces a, b = None
        cdef bl_error error
        cdef bl_window few[4]
        cdef bl_window *windows = few
        cdef size_t i
        cdef Encoding e
        if pair is None and not split_words and not overflowing and limits.truncation in (BL_LONGEST_FIRST, BL_ONLY_FIRST) and not limits.truncate_left and limits.max_length >= self.num_special_tokens_to_add():
            most = limits.max_length  # the rest of the text need not be read
        a = self.pieces(text, split_words, split_special, most)
        if pair is not None:
            b = self.pieces(pair, split_words, split_special, most)
        if bl_windows(self.t, a.count, BL_NO_PAIR if b is None else b.count, limits, few, 4, &count, &error) != BL_OK:
            raise_error(&error)
        if not overflowing:
            return self.row(a, b, few, limits.specials)
        try:
            if count > 4:
                windows = <bl_window *>PyMem_Malloc(count * sizeof(bl_window))
                if windows is NULL:
                    raise OutOfMemoryError("there is no memory for the windows.")
                bl_windows(self.t, a.count, BL_NO_PAIR if b is None else b.count, limits, windows, count, &count, &error)
            e = self.row(a, b, windows, limits.specials)
            for i in range(1, count):
                e.overflowing.append(self.row(a, b, &windows[i], limits.specials))
            return e
        finally:
            if windows != few:
                PyMem_Free(windows)

    def encode_rows(self, list texts, bint specials, str truncation, size_t max_length, size_t stride, bint split_words, bint split_special, bint overflowing):
        """An Encoding for each text or (text, second text) tuple."""
        cdef bl_limits limits
        limits.truncation = {"longest_first": BL_LONGEST_FIRST, "only_first": BL_ONLY_FIRST, "only_second": BL_ONLY_SECOND}.get(truncation, BL_KEEP)
        limits.max_length, limits.stride, limits.truncate_left, limits.specials = max_length, stride, self.truncation_side == "left", specials
        cdef list out = []
        for text, pair in texts:
            out.append(self.encode_one(text, pair, split_words, split_special, &limits, overflowing))
        return out

    def pad_rows(self, list rows, size_t length, str side):
        """Let every row, and what overflowed from it, have at least this length."""
        cdef Encoding e, o
        for e in rows:
            e.padding = max(0, <Py_ssize_t>length - e.count)
            e.pad_left = side == "left"
            for o in e.overflowing:
                o.padding = max(0, <Py_ssize_t>length - o.count)
                o.pad_left = side == "left"

    def encode(self, text, text_pair=None, add_special_tokens=True, padding=False, truncation=None, max_length=None, **more):
        """The ids of a text or a pair, with the tokens that belong around it. Arguments as for calls."""
        if text_pair is None and add_special_tokens is True and padding is False and truncation is None and max_length is None and not more and type(text) is str:
            return self.quick_ids(text)
        return self(text, text_pair, add_special_tokens, padding, truncation, max_length, return_token_type_ids=False, return_attention_mask=False, **more)["input_ids"]

    cdef list quick_ids(self, object text):
        cdef int32_t near[NEAR]
        cdef int32_t near_row[NEAR + 32]
        cdef int32_t *ids = near
        cdef int32_t *out = near_row
        cdef Py_ssize_t size
        cdef const char *p = utf8(text, &size)
        cdef size_t n = 0
        cdef bl_window window
        cdef bl_row row
        if size > NEAR:
            ids = <int32_t *>PyMem_Malloc((2 * size + 32) * sizeof(int32_t))
            if ids is NULL:
                raise OutOfMemoryError("there is no memory for the ids.")
            out = ids + size
        try:
            self.cut(p, size, False, ids, size, &n)
            window.a_from, window.a_to, window.b_from, window.b_to = 0, n, 0, 0
            row.ids, row.types, row.special, row.source = out, NULL, NULL, NULL
            bl_fill_row(self.t, ids, NULL, n, &window, 0, 1, &row)
            return list_of(out, bl_row_size(self.t, &window, 0, 1))
        finally:
            if ids != near:
                PyMem_Free(ids)
