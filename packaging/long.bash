#!/usr/bin/env bash
# For scripts that start long commands: a command ends with the script, whatever ends the script. Each script says
# "trap stop EXIT". A command may run as root. It does not inherit the script's lock, which is descriptor 9.
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

# Waits for the command. Returns its exit code.
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

# Ends the command. A second signal cannot interrupt this.
stop() {
    trap '' HUP INT TERM
    [ -n "$running" ] || return 0
    "${root[@]}" kill "$running" 2> /dev/null || true
    wait "$running" || true
}
