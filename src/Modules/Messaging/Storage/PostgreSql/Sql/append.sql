-- Appends and marks of one shard in the order of the arrays, in one transaction: the caller's. The lock on the shard's row is held until its
-- commit, and a statement after the lock sees all that was committed before it: so positions rise in the order of commits, and no check here
-- looks at an older state. A run (from the last end to its own) is 0: entries that change nothing else, each request once; 1: one entry
-- that changes something; 2: marks, each member once. Marks lie in the same arrays: target = delivered, members_seq = read, role = flags
-- or null to keep the preferences, at = muted until. Rows of heads and members change only under the lock, so they are found once and changed
-- where they were found (ctid).
CREATE OR REPLACE FUNCTION append(
    p_shard integer, p_known bigint, p_receipts integer, p_ends integer[], p_runs smallint[],
    p_conversation uuid[], p_sender uuid[], p_client uuid[], p_hash uuid[], p_kind smallint[], p_at bigint[], p_chk bigint[],
    p_body bytea[], p_target bigint[], p_members_seq bigint[], p_role smallint[],
    p_change smallint[], p_text bytea[], p_flag smallint[], p_users integer[], p_user uuid[], p_user_role smallint[], p_user_range smallint[])
RETURNS SETOF answer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_state smallint;
    v_first bigint;
    v_position bigint;
    v_forgotten bigint;
    v_base bigint := p_shard::bigint << 48;
    v_from integer := 1;
    v_user integer := 1;
    v_to integer;
    v_run integer;
