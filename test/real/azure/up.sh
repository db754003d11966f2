#!/usr/bin/env bash
# Starts Azurite, Microsoft's own emulator of Blob Storage, on loopback and prints one line of JSON:
# {"dir","port","account","key","version"}. `down.sh <dir>` ends it and removes everything it wrote.
# The package is installed into the folder `emulator` once. Needs the Node that the development tools bring.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
emulator=$here/emulator
say() { echo "azurite: $*" >&2; }

[ -x "$emulator/node_modules/.bin/azurite-blob" ] ||
  (cd "$emulator" && npm ci --ignore-scripts --no-audit --no-fund >&2) ||
  (cd "$emulator" && npm ci --ignore-scripts --no-audit --no-fund >&2)

start() { # start DIR PORT
  setsid "$emulator/node_modules/.bin/azurite-blob" --inMemoryPersistence --silent --disableTelemetry --blobHost 127.0.0.1 --blobPort "$2" \
    >"$1/log" 2>&1 </dev/null &
  echo $! >"$1/pid"
  for _ in $(seq 300); do
    kill -0 "$(cat "$1/pid")" 2>/dev/null || return 1
    (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null && return 0
    sleep 0.2
  done
  return 1
}

for _ in 1 2; do
  dir=$(mktemp -d "${TMPDIR:-/tmp}/libcloud-azurite.XXXXXXXX")
  port=$((20000 + RANDOM % 12000))
  if start "$dir" "$port"; then
    version=$(node -p "require('$emulator/node_modules/azurite/package.json').version")
    # The account and key that all emulators have.
    key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
    echo "{\"dir\":\"$dir\",\"port\":$port,\"account\":\"devstoreaccount1\",\"key\":\"$key\",\"version\":\"$version\"}"
    exit 0
  fi
  say "did not start: $(tail -n 5 "$dir/log")"
  bash "$here/down.sh" "$dir"
done
exit 1
