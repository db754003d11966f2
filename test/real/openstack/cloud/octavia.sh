#!/usr/bin/env bash
# The real API and worker. The provider 'amphora' with drivers that make no machines: addresses are real ports of Neutron.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder octavia
dir=$CLOUD/octavia
mkdir -p "$dir/certs"
export PYTHONPATH=$scripts/python
openssl req -x509 -newkey rsa:2048 -passout "pass:$PASSWORD" -days 30 -subj /CN=octavia -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
network=$(register network "$(url neutron)")
cat >"$dir/octavia.conf" <<CONF
[DEFAULT]
transport_url = $AMQP
use_stderr = true
octavia_plugins = hot_plug_plugin
[api_settings]
bind_host = $ADDRESS
bind_port = $(port octavia)
auth_strategy = keystone
api_base_uri = $(url octavia)
enabled_provider_drivers = amphora:machines,octavia:machines
default_provider_driver = amphora
healthcheck_enabled = true
[database]
connection = $(database octavia)
[controller_worker]
amphora_driver = amphora_noop_driver
compute_driver = libcloud_machineless
network_driver = allowed_address_pairs_driver
image_driver = image_noop_driver
volume_driver = volume_noop_driver
amp_flavor_id = 1
amp_boot_network_list = $network
amp_image_tag = amphora
loadbalancer_topology = SINGLE
client_ca = $dir/ca.pem
workers = 1
amp_active_retries = 5
amp_active_wait_sec = 1
[certificates]
cert_generator = local_cert_generator
cert_manager = local_cert_manager
storage_path = $dir/certs
ca_certificate = $dir/ca.pem
ca_private_key = $dir/ca.key
ca_private_key_passphrase = $PASSWORD
[haproxy_amphora]
server_ca = $dir/ca.pem
client_cert = $dir/ca.pem
[health_manager]
heartbeat_key = $PASSWORD
[oslo_messaging]
topic = octavia_prov
[driver_agent]
status_socket_path = $dir/state/status.sock
stats_socket_path = $dir/state/stats.sock
get_socket_path = $dir/state/get.sock
[service_auth]
$(login)
[neutron]
region_name = RegionOne
$(common octavia)
CONF
octavia-db-manage --config-file "$dir/octavia.conf" upgrade head
for name in api worker; do start octavia-$name octavia-$name --config-file "$dir/octavia.conf"; done
answers "$(url octavia)" 120
register service load-balancer octavia "$(url octavia)"
