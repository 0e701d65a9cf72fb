# Shared by the scripts of this folder: source it, do not run it.
#
# After `prepare_machine`, the repository's root is the current folder, Swift and both system libraries
# are known to be there, and `swift_flags` holds what SwiftPM needs to find them.

minimum_swift="6.1"
swift_flags=()

say() { printf '%s\n' "$*"; }

# Says what is wrong and what to do about it, and ends the script.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# True where version $1 is at least version $2 (both of the form 6.1.2).
version_at_least() {
    local have_major have_minor want_major want_minor
    IFS=. read -r have_major have_minor _ <<<"$1"
    IFS=. read -r want_major want_minor _ <<<"$2"
    ((have_major > want_major || (have_major == want_major && ${have_minor:-0} >= ${want_minor:-0})))
}

require_swift() {
    command -v swift >/dev/null 2>&1 ||
        fail "Swift $minimum_swift or newer is needed and 'swift' is not on the PATH; install it from https://swift.org/install"
    local version
    version=$(swift --version 2>&1 | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p' | head -n 1)
    [ -n "$version" ] || fail "'swift --version' does not name a version; is this a Swift toolchain?"
    version_at_least "$version" "$minimum_swift" ||
        fail "Swift $minimum_swift or newer is needed, found $version; install a newer one from https://swift.org/install"
}

# True where a C header ($1) or, failing that, every pkg-config module named after it can be found.
have_library() {
    local header=$1 folder
    shift
    for folder in /usr/include /usr/local/include; do
        [ -e "$folder/$header" ] && return 0
    done
    command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$@"
}

require_linux_libraries() {
    local packages=()
    have_library unicode/ubrk.h icu-uc icu-i18n || packages+=(libicu-dev)
    have_library sqlite3.h sqlite3 || packages+=(libsqlite3-dev)
    [ ${#packages[@]} -eq 0 ] && return 0

    say "Missing: ${packages[*]} (ICU segments text, SQLite stores it)."
    command -v apt-get >/dev/null 2>&1 ||
        fail "there is no apt-get here; install the development files of ${packages[*]} with this system's package manager (Fedora: dnf install libicu-devel sqlite-devel; Alpine: apk add icu-dev sqlite-dev) and run this script again"

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        # sudo may ask for a password only where somebody is there to type it.
        if command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            fail "installing needs root; run 'apt-get install ${packages[*]}' as root, then this script again"
        fi
    fi
    say "Installing ${packages[*]} with ${as_root[*]:+${as_root[*]} }apt-get."
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    # An index that cannot be refreshed may still know the packages: let the installation decide.
    "${apt[@]}" update >/dev/null || say "apt-get update did not succeed; trying with the index as it is."
    "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null ||
        fail "apt-get could not install ${packages[*]}; install them by hand, then run this script again"
}

# SQLite is part of macOS; Homebrew keeps ICU out of the default search paths.
require_macos_libraries() {
    command -v brew >/dev/null 2>&1 ||
        fail "ICU is needed; install Homebrew (https://brew.sh), run 'brew install icu4c', then this script again"
    local prefix
    prefix=$(brew --prefix icu4c 2>/dev/null) && [ -e "$prefix/include/unicode/ubrk.h" ] ||
        fail "ICU is needed; run 'brew install icu4c', then this script again"
    swift_flags=(-Xcc "-I$prefix/include" -Xlinker "-L$prefix/lib")
}

prepare_machine() {
    cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
    [ -f Package.swift ] || fail "Package.swift is not in $PWD; run the script from a whole checkout"
    require_swift
    case $(uname -s) in
        Darwin) require_macos_libraries ;;
        *) require_linux_libraries ;;
    esac
}
