// Boundaries of graphemes, words, sentences and lines.
//
// The iterator runs over a UTF-16 copy of the text rather than through a UText over UTF-8: the copy
// costs a few per cent of the work, and the dictionary scripts (Chinese, Japanese, Thai) are twice as
// fast over UTF-16. Boundaries only move forward, so a second cursor over the UTF-8 text turns UTF-16
// offsets back into byte offsets, and no table of offsets is kept.
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/utf8.h>
#include <unicode/uvernum.h>

#include "status.h"

struct sesame_icu_segmenter {
    UBreakIterator *iterator;
    sesame_icu_boundary boundary;
    const uint8_t *text;
    size_t length;
    UChar *units;
    size_t unit_capacity;
    int32_t unit_length;
    int32_t unit_cursor;  // the UTF-16 offset that `byte_cursor` stands for
    size_t byte_cursor;
};

static const UBreakIteratorType break_types[] = {
    UBRK_CHARACTER,
    UBRK_WORD,
    UBRK_SENTENCE,
    UBRK_LINE,
};

sesame_icu_status sesame_icu_segmenter_open(
    sesame_icu_boundary boundary, const char *locale, sesame_icu_segmenter **segmenter) {
    if (segmenter == NULL || locale == NULL || (unsigned)boundary > SESAME_ICU_LINE) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    *segmenter = NULL;
    UErrorCode code = U_ZERO_ERROR;
    UBreakIterator *iterator = ubrk_open(break_types[boundary], locale, NULL, 0, &code);
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    sesame_icu_segmenter *result = calloc(1, sizeof *result);
    if (result == NULL) {
        ubrk_close(iterator);
        return SESAME_ICU_OUT_OF_MEMORY;
    }
    result->iterator = iterator;
    result->boundary = boundary;
    *segmenter = result;
    return SESAME_ICU_OK;
}

sesame_icu_status sesame_icu_segmenter_clone(
    const sesame_icu_segmenter *source, sesame_icu_segmenter **segmenter) {
    if (segmenter == NULL || source == NULL) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    *segmenter = NULL;
    UErrorCode code = U_ZERO_ERROR;
#if U_ICU_VERSION_MAJOR_NUM >= 69
    UBreakIterator *iterator = ubrk_clone(source->iterator, &code);
#else
    UBreakIterator *iterator = ubrk_safeClone(source->iterator, NULL, NULL, &code);
#endif
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    sesame_icu_segmenter *result = calloc(1, sizeof *result);
    if (result == NULL) {
        ubrk_close(iterator);
        return SESAME_ICU_OUT_OF_MEMORY;
    }
    result->iterator = iterator;
    result->boundary = source->boundary;
    *segmenter = result;
    return SESAME_ICU_OK;
}

void sesame_icu_segmenter_close(sesame_icu_segmenter *segmenter) {
    if (segmenter != NULL) {
        ubrk_close(segmenter->iterator);
        free(segmenter->units);
        free(segmenter);
    }
}

// UTF-16 of the text; never more units than there are bytes.
static int32_t widen(const uint8_t *text, int32_t length, UChar *units) {
    int32_t in = 0, out = 0;
    while (in < length) {
        if (text[in] < 0x80) {
            units[out++] = text[in++];
            continue;
        }
        UChar32 c;
        U8_NEXT_OR_FFFD(text, in, length, c);
        if (c <= 0xFFFF) {
            units[out++] = (UChar)c;
        } else {
            units[out++] = U16_LEAD(c);
            units[out++] = U16_TRAIL(c);
        }
    }
    return out;
}

sesame_icu_status sesame_icu_segmenter_set_text(
    sesame_icu_segmenter *segmenter, const uint8_t *text, size_t length) {
    if (segmenter == NULL || (text == NULL && length > 0)) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    if (length > SESAME_ICU_MAX_BYTES) {
        return SESAME_ICU_TOO_LONG;
    }
    if (segmenter->unit_capacity < length + 1) {
        size_t capacity = length + length / 2 + 64;
        UChar *units = malloc(capacity * sizeof *units);
        if (units == NULL) {
            return SESAME_ICU_OUT_OF_MEMORY;
        }
        free(segmenter->units);
        segmenter->units = units;
        segmenter->unit_capacity = capacity;
    }
    segmenter->text = text;
    segmenter->length = length;
    segmenter->unit_cursor = 0;
    segmenter->byte_cursor = 0;
    segmenter->unit_length = widen(text, (int32_t)length, segmenter->units);
    UErrorCode code = U_ZERO_ERROR;
    ubrk_setText(segmenter->iterator, segmenter->units, segmenter->unit_length, &code);
    if (U_SUCCESS(code)) {
        ubrk_first(segmenter->iterator);
    }
    return sesame_icu_status_from(code);
}

// Moves the byte cursor to the UTF-16 offset `target`, which is at or after it.
static void advance_to(sesame_icu_segmenter *s, int32_t target) {
    const uint8_t *text = s->text;
    int32_t unit = s->unit_cursor, byte = (int32_t)s->byte_cursor, length = (int32_t)s->length;
    while (unit < target) {
        if (text[byte] < 0x80) {
            byte++;
            unit++;
            continue;
        }
        UChar32 c;
        U8_NEXT_OR_FFFD(text, byte, length, c);
        unit += c > 0xFFFF ? 2 : 1;
    }
    s->unit_cursor = unit;
    s->byte_cursor = (size_t)byte;
}

static uint8_t word_kind(int32_t rule_status) {
    if (rule_status < UBRK_WORD_NUMBER) {
        return SESAME_ICU_WORD_NONE;
    }
    if (rule_status < UBRK_WORD_LETTER) {
        return SESAME_ICU_WORD_NUMBER;
    }
    if (rule_status < UBRK_WORD_KANA) {
        return SESAME_ICU_WORD_LETTER;
    }
    return rule_status < UBRK_WORD_IDEO ? SESAME_ICU_WORD_KANA : SESAME_ICU_WORD_IDEO;
}

size_t sesame_icu_segmenter_next(
    sesame_icu_segmenter *segmenter, uint32_t *ends, uint8_t *kinds, size_t capacity) {
    size_t count = 0;
    while (count < capacity) {
        int32_t end = ubrk_next(segmenter->iterator);
        if (end == UBRK_DONE) {
            break;
        }
        advance_to(segmenter, end);
        ends[count] = (uint32_t)segmenter->byte_cursor;
        if (kinds != NULL) {
            kinds[count] = segmenter->boundary == SESAME_ICU_WORD
                               ? word_kind(ubrk_getRuleStatus(segmenter->iterator))
                               : 0;
        }
        count++;
    }
    return count;
}
