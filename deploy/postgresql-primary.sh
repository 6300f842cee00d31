#!/bin/bash
# Runs once, when the container of PostgreSQL makes its data folder: the databases, who owns them, and who may replicate.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v secret="$CHAT_SECRET" --username postgres <<'SQL'
CREATE ROLE chat LOGIN PASSWORD :'secret';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'secret';
CREATE DATABASE accounts OWNER chat;
CREATE DATABASE messages OWNER chat;
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"
