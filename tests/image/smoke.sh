#!/usr/bin/env bash
# Starts the built image as its users do and looks at it from outside. usage: tests/image/smoke.sh IMAGE
#
# version, the user's id, check of a mounted configuration, the demo, run until healthy, a backup beside it, SIGKILL, the
# database lost and the backup restored, run until healthy, SIGTERM: exit 0 within 10 s.
# The root file system is read-only but for /data and a small /tmp; with Docker all capabilities are dropped, too, and there
# is no network. Without an engine the image's files are mounted like that in a namespace (this needs root). Nothing here
# needs the network.
set -euo pipefail
image=${1:?usage: tests/image/smoke.sh IMAGE}
repo=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
checks=0
started=$SECONDS
container='' pid=''

b() { buildah --storage-driver "${STORAGE_DRIVER:-vfs}" "$@"; }
ok() { checks=$((checks + 1)); echo "ok $checks - $*"; }
fail() {
  echo "not ok - $*"
  for log in "$work"/*.log; do if [ -s "$log" ]; then echo "--- ${log##*/}"; tail -30 "$log"; fi; done
  exit 1
}
clean() {
  if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  if [ -n "$container" ] && [ "$engine" = docker ]; then docker rm -f "$container" >/dev/null 2>&1 || true; fi
  if [ -n "$container" ] && [ "$engine" = buildah ]; then b rm "$container" >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap clean EXIT

# ── a configuration as a user mounts it: folders, read-only ──
mkdir -p "$work"/config "$work"/seeds/sample "$work"/data/config "$work"/data/seeds
cp "$repo"/watcher/data/demo/seeds/*.txt "$work"/seeds/sample/
cat >"$work"/config/watcher.yaml <<'YAML'
feeds:
  - http://127.0.0.1:9/feed.xml       # nobody answers there: a dead feed must not stop the service
topics:
  sample:
    title: A sample
    seeds: ../seeds/sample
    channel: "#smoke"
fetch: {every: 5s, timeout: 2s, allow_networks: [127.0.0.0/8]}
notify: console
YAML
chmod -R a+rX "$work"
chown -R 10001:10001 "$work"/data 2>/dev/null || chmod -R a+rwX "$work"/data

# ── two engines, five words: once (a command in a fresh process), start, beside (the running one), crash, stop ──
mounts=(-v "$work/data:/data" -v "$work/config:/data/config:ro" -v "$work/seeds:/data/seeds:ro")
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  engine=docker
  strict=(--read-only --tmpfs /tmp:size=64m,mode=1777 --cap-drop ALL --security-opt no-new-privileges --network none)
  once() { docker run --rm "${strict[@]}" "${mounts[@]}" --entrypoint "$1" "$image" "${@:2}"; }
  start() { container=$(docker run -d "${strict[@]}" "${mounts[@]}" "$image"); }
  beside() { docker exec "$container" "$@"; }
  alive() { [ "$(docker inspect -f '{{.State.Running}}' "$container")" = true ]; }
  crash() { docker kill -s KILL "$container" >/dev/null; code=$(timeout 30 docker wait "$container"); docker rm "$container" >/dev/null; }
  stop() { docker kill -s TERM "$container" >/dev/null; code=$(timeout 30 docker wait "$container"); }
else
  engine=buildah
  container=$(b from "$image")
  root=$(b mount "$container")
  mapfile -t settings < <(b inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$image" | grep =)
  # what `docker run --read-only --tmpfs /tmp:size=64m` does, by hand and in a mount namespace of its own
  in_chroot() {
    unshare --mount bash -euc '
      root=$1 work=$2; shift 2
      mount --make-rprivate /
      mount --bind "$root" "$root"
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
      mount --bind "$work/data" "$root/data"
      for each in config seeds; do
        mount --bind "$work/$each" "$root/data/$each"
        mount -o remount,bind,ro "$root/data/$each"
      done
      mount -o remount,bind,ro "$root"
      exec chroot --userspec=10001:10001 "$root" env -i "$@"
    ' inside "$root" "$work" "${settings[@]}" WATCHER_LISTEN=127.0.0.1:0 \
      sh -c 'cd /data && exec "$@"' inside "$@"
  }
  once() { in_chroot "$@"; }
  start() { in_chroot watcher run >"$work"/run.log 2>&1 & pid=$!; }
  beside() { in_chroot "$@"; }
  alive() { kill -0 "$pid" 2>/dev/null; }
  below() {
    local child
    for child in $(pgrep -P "$1"); do echo "$child"; below "$child"; done
  }
  service() {                     # the first of the user's processes that is Python: the one a container would have as PID 1
    local each
    for each in $(below "$pid"); do
      if [ "$(stat -c %u "/proc/$each")" = 10001 ] && [[ $(readlink "/proc/$each/exe") == *python* ]]; then
        echo "$each"
        return
      fi
    done
  }
  crash() { kill -KILL "$(service)"; code=0; wait "$pid" 2>/dev/null || code=$?; pid=''; }
  stop() { kill -TERM "$(service)"; code=0; wait "$pid" || code=$?; pid=''; }
  touch "$work"/before
fi

# ── the checks ──
version=$(once watcher --version 2>"$work"/version.log) || fail "watcher --version"
[[ $version == *[0-9].[0-9]* ]] || fail "watcher --version printed: $version"
ok "version: $version"

[ "$(once id -u 2>"$work"/id.log)" = 10001 ] || fail "the image does not run as uid 10001"
if once touch /etc/written /opt/watcher/written >"$work"/touch.log 2>&1; then fail "the user may write outside /data"; fi
ok "an ordinary user, who cannot write outside /data"
[[ $(once cat /proc/mounts | awk '$2 == "/" {print $4}' | tail -1) == ro* ]] || fail "the root is not read-only"
ok "the root is read-only"

once watcher check >"$work"/check.log 2>&1 || fail "watcher check"
ok "check reads the mounted configuration"

once python -c 'import procrastinate, psycopg' >"$work"/psycopg.log 2>&1 || fail "the libraries for PostgreSQL"
ok "a database on PostgreSQL can be used"

once timeout 120 watcher demo >"$work"/demo.log 2>&1 || fail "watcher demo"
ok "the demo runs inside the image"

# alive from the first instant on; ready to be asked once it listens
healthy() {
  local deadline=$((SECONDS + 60))
  until beside watcher health >"$work"/health.log 2>&1 && grep -q 'alive at' "$work"/health.log; do
    alive || fail "watcher run ended by itself"
    if ((SECONDS > deadline)); then fail "not healthy after 60 s"; fi
    sleep 0.5
  done
  took=$((SECONDS - deadline + 60))
}
# the installation that a database belongs to, as a backup of it tells
installation() { beside watcher backup --force --json "$1" 2>>"$work"/backup.log | grep -o '"installation": "[0-9a-f]*"'; }

start
healthy
ok "run is healthy after $took s"
if [ "$engine" = docker ]; then docker logs "$container" >"$work"/run.log 2>&1; fi
[ -s "$work"/data/watcher.db ] || fail "no database in the volume"
ok "its database lies in the volume"

before=$(installation /data/backup.db) || fail "watcher backup beside the service"
[ -s "$work"/data/backup.db ] || fail "no backup in the volume"
[ "$(stat -c %a "$work"/data/backup.db)" = 600 ] || fail "the backup is for others to read, too"
ok "backed up beside the service"
crash
[ "$code" = 137 ] || fail "exit $code after SIGKILL"
rm -f "$work"/data/watcher.db*
once watcher restore /data/backup.db >"$work"/restore.log 2>&1 || fail "watcher restore"
grep -q '/data/backup.db is in place' "$work"/restore.log || fail "watcher restore does not say so"
ok "killed, its database lost, and restored"
start
healthy
after=$(installation /data/again.db) || fail "watcher backup after the restore"
[ "$after" = "$before" ] || fail "another installation: $after was $before"
ok "it goes on as the same installation after $took s"

asked=$SECONDS
stop
took=$((SECONDS - asked))
[ "$code" = 0 ] || fail "exit $code after SIGTERM"
((took <= 10)) || fail "$took s from SIGTERM to the end"
ok "SIGTERM ends it with 0 after $took s"

if [ "$engine" = buildah ]; then
  written=$(find "$root" -xdev \( -path "$root/data" -o -path "$root/tmp" -o -path "$root/run" \) -prune -o \
    -type f -newer "$work"/before -print | head -5)
  [ -z "$written" ] || fail "written outside /data and /tmp: $written"
  ok "nothing was written outside /data and /tmp"
fi
echo "===== image: $checks passed in $((SECONDS - started))s ($engine, $image) ====="
