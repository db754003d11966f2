#!/usr/bin/env bash
# The real API, scheduler and manager; the driver keeps no bytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder cinder
dir=$CLOUD/cinder
export PYTHONPATH=$scripts/python
cat >"$dir/cinder.conf" <<CONF
[DEFAULT]
osapi_volume_listen = $ADDRESS
osapi_volume_listen_port = $(port cinder)
osapi_volume_workers = 1
report_interval = 3
transport_url = $AMQP
state_path = $dir/state
my_ip = $ADDRESS
host = libcloud
use_stderr = true
api_paste_config = /etc/cinder/api-paste.ini
resource_query_filters_file = /etc/cinder/resource_filters.json
rootwrap_config = /etc/cinder/rootwrap.conf
auth_strategy = keystone
enabled_backends = nowhere
default_volume_type = __DEFAULT__
glance_api_servers = $(url glance)
quota_volumes = 100
quota_snapshots = 100
[nowhere]
volume_driver = libcloud_nowhere.Driver
volume_backend_name = nowhere
[database]
connection = $(database cinder)
[nova]
$(login)
$(common cinder)
CONF
cinder-manage --config-file "$dir/cinder.conf" db sync
for name in cinder-api cinder-scheduler cinder-volume; do start $name $name --config-file "$dir/cinder.conf"; done
answers "$(url cinder)" 120
register service block-storage cinder "$(url cinder)/v3/\$(project_id)s"
register service volumev3 cinderv3 "$(url cinder)/v3/\$(project_id)s"
