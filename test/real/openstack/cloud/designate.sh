#!/usr/bin/env bash
# With a real PowerDNS behind it, which takes its zones by AXFR and answers real queries.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
dir=$CLOUD/pdns
mkdir -p "$dir"
sqlite3 "$dir/pdns.sqlite3" </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
cat >"$dir/pdns.conf" <<CONF
launch=gsqlite3
gsqlite3-database=$dir/pdns.sqlite3
gsqlite3-pragma-synchronous=0
local-address=$ADDRESS
local-port=$(port pdns)
socket-dir=$dir
daemon=no
guardian=no
api=yes
api-key=$PASSWORD
webserver=yes
webserver-address=$ADDRESS
webserver-port=$(port pdns-api)
webserver-allow-from=$ADDRESS
security-poll-suffix=
secondary=yes
allow-notify-from=$ADDRESS
allow-axfr-ips=$ADDRESS
xfr-cycle-interval=5
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
CONF
start pdns pdns_server --config-dir="$dir"
folder designate
dir=$CLOUD/designate
cat >"$dir/designate.conf" <<CONF
[DEFAULT]
transport_url = $AMQP
state_path = $dir/state
use_stderr = true
host = libcloud
default_ttl = 300
[service:api]
listen = $ADDRESS:$(port designate)
auth_strategy = keystone
enable_api_v2 = true
enable_api_admin = true
enable_host_header = true
api_paste_config = /etc/designate/api-paste.ini
workers = 1
[service:central]
workers = 1
managed_resource_email = hostmaster@example.test
[service:worker]
workers = 1
poll_delay = 1
poll_retry_interval = 2
poll_timeout = 5
[service:mdns]
listen = $ADDRESS:$(port mdns)
workers = 1
[service:producer]
workers = 1
[producer_task:worker_periodic_recovery]
interval = 15
[storage:sqlalchemy]
connection = $(database designate)
$(common designate)
CONF
cat >"$dir/pools.yaml" <<YAML
- name: default
  description: PowerDNS
  attributes: {}
  ns_records:
    - {hostname: ns1.example.test., priority: 1}
  nameservers:
    - {host: $ADDRESS, port: $(port pdns)}
  targets:
    - type: pdns4
      description: PowerDNS
      masters:
        - {host: $ADDRESS, port: $(port mdns)}
      options:
        host: $ADDRESS
        port: $(port pdns)
        api_endpoint: $(url pdns-api)
        api_token: $PASSWORD
YAML
manage() { designate-manage --config-file "$dir/designate.conf" "$@"; }
manage database sync
for name in central api mdns worker producer; do start designate-$name designate-$name --config-file "$dir/designate.conf"; done
answers "$(url designate)" 120
for _ in $(seq 40); do manage pool update --file "$dir/pools.yaml" && break; sleep 1; done
register service dns designate "$(url designate)"
