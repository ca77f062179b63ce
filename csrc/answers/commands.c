/* commands.c: what a text asks for, with its values, for one command or several.
 *
 * A text may be split where clauses begin (clauses.h), but not inside a value, such as the name of
 * a song. Among all ways to split it, whose parts have to be commands that the model accepts, and
 * the text as a whole, the best is the one with the greatest product of the parts' scores, where
 * each further part counts SPLIT_BONUS: one long text with two intents can be as sure of one of
 * them as the two parts are, but a part that is hardly a command loses against a whole that is.
 * Where only the model can tell that a command begins, both parts have to be sure. */
#include <string.h>

#include "clauses.h"
#include "spelling.h"
#include "text_input.h"

enum {
    MOST_CLAUSES = 6 /* of one part, so that the time is linear in the text's clauses */
};
#define SPLIT_BONUS    1.6
#define UNJOINED_SCORE 0.9F /* of neighboring parts that are not BL_JOINED, at least */
#define UNKNOWN_WHOLE  1e-9 /* the score of a text that is not a command as a whole */

/* Some neighboring clauses of the text, read as one command. */
typedef struct {
    size_t start, end; /* bytes */
    int32_t label;
    float score, margin;
    int is_refused;
} part;

typedef struct {
    const bl_session *intents, *slots;
    bl_command_options options;
    const char *text;
    size_t size;
    /* one part */
    bl_text_row row;
    size_t row_capacity, token_capacity;
    size_t tokens; /* of the text, corrected, as far as it was read: */
    int is_whole;
    int32_t *ids;
    float *scores;
    size_t labels;
    /* the text */
    int is_refused; /* as a whole, and it denies something */
    bl_list clauses, commands, values;
    bl_characters characters;
    bl_extent extent;
} reader;

/* ---- one part ------------------------------------------------------------------------------ */

static bl_status take_memory(reader *r, bl_error *error)
{
    const bl_session *s = r->intents;
    const bl_window empty = { 0, 0, 0, 0 };
    const size_t most = bl_session_tokens(s), around = bl_row_size(s->tokenizer, &empty, 0, 1),
                 read = bl_corrects_spelling(s) ? bl_read_to_correct(most) : most,
                 tokens = r->size < read ? r->size : read,
                 corrected = bl_most_corrected(tokens) + around;
    if (most < around)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the model takes %zu tokens, too few for the special tokens around a text; "
                       "use a model that takes more.",
                       most);
    r->row_capacity = corrected < most ? corrected : most;
    r->token_capacity = tokens;
    r->labels = (size_t)bl_describe(s->model)->labels;
    r->ids = bl_arena_take(s->arena, tokens, sizeof *r->ids);
    r->scores = bl_arena_take(s->arena, r->labels, sizeof *r->scores);
    if (!r->ids || !r->scores) return bl_no_memory(error, "the labels of the text");
    return bl_take_row(s, r->row_capacity, &r->row, error);
}

/* The row of a part; what the model cannot take of it is truncated. */
static bl_status fill_row(reader *r, const char *text, size_t size, bl_error *error)
{
    const bl_session *s = r->intents;
    const size_t most = bl_session_tokens(s),
                 capacity = size < r->token_capacity ? size : r->token_capacity;
    const bl_limits limits = { BL_LONGEST_FIRST, most, 0, 0, 1 };
    int32_t *ids = r->ids;
    bl_offset *no_offsets = NULL;
    bl_window window;
    size_t windows;
    r->tokens = 0;
    bl_status status = bl_spell_symbols(s, &text, &size, error);
    if (status != BL_OK) return status;
    status = bl_tokenize(s->tokenizer, text, size, 0, ids, NULL, capacity, &r->tokens, error);
    r->is_whole = r->tokens <= capacity;
    if (!r->is_whole) r->tokens = capacity;
    if (status == BL_OK) status = bl_correct_spelling(s, &ids, &no_offsets, &r->tokens, error);
    if (status == BL_OK)
        status =
            bl_windows(s->tokenizer, r->tokens, BL_NO_PAIR, &limits, &window, 1, &windows, error);
    if (status != BL_OK) return status;
    r->row.count = bl_row_size(s->tokenizer, &window, 0, 1);
    bl_fill_row(s->tokenizer, ids, ids, r->tokens, &window, 0, 1,
                &(bl_row){ r->row.ids, r->row.types, NULL, NULL });
    return BL_OK;
}

