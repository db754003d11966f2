#!/usr/bin/env bash
# MariaDB on a unix socket, and RabbitMQ with its own epmd on loopback.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
mkdir -p "$CLOUD/mariadb" "$CLOUD/rabbit"/{mnesia,log}
chown mysql:mysql "$CLOUD/mariadb"
mariadb-install-db --no-defaults --user=mysql --datadir="$CLOUD/mariadb/data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
start mariadb mariadbd --no-defaults --user=mysql --datadir="$CLOUD/mariadb/data" --socket="$SOCKET" --pid-file="$CLOUD/mariadb/pid" \
  --skip-networking --skip-name-resolve --character-set-server=utf8mb3 --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 \
  --innodb-buffer-pool-size=128M --innodb-log-file-size=16M --max-connections=400 --skip-log-bin --performance-schema=0
cat >"$CLOUD/rabbit/rabbitmq.conf" <<CONF
loopback_users = none
listeners.tcp.default = $ADDRESS:$(port amqp)
default_user = libcloud
default_pass = $PASSWORD
log.console = true
log.file = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
CONF
head -c 24 /dev/urandom | base64 | tr -d '+/=' >"$CLOUD/rabbit/.erlang.cookie"
chmod 400 "$CLOUD/rabbit/.erlang.cookie"
echo '[].' >"$CLOUD/rabbit/plugins"
start rabbit env HOME="$CLOUD/rabbit" RABBITMQ_NODENAME="libcloud$PORT@localhost" ERL_EPMD_PORT="$(port epmd)" ERL_EPMD_ADDRESS=$ADDRESS \
  RABBITMQ_DIST_PORT="$(port erlang)" RABBITMQ_NODE_IP_ADDRESS=$ADDRESS RABBITMQ_NODE_PORT="$(port amqp)" \
  RABBITMQ_CONFIG_FILE="$CLOUD/rabbit/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE="$CLOUD/rabbit/none" RABBITMQ_PID_FILE="$CLOUD/rabbit/pid" \
  RABBITMQ_MNESIA_BASE="$CLOUD/rabbit/mnesia" RABBITMQ_LOG_BASE="$CLOUD/rabbit/log" RABBITMQ_ENABLED_PLUGINS_FILE="$CLOUD/rabbit/plugins" \
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none' \
  /usr/lib/rabbitmq/bin/rabbitmq-server
for _ in $(seq 240); do sql 'select 1' >/dev/null 2>&1 && break; sleep 0.25; done
for name in nova nova_api nova_cell0 neutron cinder placement designate octavia; do sql "create database $name character set utf8mb3"; done
sql "create user libcloud@localhost identified by '$PASSWORD'; grant all on *.* to libcloud@localhost"
for _ in $(seq 360); do grep -q 'Server startup complete' "$CLOUD/log/rabbit.log" && exit 0; sleep 0.25; done
exit 1
