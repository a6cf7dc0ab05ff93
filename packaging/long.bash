#!/usr/bin/env bash
# For scripts that start what takes long: it ends with the script, whatever ends that. Each of them ends with "trap stop EXIT".
# What is started may be root's, and does not hold on to the script's lock, which is descriptor 9.
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
running=
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

begin() {
    "$@" < /dev/null 9>&- &
    running=$!
}

# The exit code of what was begun.
await() {
    local code=0
    wait "$running" || code=$?
    running=
    return "$code"
}

run() {
    begin "$@"
    await
}

# No second signal keeps it from what is to be cleared away.
stop() {
    trap '' HUP INT TERM
    [ -n "$running" ] || return 0
    "${root[@]}" kill "$running" 2> /dev/null || true
    wait "$running" || true
}
