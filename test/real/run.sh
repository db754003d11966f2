#!/usr/bin/env bash
# The same suites against real servers. A server that cannot be started after two tries is skipped, loudly.
# Names of suites choose some of them: npm run test:real -- powerdns ssh
# Servers share ports and cores: one suite at a time, on the whole machine.
set -uo pipefail
cd "$(dirname "$0")/../.."
status=0
for suite in test/real/*/*.real.test.ts; do
  [ -e "$suite" ] || continue
  folder=$(basename "$(dirname "$suite")")
  [ $# = 0 ] || [[ " $* " == *" $folder "* ]] || continue
  echo "--- $folder"
  # Closed for what it starts: a daemon that outlives its suite must not hold the lock.
  flock -o /tmp/libcloud-real.lock vitest run -c test/real/vitest.config.ts "$suite" || status=1
done
exit $status
