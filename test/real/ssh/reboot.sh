#!/usr/bin/env bash
# Restarts the machine that up.sh started: everything on it ends, it is away for a moment, and it has another boot id.
# usage: reboot.sh <folder> <seconds away>
set -euo pipefail
folder=$1 away=$2
holder=$(cat "$folder/holder.pid")
namespace=$(readlink "/proc/$holder/ns/mnt")
for process in /proc/[0-9]*; do
  pid=${process#/proc/}
  [ "$(readlink "$process/ns/mnt" 2>/dev/null)" = "$namespace" ] || continue
  [ "$pid" = "$holder" ] || kill -9 "$pid" 2>/dev/null || true
done
sleep "$away"
cat /proc/sys/kernel/random/uuid >"$folder/boot_id"
for config in "$folder"/*.conf; do
  nsenter --target "$holder" --mount /usr/sbin/sshd -f "$config" -E "${config%.conf}.log"
done
