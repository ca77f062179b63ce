# TokenizerCore: an open tokenizer. Part of _native.pyx.

cdef class TokenizerCore:
    """An open tokenizer, without what only shapes its results.

    Any number of threads may call it.
    """
    cdef bl_tokenizer *t
    cdef dict added                      # id: AddedToken; None until they are asked for
    cdef dict shown                      # id: what a normalized added token is decoded to
    cdef dict kept_settings
    cdef list retired                    # what replace() replaced; others may still use it
    cdef list input_names                # model_input_names, if they were set
    cdef bint wants_types
    cdef object file_length, file_side   # model_max_length and truncation_side, as opened
    cdef readonly object source
    cdef public str padding_side, truncation_side
    cdef object longest                  # model_max_length, as it was set
    cdef public bint clean_up_tokenization_spaces

    def __cinit__(self):
        self.kept_settings = {}
        self.padding_side = self.truncation_side = "right"
        self.longest = LARGEST

    @property
    def model_max_length(self):
        """The most tokens that the model takes; int(1e30) if not known, as in transformers."""
        return self.longest

    @model_max_length.setter
    def model_max_length(self, value):
        number("model_max_length", value, 1)
        self.longest = value

    def __init__(self, source, *, bint json=False, config=None):
        """source: a path, or the bytes of a vocab.txt (json: of a tokenizer.json); config: bytes
        of a tokenizer_config.json."""
        cdef bl_tokenizer *t
        if self.t is not NULL:
            raise BertliteError("this tokenizer is open already; make another object.")
        t = open_tokenizer(source, json, config)
        if self.t is not NULL:  # another thread was faster
            bl_tokenizer_close(t)
            raise BertliteError("this tokenizer is open already; make another object.")
        self.t = t
        in_memory = isinstance(source, (bytes, bytearray, memoryview))
        self.source = None if in_memory else source
        self.read_settings(bl_tokenizer_describe(t))

    cdef int read_settings(self, const bl_tokenizer_info *i) except -1:
        self.padding_side = "left" if i.pad_left else "right"
        self.truncation_side = "left" if i.truncate_left else "right"
        self.model_max_length = i.max_length if i.max_length else int(1e30)
        self.file_length, self.file_side = self.model_max_length, self.truncation_side
        self.clean_up_tokenization_spaces = bool(i.clean_up)
        self.wants_types = bool(i.types)
        self.kept_settings = {
            "lowercase": bool(i.lowercase), "strip_accents": bool(i.strip_accents),
            "split_chinese": bool(i.split_chinese), "prefix": i.prefix.decode(),
            "join_with_spaces": bool(i.join_with_spaces), "tidy": bool(i.tidy),
            "table_bytes": i.table_bytes,
        }
        return 0

    cdef dict added_tokens(self):
        """{id: AddedToken}; `shown` is known afterwards, too."""
        cdef bl_added_token a
        cdef size_t n = 0
        if self.added is not None:
            return self.added
        from .added_token import AddedToken

        added, shown = {}, {}
        while self.t is not NULL and bl_added_item(self.t, n, &a):
            text = PyUnicode_DecodeUTF8(a.text, a.size, NULL)
            added[a.id] = AddedToken(
                text, bool(a.single_word), bool(a.lstrip), bool(a.rstrip), bool(a.normalized),
                bool(a.special),
            )
            if a.normalized:
                shown[a.id] = self.normalize(text)
            n += 1
        self.shown, self.added = shown, added
        return added

    def __dealloc__(self):
        bl_tokenizer_close(self.t)

    cdef bl_tokenizer *opened(self) except NULL:
        if self.t is NULL:
            raise wrong("this tokenizer is not open: its __init__ was not called, or failed.")
        return self.t

    # ---- the vocabulary ------------------------------------------------------------

    @property
    def settings(self):
        """How texts are normalized, and how tokens are put together again."""
        self.opened()
        return self.kept_settings

    @property
    def added_by_id(self):
        """{id: AddedToken}"""
        return self.added_tokens()

    cdef object special(self, int which):
        cdef const char *text = bl_tokenizer_describe(self.opened()).token[which]
        return None if text is NULL else PyUnicode_DecodeUTF8(text, strlen(text), "replace")

    cdef object special_id(self, int which):
        cdef int32_t id = bl_tokenizer_describe(self.opened()).id[which]
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
        """Word pieces in the vocabulary, without added tokens."""
        return bl_tokenizer_describe(self.opened()).vocabulary

    def __len__(self):
        """All tokens, added ones too."""
        return bl_tokenizer_describe(self.opened()).tokens

    def __bool__(self):
        return True

    @property
    def model_input_names(self):
        if self.input_names is not None:
            return list(self.input_names)
        types = ["token_type_ids"] if self.wants_types else []
        return ["input_ids", *types, "attention_mask"]

    @model_input_names.setter
    def model_input_names(self, names):
        self.input_names = list(names)

    def replace(self, bytes data not None, bytes config not None, /):
        """Become the tokenizer of this tokenizer.json and tokenizer_config.json.

        What others are using meanwhile stays valid.
        """
        cdef TokenizerCore other = TokenizerCore(data, json=True, config=config)
        cdef bl_tokenizer *new = other.t
        if self.retired is None:
            self.retired = []
        other.t = self.opened()
        self.retired.append(other)
        self.t = new
        self.added, self.kept_settings = None, other.kept_settings

    def get_vocab(self):
        """{token: id}, added tokens too."""
        cdef const char *text
        cdef size_t size, n = 0
        cdef int32_t id
        out = {}
        while bl_vocabulary_item(self.opened(), n, &text, &size, &id):
            out[PyUnicode_DecodeUTF8(text, size, "replace")] = id
            n += 1
        for number, token in self.added_tokens().items():
            out[token.content] = number
        return out

    cdef object token_of(self, int64_t id):
        cdef size_t size
        cdef const char *text
        if not 0 <= id <= 0x7FFFFFFF:
            return None
        self.added_tokens()
        shown = self.shown.get(id)
        if shown is not None:
            return shown
        text = bl_token_text(self.opened(), <int32_t>id, &size)
        return None if text is NULL else PyUnicode_DecodeUTF8(text, size, "replace")

    cdef object word_piece(self, int32_t id):
        cdef size_t size
        cdef const char *text = bl_word_piece(self.t, id, &size)
        return None if text is NULL else PyUnicode_DecodeUTF8(text, size, "replace")

    def id_to_token(self, id):
        """An id's token, or None."""
        if type(id) is int and 0 <= id < LARGEST:  # other numbers are checked, which takes longer
            return self.token_of(id)
        return self.token_of(number("an id", id, -LARGEST))

    def token_to_id(self, token):
        """A token's id, or None."""
        cdef Py_ssize_t size
        cdef const char *text = utf8(token, &size)
        cdef int32_t id = bl_token_id(self.opened(), text, size)
        return None if id < 0 else id

    cdef size_t specials_around(self, bint pair) noexcept:
        cdef bl_window none
        none.a_from = none.a_to = none.b_from = none.b_to = 0
        return bl_row_size(self.t, &none, pair, 1)

    def num_special_tokens_to_add(self, pair=False):
        """How many tokens belong around a text, or around a pair."""
        self.opened()
        return self.specials_around(bool(pair))

    def normalize(self, text):
        """The text that words are split from: lowercase, without accents, and so on."""
        cdef Py_ssize_t size
        cdef const char *p = utf8(text, &size)
        cdef size_t n = bl_normalize(self.opened(), p, size, NULL, 0)
        cdef bytes out = PyBytes_FromStringAndSize(NULL, n)
        bl_normalize(self.t, p, size, PyBytes_AS_STRING(out), n)
        return out.decode()

    def to_json(self):
        """The bytes of a tokenizer.json that says all of this."""
        cdef size_t n = bl_tokenizer_json(self.opened(), NULL, 0)
        cdef bytes out = PyBytes_FromStringAndSize(NULL, n)
        bl_tokenizer_json(self.t, PyBytes_AS_STRING(out), n)
        return out

    # ---- texts to ids ---------------------------------------------------------------

    def encode_rows(self, list texts not None, bint specials, str truncation, size_t max_length,
                    size_t stride, bint split_words, bint split_special, bint overflowing, /):
        """An Encoding for each (text, second text or None) tuple."""
        cdef bl_limits limits
        self.opened()
        limits.truncation = TRUNCATIONS.get(truncation, BL_KEEP)
        limits.max_length, limits.stride = max_length, stride
        limits.truncate_left = self.truncation_side == "left"
        limits.specials = specials
        return [
            encode_one(self, text, pair, split_words, split_special, &limits, overflowing)
            for text, pair in texts
        ]

    def flat_rows(self, tuple texts not None, bint specials, str truncation not None,
                  size_t max_length, bint split_special, bint offsets, unsigned threads, /):
        """Rows that lie end to end: ids of 32 bits, where rows start (64 bits), offsets or None."""
        return flat_rows_of(self, texts, specials, truncation, max_length, split_special, offsets,
                            threads)

    def pad_rows(self, list rows not None, size_t length, str side, /):
        """Let every row, and what overflowed from it, have at least this length."""
        for row in rows:
            pad_row(encoding_of(row, self), length, side == "left")

    def encode(self, text, text_pair=None, add_special_tokens=True, padding=False,
               truncation=None, max_length=None, **more):
        """The ids of a text or a pair, special tokens included. Arguments as for calls."""
        if (text_pair is None and add_special_tokens is True and padding is False
                and truncation is None and max_length is None and not more
                and type(text) is str):
            self.opened()
            return ids_with_specials(self, text)
        return self(text, text_pair, add_special_tokens=add_special_tokens, padding=padding,
                    truncation=truncation, max_length=max_length, return_token_type_ids=False,
                    return_attention_mask=False, **more)["input_ids"]
