#!/bin/sh
# Runs a command of Holdfast, such as `sh app/start.sh node server.js`; without one it only checks the version of Node.
# For any POSIX shell, with nothing but its built-ins: it runs before anything else, on machines of all kinds.

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# The least minor release of Node 22 that all packages take. The same as "engines" in package.json: a test compares them.
LEAST_MAJOR=22
LEAST_MINOR=13

command -v node >/dev/null 2>&1 || fail "Holdfast needs Node.js $LEAST_MAJOR.$LEAST_MINOR or later; there is none on the PATH."
# Without NODE_OPTIONS: an old Node refuses options that it does not know before it says its version.
version=$(NODE_OPTIONS='' node --version) || exit 1
version=${version#v}
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}
# What is no number is something else than Node, or older than its 1.0 (iojs-v3.3.1).
case "$major.$minor" in
  *[!0-9.]* | .* | *.) fail "Holdfast needs Node.js $LEAST_MAJOR.$LEAST_MINOR or later; this is $version." ;;
esac
if [ "$major" -lt "$LEAST_MAJOR" ] || { [ "$major" -eq "$LEAST_MAJOR" ] && [ "$minor" -lt "$LEAST_MINOR" ]; }; then
  fail "Holdfast needs Node.js $LEAST_MAJOR.$LEAST_MINOR or later; this is $version."
fi
[ $# -gt 0 ] || exit 0

# The settings of Node and glibc. What the environment sets wins: of two options of one name Node takes the last.
# An empty value counts as unset, as for every variable of the app.
export PORT="${PORT:-3000}"
# A hanging volume holds threads, and 4 are too few (libuv's default).
export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-16}"
# A node that streams makes much that is soon forgotten: without this a quarter of its time is collecting garbage.
export NODE_OPTIONS="--max-semi-space-size=16${NODE_OPTIONS:+ $NODE_OPTIONS}"
# Large bodies and files go back to the system once they are done with, instead of leaving holes between smaller
# ones: up to 100 MB of the smallest task's 512.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-131072}"

# In place of this shell: signals reach the server itself, and its exit code is the command's. As process 1 of a
# container, too.
exec "$@"
