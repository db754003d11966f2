#!/usr/bin/env bash
# What runs on the machine that up.sh started, beside what up.sh started itself. usage: running.sh <folder>
set -uo pipefail
folder=$1
own=" $(cat "$folder"/*.pid 2>/dev/null | tr '\n' ' ') "
namespace=$(readlink "/proc/$(cat "$folder/holder.pid")/ns/mnt")
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$namespace" ] || continue
  [[ $own == *" $pid "* ]] || echo "$pid $(tr '\0' ' ' <"$process/cmdline" 2>/dev/null)"
done
exit 0
