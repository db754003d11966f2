#!/usr/bin/env bash
# The package as its users get it: packed, installed elsewhere, compiled against, and run on the machine's own Node.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
npm run --silent build
tarball=$(npm pack --silent --pack-destination "$work" | tail -n 1)
mkdir "$work/app" && cd "$work/app"
cp "$root"/test/package/*.json "$root"/test/package/*.ts .
cp "$root"/docs/examples/*.ts .
todo=$(node "$root/test/tools/doc-examples.mjs" "$root" .)
npm install --silent --no-audit --no-fund --no-package-lock "$work/$tarball" typescript@5.9.3 @types/node@20.19.24 >/dev/null
size() { du -sk "$1" | cut -f 1; }
own=$(size node_modules/libcloud)
all=$(size node_modules)
tools=$(( $(size node_modules/typescript) + $(size node_modules/@types) ))
deps=$(( all - own - tools ))
echo "package: $own KiB unpacked; its dependencies: $deps KiB"
[ "$own" -lt 10240 ] || { echo "the package is larger than 10 MiB"; exit 1; }
[ "$deps" -lt 12288 ] || { echo "the dependencies are larger than 12 MiB"; exit 1; }
# What an example shows the package together with.
npm install --silent --no-audit --no-fund --no-package-lock @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 undici@7.30.2 >/dev/null
for resolution in nodenext bundler; do
  echo "types under $resolution"
  npx --no-install tsc -p "tsconfig.$resolution.json"
done
# Not the Node that the tools run on, but the machine's own: node_modules/.bin is first in PATH under npm.
node=$(PATH=$(echo "$PATH" | tr ':' '\n' | grep -v node_modules/.bin | paste -sd: -) command -v node)
echo "running on Node $("$node" --version)"
"$node" dist/consumer.js
"$node" dist/quickstart.js
"$node" dist/opentelemetry.js
while read -r how file; do
  [ -n "$how" ] || continue
  echo "docs: $how $file"
  # What is not TypeScript lies beside the sources.
  folder=$(dirname "$file")
  [ ! -d "$folder/fixtures" ] || cp -r "$folder/fixtures" "dist/$folder/"
  if [ "$how" = test ]; then "$node" --test --test-reporter=dot "dist/$file"; else "$node" "dist/$file"; fi
done <<<"$todo"
