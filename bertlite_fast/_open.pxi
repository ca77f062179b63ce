# How a model is opened: its head and its files. Part of _native.pyx.

cdef dict PRECISIONS = {"int8": BL_INT8, "fp32": BL_FP32, "fp32-fast": BL_FP32_FAST}
cdef dict HEADS = {  # task: (output, the head it needs)
    "sequence-classification": (BL_CLASSES, BL_CLASS_HEAD),
    "token-classification": (BL_TOKENS, BL_TOKEN_HEAD),
    "question-answering": (BL_TOKENS, BL_ANSWER_HEAD),
    "masked-lm": (BL_WORDS, BL_WORD_HEAD),
}
cdef dict TASKS = {head: task for task, (output, head) in HEADS.items()}  # and back
cdef dict HEAD_NAMES = {
    BL_NO_HEAD: "no head",
    BL_CLASS_HEAD: "a sequence classification head",
    BL_TOKEN_HEAD: "a token classification head",
    BL_ANSWER_HEAD: "a question answering head",
    BL_WORD_HEAD: "a masked language model head",
}


cdef bytes config_bytes(object config):
    """The text of a config.json for C; None if it is None or empty."""
    if config is None:
        return None
    try:
        return (config.encode() if isinstance(config, str) else bytes(memoryview(config))) or None
    except (TypeError, UnicodeEncodeError):
        raise wrong("config has to be a config.json's text: str or bytes.") from None


cdef bl_model *open_model(object source, bytes config, bl_precision precision, bl_head head,
                          bint new_classifier) except NULL:
    """source: a path, or the bytes of a converted file or of tensors."""
    cdef bl_error error
    cdef bl_model *model
    cdef bl_open_options options
    cdef bytes path
    cdef const char *p
    cdef size_t size
    options.base, options.config, options.config_size = embedded_base, NULL, 0
    options.head, options.new_classifier = head, new_classifier
    if config is not None:
        options.config, options.config_size = PyBytes_AS_STRING(config), PyBytes_GET_SIZE(config)
    if isinstance(source, bytes):
        if new_classifier:
            raise wrong("new_classifier needs a model in a file; give its path.")
        p, size = PyBytes_AS_STRING(source), PyBytes_GET_SIZE(source)
        with nogil:
            model = bl_open_memory(options.config, options.config_size, p, size, precision, &error)
    else:
        path = path_bytes(source)
        p = path
        with nogil:
            model = bl_open_with(p, &options, precision, &error)
    if model is NULL:
        raise_error(&error)
    return model


cdef int refuse_setfit(object source, str task) except -1:
    """Only a pipeline reads the classifier of SetFit, which is beside the model."""
    if task != "sequence-classification" or isinstance(source, bytes):
        return 0
    if os.path.isfile(os.path.join(os.fspath(source), "model_head.pkl")):
        raise ModelConfigError(
            f"{os.fspath(source)} is a SetFit model, whose classifier is in model_head.pkl; open "
            'it with pipeline("text-classification"), or as SentenceTransformer for its vectors.'
        )
    return 0
