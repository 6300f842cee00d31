-- The tables of the log: docs/decisions/0015-postgresql-log.md says why they look like this.
-- Times are ticks of UTC. Titles and emojis are bytes, so that no encoding or order of the database touches them.
CREATE TABLE meta (
    only_row smallint PRIMARY KEY CHECK (only_row = 0), version integer NOT NULL, log_id uuid NOT NULL, key bytea NOT NULL, shards integer NOT NULL);

-- home: the server, timeline and tables in which the run was written; null for one that came with a copy.
CREATE TABLE run (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE, started bigint[] NOT NULL, at bigint NOT NULL, home text);

-- The lock on its row orders all that is written to a shard. Requests of entries up to "forgotten" are known no more.
CREATE TABLE shard (
    shard integer PRIMARY KEY, state smallint NOT NULL, position bigint NOT NULL, forgotten bigint NOT NULL) WITH (fillfactor = 10);

-- place: shard * 2^48 + position. The request of an entry is its conversation, sender and client_message_id with its hash.
CREATE TABLE entry (
    place bigint NOT NULL, seq bigint NOT NULL, number bigint NOT NULL, at bigint NOT NULL, chk bigint NOT NULL,
    target bigint, changed bigint, edited_at bigint, kind smallint NOT NULL, state smallint NOT NULL,
    conversation uuid NOT NULL, sender uuid NOT NULL, client_message_id uuid NOT NULL, hash uuid, body bytea,
    CONSTRAINT entry_place PRIMARY KEY (place));
CREATE UNIQUE INDEX entry_seq ON entry (conversation, seq);
CREATE INDEX entry_request ON entry (client_message_id);

CREATE TABLE conversation (
    id uuid PRIMARY KEY, shard integer NOT NULL, kind smallint NOT NULL, history smallint NOT NULL, title bytea,
    seq bigint NOT NULL, position bigint NOT NULL, number bigint NOT NULL, members_seq bigint NOT NULL, members_position bigint NOT NULL,
    marks_position bigint NOT NULL, member_count integer NOT NULL, cut bigint NOT NULL) WITH (fillfactor = 50);
CREATE INDEX conversation_shard ON conversation (shard, id);

-- ranges: from, number before, to, number to; -1 for an open end.
CREATE TABLE member (
    conversation uuid NOT NULL, user_id uuid NOT NULL, role smallint NOT NULL, flags smallint NOT NULL, delivered bigint NOT NULL, read bigint NOT NULL,
    read_number bigint NOT NULL, marks_position bigint NOT NULL, ranges_position bigint NOT NULL, muted_until bigint, ranges bigint[] NOT NULL,
    PRIMARY KEY (conversation, user_id)) WITH (fillfactor = 50);
CREATE INDEX member_user ON member (user_id, conversation);

-- What positions that are no entry's were given to; only the newest are kept, for nodes that follow.
CREATE TABLE mark (place bigint PRIMARY KEY, conversation uuid NOT NULL, user_id uuid NOT NULL);

CREATE TABLE reaction (
    conversation uuid NOT NULL, seq bigint NOT NULL, emoji bytea NOT NULL, user_id uuid NOT NULL, added bigint NOT NULL, first bigint NOT NULL,
    PRIMARY KEY (conversation, seq, emoji, user_id));

-- A row of an answer. what 0: ord, outcome, seq, position, at, number. 1: a head. 2: a member. 3: the shard's position before and after, its state.
CREATE TYPE answer AS (
    what smallint, ord integer, id uuid, user_id uuid, n1 bigint, n2 bigint, n3 bigint, n4 bigint, n5 bigint, n6 bigint, n7 bigint, n8 bigint,
    n9 bigint, n10 bigint, title bytea, ranges bigint[]);

CREATE FUNCTION head_row(c conversation) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(1::smallint, 0, c.id, NULL::uuid, c.kind::bigint, c.history::bigint, c.seq, c.position, c.number, c.members_seq, c.members_position,
        c.marks_position, c.member_count::bigint, c.cut, c.title, NULL::bigint[])::answer $$;

CREATE FUNCTION member_row(m member) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(2::smallint, 0, m.conversation, m.user_id, m.role::bigint, m.flags::bigint, m.delivered, m.read, m.read_number, m.marks_position,
        m.ranges_position, m.muted_until, NULL::bigint, NULL::bigint, NULL::bytea, m.ranges)::answer $$;

CREATE FUNCTION result_row(ord integer, outcome integer, seq bigint, at_position bigint, at bigint, number bigint) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(0::smallint, ord, NULL::uuid, NULL::uuid, outcome::bigint, seq, at_position, at, number, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea, NULL::bigint[])::answer $$;

-- The running message number at a seq; below the cut that at the cut. Where the entry has left, it is the number before the first that has not.
CREATE FUNCTION number_at(p_conversation uuid, p_seq bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN greatest(p_seq, c.cut) < 1 THEN 0 WHEN p_seq >= c.seq THEN c.number ELSE coalesce(
        (SELECT e.number - CASE WHEN e.seq > greatest(p_seq, c.cut) AND e.kind = 1 THEN 1 ELSE 0 END FROM entry e
         WHERE e.conversation = p_conversation AND e.seq >= greatest(p_seq, c.cut) ORDER BY e.seq LIMIT 1), c.number) END
    FROM conversation c WHERE c.id = p_conversation $$;