/* What a text asks for. */
static bl_status classify(reader *r, const char *text, size_t size, part *out, bl_error *error)
{
    int32_t best[2] = { 0, 0 };
    bl_status status = fill_row(r, text, size, error);
    if (status == BL_OK)
        status = bl_run_row(r->intents, &r->row, BL_CLASSES, NULL, 0, r->scores, error);
    if (status != BL_OK) return status;
    bl_scores(r->options.function, r->scores, r->labels, r->scores);
    const size_t found = bl_top_k(r->scores, r->labels, 2, best);
    const float score = r->scores[best[0]];
    *out = (part){ 0, size, best[0], score, found > 1 ? score - r->scores[best[1]] : score, 0 };
    out->is_refused = !r->tokens || score < r->options.threshold ||
                      (r->options.refused && r->options.refused[best[0]]);
    return BL_OK;
}

/* What a text that denies something asks for: what its other clauses do, if they are requests where
 * the model knows nothing of the whole; or nothing, if it means the same to the model without the
 * words that deny ("no alarm tomorrow" may be a label's own). */
static bl_status heed_denials(reader *r, const char *text, size_t size, part *out, bl_error *error)
{
    char *left = bl_arena_take(r->intents->arena, size, 1);
    part other;
    if (!left) return bl_no_memory(error, "the text without what it denies");
    size_t used = (out->is_refused ? bl_requested : bl_affirmed)(text, size, left);
    const int is_all = !used;
    if (used == size || (is_all && out->is_refused)) return BL_OK;
    if (is_all) used = bl_undenied(text, size, left);
    const bl_status status = classify(r, left, used, &other, error);
    if (status != BL_OK) return status;
    if (!is_all) *out = out->is_refused && other.is_refused ? *out : other;
    else out->is_refused = !used || other.label == out->label;
    return BL_OK;
}

/* What bytes [start, end) ask for. */
static bl_status read_part(reader *r, size_t start, size_t end, part *out, bl_error *error)
{
    const char *text = r->text + start;
    bl_status status = classify(r, text, end - start, out, error);
    if (status == BL_OK && r->options.heeds_denials && r->tokens) {
        const size_t count = r->row.count, tokens = r->tokens;
        const int is_whole = r->is_whole;
        status = heed_denials(r, text, end - start, out, error);
        r->row.count = count;
        r->tokens = tokens;
        r->is_whole = is_whole;
    }
    out->start = start;
    out->end = end;
    return status;
}

/* ---- where the text is split -------------------------------------------------------------- */

static bl_status find_values(reader *r, size_t start, size_t end, bl_entities *out, bl_error *error)
{
    const bl_text text = { .data = r->text + start, .size = end - start };
    return bl_find_entities(r->slots, &text, NULL, out, error);
}

/* Joins clauses that a value goes on through. */
static bl_status keep_values_whole(reader *r, bl_error *error)
{
    bl_entities found;
    bl_clause *clauses = r->clauses.items;
    size_t kept = 1, value = 0;
    const bl_status status = find_values(r, 0, r->size, &found, error);
    if (status != BL_OK) return status;
    for (size_t i = 1; i < r->clauses.count; i++) {
        const size_t left_end = clauses[kept - 1].end;
        while (value < found.count && found.items[value].end <= left_end) value++;
        const int is_inside = value < found.count && found.items[value].start < left_end &&
                              found.items[value].end > clauses[i].start;
        if (is_inside) clauses[kept - 1].end = clauses[i].end;
        else clauses[kept++] = clauses[i];
    }
    r->clauses.count = kept;
    return BL_OK;
}

static const bl_clause *clause_at(const reader *r, size_t i)
{
    return (const bl_clause *)r->clauses.items + i;
}

/* The best way to read the text's first clauses: the product of the parts' scores, and the last
 * part. Its product is 0 if there is none. */
typedef struct {
    double product;
    part last;
    size_t clauses;  /* of the last part */
    int has_command; /* not all parts are denied */
} reading;

/* Keeps the product in the range of a double, whatever the number of clauses: only relations
 * between readings count. */
static void rescale(reading *best, size_t last)
{
    enum { TOO_LARGE = 1 << 20 };
    if (best[last].product < TOO_LARGE) return;
    for (size_t i = last > MOST_CLAUSES ? last - MOST_CLAUSES : 0; i <= last; i++)
        best[i].product /= TOO_LARGE;
}

/* What a part of some clauses asks for, if they can be one. A clause that is denied is a part of
 * its own, which is taken for sure, refused or not; where the whole is unknown, others are
 * requests. */
