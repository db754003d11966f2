#!/usr/bin/env bash
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder placement
export OS_PLACEMENT_CONFIG_DIR=$CLOUD/placement
cat >"$CLOUD/placement/placement.conf" <<CONF
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = $(database placement)
$(common placement)
CONF
placement-manage --config-file "$CLOUD/placement/placement.conf" db sync
wsgi placement /usr/bin/placement-api 1 4
answers "$(url placement)" 120
register service placement placement "$(url placement)"
