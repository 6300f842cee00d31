#!/bin/bash
# A streaming replica: copies the primary when it is empty, and follows it.
set -euo pipefail
data=${PGDATA:-/var/lib/postgresql/data}
if [ ! -e "$data/PG_VERSION" ]; then
  # The password from the environment: in a connection string blanks and quotes would have to be escaped. -R writes it down for the replica.
  PGPASSWORD=$CHAT_SECRET pg_basebackup -D "$data" -R -X stream -c fast -h "${CHAT_PRIMARY:-postgresql}" -p "${CHAT_PRIMARY_PORT:-5432}" -U replicator
  chmod 700 "$data"
fi
exec postgres -D "$data" -c hot_standby=on -c max_connections=500 -c wal_keep_size=1GB ${CHAT_REPLICA_SETTINGS:-}