static bl_status read_clause_part(reader *r, size_t from, size_t to, part *p, int *can_be,
                                  bl_error *error)
{
    const bl_clause *first = clause_at(r, from);
    *can_be = 1;
    for (size_t i = from; i < to; i++) {
        const bl_clause *c = clause_at(r, i);
        if (c->is_denied ? to - from > 1 : r->is_refused && !c->is_request) *can_be = 0;
    }
    if (!*can_be) return BL_OK;
    const bl_status status = read_part(r, first->start, clause_at(r, to - 1)->end, p, error);
    if (status != BL_OK) return status;
    if (first->is_denied) p->is_refused |= first->says_from == first->end;
    else *can_be = !p->is_refused;
    return BL_OK;
}

/* Whether a part may follow another: if the words between them do not tell, both are sure, and
 * where no verb is, they are different: "add brown bread and green tea to my list". */
static int may_follow(const part *before, const part *p, bl_joint joint)
{
    return joint == BL_JOINED || (before->score >= UNJOINED_SCORE && p->score >= UNJOINED_SCORE &&
                                  (joint == BL_BARE || before->label != p->label));
}

/* best[n]: the best reading of the first n clauses as several commands. */
static bl_status read_clauses(reader *r, size_t count, reading *best, bl_error *error)
{
    best[0].product = 1.0;
    for (size_t to = 1; to <= count; to++) {
        const size_t first = to > MOST_CLAUSES ? to - MOST_CLAUSES : 0;
        for (size_t from = first; from < to; from++) {
            part p;
            int can_be;
            if (best[from].product <= 0.0 || (from == 0 && to == count)) continue;
            const bl_joint joint = from ? clause_at(r, from)->joint : BL_JOINED;
            if (joint != BL_JOINED && best[from].last.score < UNJOINED_SCORE) continue;
            const bl_status status = read_clause_part(r, from, to, &p, &can_be, error);
            if (status != BL_OK) return status;
            if (!can_be || !may_follow(&best[from].last, &p, joint)) continue;
            const double bonus = from ? SPLIT_BONUS : 1.0,
                         score = p.is_refused ? 1.0 : (double)p.score,
                         product = best[from].product * score * bonus;
            if (product <= best[to].product) continue;
            best[to] = (reading){ product, p, to - from, best[from].has_command || !p.is_refused };
        }
        rescale(best, to);
    }
    return BL_OK;
}

static int add_command(reader *r, const part *p)
{
    bl_command *c = bl_list_append(r->intents->arena, &r->commands, 1);
    if (!c) return 0;
    *c = (bl_command){ (uint32_t)p->start, (uint32_t)p->end, p->label, p->is_refused,
                       p->score,           p->margin,        0,        0 };
    return 1;
}

/* The commands of the reading that ends with clause `count`, first to last. */
static int add_reading(reader *r, const reading *best, size_t count)
{
    size_t parts = 0;
    for (size_t n = count; n; n -= best[n].clauses) parts++;
    if (!bl_list_append(r->intents->arena, &r->commands, parts)) return 0;
    bl_command *items = r->commands.items;
    for (size_t n = count; n; n -= best[n].clauses) {
        const part *p = &best[n].last;
        items[--parts] =
            (bl_command){ (uint32_t)p->start, (uint32_t)p->end, p->label, p->is_refused,
                          p->score,           p->margin,        0,        0 };
    }
    return 1;
}

/* How much of the text was read, if it is one command. */
static bl_status measure(reader *r, bl_error *error)
{
    const bl_text text = { .data = r->text, .size = r->size };
    const bl_window all = { 0, r->tokens, 0, 0 };
    r->extent = (bl_extent){ r->row.count, bl_row_size(r->intents->tokenizer, &all, 0, 1) };
    return r->is_whole ? BL_OK : bl_count_tokens(r->intents, &text, &r->extent.total, error);
}

