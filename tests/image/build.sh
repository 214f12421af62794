#!/usr/bin/env bash
# Builds the image and prints its name as the only line on stdout: with Docker where there is one, else with buildah,
# which needs no daemon. usage: tests/image/build.sh
#   WATCHER_PYTHON_IMAGE   the base image to take, if not the Dockerfile's own
# Without Docker and without that variable a minimal Debian with Python is made once by debootstrap (needs root):
# nothing is pulled from a registry of images then, and any Python that the product supports has to do.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=localhost/watcher-smoke
own_base=localhost/watcher-python-base

say() { echo "image: $*" >&2; }
b() { buildah --storage-driver "${STORAGE_DRIVER:-vfs}" "$@"; }

if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  say "building with Docker"
  docker build -t "$image" ${WATCHER_PYTHON_IMAGE:+--build-arg "PYTHON_IMAGE=$WATCHER_PYTHON_IMAGE"} . >&2
  echo "$image"
  exit
fi

command -v buildah >/dev/null || { say "neither Docker nor buildah is here; apt-get install buildah debootstrap"; exit 2; }

make_base() {
  local root mirror container
  command -v debootstrap >/dev/null || { say "debootstrap is missing; apt-get install debootstrap"; exit 2; }
  root=$(mktemp -d)
  mirror=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '/^URIs:/ { print $2; exit }')
  say "making a base of Debian and its Python (once)"
  if ! debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates \
      bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1; then
    tail -5 "$root.log" >&2
    exit 1
  fi
  ln -sf python3 "$root/usr/bin/python"
  rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
  container=$(b from scratch)
  b add -q "$container" "$root" / >/dev/null
  b commit -q "$container" "$own_base" >/dev/null
  b rm "$container" >/dev/null
  rm -rf "$root" "$root.log"
}

base=${WATCHER_PYTHON_IMAGE:-$own_base}
if [ "$base" = "$own_base" ] && ! b inspect --type image "$base" >/dev/null 2>&1; then make_base; fi

# This machine's certificates and package settings are lent to the build; neither the Dockerfile nor the image has them.
lent=()
for path in /etc/ssl/certs /etc/pip.conf /etc/xdg/pip; do
  if [ -e "$path" ]; then lent+=(--volume "$path:$path:ro"); fi
done
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  lent+=(--env PIP_CERT=/etc/ssl/certs/ca-certificates.crt --unsetenv PIP_CERT)
fi
say "building with buildah on $base"
old=$(b images -q "$image" 2>/dev/null || true)
b bud --isolation chroot --format docker --build-arg "PYTHON_IMAGE=$base" "${lent[@]}" -t "$image" . >&2
if [ -n "$old" ] && [ "$old" != "$(b images -q "$image")" ]; then b rmi "$old" >/dev/null || true; fi
echo "$image"
