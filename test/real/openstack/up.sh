#!/usr/bin/env bash
# Starts an OpenStack cloud of its own on loopback, from Debian's packages, and prints one line of JSON:
# {"dir","authUrl","region","password","version","dnsPort"}. `down.sh <dir>` ends it and removes everything but the packages.
# keystone, nova, glance, cinder, neutron, placement, swift, designate and octavia are real; hypervisor, disks, wires and
# load balancers' machines are not there. Needs root. No system service is started or touched.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
here=$(dirname "$(readlink -f "$0")")
say() { echo "openstack: $*" >&2; }

PACKAGES=(keystone python3-openstackclient glance-api placement-api rabbitmq-server mariadb-server python3-pymysql
  nova-api nova-conductor nova-scheduler python3-nova neutron-server cinder-api cinder-scheduler cinder-volume
  swift swift-proxy swift-account swift-container swift-object memcached
  designate-api designate-central designate-worker designate-producer designate-mdns python3-designateclient
  octavia-api octavia-worker python3-octaviaclient pdns-server pdns-backend-sqlite3 bind9-dnsutils
  uwsgi-plugin-python3 python3-requests sqlite3 curl eatmydata openssl iproute2)

install_missing() {
  local need=() package policy=/usr/sbin/policy-rc.d ours= status=0
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || need+=("$package")
  done
  [ ${#need[@]} = 0 ] && return 0
  # The packages would start their daemons: a policy that forbids it holds while they are installed.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=1
  fi
  local apt=(eatmydata apt-get -o DPkg::Lock::Timeout=900 -o Dpkg::Use-Pty=0)
  command -v eatmydata >/dev/null || apt=("${apt[@]:1}")
  "${apt[@]}" update -qq >&2 || true
  "${apt[@]}" install -y -qq --no-install-recommends "${need[@]}" >/dev/null 2>&1 ||
    "${apt[@]}" install -y -qq --no-install-recommends "${need[@]}" >&2 || status=1
  [ -z "$ours" ] || rm -f "$policy"
  return $status
}

# The first of twenty ports in a row that nobody uses at this moment, below those that the system gives out itself.
free_ports() {
  local first used i
  used=$(ss -Hltun | awk '{sub(/.*:/, "", $5); print $5}')
  for _ in $(seq 200); do
    first=$((12000 + RANDOM % 19000))
    for i in $(seq 20); do grep -qx $((first + i - 1)) <<<"$used" && continue 2; done
    echo $first
    return 0
  done
  return 1
}

run() { # run NAME: one of the scripts, whose words are kept
  local began=$SECONDS
  if bash "$here/cloud/$1.sh" >"$CLOUD/log/$1.up.log" 2>&1; then say "$1: $((SECONDS - began)) s"; else
    say "$1 could not be started"
    tail -n 15 "$CLOUD/log/$1.up.log" >&2
    return 1
  fi
}

value() { bash -c ". '$here/cloud/lib.sh'; $1"; }

# Those that nobody waits for come last.
start_all() {
  run infra &
  local infra=$!
  run keystone || return 1
  wait $infra || return 1
  local name pids=()
  for name in placement neutron glance; do run $name & pids+=($!); done
  for name in "${pids[@]}"; do wait "$name" || return 1; done
  pids=()
  for name in cinder nova octavia; do run $name & pids+=($!); done
  for name in "${pids[@]}"; do wait "$name" || return 1; done
  pids=()
  for name in designate swift; do run $name & pids+=($!); done
  for name in "${pids[@]}"; do wait "$name" || return 1; done
  run workers
}

[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { say 'root and Debian are needed'; exit 1; }
install_missing || { say 'the packages could not be installed'; exit 1; }
PASSWORD=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
for try in 1 2; do
  CLOUD=$(mktemp -d "/var/tmp/libcloud-openstack.XXXXXX")
  chmod 755 "$CLOUD"
  mkdir -p "$CLOUD"/{log,pid,run,tmp}
  chmod 1777 "$CLOUD/tmp"
  PORT=$(free_ports)
  export CLOUD PORT PASSWORD
  if start_all; then
    version=$(dpkg-query -W -f='${Version}' python3-nova)
    version=${version#*:}
    printf '{"dir":"%s","authUrl":"%s","region":"RegionOne","password":"%s","version":"OpenStack (Nova %s)","dnsPort":%s}\n' \
      "$CLOUD" "$(value 'echo $KEYSTONE')" "$PASSWORD" "${version%-*}" "$(value 'port pdns')"
    exit 0
  fi
  say "try $try failed"
  bash "$here/down.sh" "$CLOUD"
done
exit 1
