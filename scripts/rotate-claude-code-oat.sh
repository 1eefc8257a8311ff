#!/bin/sh
# The old name of `claude-fleet rotate`, for those whose hands know it. Takes the same arguments.
set -eu
cd -- "$(dirname -- "$0")/.."
exec npx --no-install claude-fleet rotate "$@"
