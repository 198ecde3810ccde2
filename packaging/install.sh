#!/bin/sh
# Adds the program to the desktop's menu: desktop entry, icon and description; --uninstall removes them.
set -eu

usage() {
    cat <<'END'
Usage: packaging/install.sh [--prefix DIR] [--command FILE] [--uninstall]

  --prefix DIR     install below DIR/share (default: ~/.local)
  --command FILE   the program to start (default: exclip-desktop on the PATH, else the one in .venv)
  --uninstall      remove what was installed
END
}

fail() {
    echo "install.sh: $1" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${HOME:-}/.local
program=
uninstall=no
while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --command)
            [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value."
            if [ "$1" = --prefix ]; then prefix=$2; else program=$2; fi
            shift 2
            ;;
        --uninstall) uninstall=yes; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "There is no option $1." ;;
    esac
done

entry=$prefix/share/applications/exclip-desktop.desktop
icon=$prefix/share/icons/hicolor/scalable/apps/exclip-desktop.svg
about=$prefix/share/metainfo/io.github.exclip_desktop.metainfo.xml

refresh() { # without these tools the menus refresh by themselves
    if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$prefix/share/applications" || :; fi
    if command -v gtk-update-icon-cache >/dev/null && [ -f "$prefix/share/icons/hicolor/index.theme" ]; then
        gtk-update-icon-cache -q "$prefix/share/icons/hicolor" || :
    fi
}

if [ "$uninstall" = yes ]; then
    rm -f -- "$entry" "$icon" "$about"
    refresh
    echo "Removed from $prefix/share."
    exit 0
fi

if [ -z "$program" ]; then
    program=$(command -v exclip-desktop || :)
    [ -n "$program" ] || program=$here/../.venv/bin/exclip-desktop
fi
case $program in
    *'
'*) fail "The program's path has a line break." ;;
esac
[ -x "$program" ] && [ ! -d "$program" ] || fail "There is no program $program. Install it first, or name it with --command."
program=$(CDPATH='' cd -- "$(dirname -- "$program")" && pwd)/$(basename -- "$program")

# A desktop entry quotes its command twice: once as an argument, once as a string; % stands for itself when doubled.
quoted=$(printf '%s' "$program" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
mkdir -p -- "$(dirname -- "$entry")" "$(dirname -- "$icon")" "$(dirname -- "$about")"
QUOTED=$quoted awk '/^Exec=/ { print "Exec=\"" ENVIRON["QUOTED"] "\" %f"; next } { print }' \
    "$here/exclip-desktop.desktop" >"$entry.part"
chmod 644 "$entry.part"
mv -f -- "$entry.part" "$entry"
install -m 644 "$here/icon.svg" "$icon"
install -m 644 "$here/io.github.exclip_desktop.metainfo.xml" "$about"
refresh
echo "Installed in $prefix/share; it starts $program."
