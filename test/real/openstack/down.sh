#!/usr/bin/env bash
# Ends the cloud that `up.sh` started, and removes its folder. Twice does no harm.
set -uo pipefail
dir=${1:?the folder that up.sh told}
case $(basename "$dir") in libcloud-openstack.*) ;; *) echo "not a folder of up.sh: $dir" >&2; exit 1 ;; esac
[ -d "$dir" ] || exit 0
# An id may have gone to another process meanwhile: only groups with a process of this cloud are ended.
ours() {
  local pid
  for pid in $(ps -o pid= -g "$1" 2>/dev/null); do
    { tr '\0' ' ' <"/proc/$pid/cmdline"; tr '\0' ' ' <"/proc/$pid/environ"; } 2>/dev/null | grep -qF -- "$dir" && return 0
  done
  return 1
}
groups=()
for file in "$dir"/pid/*; do
  [ -s "$file" ] || continue
  pid=$(cat "$file")
  ours "$pid" && groups+=("$pid")
done
for pid in "${groups[@]}"; do kill -TERM -- "-$pid" 2>/dev/null; done
for _ in $(seq 100); do
  left=
  for pid in "${groups[@]}"; do kill -0 -- "-$pid" 2>/dev/null && left=1; done
  [ -z "$left" ] && break
  sleep 0.1
done
for pid in "${groups[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done
# Erlang's own daemon leaves the group of those who start it.
for pid in $(pgrep -x epmd); do
  tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qxF "HOME=$dir/rabbit" && kill -TERM "$pid"
done
rm -rf -- "$dir"
