# The C core's public header, declared once, and explained in include/bertlite.h.

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cdef extern from "bertlite.h" nogil:
    const char *BL_VERSION

    ctypedef enum bl_status:
        BL_OK
        BL_FILE_ERROR
        BL_CONFIG_ERROR
        BL_INPUT_ERROR
        BL_MEMORY_ERROR
        BL_ISA_ERROR
    ctypedef struct bl_error:
        bl_status status
        char text[400]

    # ---- models
    ctypedef enum bl_precision:
        BL_INT8
        BL_FP32
        BL_FP32_FAST
    ctypedef enum bl_head:
        BL_NO_HEAD
        BL_CLASS_HEAD
        BL_TOKEN_HEAD
        BL_ANSWER_HEAD
        BL_WORD_HEAD
    ctypedef struct bl_model:
        pass
    ctypedef struct bl_info:
        bl_precision precision
        int layers, hidden, heads, intermediate, vocabulary, positions, token_types, labels
        bl_head head
        int has_pooler, window, window_overlap
        bl_head ignored_head
        int fused
    bl_model *bl_open_with_base(const char *path, const char *base, bl_precision precision,
                                bl_error *error)
    ctypedef struct bl_open_options:
        const char *base
        const char *config
        size_t config_size
        bl_head head
        int new_classifier
    bl_model *bl_open_with(const char *path, const bl_open_options *options,
                           bl_precision precision, bl_error *error)
    bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors,
                             size_t tensors_size, bl_precision precision, bl_error *error)
    void bl_close(bl_model *model)
    bl_status bl_convert(const char *folder, const char *file, const char *base, bl_error *error)
    ctypedef struct bl_flash_limits:
        size_t tokens, bytes
        const char *pieces
        size_t pieces_size
        int whole
    ctypedef struct bl_flash_info:
        size_t base_size, task_size, memory
        bl_head head
    bl_status bl_flash_write(const char *path, const char *base, const bl_flash_limits *limits,
                             const char *base_file, const char *task_file, bl_flash_info *out,
                             bl_error *error)
    const bl_info *bl_describe(const bl_model *model)
    const char *bl_config_json(const bl_model *model, size_t *size)
    const char *bl_label_name(const bl_model *model, int label)

    # ---- ids to outputs
    ctypedef enum bl_output:
        BL_HIDDEN
        BL_POOLED
        BL_MEAN
        BL_CLASSES
        BL_TOKENS
        BL_WORDS
    ctypedef struct bl_batch:
        const int32_t *ids
        const int32_t *mask
        const int32_t *types
        size_t texts
        size_t length
    ctypedef struct bl_request:
        bl_output output
        const int32_t *positions
        size_t position_count
        float *pooled
        float *states
        float *softmax
    size_t bl_workspace_size(const bl_model *model, size_t tokens, unsigned threads)
    bl_status bl_run(const bl_model *model, const bl_batch *batch, const bl_request *request,
                     float *out, void *workspace, size_t workspace_size, unsigned threads,
                     bl_error *error)

    # ---- instruction sets
    size_t bl_isa_list(const char **names, size_t capacity)
    const char *bl_isa_name()
    bl_status bl_check_isa(const char *name, bl_error *error)

    # ---- text to ids
    enum:
        BL_UNK
        BL_SEP
        BL_PAD
        BL_CLS
        BL_MASK
        BL_SPECIALS
    ctypedef struct bl_tokenizer:
        pass
    ctypedef struct bl_tokenizer_info:
        size_t vocabulary, tokens, max_length
        const char *token[5]
        int32_t id[5]
        int lowercase, strip_accents, split_chinese, pad_left, truncate_left, clean_up, types
        int join_with_spaces, tidy
        const char *prefix
        size_t table_bytes
    ctypedef struct bl_added_token:
        const char *text
        size_t size
        int32_t id
        int single_word, lstrip, rstrip, normalized, special
    ctypedef struct bl_offset:
        uint32_t start, end, word
        int32_t left, right
    bl_tokenizer *bl_tokenizer_open_with_base(const char *path, const char *base, bl_error *error)
    bl_tokenizer *bl_tokenizer_open_memory(const void *vocabulary, size_t size, int json,
                                           const void *config, size_t config_size, bl_error *error)
    void bl_tokenizer_close(bl_tokenizer *tokenizer)
    const bl_tokenizer_info *bl_tokenizer_describe(const bl_tokenizer *tokenizer)
    bl_status bl_tokenize(const bl_tokenizer *tokenizer, const char *text, size_t size,
                          int split_special, int32_t *ids, bl_offset *offsets, size_t capacity,
                          size_t *count, bl_error *error)
    void bl_offsets_in_characters(const char *text, size_t size, bl_offset *offsets, size_t count)
    size_t bl_normalize(const bl_tokenizer *tokenizer, const char *text, size_t size, char *out,
                        size_t capacity)
    ctypedef enum bl_truncation:
        BL_KEEP
        BL_LONGEST_FIRST
        BL_ONLY_FIRST
        BL_ONLY_SECOND
    ctypedef struct bl_limits:
        bl_truncation truncation
        size_t max_length, stride
        int truncate_left, specials
    ctypedef struct bl_window:
        size_t a_from, a_to, b_from, b_to
    size_t BL_NO_PAIR
    bl_status bl_windows(const bl_tokenizer *tokenizer, size_t a, size_t b,
                         const bl_limits *limits, bl_window *out, size_t capacity, size_t *count,
                         bl_error *error)
    ctypedef struct bl_row:
        int32_t *ids
        int32_t *types
        int32_t *special
        int32_t *source
    size_t bl_row_size(const bl_tokenizer *tokenizer, const bl_window *window, int pair,
                       int specials)
    void bl_fill_row(const bl_tokenizer *tokenizer, const int32_t *a, const int32_t *b,
                     size_t a_count, const bl_window *window, int pair, int specials,
                     const bl_row *row)
    const char *bl_token_text(const bl_tokenizer *tokenizer, int32_t id, size_t *size)
    const char *bl_word_piece(const bl_tokenizer *tokenizer, int32_t id, size_t *size)
    int32_t bl_token_id(const bl_tokenizer *tokenizer, const char *text, size_t size)
    int bl_vocabulary_item(const bl_tokenizer *tokenizer, size_t n, const char **text,
                           size_t *size, int32_t *id)
    int bl_added_item(const bl_tokenizer *tokenizer, size_t n, bl_added_token *out)
    size_t bl_tokenizer_json(const bl_tokenizer *tokenizer, char *out, size_t capacity)

    # ---- text to answers
    ctypedef struct bl_arena:
        pass
    bl_arena *bl_arena_create()
    void bl_arena_free(bl_arena *arena)
    size_t bl_arena_size(const bl_arena *arena)
    ctypedef enum bl_side:
        BL_OWN_SIDE
        BL_RIGHT_SIDE
        BL_LEFT_SIDE
    ctypedef struct bl_session:
        const bl_model *model
        const bl_tokenizer *tokenizer
        bl_arena *arena
        size_t max_tokens
        bl_side truncation_side
    ctypedef struct bl_text:
        const char *data
        size_t size
        const char *pair
        size_t pair_size
        const uint32_t *word_sizes
        size_t word_count
    ctypedef struct bl_flat_rows:
        int32_t *ids
        int32_t *offsets
        int64_t *starts
    size_t bl_most_ids(const bl_tokenizer *tokenizer, const bl_text *texts, size_t count)
    bl_status bl_tokenize_texts(const bl_tokenizer *tokenizer, const bl_text *texts, size_t count,
                                const bl_limits *limits, int split_special, unsigned threads,
                                const bl_flat_rows *out, bl_error *error)
    size_t bl_max_tokens(const bl_model *model, const bl_tokenizer *tokenizer)
    ctypedef struct bl_extent:
        size_t read, total
    ctypedef enum bl_unit:
        BL_BYTES
        BL_CHARACTERS

    ctypedef enum bl_function:
        BL_SOFTMAX
        BL_SIGMOID
        BL_RAW
    ctypedef struct bl_classify_options:
        bl_function function
        size_t top_k
    ctypedef struct bl_label:
        int32_t label
        float score
    ctypedef struct bl_labels:
        const bl_label *items
        size_t count
        bl_extent extent
    bl_status bl_classify(const bl_session *session, const bl_text *text,
                          const bl_classify_options *options, bl_labels *out, bl_error *error)

    ctypedef enum bl_aggregation:
        BL_EACH_TOKEN
        BL_SIMPLE
        BL_FIRST
        BL_AVERAGE
        BL_MAX
        BL_EACH_WORD
        BL_AS_WRITTEN
    ctypedef enum bl_windowing:
        BL_TRUNCATE
        BL_STRIDE_WINDOWS
        BL_MODEL_WINDOWS
    size_t BL_OWN_STRIDE
    ctypedef struct bl_entity_options:
        bl_aggregation aggregation
        bl_windowing windows
        int keep_outside
        size_t stride
        bl_unit unit
        const unsigned char *ignored
    ctypedef struct bl_text_token:
        int32_t id
        uint32_t start, end, word, row
        int continues
    ctypedef struct bl_entity:
        uint32_t start, end, first, count
        int32_t label
        float score
    ctypedef struct bl_entities:
        const bl_entity *items
        size_t count
        const bl_text_token *tokens
        size_t token_count, windows
        bl_extent extent
    bl_status bl_find_entities(const bl_session *session, const bl_text *text,
                               const bl_entity_options *options, bl_entities *out,
                               bl_error *error)
    const char *bl_entity_type(const bl_model *model, int label)

    ctypedef struct bl_command_options:
        bl_function function
        float threshold
        const unsigned char *refused
        int several
        bl_unit unit
        int heeds_denials
    ctypedef struct bl_value:
        uint32_t start, end
        int32_t label
        float score
    ctypedef struct bl_command:
        uint32_t start, end
        int32_t label
        int is_refused
        float score, margin
        uint32_t first_value, value_count
    ctypedef struct bl_commands:
        const bl_command *items
        size_t count
        const bl_value *values
        size_t value_count
        bl_extent extent
    bl_status bl_read_commands(const bl_session *intents, const bl_session *slots,
                               const bl_text *text, const bl_command_options *options,
                               bl_commands *out, bl_error *error)

    size_t BL_NO_STRIDE
    ctypedef enum bl_whole_words:
        pass
    ctypedef struct bl_answer_options:
        size_t top_k, max_answer_tokens, max_tokens, stride
        int no_answer
        bl_whole_words whole_words
        bl_unit unit
        int sum_windows
    ctypedef struct bl_answer:
        uint32_t start, end
        float score
    ctypedef struct bl_answers:
        const bl_answer *items
        size_t count, windows
    bl_status bl_answer_question(const bl_session *session, const bl_text *text,
                                 const bl_answer_options *options, bl_answers *out,
                                 bl_error *error)

    ctypedef struct bl_fill_options:
        size_t top_k
        const int32_t *targets
        size_t target_count
    ctypedef struct bl_word:
        int32_t id
        float score
    ctypedef struct bl_filled:
        const int32_t *ids
        size_t id_count
        const int32_t *masks
        size_t mask_count
        const bl_word *words
        size_t words_per_mask
        bl_extent extent
    bl_status bl_fill_mask(const bl_session *session, const bl_text *text,
                           const bl_fill_options *options, bl_filled *out, bl_error *error)
    bl_status bl_fill_row_masks(const bl_session *session, const int32_t *ids,
                                const int32_t *types, size_t count,
                                const bl_fill_options *options, bl_filled *out, bl_error *error)

    ctypedef enum bl_pooling:
        BL_MEAN_POOLING
        BL_CLS_POOLING
        BL_NO_POOLING
        BL_MAX_POOLING
        BL_MEAN_SQRT_POOLING
        BL_WEIGHTED_MEAN_POOLING
        BL_LAST_POOLING
        BL_MODEL_POOLING
    ctypedef struct bl_embed_options:
        bl_pooling pooling
        int normalize
        size_t skip, dimensions
    ctypedef struct bl_vectors:
        const float *rows
        size_t count, width
        bl_extent extent
    bl_status bl_embed(const bl_session *session, const bl_text *text,
                       const bl_embed_options *options, bl_vectors *out, bl_error *error)
    ctypedef struct bl_sentence_info:
        size_t dimensions, max_tokens
        int exclude_prompt
        const char *json
        size_t json_size
    bl_status bl_describe_sentence(const bl_model *model, bl_sentence_info *out, bl_error *error)

    # ---- many texts
    ctypedef enum bl_task:
        BL_CLASSIFY
        BL_FIND_ENTITIES
        BL_READ_COMMANDS
        BL_ANSWER_QUESTION
        BL_FILL_MASK
        BL_EMBED
    ctypedef struct bl_result:
        const bl_error *error
        bl_labels labels
        bl_entities entities
        bl_commands commands
        bl_answers answers
        bl_filled filled
        bl_vectors vectors
    ctypedef struct bl_many:
        pass
    bl_many *bl_many_create(bl_task task, const bl_session *session, const bl_session *slots,
                            const void *options, unsigned threads, bl_error *error)
    bl_status bl_many_start(bl_many *many, const bl_text *texts, size_t count, bl_error *error)
    int bl_many_work(bl_many *many, size_t most)
    const bl_result *bl_many_results(const bl_many *many)
    void bl_many_free(bl_many *many)

    # ---- numbers
    ctypedef enum bl_similarity:
        BL_COSINE
        BL_DOT_PRODUCT
        BL_EUCLIDEAN
        BL_MANHATTAN
    void bl_similarities(bl_similarity similarity, const float *a, size_t a_count, const float *b,
                         size_t b_count, size_t width, int pairs, float *out)
    void bl_ranges_of_rows(const float *rows, size_t count, size_t width, float *out)
    void bl_rows_to_bytes(const float *rows, size_t count, size_t width, const float *ranges,
                          int zero, void *out)
    void bl_rows_to_bits(const float *rows, size_t count, size_t width, int zero, void *out)
    void bl_scores(bl_function function, const float *logits, size_t n, float *out)
    size_t bl_top_k(const float *values, size_t n, size_t k, int32_t *indices)
    void bl_probabilities(const float *logits, size_t n, const int32_t *indices, size_t k,
                          float *out)
    void bl_mean_row(const float *rows, size_t count, size_t width, float *out)
    void bl_normalize_rows(float *rows, size_t count, size_t width)
    void bl_dot_products(const float *a, size_t a_count, const float *b, size_t b_count,
                         size_t width, float *out)

    # ---- decisions
    ctypedef struct bl_choices:
        const float *rows
        const float *centers
        const uint32_t *ends
        const unsigned char *denied
        size_t width, options
    ctypedef struct bl_decision_scale:
        float factor[3]
        float steepness[3]
        float threshold[3]
        float softness[3]
    ctypedef struct bl_decision_options:
        bl_decision_scale scale
        int forced, denied
    ctypedef struct bl_decision:
        uint32_t best, second, row
        float score, second_score, similarity, none
    void bl_find_centers(const bl_choices *choices, float *centers)
    void bl_decide(const bl_choices *choices, const float *vector,
                   const bl_decision_options *options, float *scores, bl_decision *out)
    bl_status bl_corrected(const bl_session *session, const char *text, size_t size,
                           const unsigned char *words, size_t words_size, const char **out,
                           size_t *out_size, bl_error *error)
    size_t bl_affirmed(const char *text, size_t size, char *out)
    size_t bl_undenied(const char *text, size_t size, char *out)

    # ---- an index
    ctypedef struct bl_index:
        pass
    ctypedef struct bl_bytes:
        const char *data
        size_t size
    ctypedef struct bl_index_info:
        size_t width, count, positions, mapped_bytes
        int keeps_floats
        int64_t next_id
    ctypedef struct bl_index_rows:
        const float *vectors
        size_t count
        const int64_t *ids
        const bl_bytes *texts
        const bl_bytes *metadata
    ctypedef struct bl_index_row:
        int64_t id
        bl_bytes text, metadata
    ctypedef struct bl_index_query:
        const float *queries
        size_t count, k
        const uint64_t *allowed
        size_t candidates
        unsigned threads
    ctypedef struct bl_hit:
        int64_t id
        float score
        uint32_t position
    size_t BL_NO_POSITION
    bl_index *bl_index_create(size_t width, int keep_floats, bl_error *error)
    bl_index *bl_index_open(const char *path, bl_error *error)
    bl_index *bl_index_open_memory(const void *data, size_t size, bl_error *error)
    void bl_index_close(bl_index *index)
    bl_status bl_index_save(const bl_index *index, const char *path, bl_error *error)
    void bl_index_describe(const bl_index *index, bl_index_info *out)
    bl_status bl_index_add(bl_index *index, const bl_index_rows *rows, bl_error *error)
    bl_status bl_index_remove(bl_index *index, const int64_t *ids, size_t count, bl_error *error)
    size_t bl_index_find(const bl_index *index, int64_t id)
    size_t bl_index_next(const bl_index *index, size_t position)
    bl_status bl_index_read(const bl_index *index, size_t position, bl_index_row *out,
                            bl_error *error)
    bl_status bl_index_vector(const bl_index *index, size_t position, float *out, bl_error *error)
    size_t bl_index_workspace_size(const bl_index *index, const bl_index_query *query)
    bl_status bl_index_search(const bl_index *index, const bl_index_query *query, bl_hit *hits,
                              size_t *found, void *workspace, size_t workspace_size,
                              bl_error *error)
