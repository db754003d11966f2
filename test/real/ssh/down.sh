#!/usr/bin/env bash
# Stops what up.sh started, and removes its folder. usage: down.sh <folder>
set -uo pipefail
folder=$1
for name in first second holder; do
  [ -s "$folder/$name.pid" ] && kill "$(cat "$folder/$name.pid")" 2>/dev/null
done
rm -rf -- "$folder"
