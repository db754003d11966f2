#!/usr/bin/env bash
# Starts an OpenStack Swift of its own on loopback, with its S3 interface, and prints one line of JSON:
# {"dir","port","key","secret","region","version"}. `down.sh <dir>` ends it and removes everything.
# Needs root where packages are missing. No system service is started or touched.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

say() { echo "s3: $*" >&2; }

install_missing() {
  local need=()
  for package in swift-proxy swift-account swift-container swift-object memcached curl iproute2; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || need+=("$package")
  done
  [ ${#need[@]} = 0 ] && return 0
  # The packages would start their daemons: a policy that forbids it holds while they are installed.
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

# Ports that neither TCP nor UDP uses at this moment, all different.
free_ports() { # free_ports COUNT
  local port found=()
  for _ in $(seq 200); do
    [ ${#found[@]} = "$1" ] && break
    port=$((20000 + RANDOM % 12000))
    [[ " ${found[*]-} " == *" $port "* ]] && continue
    ss -Hltun "sport = :$port" | grep -q . || found+=("$port")
  done
  [ ${#found[@]} = "$1" ] && echo "${found[@]}"
}

# A folder on a file system with extended attributes, which Swift keeps its metadata in.
make_dir() {
  local base dir
  for base in "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
    dir=$(mktemp -d "$base/libcloud-s3.XXXXXX") || continue
    if /usr/bin/python3 -c 'import os,sys; os.setxattr(sys.argv[1], "user.swift", b"1")' "$dir" 2>/dev/null; then
      echo "$dir"
      return 0
    fi
    rmdir "$dir"
  done
  return 1
}

# Swift reads this file nowhere else; one that is there is good.
shared_config() {
  [ -s /etc/swift/swift.conf ] && grep -q swift_hash_path /etc/swift/swift.conf && return 0
  mkdir -p /etc/swift
  local salt
  salt=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
  printf '[swift-hash]\nswift_hash_path_prefix = %s\nswift_hash_path_suffix = %s\n' "$salt" "$salt" >/etc/swift/swift.conf
}

storage_server() { # storage_server DIR account|container|object PORT
  swift-ring-builder "$1/$2.builder" create 2 1 0 >/dev/null
  swift-ring-builder "$1/$2.builder" add "r1z1-127.0.0.1:$3/d1" 100 >/dev/null
  swift-ring-builder "$1/$2.builder" rebalance >/dev/null || [ $? = 1 ]
  cat >"$1/$2.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $3
user = $(id -un)
swift_dir = $1
devices = $1/node
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
workers = 0
recon_cache_path = $1/cache
[pipeline:main]
pipeline = $2-server
[app:$2-server]
use = egg:swift#$2
CONF
}

proxy_server() { # proxy_server DIR PORT CACHE_PORT SECRET
  cat >"$1/proxy.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
user = $(id -un)
swift_dir = $1
workers = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$3
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = $4 .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
auth_pipeline_check = false
max_upload_part_num = 10000
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
CONF
  local name
  for name in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo symlink; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$name" "$name" >>"$1/proxy.conf"
  done
}

start() { # start DIR NAME COMMAND…; the process group's leader is remembered for down.sh
  local dir=$1 name=$2
  shift 2
  setsid nohup "$@" >"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

ready() { # ready PORT: any answer
  for _ in $(seq 300); do
    [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$1/healthcheck")" != 000 ] && return 0
    sleep 0.2
  done
  return 1
}

install_missing || { say 'the packages could not be installed'; exit 1; }
shared_config || { say '/etc/swift/swift.conf is missing and cannot be written'; exit 1; }
down=$(dirname "$(readlink -f "$0")")/down.sh
secret=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
for try in 1 2; do
  dir=$(make_dir) || { say 'no folder with extended attributes'; exit 1; }
  chmod 700 "$dir"
  mkdir -p "$dir/node/d1" "$dir/cache"
  read -r account container object proxy cache <<<"$(free_ports 5)"
  storage_server "$dir" account "$account"
  storage_server "$dir" container "$container"
  storage_server "$dir" object "$object"
  proxy_server "$dir" "$proxy" "$cache" "$secret"
  start "$dir" memcached memcached -u "$(id -un)" -l 127.0.0.1 -p "$cache" -U 0 -m 32
  for name in account container object; do start "$dir" "$name" "swift-$name-server" "$dir/$name.conf" -v; done
  start "$dir" proxy swift-proxy-server "$dir/proxy.conf" -v
  if ready "$proxy" && ready "$account" && ready "$container" && ready "$object"; then
    version=$(dpkg-query -W -f='${Version}' swift-proxy 2>/dev/null || echo unknown)
    printf '{"dir":"%s","port":%s,"key":"test:tester","secret":"%s","region":"us-east-1","version":"%s"}\n' \
      "$dir" "$proxy" "$secret" "$version"
    exit 0
  fi
  say "try $try: the servers did not answer"
  tail -n 20 "$dir"/*.log >&2 || true
  bash "$down" "$dir"
done
exit 1
