-- Messages whose seqs, heads and marks the caller has worked out from what it knows: all are stored, or none. It knows right when each head is at the seq
-- and the members that it says: roles and ranges change with the members' seq only, and no mark passes the head. Positions are given here. Answers
-- state, the position before, and whether all were stored: 1, or 2 when rows had something that the caller did not know, which is not the case where the shard
-- is at p_basis, as the caller knows it, or what may change without a seq (the cut, marks and what moves with them) is as the caller says. Then heads and
-- members are as it has worked out, whatever others wrote to other conversations. A request that is there already is for the function append to judge.
CREATE OR REPLACE FUNCTION append_known(
    p_shard integer, p_known bigint, p_conversation uuid[], p_sender uuid[], p_client uuid[], p_hash uuid[], p_at bigint[], p_chk bigint[],
    p_body bytea[], p_target bigint[], p_seq bigint[], p_number bigint[],
    p_head uuid[], p_before bigint[], p_members_seq bigint[], p_head_seq bigint[], p_head_number bigint[], p_head_ord integer[], p_marks_ord integer[],
    p_member uuid[], p_user uuid[], p_read bigint[], p_read_number bigint[], p_member_ord integer[],
    p_basis bigint, p_cut bigint[], p_head_marks bigint[], p_member_marks bigint[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_state smallint;
    v_position bigint;
    v_forgotten bigint;
    v_base bigint := p_shard::bigint << 48;
    v_rows tid[];
    v_stored integer := 1;
BEGIN
    SELECT s.state, s.position, s.forgotten INTO v_state, v_position, v_forgotten FROM shard s WHERE s.shard = p_shard FOR UPDATE;
    -- As in append: a shard that is behind what the caller has seen has lost history.
    IF v_state IS DISTINCT FROM 0 OR v_position < p_known
        OR EXISTS (SELECT FROM entry e WHERE e.client_message_id = ANY (p_client) AND e.hash IS NOT NULL AND e.place > v_base + v_forgotten) THEN
        RETURN ARRAY[v_state, v_position, 0];
    END IF;
    SELECT array_agg(c.ctid ORDER BY o.ord) INTO v_rows FROM unnest(p_head, p_before, p_members_seq) WITH ORDINALITY AS o(id, before, members_seq, ord)
        JOIN conversation c ON c.id = o.id AND c.seq = o.before AND c.members_seq = o.members_seq;
    IF v_rows IS NULL OR cardinality(v_rows) <> cardinality(p_head) THEN
        RETURN ARRAY[v_state, v_position, 0];
    END IF;
    IF v_position <> p_basis AND (
        EXISTS (SELECT FROM unnest(v_rows, p_cut, p_head_marks, p_marks_ord) AS o(place, cut, marks, ord) JOIN conversation c ON c.ctid = o.place
            WHERE c.cut <> o.cut OR (o.ord IS NULL AND c.marks_position <> o.marks))
        OR EXISTS (SELECT FROM unnest(p_member, p_user, p_member_marks) AS o(id, user_id, marks)
            JOIN member m ON m.conversation = o.id AND m.user_id = o.user_id WHERE m.marks_position <> o.marks)) THEN
        v_stored := 2;
    END IF;
    WITH added AS (
        INSERT INTO entry (place, seq, number, at, chk, target, kind, state, conversation, sender, client_message_id, hash, body)
        SELECT v_base + v_position + ord, seq, number, at, chk, target, 1, 0, conversation, sender, client, hash, body
        FROM unnest(p_conversation, p_sender, p_client, p_hash, p_at, p_chk, p_body, p_target, p_seq, p_number)
            WITH ORDINALITY AS o(conversation, sender, client, hash, at, chk, body, target, seq, number, ord)),
    heads AS (
        UPDATE conversation c SET seq = o.seq, number = o.number, position = v_position + o.ord, marks_position = coalesce(v_position + o.marks, c.marks_position)
        FROM unnest(v_rows, p_head_seq, p_head_number, p_head_ord, p_marks_ord) AS o(place, seq, number, ord, marks)
        WHERE c.ctid = o.place),
    members AS (
        UPDATE member m SET read = o.read, delivered = o.read, read_number = o.number, marks_position = v_position + o.ord
        FROM unnest(p_member, p_user, p_read, p_read_number, p_member_ord) AS o(id, user_id, read, number, ord)
        WHERE m.conversation = o.id AND m.user_id = o.user_id)
    UPDATE shard s SET position = v_position + cardinality(p_conversation) WHERE s.shard = p_shard;
    RETURN ARRAY[v_state, v_position, v_stored];
END $$;
