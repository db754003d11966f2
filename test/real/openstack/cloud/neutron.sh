#!/usr/bin/env bash
# The real API and database; a mechanism driver that finds every port connected stands for the agents.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder neutron
dir=$CLOUD/neutron
export PYTHONPATH=$scripts/python
cat >"$dir/neutron.conf" <<CONF
[DEFAULT]
bind_host = $ADDRESS
bind_port = $(port neutron)
core_plugin = ml2
service_plugins = router,tag,port_forwarding
api_workers = 0
rpc_workers = 0
transport_url = $AMQP
state_path = $dir/state
use_stderr = true
auth_strategy = keystone
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
send_events_interval = 0
api_paste_config = /etc/neutron/api-paste.ini
dhcp_agent_notification = false
[quotas]
quota_network = 1000
quota_router = 1000
quota_floatingip = 1000
quota_port = 5000
quota_security_group = 1000
[database]
connection = $(database neutron)
[nova]
$(login)
[placement]
$(login)
[ml2]
type_drivers = flat,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = libcloud_unwired
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[ml2_type_vxlan]
vni_ranges = 1:5000
[securitygroup]
enable_security_group = true
$(common neutron)
CONF
neutron-db-manage --config-file "$dir/neutron.conf" upgrade heads
start neutron neutron-server --config-file "$dir/neutron.conf"
answers "$(url neutron)" 120
register service network neutron "$(url neutron)"
