#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder glance
dir=$CLOUD/glance
mkdir -p "$dir"/{images,staging,tasks}
cat >"$dir/glance-api.conf" <<CONF
[DEFAULT]
bind_host = $ADDRESS
bind_port = $(port glance)
workers = 0
enabled_backends = file:file
use_stderr = true
[database]
connection = sqlite:///$dir/glance.sqlite
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $dir/images
[os_glance_staging_store]
filesystem_store_datadir = $dir/staging
[os_glance_tasks_store]
filesystem_store_datadir = $dir/tasks
[paste_deploy]
flavor = keystone
config_file = /etc/glance/glance-api-paste.ini
$(common glance)
CONF
glance-manage --config-file "$dir/glance-api.conf" db_sync
sqlite3 "$dir/glance.sqlite" 'pragma journal_mode=wal' >/dev/null
start glance glance-api --config-file "$dir/glance-api.conf"
answers "$(url glance)/healthcheck" 120
register service image glance "$(url glance)"
