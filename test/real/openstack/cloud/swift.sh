#!/usr/bin/env bash
# One copy of everything on one device, behind keystone, with Amazon's S3 as well.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
dir=$CLOUD/swift
mkdir -p "$dir"/{node/d1,cache}
cd "$dir"
for type in account container object; do
  swift-ring-builder "$type.builder" create 4 1 0 >/dev/null
  swift-ring-builder "$type.builder" add "r1z1-$ADDRESS:$(port "swift-$type")/d1" 100 >/dev/null
  swift-ring-builder "$type.builder" rebalance >/dev/null || [ $? = 1 ]
  cat >"$type.conf" <<CONF
[DEFAULT]
bind_ip = $ADDRESS
bind_port = $(port "swift-$type")
user = root
swift_dir = $dir
devices = $dir/node
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
workers = 0
recon_cache_path = $dir/cache
[pipeline:main]
pipeline = $type-server
[app:$type-server]
use = egg:swift#$type
CONF
done
printf '[container-updater]\nconcurrency = 1\n' >>container.conf
printf '[object-expirer]\ninterval = 2\n' >>object.conf
{
  cat <<CONF
[DEFAULT]
bind_ip = $ADDRESS
bind_port = $(port swift)
user = root
swift_dir = $dir
workers = 0
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk tempurl formpost authtoken s3api s3token keystoneauth staticweb copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = $ADDRESS:$(port memcached)
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:container-quotas]
use = egg:swift#container_quotas
[filter:account-quotas]
use = egg:swift#account_quotas
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
auth_pipeline_check = false
[filter:s3token]
use = egg:swift#s3token
auth_uri = $KEYSTONE
reseller_prefix = AUTH_
delay_auth_decision = true
secret_cache_duration = 60
$(login)
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
delay_auth_decision = true
include_service_catalog = false
www_authenticate_uri = $KEYSTONE
$(login)
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, swiftoperator, member
reseller_admin_role = ResellerAdmin
CONF
  for name in catch_errors gatekeeper healthcheck listing_formats bulk tempurl formpost staticweb copy slo dlo symlink; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' $name $name
  done
} >proxy.conf
start memcached memcached -u root -l $ADDRESS -p "$(port memcached)" -U 0 -m 32
for type in account container object; do start "swift-$type" "swift-$type-server" "$dir/$type.conf" -v; done
start swift swift-proxy-server "$dir/proxy.conf" -v
answers "$(url swift)/healthcheck" 120
register service object-store swift "$(url swift)/v1/AUTH_\$(project_id)s"
