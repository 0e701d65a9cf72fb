// Normal forms and case mappings, straight over UTF-8.
//
// ICU offers these with an account of the edits only in C++, and that account is what keeps token
// offsets in the original text. No exceptions, no C++ type in the interface.
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/utf8.h>

#include "status.h"

namespace {

const icu::Normalizer2 *normalizer_for(sesame_icu_form form, UErrorCode &code) {
    switch (form) {
    case SESAME_ICU_NFC:
        return icu::Normalizer2::getNFCInstance(code);
    case SESAME_ICU_NFD:
        return icu::Normalizer2::getNFDInstance(code);
    case SESAME_ICU_NFKC:
        return icu::Normalizer2::getNFKCInstance(code);
    case SESAME_ICU_NFKD:
        return icu::Normalizer2::getNFKDInstance(code);
    }
    code = U_ILLEGAL_ARGUMENT_ERROR;
    return nullptr;
}

sesame_icu_status check(const uint8_t *text, size_t length, const sesame_icu_output *output) {
    if (output == nullptr || (text == nullptr && length > 0)
        || (output->bytes == nullptr && output->byte_capacity > 0)) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    return length > SESAME_ICU_MAX_BYTES ? SESAME_ICU_TOO_LONG : SESAME_ICU_OK;
}

// ICU counts bytes in int32_t; a larger buffer is only partly used.
int32_t clamped(size_t capacity) {
    return capacity > INT32_MAX ? INT32_MAX : static_cast<int32_t>(capacity);
}

sesame_icu_status finish(
    const icu::CheckedArrayByteSink &sink, const icu::Edits *edits, UErrorCode code,
    sesame_icu_output *output) {
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    output->byte_length = static_cast<size_t>(sink.NumberOfBytesAppended());
    output->edit_length = 0;
    bool fits = !sink.Overflowed();
    if (edits != nullptr) {
        icu::Edits::Iterator iterator = edits->getFineIterator();
        while (iterator.next(code)) {
            if (output->edit_length < output->edit_capacity) {
                sesame_icu_edit &edit = output->edits[output->edit_length];
                edit.source_length = static_cast<uint32_t>(iterator.oldLength());
                edit.result_length = static_cast<uint32_t>(iterator.newLength());
                edit.changed = iterator.hasChange();
            }
            output->edit_length++;
        }
        fits = fits && output->edit_length <= output->edit_capacity;
    }
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    return fits ? SESAME_ICU_OK : SESAME_ICU_BUFFER_TOO_SMALL;
}

icu::StringPiece piece(const uint8_t *text, size_t length) {
    return icu::StringPiece(reinterpret_cast<const char *>(text), static_cast<int32_t>(length));
}

}  // namespace

sesame_icu_status sesame_icu_normalize(
    sesame_icu_form form, const uint8_t *text, size_t length, sesame_icu_output *output) {
    sesame_icu_status status = check(text, length, output);
    if (status != SESAME_ICU_OK) {
        return status;
    }
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2 *normalizer = normalizer_for(form, code);
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    icu::CheckedArrayByteSink sink(
        reinterpret_cast<char *>(output->bytes), clamped(output->byte_capacity));
    icu::Edits edits;
    icu::Edits *wanted = output->edits == nullptr ? nullptr : &edits;
    normalizer->normalizeUTF8(0, piece(text, length), sink, wanted, code);
    return finish(sink, wanted, code, output);
}

sesame_icu_status sesame_icu_is_normalized(
    sesame_icu_form form, const uint8_t *text, size_t length, bool *answer) {
    if (answer == nullptr || (text == nullptr && length > 0)) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    if (length > SESAME_ICU_MAX_BYTES) {
        return SESAME_ICU_TOO_LONG;
    }
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2 *normalizer = normalizer_for(form, code);
    if (U_FAILURE(code)) {
        return sesame_icu_status_from(code);
    }
    *answer = normalizer->isNormalizedUTF8(piece(text, length), code);
    return sesame_icu_status_from(code);
}

sesame_icu_status sesame_icu_map_case(
    sesame_icu_case mapping, const char *locale, const uint8_t *text, size_t length,
    sesame_icu_output *output) {
    sesame_icu_status status = check(text, length, output);
    if (status != SESAME_ICU_OK) {
        return status;
    }
    if (locale == nullptr) {
        return SESAME_ICU_INVALID_ARGUMENT;
    }
    UErrorCode code = U_ZERO_ERROR;
    icu::CheckedArrayByteSink sink(
        reinterpret_cast<char *>(output->bytes), clamped(output->byte_capacity));
    icu::Edits edits;
    icu::Edits *wanted = output->edits == nullptr ? nullptr : &edits;
    icu::StringPiece source = piece(text, length);
    switch (mapping) {
    case SESAME_ICU_LOWER:
        icu::CaseMap::utf8ToLower(locale, 0, source, sink, wanted, code);
        break;
    case SESAME_ICU_UPPER:
        icu::CaseMap::utf8ToUpper(locale, 0, source, sink, wanted, code);
        break;
    case SESAME_ICU_TITLE:
        icu::CaseMap::utf8ToTitle(locale, 0, nullptr, source, sink, wanted, code);
        break;
    case SESAME_ICU_FOLD:
        icu::CaseMap::utf8Fold(0, source, sink, wanted, code);
        break;
    default:
        code = U_ILLEGAL_ARGUMENT_ERROR;
    }
    return finish(sink, wanted, code, output);
}
