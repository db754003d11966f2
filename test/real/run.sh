#!/usr/bin/env bash
# The same suites against real servers. A server that cannot be started after two tries is skipped, loudly.
# Names of suites choose some of them: npm run test:real -- powerdns ssh
# Servers share ports and cores: one suite at a time, on the whole machine.
set -uo pipefail
cd "$(dirname "$0")/../.."
status=0
for folder in test/real/*/; do
  suites=("$folder"*.real.test.ts)
  [ -e "${suites[0]}" ] || continue
  name=$(basename "$folder")
  [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
  echo "--- $name"
  began=$SECONDS
  # All suites of a folder in one run: they may share a server, which the folder's global.ts starts. The lock is closed for
  # what is started: a daemon that outlives its suite must not hold it.
  flock -o /tmp/libcloud-real.lock vitest run -c test/real/vitest.config.ts "${suites[@]}" || status=1
  echo "--- $name: $((SECONDS - began)) s"
done
exit $status
