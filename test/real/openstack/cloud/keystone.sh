#!/usr/bin/env bash
# On SQLite, which several writers would lock: one process, one thread.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder keystone
dir=$CLOUD/keystone
mkdir -p "$dir"/{fernet,credential}
cat >"$dir/keystone.conf" <<CONF
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///$dir/keystone.sqlite
[token]
provider = fernet
[fernet_tokens]
key_repository = $dir/fernet
[fernet_receipts]
key_repository = $dir/fernet
[credential]
key_repository = $dir/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = false
[oslo_policy]
policy_dirs = $dir/policy.d
[wsgi]
debug_middleware = false
CONF
manage() { keystone-manage --config-file "$dir/keystone.conf" "$@"; }
manage db_sync
sqlite3 "$dir/keystone.sqlite" 'pragma journal_mode=wal' >/dev/null
manage fernet_setup --keystone-user root --keystone-group root
manage credential_setup --keystone-user root --keystone-group root
manage bootstrap --bootstrap-password "$PASSWORD" --bootstrap-region-id RegionOne --bootstrap-public-url "$KEYSTONE" \
  --bootstrap-internal-url "$KEYSTONE" --bootstrap-admin-url "$KEYSTONE"
export OS_KEYSTONE_CONFIG_FILES=$dir/keystone.conf
wsgi keystone /usr/bin/keystone-wsgi-public 1 1
answers "$KEYSTONE" 120
register people
