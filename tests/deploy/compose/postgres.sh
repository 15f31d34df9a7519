#!/usr/bin/env bash
# postgres.sh TAG: a Postgres image from Debian, for machines that can pull none: as much of the official image's manner as
# deploy/compose.yaml needs (POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE, PGDATA).
. "$(dirname "$0")/image.sh"

debian_with postgresql
docker import "$work/root.tar" "$1-root" >/dev/null
cat >"$work/start" <<'START'
#!/bin/bash
set -euo pipefail
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres "$PGDATA" /run/postgresql
  install -m 400 -o postgres "$POSTGRES_PASSWORD_FILE" /run/password
  exec setpriv --reuid postgres --regid postgres --clear-groups "$0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -U "$POSTGRES_USER" --pwfile /run/password -A scram-sha-256 -E UTF8 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # As in the official image: nobody is served before everything is there.
  pg_ctl -w start -o "-c listen_addresses=''" >/dev/null
  PGPASSWORD=$(cat /run/password) createdb -h /run/postgresql -U "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl -w stop >/dev/null
fi
exec postgres -c listen_addresses='*'
START
chmod 755 "$work/start"
printf 'FROM %s-root\nCOPY start /start\nSTOPSIGNAL SIGINT\nCMD ["/start"]\n' "$1" >"$work/Dockerfile"
rm "$work/root.tar"
docker build -q --network none --label weles.test=postgres --tag "$1" "$work" >/dev/null 2>&1
docker rmi "$1-root" >/dev/null
