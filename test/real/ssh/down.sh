#!/usr/bin/env bash
# Stops what up.sh started, and removes its folder. usage: down.sh <folder>
set -uo pipefail
folder=$1
for file in "$folder"/*.pid; do
  [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null
done
rm -rf -- "$folder"
