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
    v_stored integer := 1;
BEGIN
    SELECT s.state, s.position, s.forgotten INTO v_state, v_position, v_forgotten FROM shard s WHERE s.shard = p_shard FOR UPDATE;
    -- As in append: a shard that is behind what the caller has seen has lost history.
    IF v_state IS DISTINCT FROM 0 OR v_position < p_known THEN
        RETURN ARRAY[v_state, v_position, 0];
    END IF;
    -- Within, as a condition with a query in it is a statement of its own even where its first part decides.
    IF v_position <> p_basis THEN
        IF EXISTS (SELECT FROM generate_series(1, cardinality(p_head)) i JOIN conversation c ON c.id = p_head[i]
                WHERE c.cut <> p_cut[i] OR (p_marks_ord[i] IS NULL AND c.marks_position <> p_head_marks[i]))
            OR EXISTS (SELECT FROM generate_series(1, cardinality(p_member)) i JOIN member m ON m.conversation = p_member[i] AND m.user_id = p_user[i]
                WHERE m.marks_position <> p_member_marks[i]) THEN
            v_stored := 2;
        END IF;
    END IF;
    -- One statement compares and writes: each more has its own price, which a small batch would feel. Arrays are read by place: unnest would make a
    -- table of each of them first.
    WITH known AS MATERIALIZED (
        SELECT c.ctid AS place, i FROM generate_series(1, cardinality(p_head)) i
        JOIN conversation c ON c.id = p_head[i] AND c.seq = p_before[i] AND c.members_seq = p_members_seq[i]),
    fits AS MATERIALIZED (
        SELECT FROM (SELECT count(*) AS heads FROM known) k
        WHERE k.heads = cardinality(p_head)
            AND NOT EXISTS (SELECT FROM entry e WHERE e.client_message_id = ANY (p_client) AND e.hash IS NOT NULL AND e.place > v_base + v_forgotten)),
    added AS (
        INSERT INTO entry (place, seq, number, at, chk, target, kind, state, conversation, sender, client_message_id, hash, body)
        SELECT v_base + v_position + i, p_seq[i], p_number[i], p_at[i], p_chk[i], p_target[i], 1, 0, p_conversation[i], p_sender[i], p_client[i], p_hash[i], p_body[i]
        FROM generate_series(1, cardinality(p_conversation)) i WHERE EXISTS (SELECT FROM fits)),
    heads AS (
        UPDATE conversation c SET seq = p_head_seq[i], number = p_head_number[i], position = v_position + p_head_ord[i],
            marks_position = coalesce(v_position + p_marks_ord[i], c.marks_position)
        FROM known WHERE c.ctid = place AND EXISTS (SELECT FROM fits)),
    members AS (
        UPDATE member m SET read = p_read[i], delivered = p_read[i], read_number = p_read_number[i], marks_position = v_position + p_member_ord[i]
        FROM generate_series(1, cardinality(p_member)) i WHERE m.conversation = p_member[i] AND m.user_id = p_user[i] AND EXISTS (SELECT FROM fits))
    UPDATE shard s SET position = v_position + cardinality(p_conversation) WHERE s.shard = p_shard AND EXISTS (SELECT FROM fits);
    RETURN ARRAY[v_state, v_position, CASE WHEN FOUND THEN v_stored ELSE 0 END];
END $$;
