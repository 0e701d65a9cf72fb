// Properties of single code points, and versions.
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uvernum.h>

#include "status.h"

const char *sesame_icu_library_version(void) {
    return U_ICU_VERSION;
}

const char *sesame_icu_unicode_version(void) {
    return U_UNICODE_VERSION;
}

uint8_t sesame_icu_general_category(uint32_t code_point) {
    return (uint8_t)u_charType((UChar32)code_point);
}

int32_t sesame_icu_script(uint32_t code_point) {
    UErrorCode code = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)code_point, &code);
    return U_SUCCESS(code) ? (int32_t)script : (int32_t)USCRIPT_UNKNOWN;
}

const char *sesame_icu_script_name(int32_t script) {
    return script < 0 ? NULL : uscript_getName((UScriptCode)script);
}

const char *sesame_icu_script_code(int32_t script) {
    return script < 0 ? NULL : uscript_getShortName((UScriptCode)script);
}

uint8_t sesame_icu_combining_class(uint32_t code_point) {
    return u_getCombiningClass((UChar32)code_point);
}

bool sesame_icu_is_white_space(uint32_t code_point) {
    return u_isUWhiteSpace((UChar32)code_point);
}

bool sesame_icu_is_alphabetic(uint32_t code_point) {
    return u_isUAlphabetic((UChar32)code_point);
}

bool sesame_icu_is_ideographic(uint32_t code_point) {
    return u_hasBinaryProperty((UChar32)code_point, UCHAR_IDEOGRAPHIC);
}
