#!/usr/bin/env bash
# Ends the daemon that `up.sh` started, with its containers and networks, and removes its folder. Twice does no harm.
set -uo pipefail
dir=${1:?the folder that up.sh told}
case $dir in /var/tmp/libcloud-lxd.*) ;; *) echo "not a folder of up.sh: $dir" >&2; exit 1 ;; esac
[ -d "$dir" ] || exit 0
export LXD_DIR=$dir
if lxd waitready --timeout=2 >/dev/null 2>&1; then
  for project in $(lxc project list --format csv 2>/dev/null | cut -d, -f1 | sed 's/ (current)//'); do
    for name in $(lxc list --project "$project" --format csv -c n 2>/dev/null); do
      lxc delete --force --project "$project" "$name" >/dev/null 2>&1
    done
  done
  for network in $(lxc network list --format csv 2>/dev/null | awk -F, '$3=="YES"{print $1}'); do
    lxc profile device remove default eth0 >/dev/null 2>&1
    lxc network delete "$network" >/dev/null 2>&1
  done
  timeout 40 lxd shutdown --timeout 20 >/dev/null 2>&1
fi
pid=$(cat "$dir.pid" 2>/dev/null || true)
# The id may have gone to another process meanwhile: only a daemon of this folder is ended.
if [ -n "$pid" ] && { tr '\0' ' ' <"/proc/$pid/environ"; } 2>/dev/null | grep -qF "LXD_DIR=$dir"; then
  kill -TERM "$pid" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
fi
for mount in $(awk -v d="$dir/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r); do umount -l "$mount" 2>/dev/null; done
rm -rf -- "$dir" "$dir.pid" "$dir.log" "$dir.out"