/* Reads the text as one command, and if that is asked for and better, as several. */
static bl_status read_commands(reader *r, bl_error *error)
{
    part whole;
    bl_status status = read_part(r, 0, r->size, &whole, error);
    if (status == BL_OK) status = measure(r, error);
    if (status == BL_OK && r->options.several) {
        if (!bl_find_clauses(r->intents->arena, r->text, r->size, r->options.heeds_denials,
                             &r->clauses))
            return bl_no_memory(error, "the commands of the text");
        if (r->clauses.count > 1 && r->slots) status = keep_values_whole(r, error);
    }
    if (status != BL_OK) return status;
    const size_t count = r->clauses.count;
    if (count < 2)
        return add_command(r, &whole) ? BL_OK : bl_no_memory(error, "the commands of the text");
    for (size_t i = 0; i < count; i++)
        r->is_refused |= whole.is_refused && clause_at(r, i)->is_denied;
    reading *best = bl_arena_take(r->intents->arena, count + 1, sizeof *best);
    if (!best) return bl_no_memory(error, "the commands of the text");
    memset(best, 0, (count + 1) * sizeof *best);
    status = read_clauses(r, count, best, error);
    if (status != BL_OK) return status;
    const double unsplit = whole.is_refused ? UNKNOWN_WHOLE : (double)whole.score;
    const int is_split = best[count].product > unsplit && best[count].has_command;
    if (is_split) r->extent.read = r->extent.total;
    return (is_split ? add_reading(r, best, count) : add_command(r, &whole))
               ? BL_OK
               : bl_no_memory(error, "the commands of the text");
}

/* ---- values ---------------------------------------------------------------------------------- */

static bl_status add_values(reader *r, bl_command *c, bl_error *error)
{
    bl_entities found;
    const bl_status status = find_values(r, c->start, c->end, &found, error);
    if (status != BL_OK) return status;
    c->first_value = (uint32_t)r->values.count;
    c->value_count = (uint32_t)found.count;
    if (!found.count) return BL_OK;
    bl_value *values = bl_list_append(r->intents->arena, &r->values, found.count);
    if (!values) return bl_no_memory(error, "the values of the commands");
    for (size_t i = 0; i < found.count; i++) {
        const bl_entity *e = &found.items[i];
        values[i] = (bl_value){ c->start + e->start, c->start + e->end, e->label, e->score };
    }
    return BL_OK;
}

static bl_status count_in_characters(reader *r, bl_error *error)
{
    const bl_status status =
        bl_count_characters(r->intents, r->text, r->size, &r->characters, error);
    if (status != BL_OK) return status;
    bl_command *commands = r->commands.items;
    bl_value *values = r->values.items;
    for (size_t i = 0; i < r->commands.count; i++) {
        commands[i].start = bl_character_at(&r->characters, commands[i].start);
        commands[i].end = bl_character_at(&r->characters, commands[i].end);
    }
    for (size_t i = 0; i < r->values.count; i++) {
        values[i].start = bl_character_at(&r->characters, values[i].start);
        values[i].end = bl_character_at(&r->characters, values[i].end);
    }
    return BL_OK;
}

/* ---- the call -------------------------------------------------------------------------------- */

static bl_status check(const bl_session *intents, const bl_session *slots, const bl_text *text,
                       bl_error *error)
{
    bl_status status = bl_begin(intents, BL_CLASS_HEAD, "reading commands", error);
    if (status == BL_OK && slots && slots->arena == intents->arena)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the two sessions share an arena; give each its own.");
    if (status == BL_OK && slots)
        status = bl_begin(slots, BL_TOKEN_HEAD, "finding values in commands", error);
    if (status == BL_OK && (text->pair || text->word_sizes))
        return bl_fail(error, BL_INPUT_ERROR,
                       "commands are read in one text, but a pair or words were given; give the "
                       "text alone.");
    if (status == BL_OK && text->size > UINT32_MAX / 2)
        return bl_fail(error, BL_INPUT_ERROR, "the text has %zu bytes; up to %ld can be read.",
                       text->size, (long)INT32_MAX);
    return status;
}

bl_status bl_read_commands(const bl_session *intents, const bl_session *slots, const bl_text *text,
                           const bl_command_options *options, bl_commands *out, bl_error *error)
{
    static const bl_command_options defaults = { .threshold = 0.5f };
    reader r;
    bl_status status = check(intents, slots, text, error);
    if (status != BL_OK) return status;
    memset(&r, 0, sizeof r);
    r.intents = intents;
    r.slots = slots;
    r.options = options ? *options : defaults;
    r.text = text->data ? text->data : "";
    r.size = text->size;
    r.commands.item_size = sizeof(bl_command);
    r.values.item_size = sizeof(bl_value);
    status = take_memory(&r, error);
    if (status != BL_OK || !r.scores) return status;
    status = read_commands(&r, error);
    bl_command *commands = r.commands.items;
    for (size_t i = 0; status == BL_OK && slots && i < r.commands.count; i++)
        status = add_values(&r, &commands[i], error);
    if (status == BL_OK && r.options.unit == BL_CHARACTERS) status = count_in_characters(&r, error);
    if (status == BL_OK)
        *out =
            (bl_commands){ commands, r.commands.count, r.values.items, r.values.count, r.extent };
    return status;
}
