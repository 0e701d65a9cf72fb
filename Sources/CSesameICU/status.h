// Internal: ICU's error codes in ours.
#ifndef SESAME_ICU_STATUS_H
#define SESAME_ICU_STATUS_H

#include <unicode/utypes.h>

#include "include/CSesameICU.h"

static inline sesame_icu_status sesame_icu_status_from(UErrorCode code) {
    if (U_SUCCESS(code)) {
        return SESAME_ICU_OK;
    }
    switch (code) {
    case U_BUFFER_OVERFLOW_ERROR:
        return SESAME_ICU_BUFFER_TOO_SMALL;
    case U_ILLEGAL_ARGUMENT_ERROR:
        return SESAME_ICU_INVALID_ARGUMENT;
    case U_INDEX_OUTOFBOUNDS_ERROR:
        return SESAME_ICU_TOO_LONG;
    case U_MEMORY_ALLOCATION_ERROR:
        return SESAME_ICU_OUT_OF_MEMORY;
    case U_MISSING_RESOURCE_ERROR:
    case U_FILE_ACCESS_ERROR:
    case U_INVALID_FORMAT_ERROR:
        return SESAME_ICU_DATA_MISSING;
    default:
        return SESAME_ICU_INTERNAL;
    }
}

#endif
