// What Sesame needs from ICU, over UTF-8, with no ICU type in sight.
//
// Swift's Foundation carries its own copy of the ICU headers on Linux, so a module map that showed
// ICU's types to Swift would not compile; this header mentions none of them.
//
// Conventions. Text comes in as UTF-8 bytes with a length, never NUL-terminated, and goes out as UTF-8.
// Offsets are byte offsets into the text that was passed in. Ill-formed UTF-8 is never an error and
// never undefined behaviour: each maximal subpart of an ill-formed sequence counts as one U+FFFD.
// A code point that is not one (a surrogate, or above U+10FFFF) has the properties of an unassigned one.
#ifndef CSESAMEICU_H
#define CSESAMEICU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SESAME_ICU_CHECKED __attribute__((warn_unused_result))

// MARK: Status

typedef enum {
    SESAME_ICU_OK = 0,
    SESAME_ICU_BUFFER_TOO_SMALL = 1,  // nothing usable was written; the needed sizes were
    SESAME_ICU_INVALID_ARGUMENT = 2,  // an enumeration value or pointer out of range
    SESAME_ICU_TOO_LONG = 3,          // more than SESAME_ICU_MAX_BYTES of text
    SESAME_ICU_OUT_OF_MEMORY = 4,
    SESAME_ICU_DATA_MISSING = 5,  // ICU could not open its data (a broken installation)
    SESAME_ICU_INTERNAL = 6,      // any other ICU failure
} sesame_icu_status;

// The longest text one call takes. ICU counts UTF-16 units in 32 bits.
#define SESAME_ICU_MAX_BYTES ((size_t)0x3FFFFFFF)

// "72.1" and "15.0", for messages and test expectations. Static storage.
const char *sesame_icu_library_version(void);
const char *sesame_icu_unicode_version(void);

// MARK: Boundaries

typedef enum {
    SESAME_ICU_GRAPHEME = 0,
    SESAME_ICU_WORD = 1,
    SESAME_ICU_SENTENCE = 2,
    SESAME_ICU_LINE = 3,
} sesame_icu_boundary;

// What lies before a word boundary, from ICU's rule status.
typedef enum {
    SESAME_ICU_WORD_NONE = 0,  // spaces, punctuation, symbols
    SESAME_ICU_WORD_NUMBER = 1,
    SESAME_ICU_WORD_LETTER = 2,  // alphabetic words, Thai and other dictionary scripts, hangul
    SESAME_ICU_WORD_KANA = 3,
    SESAME_ICU_WORD_IDEO = 4,
} sesame_icu_word_kind;

// A break iterator and the UTF-16 copy of the text it runs over. Used by one thread at a time.
typedef struct sesame_icu_segmenter sesame_icu_segmenter;

// Opens a segmenter. `locale` is NUL-terminated ("en", "ja"); "" is the root locale.
SESAME_ICU_CHECKED sesame_icu_status sesame_icu_segmenter_open(
    sesame_icu_boundary boundary, const char *locale, sesame_icu_segmenter **segmenter);

// A segmenter of the same kind without text. Opening costs about a millisecond, cloning microseconds.
SESAME_ICU_CHECKED sesame_icu_status sesame_icu_segmenter_clone(
    const sesame_icu_segmenter *source, sesame_icu_segmenter **segmenter);

// Frees the segmenter; NULL is allowed.
void sesame_icu_segmenter_close(sesame_icu_segmenter *segmenter);

// Starts at the beginning of `text`, which must stay alive and unchanged until the next call of this.
SESAME_ICU_CHECKED sesame_icu_status sesame_icu_segmenter_set_text(
    sesame_icu_segmenter *segmenter, const uint8_t *text, size_t length);

// Writes the ends of up to `capacity` further segments, and their kinds (sesame_icu_word_kind for words,
// 0 otherwise) where `kinds` is not NULL. Returns how many; 0 at the end of the text.
size_t sesame_icu_segmenter_next(
    sesame_icu_segmenter *segmenter, uint32_t *ends, uint8_t *kinds, size_t capacity);

// MARK: Rewriting

typedef enum {
    SESAME_ICU_NFC = 0,
    SESAME_ICU_NFD = 1,
    SESAME_ICU_NFKC = 2,
    SESAME_ICU_NFKD = 3,
} sesame_icu_form;

typedef enum {
    SESAME_ICU_LOWER = 0,
    SESAME_ICU_UPPER = 1,
    SESAME_ICU_TITLE = 2,
    SESAME_ICU_FOLD = 3,  // full case folding; the locale is not used
} sesame_icu_case;

// A stretch of text and what became of it, in order and without gaps.
typedef struct {
    uint32_t source_length;
    uint32_t result_length;
    bool changed;
} sesame_icu_edit;

// Where a rewriting call puts its answer. On BUFFER_TOO_SMALL the two lengths hold what is needed.
// `edits` may be NULL where the alignment is not wanted.
typedef struct {
    uint8_t *bytes;
    size_t byte_capacity;
    size_t byte_length;
    sesame_icu_edit *edits;
    size_t edit_capacity;
    size_t edit_length;
} sesame_icu_output;

SESAME_ICU_CHECKED sesame_icu_status sesame_icu_normalize(
    sesame_icu_form form, const uint8_t *text, size_t length, sesame_icu_output *output);

// Whether the text is in the form already; ill-formed text is not.
SESAME_ICU_CHECKED sesame_icu_status sesame_icu_is_normalized(
    sesame_icu_form form, const uint8_t *text, size_t length, bool *answer);

SESAME_ICU_CHECKED sesame_icu_status sesame_icu_map_case(
    sesame_icu_case mapping, const char *locale, const uint8_t *text, size_t length,
    sesame_icu_output *output);

// MARK: Characters

// The 30 general categories, in ICU's order: Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No Zs Zl Zp Cc Cf Co Cs
// Pd Ps Pe Pc Po Sm Sc Sk So Pi Pf.
uint8_t sesame_icu_general_category(uint32_t code_point);

// The script's number, and its names by number: "Latin", "Latn". NULL for a number that is no script.
int32_t sesame_icu_script(uint32_t code_point);
const char *sesame_icu_script_name(int32_t script);
const char *sesame_icu_script_code(int32_t script);

uint8_t sesame_icu_combining_class(uint32_t code_point);
bool sesame_icu_is_white_space(uint32_t code_point);
bool sesame_icu_is_alphabetic(uint32_t code_point);
bool sesame_icu_is_ideographic(uint32_t code_point);

#ifdef __cplusplus
}
#endif
#endif
