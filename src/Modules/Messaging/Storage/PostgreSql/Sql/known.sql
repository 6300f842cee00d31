-- Messages whose seqs, heads and marks the caller has worked out from what it knows: all are stored, or none. It knows right when each head is at the seq
-- and the members that it says: roles and ranges change with the members' seq only, and no mark passes the head. Positions are given here. Answers
-- state, the position before, and whether all were stored: 1, or 2 when rows had something that the caller did not know, which is not the case where the shard
-- is at p_basis, as the caller knows it, or what may change without a seq (the cut, marks and what moves with them) is as the caller says. Then heads and
-- members are as it has worked out, whatever others wrote to other conversations. A request that is there already is for the function append to judge.
-- Numbers lie in few arrays, row after row, as an array costs more than what is in it: of a message at, chk, target (0: none), seq, number; of a head seq and
-- members' seq before, then seq, number, and its last message and last mark (0: none) by place, then cut and marks before; of a member seq and number read, its
-- last message, and marks before.
CREATE OR REPLACE FUNCTION append_known(
    p_shard integer, p_known bigint, p_basis bigint, p_conversation uuid[], p_sender uuid[], p_client uuid[], p_hash uuid[], p_body bytea[], p_message bigint[],
    p_head uuid[], p_heads bigint[], p_member uuid[], p_user uuid[], p_members bigint[])
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
                WHERE c.cut <> p_heads[i * 8 - 1] OR (p_heads[i * 8 - 2] = 0 AND c.marks_position <> p_heads[i * 8]))
            OR EXISTS (SELECT FROM generate_series(1, cardinality(p_member)) i JOIN member m ON m.conversation = p_member[i] AND m.user_id = p_user[i]
                WHERE m.marks_position <> p_members[i * 4]) THEN
            v_stored := 2;
        END IF;
    END IF;
    -- One statement compares and writes: each more has its own price, which a small batch would feel. Arrays are read by place: unnest would make a
    -- table of each of them first. A request is found by its id, as in append.
    WITH known AS MATERIALIZED (
        SELECT c.ctid AS place, i FROM generate_series(1, cardinality(p_head)) i
        JOIN conversation c ON c.id = p_head[i] AND c.seq = p_heads[i * 8 - 7] AND c.members_seq = p_heads[i * 8 - 6]),
    fits AS MATERIALIZED (
        SELECT FROM (SELECT count(*) AS heads FROM known) k
        WHERE k.heads = cardinality(p_head)
            AND NOT EXISTS (SELECT FROM entry e WHERE e.client_message_id = ANY (p_client) AND e.hash IS NOT NULL AND e.place - v_base > v_forgotten)),
    added AS (
        INSERT INTO entry (place, seq, number, at, chk, target, kind, state, conversation, sender, client_message_id, hash, body)
        SELECT v_base + v_position + i, p_message[i * 5 - 1], p_message[i * 5], p_message[i * 5 - 4], p_message[i * 5 - 3], nullif(p_message[i * 5 - 2], 0), 1, 0,
            p_conversation[i], p_sender[i], p_client[i], p_hash[i], p_body[i]
        FROM generate_series(1, cardinality(p_conversation)) i WHERE EXISTS (SELECT FROM fits)),
    heads AS (
        UPDATE conversation c SET seq = p_heads[i * 8 - 5], number = p_heads[i * 8 - 4], position = v_position + p_heads[i * 8 - 3],
            marks_position = CASE WHEN p_heads[i * 8 - 2] = 0 THEN c.marks_position ELSE v_position + p_heads[i * 8 - 2] END
        FROM known WHERE c.ctid = place AND EXISTS (SELECT FROM fits)),
    members AS (
        UPDATE member m SET read = p_members[i * 4 - 3], delivered = p_members[i * 4 - 3], read_number = p_members[i * 4 - 2], marks_position = v_position + p_members[i * 4 - 1]
        FROM generate_series(1, cardinality(p_member)) i WHERE m.conversation = p_member[i] AND m.user_id = p_user[i] AND EXISTS (SELECT FROM fits))
    UPDATE shard s SET position = v_position + cardinality(p_conversation) WHERE s.shard = p_shard AND EXISTS (SELECT FROM fits);
    RETURN ARRAY[v_state, v_position, CASE WHEN FOUND THEN v_stored ELSE 0 END];
END $$;
