#!/usr/bin/env bash
# Starts an LXD daemon of its own, with a pool, a network and a tiny image, and prints one line of JSON:
# {"dir","socket","port","password","certificate","version","network","subnet"}. `down.sh <dir>` ends it and removes everything.
# With `--debian` it has an image of Debian with cloud-init too, which is built at the first use and kept.
# `--resume <dir>` starts a daemon again that was killed. Needs root. No system service is started or touched.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
images=${LIBCLOUD_LXD_IMAGES:-/var/tmp/libcloud-lxd-images}
here=$(dirname "$(readlink -f "$0")")
want_debian=
[ "${1:-}" = --debian ] && want_debian=1

say() { echo "lxd: $*" >&2; }

install_missing() {
  local need=() wanted=(lxd lxd-client uidmap squashfs-tools iptables nftables dnsmasq-base busybox-static attr iproute2 curl)
  wanted+=(python3-pylxd)
  [ -z "$want_debian" ] || [ -s "$images/debian.tar.gz" ] || wanted+=(mmdebstrap)
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || need+=("$package")
  done
  [ ${#need[@]} = 0 ] && return 0
  # The packages would start their daemon: a policy that forbids it holds while they are installed.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=1
  fi
  apt-get -o DPkg::Lock::Timeout=900 install -y --no-install-recommends "${need[@]}" >&2 ||
    { apt-get -o DPkg::Lock::Timeout=900 update >&2 &&
      apt-get -o DPkg::Lock::Timeout=900 install -y --no-install-recommends "${need[@]}" >&2; } ||
    { [ -z "$ours" ] || rm -f "$policy"; return 1; }
  [ -z "$ours" ] || rm -f "$policy"
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if ! ss -Hltun "sport = :$port" | grep -q .; then
      echo "$port"
      return 0
    fi
  done
  return 1
}

configure() { # configure PORT PASSWORD BRIDGE SUBNET
  lxd init --preseed >&2 <<YAML
config:
  core.https_address: 127.0.0.1:$1
  core.trust_password: $2
  images.auto_update_interval: 0
networks:
- name: $3
  type: bridge
  config: {ipv4.address: $4.1/24, ipv4.nat: "true", ipv6.address: none, dns.mode: none}
storage_pools:
- name: default
  driver: dir
profiles:
- name: default
  config:
    # Stays inside the memory limit of whoever runs the daemon; and busybox shuts down by this signal.
    raw.lxc: |-
      lxc.cgroup.relative = 1
      lxc.signal.halt = SIGUSR2
  devices:
    root: {type: disk, path: /, pool: default}
    eth0: {type: nic, name: eth0, network: $3}
YAML
}

start() { # start DIR
  ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"
  # Files that callers hold open, locks among them, are not the daemon's.
  (
    for fd in $(ls /proc/self/fd); do [ "$fd" -le 2 ] || eval "exec $fd>&-"; done
    LXD_DIR=$1 exec setsid nohup lxd --group root --logfile="$1.log" >"$1.out" 2>&1 </dev/null
  ) &
  echo $! >"$1.pid"
}

if [ "${1:-}" = --resume ]; then
  export LXD_DIR=$2
  start "$2"
  exec lxd waitready --timeout=60 >&2
fi

install_missing || { say 'the packages could not be installed'; exit 1; }
mkdir -p "$images"
[ -s "$images/busybox.tar.gz" ] || bash "$here/image-busybox.sh" "$images/busybox.tar.gz" >&2
[ -z "$want_debian" ] || [ -s "$images/debian.tar.gz" ] || bash "$here/image-debian.sh" "$images/debian.tar.gz" >&2

password=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
for try in 1 2; do
  dir=$(mktemp -d /var/tmp/libcloud-lxd.XXXXXX)
  chmod 711 "$dir"
  export LXD_DIR=$dir
  port=$(free_port)
  subnet=10.$((100 + RANDOM % 100)).$((RANDOM % 250))
  bridge=lx$port
  start "$dir"
  if lxd waitready --timeout=60 >&2 && configure "$port" "$password" "$bridge" "$subnet"; then
    lxc -q image import "$images/busybox.tar.gz" --alias busybox >&2
    [ -z "$want_debian" ] || lxc -q image import "$images/debian.tar.gz" --alias debian >&2
    version=$(lxd --version)
    printf '{"dir":"%s","socket":"%s/unix.socket","port":%s,"password":"%s","certificate":"%s/server.crt","version":"%s","network":"%s","subnet":"%s"}\n' \
      "$dir" "$dir" "$port" "$password" "$dir" "$version" "$bridge" "$subnet"
    exit 0
  fi
  say "try $try: the daemon did not start"
  tail -n 20 "$dir.log" "$dir.out" >&2 || true
  bash "$here/down.sh" "$dir"
done
exit 1
