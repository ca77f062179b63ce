# cython: language_level=3, boundscheck=False, wraparound=False
# cython: auto_pickle=False, binding=False, embedsignature=True, embedsignature.format=clinic
"""The binding of the training core (csrc/training). Inference does not load it.

Texts hold rows of ids and what they are trained for; a Trainer takes batches of them by their
indices. One thread at a time may use a Trainer.
"""

from ._bertlite cimport (
    BL_ANSWER_HEAD, BL_CLASS_HEAD, BL_CONFIG_ERROR, BL_FILE_ERROR, BL_INPUT_ERROR, BL_ISA_ERROR,
    BL_MEMORY_ERROR, BL_NO_HEAD, BL_OK, BL_TOKEN_HEAD, BL_WORD_HEAD, bl_error, bl_head, bl_model,
    bl_status,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from itertools import chain

from .errors import (
    BertliteError, InputError, InstructionSetError, ModelConfigError, ModelFileError,
    OutOfMemoryError,
)

cdef extern from "training/trainer.h" nogil:
    ctypedef enum bl_trained:
        BL_TRAIN_HEAD
        BL_TRAIN_ENCODER
        BL_TRAIN_ALL
    ctypedef enum bl_loss_kind:
        BL_ONE_LABEL
        BL_SEVERAL_LABELS
        BL_REGRESSION
        BL_SPAN
        BL_CONTRASTIVE
        BL_ALIKE
        BL_TRIPLET
    ctypedef struct bl_training_options:
        bl_trained trained
        bl_head head
        int from_mean
        size_t labels
        bl_loss_kind loss
        float smoothing
        const float *class_weights
        float temperature, margin
        float hidden_dropout, attention_dropout, classifier_dropout
        float beta1, beta2, epsilon, decay, clip
        uint64_t seed
        size_t tokens, texts, length
        unsigned threads
        const char *isa
        int fused
    ctypedef struct bl_training_batch:
        size_t texts
        const size_t *start
        const int32_t *ids
        const int32_t *types
        const int32_t *labels
        const float *targets
        const float *features
    ctypedef struct bl_training_step:
        uint64_t number
        int first, last
        float rate, scale
    ctypedef struct bl_trainer:
        pass
    bl_trainer *bl_trainer_create(const bl_model *start, const bl_training_options *options,
                                  bl_error *error)
    void bl_trainer_free(bl_trainer *t)
    size_t bl_trainer_bytes(const bl_trainer *t)
    size_t bl_trainer_width(const bl_trainer *t)
    size_t bl_trainer_labels(const bl_trainer *t)
    bl_status bl_trainer_step(bl_trainer *t, const bl_training_batch *batch,
                              const bl_training_step *step, double *loss, bl_error *error)
    bl_status bl_trainer_evaluate(bl_trainer *t, const bl_training_batch *batch, float *logits,
                                  float *vectors, double *loss, bl_error *error)
    double bl_trainer_norm(const bl_trainer *t)
    ctypedef struct bl_training_tensor:
        char name[160]
        size_t rows, columns
        int is_trained
    ctypedef enum bl_tensor_part:
        BL_VALUES
        BL_GRADIENTS
    size_t bl_trainer_tensors(const bl_trainer *t)
    void bl_trainer_tensor(const bl_trainer *t, size_t index, bl_training_tensor *out)
    void bl_trainer_read(const bl_trainer *t, size_t index, bl_tensor_part part, float *out)
    void bl_trainer_write(bl_trainer *t, size_t index, const float *values)
    size_t bl_trainer_state_size(const bl_trainer *t, int optimizer)
    void bl_trainer_save_state(const bl_trainer *t, int optimizer, void *out)
    void bl_trainer_load_state(bl_trainer *t, int optimizer, const void *state)
    ctypedef enum bl_schedule:
        BL_CONSTANT_RATE
        BL_LINEAR_RATE
        BL_COSINE_RATE
    double bl_schedule_share(bl_schedule kind, uint64_t step, uint64_t warmup, uint64_t total)
    uint64_t bl_training_random(uint64_t *state)

cdef extern from "training/ngrams.h" nogil:
    ctypedef struct bl_ngrams:
        size_t count, labels
    ctypedef struct bl_ngram_texts:
        size_t texts
        const size_t *start
        const int32_t *ids
        const int32_t *labels
    ctypedef struct bl_ngram_options:
        size_t labels, epochs, most, fewest
        float rate
        const float *class_weights
        uint64_t seed
    ctypedef struct bl_ngram_model:
        bl_ngrams of
        float *weights
        size_t stride
        uint32_t *keys
        float *rarity
    bl_status bl_ngram_learn(const bl_ngram_texts *texts, const size_t *rows, size_t count,
                             const bl_ngram_options *options, bl_ngram_model *out, bl_error *error)
    bl_status bl_ngram_score(const bl_ngram_model *m, const bl_ngram_texts *texts,
                             const size_t *rows, size_t count, float *logits, bl_error *error)
    void bl_ngram_free(bl_ngram_model *m)

cdef extern from "training/mixture.h" nogil:
    ctypedef struct bl_mixed:
        size_t texts, labels
        const float *first
        const float *second
        const int32_t *targets
    ctypedef struct bl_mixture:
        float first, second
    bl_status bl_mixture_find(const bl_mixed *of, bl_mixture *out, double *loss, bl_error *error)
    bl_status bl_mixture_answers(const bl_mixed *of, bl_mixture m, int32_t *labels, float *scores,
                                 bl_error *error)

cdef dict ERRORS = {
    BL_FILE_ERROR: ModelFileError,
    BL_CONFIG_ERROR: ModelConfigError,
    BL_INPUT_ERROR: InputError,
    BL_MEMORY_ERROR: OutOfMemoryError,
    BL_ISA_ERROR: InstructionSetError,
}
cdef dict TRAINED = {"head": BL_TRAIN_HEAD, "encoder": BL_TRAIN_ENCODER, "all": BL_TRAIN_ALL}
cdef dict LOSSES = {
    "one_label": BL_ONE_LABEL, "several_labels": BL_SEVERAL_LABELS, "regression": BL_REGRESSION,
    "span": BL_SPAN, "contrastive": BL_CONTRASTIVE, "cosine": BL_ALIKE, "triplet": BL_TRIPLET,
}
cdef dict HEADS = {
    "word": BL_WORD_HEAD,
    "class": BL_CLASS_HEAD, "token": BL_TOKEN_HEAD, "answer": BL_ANSWER_HEAD, "none": BL_NO_HEAD,
}
cdef dict SCHEDULES = {
    "constant": BL_CONSTANT_RATE, "linear": BL_LINEAR_RATE, "cosine": BL_COSINE_RATE,
}


cdef raise_error(bl_error *error):
    raise ERRORS.get(<int>error.status, BertliteError)(error.text.decode("utf-8", "replace"))


cdef void *allocate(size_t count, size_t size) except NULL:
    cdef void *memory = NULL
    if count < <size_t>PY_SSIZE_T_MAX // size:
        memory = PyMem_Malloc((count + 1) * size)
    if memory is NULL:
        raise OutOfMemoryError(f"out of memory for {count} items of {size} bytes.")
    return memory


def schedule_share(str kind not None, step, warmup, total, /):
    """The share of the greatest learning rate at a step (from 0): "constant", "linear", "cosine".

    >>> schedule_share("linear", 5, 0, 10)
    0.5
    """
    return bl_schedule_share(SCHEDULES[kind], step, warmup, total)


def shuffled(size_t count, seed):
    """The numbers from 0 to count - 1 in an order that the seed decides.

    >>> sorted(shuffled(4, seed=1))
    [0, 1, 2, 3]
    """
    cdef uint64_t state = (<object>seed) & 0xFFFFFFFFFFFFFFFF
    cdef list order = list(range(count))
    cdef size_t i, j
    for i in range(count, 1, -1):
        j = bl_training_random(&state) % i
        order[i - 1], order[j] = order[j], order[i - 1]
    return order


include "_code_size.pxi"
include "_training_texts.pxi"
include "_training_batch.pxi"
include "_trainer.pxi"
include "_training_ngrams.pxi"
