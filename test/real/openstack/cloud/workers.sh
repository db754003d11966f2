#!/usr/bin/env bash
# The APIs answer before those who work have reported in: what is asked for until then finds no host.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
count() { sql "select count(distinct \`binary\`) from $1 where \`binary\` in ($2)"; }
for _ in $(seq 240); do
  [ "$(count nova.services "'nova-compute', 'nova-conductor', 'nova-scheduler'")" = 3 ] &&
    [ "$(count cinder.services "'cinder-volume', 'cinder-scheduler'")" = 2 ] && exit 0
  sleep 0.5
done
exit 1
