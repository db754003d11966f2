#!/usr/bin/env bash
# Ends one service of a cloud that `up.sh` started, and starts it again: again.sh DIR NAME
set -euo pipefail
export CLOUD=${1:?the folder that up.sh told} PORT=0 PASSWORD=
. "$(dirname "$(readlink -f "$0")")/cloud/lib.sh"
name=${2:?the name of a service}
pid=$(cat "$CLOUD/pid/$name")
kill -TERM -- "-$pid" 2>/dev/null || true
for _ in $(seq 100); do
  kill -0 -- "-$pid" 2>/dev/null || break
  sleep 0.1
done
kill -KILL -- "-$pid" 2>/dev/null || true
launch "$name"
