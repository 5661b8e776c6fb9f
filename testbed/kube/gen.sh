#!/usr/bin/env bash
# Writes go.mod's replace lines for a Kubernetes version: run it when the version changes, then `go mod tidy`.
set -euo pipefail
cd "$(dirname "$0")"
version=${1:?usage: gen.sh 1.37.2}
stage=v0.${version#*.}
source=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
sed -n 's#^\t*\(k8s.io/[a-z0-9-]*\) => ./staging.*#\1#p' "$source" | sort -u | while read -r module; do
    go mod edit -replace "$module=$module@$stage"
done
go mod edit -require "k8s.io/kubernetes@v$version"