BEGIN
    SELECT s.state, s.position, s.forgotten INTO v_state, v_position, v_forgotten FROM shard s WHERE s.shard = p_shard FOR UPDATE;
    v_first := v_position;
    -- A shard that is behind what the caller has seen has lost history: nothing may be written before that has a name.
    IF v_state = 0 AND v_position >= p_known THEN
        FOR v_run IN 1 .. cardinality(p_runs) LOOP
            v_to := p_ends[v_run];
            CASE p_runs[v_run]
            WHEN 0 THEN
                RETURN QUERY
                -- A request is found by its id, and no condition lets another index serve: before the tables have statistics, the planner took that of the
                -- places, and read the whole shard for each batch.
                WITH op AS MATERIALIZED (
                    SELECT o.*, c.ctid AS head, c.seq AS head_seq, c.number AS head_number, m.ctid AS sender_row, m.role AS sender_role, r.seq AS r_seq, r.place AS r_place, r.at AS r_at,
                        CASE WHEN c.id IS NULL THEN 4
                             WHEN r.place IS NOT NULL THEN CASE WHEN r.hash = o.hash THEN 1 ELSE 2 END
                             WHEN c.members_seq <> o.members_seq AND (o.role IS NULL OR m.role IS NULL OR m.role <> o.role) THEN 3
                             ELSE 0 END AS outcome
                    FROM unnest(p_conversation[v_from:v_to], p_sender[v_from:v_to], p_client[v_from:v_to], p_hash[v_from:v_to], p_kind[v_from:v_to],
                        p_at[v_from:v_to], p_chk[v_from:v_to], p_body[v_from:v_to], p_target[v_from:v_to], p_members_seq[v_from:v_to], p_role[v_from:v_to])
                        WITH ORDINALITY AS o(conversation, sender, client, hash, kind, at, chk, body, target, members_seq, role, ord)
                    LEFT JOIN conversation c ON c.id = o.conversation
                    LEFT JOIN member m ON m.conversation = o.conversation AND m.user_id = o.sender
                    LEFT JOIN LATERAL (
                        SELECT e.hash, e.seq, e.place, e.at FROM entry e
                        WHERE e.client_message_id = o.client AND (e.conversation, e.sender) IS NOT DISTINCT FROM (o.conversation, o.sender)
                            AND e.hash IS NOT NULL AND e.place - v_base > v_forgotten LIMIT 1) r ON true),
                ok AS MATERIALIZED (
                    SELECT ord, conversation, sender, client, hash, kind, at, chk, body, target, head, sender_row, sender_role,
                        v_position + row_number() OVER (ORDER BY ord) AS position,
                        head_seq + row_number() OVER w AS seq, head_number + count(*) FILTER (WHERE kind = 1) OVER w AS number
                    FROM op WHERE outcome = 0
                    WINDOW w AS (PARTITION BY conversation ORDER BY ord ROWS UNBOUNDED PRECEDING)),
                added AS (
                    INSERT INTO entry (place, seq, number, at, chk, target, kind, state, conversation, sender, client_message_id, hash, body)
                    SELECT v_base + position, seq, number, at, chk, target, kind, 0, conversation, sender, client, hash, body FROM ok ORDER BY position),
                heads AS (
                    UPDATE conversation c SET seq = x.seq, number = x.number, position = x.position, marks_position = coalesce(x.marks, c.marks_position)
                    FROM (SELECT head, max(seq) AS seq, max(number) AS number, max(position) AS position,
                            max(position) FILTER (WHERE kind = 1 AND sender_role >= 2) AS marks
                          FROM ok GROUP BY head) x
                    WHERE c.ctid = x.head RETURNING c.*),
                senders AS (
                    UPDATE member m SET read = x.seq, delivered = x.seq, read_number = x.number, marks_position = x.position
                    FROM (SELECT sender_row, max(seq) AS seq, max(number) AS number, max(position) AS position
                          FROM ok WHERE kind = 1 AND sender_role >= 2 GROUP BY sender_row) x
                    WHERE m.ctid = x.sender_row RETURNING m.*)
                SELECT 0::smallint, v_from - 1 + ord::integer, NULL::uuid, NULL::uuid, 0::bigint, seq, position, at, number,
                    NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea, NULL::bigint[] FROM ok
                UNION ALL SELECT 0::smallint, v_from - 1 + ord::integer, NULL, NULL, outcome, r_seq, r_place - v_base, r_at, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                    FROM op WHERE outcome <> 0
                UNION ALL SELECT 1::smallint, 0, id, NULL, kind, history, seq, position, number, members_seq, members_position, marks_position, member_count, cut, title, keep
                    FROM heads
                UNION ALL SELECT 2::smallint, 0, conversation, user_id, role, flags, delivered, read, read_number, marks_position, ranges_position, muted_until,
                    NULL, NULL, NULL, ranges FROM senders;
                v_position := coalesce((SELECT max(e.place) FROM entry e WHERE e.place > v_base + v_position AND e.place < v_base + (1::bigint << 48)) - v_base, v_position);
            WHEN 1 THEN
                RETURN QUERY SELECT * FROM change(
                    p_shard, v_position, v_forgotten, v_to, p_conversation[v_to], p_sender[v_to], p_client[v_to], p_hash[v_to], p_kind[v_to], p_at[v_to],
                    p_chk[v_to], p_body[v_to], p_target[v_to], p_members_seq[v_to], p_role[v_to], p_change[v_to], p_text[v_to], p_flag[v_to],
                    p_user[v_user:v_user + p_users[v_to] - 1], p_user_role[v_user:v_user + p_users[v_to] - 1],
                    p_user_range[v_user:v_user + p_users[v_to] - 1]);
                v_user := v_user + p_users[v_to];
                v_position := coalesce((SELECT max(e.place) FROM entry e WHERE e.place > v_base + v_position AND e.place < v_base + (1::bigint << 48)) - v_base, v_position);
            ELSE
                RETURN QUERY
                WITH wish AS MATERIALIZED (
                    SELECT o.ord, m.conversation, m.user_id, m.read AS old_read, m.read_number AS old_number, c.seq AS head_seq, c.number AS head_number,
                        greatest(m.read, least(o.read, c.seq)) AS read,
                        greatest(m.delivered, CASE WHEN c.member_count > p_receipts THEN 0 ELSE least(o.delivered, c.seq) END) AS delivered,
                        CASE WHEN o.flags IS NULL THEN m.flags ELSE o.flags END AS flags,
                        CASE WHEN o.flags IS NULL THEN m.muted_until ELSE o.muted_until END AS muted_until,
                        m.delivered AS old_delivered, m.flags AS old_flags, m.muted_until AS old_muted
                    FROM unnest(p_conversation[v_from:v_to], p_sender[v_from:v_to], p_at[v_from:v_to], p_target[v_from:v_to], p_members_seq[v_from:v_to], p_role[v_from:v_to])
                        WITH ORDINALITY AS o(conversation, user_id, muted_until, delivered, read, flags, ord)
                    JOIN conversation c ON c.id = o.conversation
                    JOIN member m ON m.conversation = o.conversation AND m.user_id = o.user_id),
                moved AS MATERIALIZED (
                    SELECT conversation, user_id, read, greatest(delivered, read) AS delivered, flags, muted_until,
                        CASE WHEN read = old_read THEN old_number WHEN read = head_seq THEN head_number ELSE number_at(conversation, read) END AS read_number,
                        v_position + row_number() OVER (ORDER BY ord) AS position
                    FROM wish
                    WHERE read <> old_read OR greatest(delivered, read) <> old_delivered OR flags <> old_flags OR muted_until IS DISTINCT FROM old_muted),
                noted AS (INSERT INTO mark (place, conversation, user_id) SELECT v_base + position, conversation, user_id FROM moved),
                rows AS (
                    UPDATE member m SET read = x.read, delivered = x.delivered, read_number = x.read_number, flags = x.flags, muted_until = x.muted_until,
                        marks_position = x.position
                    FROM moved x WHERE m.conversation = x.conversation AND m.user_id = x.user_id RETURNING m.*),
                heads AS (
                    UPDATE conversation c SET marks_position = x.position
                    FROM (SELECT conversation, max(position) AS position FROM moved GROUP BY conversation) x
                    WHERE c.id = x.conversation RETURNING c.*)
                SELECT 2::smallint, 0, conversation, user_id, role::bigint, flags::bigint, delivered, read, read_number, marks_position, ranges_position, muted_until,
                    NULL::bigint, NULL::bigint, NULL::bytea, ranges FROM rows
                UNION ALL SELECT 1::smallint, 0, id, NULL, kind, history, seq, position, number, members_seq, members_position, marks_position, member_count, cut, title, keep
                    FROM heads;
                v_position := coalesce((SELECT max(k.place) FROM mark k WHERE k.place > v_base + v_position AND k.place < v_base + (1::bigint << 48)) - v_base, v_position);
            END CASE;
            v_from := v_to + 1;
        END LOOP;
        IF v_position <> v_first THEN
            UPDATE shard s SET position = v_position WHERE s.shard = p_shard;
        END IF;
    END IF;
    RETURN QUERY SELECT 3::smallint, 0, NULL::uuid, NULL::uuid, v_first, v_position, v_state::bigint, NULL::bigint, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea, NULL::bigint[];
END $$;
