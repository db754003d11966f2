#!/usr/bin/env bash
# Ends the server that `up.sh` started, and removes its folder. Twice does no harm.
set -uo pipefail
dir=${1:?the folder that up.sh told}
case $(basename "$dir") in libcloud-azurite.*) ;; *) echo "not a folder of up.sh: $dir" >&2; exit 1 ;; esac
[ -d "$dir" ] || exit 0
pid=$(cat "$dir/pid" 2>/dev/null || true)
# The id may have gone to another process meanwhile: only a server of this folder is ended.
if [ -n "$pid" ] && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$dir"; then
  kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2>/dev/null
fi
rm -rf -- "$dir"
