# Sourced by the scripts of the languages: a root file system from a Debian mirror, for hosts that cannot pull images.
#
#   debian_root SUITE TARGET.tar PACKAGE,PACKAGE… [option of mmdebstrap]…
#
# WELES_DEBIAN_MIRROR is the site's mirror; without it mmdebstrap uses its own default.
# The host's apt proxy and CA settings are used while it runs, and are not left in the result.
# KEEP_SOURCES=1 leaves the address of mmdebstrap's own default mirror in the result, never that of a site.

debian_root() {
    suite=$1
    target=$2
    packages=$3
    shift 3

    case $suite in
        bookworm)
            packages=$packages,usr-is-merged
            set -- "$@" --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr
            ;;
        bullseye | trixie) ;;
        sid) set -- "$@" --aptopt='Acquire::Check-Valid-Until "false"' ;;
        *)
            echo "unknown suite $suite: use bullseye, bookworm, trixie or sid" >&2
            exit 64
            ;;
    esac

    for key in Acquire::http::Proxy Acquire::https::Proxy Acquire::https::CaInfo; do
        value=
        eval "$(apt-config shell value "$key")"
        if [ -n "$value" ]; then
            set -- "$@" --aptopt="$key \"$value\""
        fi
    done

    # mmdebstrap keeps its apt options and the mirror's address in the result: a site's own must not stay there.
    if [ -z "${KEEP_SOURCES:-}" ] || [ -n "${WELES_DEBIAN_MIRROR:-}" ]; then
        set -- "$@" --customize-hook='rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*'
    fi
    mmdebstrap --mode=auto --variant=apt --components=main --format=tar \
        --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/lintian/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --include="$packages" "$@" \
        --customize-hook='rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*' \
        --customize-hook=': >"$1"/etc/resolv.conf; echo localhost >"$1"/etc/hostname' \
        "$suite" "$target" ${WELES_DEBIAN_MIRROR:+"$WELES_DEBIAN_MIRROR"}
}
