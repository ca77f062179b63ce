/* fuzz_text.c: the tokenizer on hostile texts, vocabularies, settings and tables.
 *
 * The first byte chooses what the rest is. mutate.h says how to run it. What comes out is
 * checked too: offsets within the text, and the same tokens whichever way they are asked for. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "tokenizer/tokenizer.h"

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\ne\nlight\nlights\nthe\n##s\n##a\n##e\n##ing\n.\n,\n["
    "\n]\n'\n1\n##1\n\xC3\xA9\n##\xC3\xA9\n\xE4\xB8\xAD\n\xE1\x84\x92\n##\xE1\x85\xA1\n"
    "aaaaaaaaaaaaaaaaaaaaaaaa\n##bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n\xE3\x80\xAE\n##"
    "\xE3\x80\xAE\n";
static const char plain[] = "{\"do_lower_case\":false,\"strip_accents\":true}";
static const char added[] =
    "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":4,\"content\":\"[MASK]\",\"lstrip\":true,"
    "\"normalized\":false,\"special\":true},"
    "{\"id\":50,\"content\":\"light\",\"single_word\":true,\"normalized\":true},{\"id\":51,"
    "\"content\":\"\xE4\xB8\xAD\",\"lstrip\":true,\"rstrip\":true,\"normalized\":true},"
    "{\"id\":52,\"content\":\"Ab\",\"rstrip\":true,\"normalized\":false}],"
    "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,"
    "\"strip_accents\":null,\"lowercase\":true},"
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":"
    "\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]},"
    "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"max_input_chars_per_word\":7,"
    "\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"a\":5,\"##b\":6,"
    "\"li\":7,\"##ght\":8}}}";

static void want(int fine, const char *what)
{
    if (fine) return;
    fprintf(stderr, "fuzz_text: %s\n", what);
    abort();
}

/* Rows of the windows of n tokens. */
static void fill_rows(const bl_tokenizer *t, const int32_t *ids, size_t n, size_t size)
{
    enum { MAX_WINDOWS = 8, MAX_ROW = 256 };
    const int pair = size % 5 == 0;
    const bl_limits limits = { (bl_truncation)(size % 4), size % 11, size % 3, size % 2, 1 };
    bl_window windows[MAX_WINDOWS];
    bl_error error;
    size_t count;
    if (bl_windows(t, n, pair ? n / 2 : BL_NO_PAIR, &limits, windows, MAX_WINDOWS, &count,
                   &error) != BL_OK)
        return;
    for (size_t i = 0; i < count && i < MAX_WINDOWS; i++) {
        int32_t row[MAX_ROW];
        if (bl_row_size(t, &windows[i], pair, 1) <= MAX_ROW)
            bl_fill_row(t, ids, ids, n, &windows[i], pair, 1, &(bl_row){ row, NULL, NULL, NULL });
    }
}

static void check_offsets(const bl_offset *offsets, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        want(offsets[i].start <= offsets[i].end && offsets[i].end <= size,
             "an offset outside the text");
        want(!i || offsets[i].word >= offsets[i - 1].word, "words out of order");
    }
}

/* Every way to tokenize a text, and that they agree. */
static void tokenize(const bl_tokenizer *t, const char *text, size_t size)
{
    int32_t *ids = malloc((size + 1) * sizeof *ids);
    int32_t *again = malloc((size + 1) * sizeof *again);
    bl_offset *offsets = malloc((size + 1) * sizeof *offsets);
    bl_error error;
    size_t n = 0, m = 0;
    if (ids && again && offsets &&
        bl_tokenize(t, text, size, 0, ids, offsets, size, &n, &error) == BL_OK) {
        want(n <= size, "more tokens than bytes");
        check_offsets(offsets, n, size);
        want(bl_tokenize(t, text, size, 0, again, NULL, size, &m, &error) == BL_OK && m == n &&
                 !memcmp(ids, again, n * sizeof *ids),
             "other ids without offsets");
        want(bl_tokenize(t, text, size, 0, again, NULL, n / 2, &m, &error) == BL_OK &&
                 m == (n > n / 2 ? n / 2 + 1 : n) && !memcmp(ids, again, n / 2 * sizeof *ids),
             "other ids in less capacity");
        bl_offsets_in_characters(text, size, offsets, n);
        fill_rows(t, ids, n, size);
        (void)!bl_tokenize(t, text, size, 1, again, NULL, size, &m, &error);
    }
    free(ids);
    free(again);
    free(offsets);
}

static void use(bl_tokenizer *t)
{
    static const char text[] = "The lights, [MASK] na\xC3\xAFve \xE4\xB8\xAD\xE6\x96\x87 "
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaab e\xCC\x81\xE3\x80\xAE";
    const char *piece;
    size_t size;
    int32_t id;
    if (!t) return;
    tokenize(t, text, sizeof text - 1);
    for (size_t n = 0; n < 200 && bl_vocabulary_item(t, n, &piece, &size, &id); n++) {
        (void)!bl_token_id(t, piece, size);
        (void)!bl_token_text(t, id, &size);
    }
    const size_t json = bl_tokenizer_json(t, NULL, 0);
    char *out = malloc(json + 1);
    if (out) want(bl_tokenizer_json(t, out, json) == json, "a tokenizer.json of two sizes");
    free(out);
    bl_tokenizer_close(t);
}

/* What a text does not deny, in memory of the text's size. */
static void affirm(const char *text, size_t size)
{
    char *out = malloc(size ? size : 1);
    if (out) want(bl_affirmed(text, size, out) <= size, "more is left of a text than it had");
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bl_tokenizer *known[3];
    bl_error error;
    if (!known[0]) {
        known[0] = bl_tokenizer_open_memory(vocabulary, sizeof vocabulary - 1, 0, NULL, 0, &error);
        known[1] = bl_tokenizer_open_memory(vocabulary, sizeof vocabulary - 1, 0, plain,
                                            sizeof plain - 1, &error);
        known[2] = bl_tokenizer_open_memory(added, sizeof added - 1, 1, NULL, 0, &error);
        want(known[0] && known[1] && known[2], error.text);
    }
    if (!size) return 0;
    /* a copy of exact size, so that a read beyond it is seen */
    char *copy = malloc(size - 1 ? size - 1 : 1);
    if (!copy) return 0;
    memcpy(copy, data + 1, size - 1);
    size--;
    switch (*data) {
    case 'v': use(bl_tokenizer_open_memory(copy, size, 0, NULL, 0, &error)); break;
    case 'j': use(bl_tokenizer_open_memory(copy, size, 1, NULL, 0, &error)); break;
    case 'o':
        use(bl_tokenizer_open_memory(vocabulary, sizeof vocabulary - 1, 0, copy, size, &error));
        break;
    case 'd': { /* a table: what it contains is nonsense, but no read leaves it */
        bl_tokenizer t = *known[0];
        if (bl_vocabulary_read(&t.vocabulary, copy, size, &error) == BL_OK) {
            uint32_t n, id;
            tokenize(&t, "the lights aaaaaaaaaaaaaaaaaaaaaaaab", 37);
            for (uint32_t i = 0; i < 64; i++) {
                if (bl_piece_at(&t.vocabulary, i, &n, &id))
                    bl_piece_text(&t.vocabulary, id + 1, &n);
            }
        }
        break;
    }
    default:
        affirm(copy, size);
        for (int i = 0; i < 3; i++) tokenize(known[i], copy, size);
    }
    free(copy);
    return 0;
}

#include "mutate.h"
