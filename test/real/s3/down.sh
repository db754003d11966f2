#!/usr/bin/env bash
# Ends the servers that `up.sh` started, and removes their folder. Twice does no harm.
set -uo pipefail
dir=${1:?the folder that up.sh told}
case $(basename "$dir") in libcloud-s3.*) ;; *) echo "not a folder of up.sh: $dir" >&2; exit 1 ;; esac
[ -d "$dir" ] || exit 0
ours() { # ours PID: the id may have gone to another process meanwhile
  case $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null) in *"$dir"* | *memcached*) return 0 ;; *) return 1 ;; esac
}
for file in "$dir"/*.pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  ours "$pid" || continue
  kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2>/dev/null
done
rm -rf -- "$dir"
