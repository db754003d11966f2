# Sourced by the scripts of this folder: how a service is started and ended. $CLOUD is the cloud's folder, $PORT its first
# port, $PASSWORD that of everybody.
PATH=$PATH:/usr/sbin:/sbin
scripts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
ADDRESS=127.0.0.1
port() { # port NAME: each service has its own, counted from the first
  local names=(keystone placement glance neutron cinder nova swift swift-account swift-container swift-object memcached
    designate mdns octavia pdns-api pdns amqp erlang epmd) i
  for i in "${!names[@]}"; do [ "${names[$i]}" = "$1" ] && { echo $((PORT + i)); return; }; done
  echo "no port for '$1'" >&2
  return 1
}
url() { echo "http://$ADDRESS:$(port "$1")"; }
KEYSTONE=$(url keystone)/v3
SOCKET=$CLOUD/mariadb/socket
AMQP=rabbit://libcloud:$PASSWORD@$ADDRESS:$(port amqp)/
database() { echo "mysql+pymysql://libcloud:$PASSWORD@localhost/$1?unix_socket=$SOCKET"; }
# Debian's modules are those of Debian's Python.
python=/usr/bin/python3
export TMPDIR=$CLOUD/tmp
# Nobody wants to keep what is written: without fsync schemas are made several times faster.
eatmydata=$(ldconfig -p | sed -n 's/.*=> \(.*libeatmydata\.so\.1\)$/\1/p' | head -1)
[ -z "$eatmydata" ] || export LD_PRELOAD=$eatmydata

folder() { # folder NAME…: of a service, with those in it
  mkdir -p "$CLOUD/$1"/{lock,state,policy.d}
}
start() { # start NAME COMMAND…: in a process group of its own, which down.sh ends; again.sh does it once more
  local name=$1 known
  shift
  {
    for known in LD_PRELOAD TMPDIR PYTHONPATH OS_KEYSTONE_CONFIG_FILES OS_PLACEMENT_CONFIG_DIR; do
      [ -z "${!known:-}" ] || printf 'export %s=%q\n' $known "${!known}"
    done
    printf 'cd %q; exec' "$CLOUD"
    printf ' %q' "$@"
    echo
  } >"$CLOUD/run/$name"
  launch "$name"
}
launch() { # Locks that are held meanwhile are not handed on.
  setsid nohup bash "$CLOUD/run/$1" >>"$CLOUD/log/$1.log" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  echo $! >"$CLOUD/pid/$1"
}
answers() { # answers URL SECONDS: whatever it answers
  local i
  for i in $(seq $(($2 * 4))); do
    [ "$(curl -s -o /dev/null -m 3 -w '%{http_code}' "$1")" != 000 ] && return 0
    sleep 0.25
  done
  echo "$1 does not answer" >&2
  return 1
}
sql() { mariadb -uroot -S "$SOCKET" -Ne "$1"; }
login() { # login: who a service is, for a section of its configuration
  cat <<CONF
auth_url = $KEYSTONE
auth_type = password
username = service
password = $PASSWORD
project_name = service
user_domain_id = default
project_domain_id = default
region_name = RegionOne
CONF
}
common() { # common NAME: sections that all services have
  cat <<CONF
[keystone_authtoken]
www_authenticate_uri = $KEYSTONE
service_token_roles = service
service_token_roles_required = true
$(login)
[oslo_concurrency]
lock_path = $CLOUD/$1/lock
[oslo_policy]
policy_dirs = $CLOUD/$1/policy.d
CONF
}
wsgi() { # wsgi NAME FILE PROCESSES THREADS
  start "$1" uwsgi --plugins python3 --http-socket "$ADDRESS:$(port "$1")" --wsgi-file "$2" --processes "$3" --threads "$4" \
    --master --lazy-apps --enable-threads --thunder-lock --buffer-size 65535 --die-on-term --no-orphans --listen 100 \
    --add-header 'Connection: close'
}
register() { $python "$scripts/register.py" "$KEYSTONE" "$PASSWORD" "$@"; }
