#!/bin/sh
# Makes .venv and installs the locked requirements into it, and builds the pages, when they have changed since the last
# time.
# Debian's own Python takes no packages besides Debian's, so everything goes into a virtual environment.
set -eu
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*"; }
refuse() { say "$*" >&2; exit 1; }

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# The first that can make a virtual environment; else the sentence that says how to get there.
find_python() {
    lacking=""
    for candidate in python3.13 python3.12 python3.11 python3 python3.14; do
        is_recent "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        lacking=${lacking:-$candidate}
    done
    if [ -n "$lacking" ]; then
        refuse "Python $(version_of "$lacking") is here without its venv module: apt install python$(version_of "$lacking")-venv"
    fi
    refuse "Hilo needs Python 3.11 or newer, and this machine has none: apt install python3 python3-venv"
}

# What the stamp holds once everything is installed: the lock file's hash, and the Python it was installed for.
wanted_stamp() {
    .venv/bin/python -c 'import hashlib, sys
print(hashlib.sha256(open("requirements.txt", "rb").read()).hexdigest(), sys.version.split()[0])'
}

install() {
    total=$(grep -c '^[a-zA-Z0-9].*==' requirements.txt)
    say "Installing about $total packages (about 300 MB on disk; half a minute to two)"
    log=.venv/install.log
    .venv/bin/python -m pip install --require-hashes --requirement requirements.txt >"$log" 2>&1 &
    pip=$!
    trap 'kill "$pip" 2>/dev/null; exit 130' INT TERM HUP
    seconds=0
    while kill -0 "$pip" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        if [ $((seconds % 5)) -eq 0 ]; then
            if grep -q '^Installing collected' "$log"; then
                say "  $seconds s, unpacking"
            else
                say "  $seconds s, $(grep -c '^Collecting' "$log" || true) of about $total fetched"
            fi
        fi
    done
    trap - INT TERM HUP
    if ! wait "$pip"; then
        tail -n 15 "$log" >&2
        refuse "The packages could not be installed; all that pip said is in $log"
    fi
    wanted_stamp >.venv/requirements.stamp
    say "  done after $seconds s"
}

if ! { [ -x .venv/bin/python ] && is_recent .venv/bin/python && .venv/bin/python -c 'import pip' 2>/dev/null; }; then
    find_python
    say "Making .venv with Python $(version_of "$python")"
    rm -rf .venv
    "$python" -m venv .venv
fi
if [ "$(cat .venv/requirements.stamp 2>/dev/null || true)" != "$(wanted_stamp)" ]; then
    install
fi
# Without pages all else works, and `/` says why there are none.
.venv/bin/python -m app.embedded.frontend || true
