#!/usr/bin/env bash
# The real API, conductor, scheduler and manager; Nova's own fake driver stands for the hypervisor. The package nova-compute
# would bring a real one: its program is started from the library.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder nova
dir=$CLOUD/nova
mkdir -p "$dir"/state/{instances,keys}
cat >"$dir/nova.conf" <<CONF
[DEFAULT]
enabled_apis = osapi_compute
osapi_compute_listen = $ADDRESS
osapi_compute_listen_port = $(port nova)
osapi_compute_workers = 1
transport_url = $AMQP
report_interval = 3
compute_driver = fake.FakeDriver
state_path = $dir/state
instances_path = $dir/state/instances
my_ip = $ADDRESS
host = libcloud
use_stderr = true
allow_resize_to_same_host = true
update_resources_interval = 5
running_deleted_instance_action = noop
sync_power_state_interval = -1
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
[wsgi]
api_paste_config = /etc/nova/api-paste.ini
[api]
auth_strategy = keystone
[api_database]
connection = $(database nova_api)
[database]
connection = $(database nova)
[conductor]
workers = 1
[scheduler]
workers = 1
[filter_scheduler]
track_instance_changes = false
[quota]
instances = 2000
cores = 8000
ram = 10000000
key_pairs = 1000
[glance]
api_servers = $(url glance)
[cinder]
catalog_info = volumev3:cinderv3:publicURL
$(login)
[neutron]
service_metadata_proxy = false
$(login)
[placement]
$(login)
[service_user]
send_service_user_token = true
$(login)
[vnc]
enabled = true
$(common nova)
CONF
manage() { nova-manage --config-file "$dir/nova.conf" "$@"; }
manage api_db sync
manage cell_v2 map_cell0 --database_connection "$(database nova_cell0)"
manage db sync
manage cell_v2 create_cell --name cell1
for name in nova-conductor nova-scheduler nova-api; do start $name $name --config-file "$dir/nova.conf"; done
start nova-compute $python -c 'import sys; sys.argv[0] = "nova-compute"; from nova.cmd.compute import main; main()' --config-file "$dir/nova.conf"
answers "$(url nova)" 120
# The API answers before anybody else has reported in: servers that are asked for then find no host.
for _ in $(seq 120); do
  manage cell_v2 discover_hosts >/dev/null 2>&1 || true
  [ "$(sql 'select count(*) from nova_api.host_mappings')" -ge 1 ] && break
  sleep 1
done
register service compute nova "$(url nova)/v2.1"
