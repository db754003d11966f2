#!/usr/bin/env bash
# Starts a PowerDNS authoritative server of its own on loopback and prints one line of JSON:
# {"dir","api","port","dnsPort","key","version"}. `down.sh <dir>` ends it and removes everything.
# Needs root only where packages are missing. No system service is started or touched.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

say() { echo "powerdns: $*" >&2; }

install_missing() {
  local need=()
  for package in pdns-server pdns-backend-sqlite3 sqlite3 curl iproute2 bind9-dnsutils bind9-utils; do
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

# A port that neither TCP nor UDP uses at this moment.
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

configure() { # configure DIR API_PORT DNS_PORT KEY
  sqlite3 "$1/pdns.sqlite3" </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
  cat >"$1/pdns.conf" <<CONF
launch=gsqlite3
gsqlite3-database=$1/pdns.sqlite3
gsqlite3-pragma-synchronous=0
gsqlite3-dnssec=yes
local-address=127.0.0.1
local-port=$3
socket-dir=$1
daemon=no
guardian=no
api=yes
api-key=$4
webserver=yes
webserver-address=127.0.0.1
webserver-port=$2
webserver-allow-from=127.0.0.1
security-poll-suffix=
primary=yes
secondary=yes
allow-notify-from=127.0.0.1
allow-axfr-ips=127.0.0.1
only-notify=127.0.0.1
xfr-cycle-interval=5
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
default-soa-content=ns1.example.test. hostmaster.@ 0 10800 3600 604800 3600
CONF
}

start() { # start DIR; the process group's leader is remembered for down.sh
  setsid nohup pdns_server --config-dir="$1" >"$1/pdns.log" 2>&1 </dev/null &
  echo $! >"$1/pid"
}

ready() { # ready API KEY PID
  for _ in $(seq 150); do
    kill -0 "$3" 2>/dev/null || return 1
    curl -fsS -m 2 -H "X-API-Key: $2" "$1/api/v1/servers/localhost" 2>/dev/null && return 0
    sleep 0.2
  done
  return 1
}

install_missing || { say 'the packages could not be installed'; exit 1; }
command -v pdns_server >/dev/null || PATH=$PATH:/usr/sbin
down=$(dirname "$(readlink -f "$0")")/down.sh
key=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
for try in 1 2; do
  dir=$(mktemp -d "${TMPDIR:-/tmp}/libcloud-powerdns.XXXXXX")
  chmod 700 "$dir"
  port=$(free_port)
  dns_port=$(free_port)
  api=http://127.0.0.1:$port
  configure "$dir" "$port" "$dns_port" "$key"
  start "$dir"
  if server=$(ready "$api" "$key" "$(cat "$dir/pid")"); then
    version=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' <<<"$server")
    printf '{"dir":"%s","api":"%s","port":%s,"dnsPort":%s,"key":"%s","version":"%s"}\n' \
      "$dir" "$api" "$port" "$dns_port" "$key" "$version"
    exit 0
  fi
  say "try $try: the server did not answer"
  tail -n 20 "$dir/pdns.log" >&2 || true
  bash "$down" "$dir"
done
exit 1
