#!/usr/bin/env bash
# Runs all benchmarks on the library as it is built, and prints their tables.
#   BENCH_NODE=/path/to/node  the Node that is measured (the scripts themselves need the development one)
#   ONLY=<pattern>            only the HTTP works that match: small, head, list, down, up …
#   ROUNDS=<n> SCALE=<n>      more or fewer rounds, larger or smaller ones
set -euo pipefail
cd "$(dirname "$0")"
export PATH="$PWD/../../node_modules/.bin:$PATH"
[ -d node_modules/@aws-sdk/client-s3 ] || npm ci --ignore-scripts >&2

node -e '
  const os = require("os")
  const { execFileSync } = require("child_process")
  const version = name => require(name + "/package.json").version
  const node = execFileSync(process.env.BENCH_NODE ?? process.execPath, ["-v"], { encoding: "utf8" }).trim()
  const aws = JSON.parse(require("fs").readFileSync("package.json")).dependencies["@aws-sdk/client-s3"]
  console.log(`${new Date().toISOString().slice(0, 10)}, Node ${node}, ${os.cpus().length} CPUs (${os.cpus()[0].model.trim()}), ` +
    `undici ${version("undici")}, @aws-sdk/client-s3 ${aws}, pkgcloud ${version("pkgcloud")}`)
'
node --import ../tools/ts.mjs http.ts
[ -n "${ONLY:-}" ] && exit
node --import ../tools/ts.mjs start.ts
echo
echo "### Reading XML"
echo
node --import ../tools/ts.mjs xml.ts
node --import ../tools/ts.mjs ssh.ts
