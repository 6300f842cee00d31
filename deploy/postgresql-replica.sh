#!/bin/bash
# A streaming replica: copies the primary when it is empty, and follows it.
set -euo pipefail
data=${PGDATA:-/var/lib/postgresql/data}
if [ ! -e "$data/PG_VERSION" ]; then
  pg_basebackup -D "$data" -R -X stream -c fast -d "host=${CHAT_PRIMARY:-postgresql} port=${CHAT_PRIMARY_PORT:-5432} user=replicator password=$CHAT_SECRET"
  chmod 700 "$data"
fi
exec postgres -D "$data" -c hot_standby=on -c max_connections=500 -c wal_keep_size=1GB ${CHAT_REPLICA_SETTINGS:-}
