-- Requests of entries taken before a time are known no more; at most p_limit entries are walked.
CREATE OR REPLACE FUNCTION forget(p_shard integer, p_before bigint, p_limit integer) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_base bigint := p_shard::bigint << 48;
    v_forgotten bigint;
    r record;
BEGIN
    SELECT s.forgotten INTO v_forgotten FROM shard s WHERE s.shard = p_shard AND s.state = 0 FOR UPDATE;
    WITH walked AS MATERIALIZED (
        SELECT e.place, e.hash, bool_and(e.at < p_before) OVER (ORDER BY e.place) AS is_old
        FROM (SELECT place, hash, at FROM entry WHERE place > v_base + v_forgotten AND place < v_base + (1::bigint << 48) ORDER BY place LIMIT p_limit) e)
    SELECT max(place) AS last, count(hash)::integer AS forgotten INTO r FROM walked WHERE is_old;
    IF r.last IS NOT NULL THEN
        UPDATE shard s SET forgotten = r.last - v_base WHERE s.shard = p_shard;
    END IF;
    RETURN coalesce(r.forgotten, 0);
END $$;

-- Retention. Moves the cut (one position) and works on at most p_limit rows: -1 as the number of rows that are left to do when there are more.
CREATE OR REPLACE FUNCTION cut(p_shard integer, p_conversation uuid, p_up_to bigint, p_forget_before bigint, p_limit integer, OUT state smallint, OUT gone integer, OUT is_done boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    c conversation;
    v_cut bigint;
    v_base bigint := p_shard::bigint << 48;
    v_position bigint;
    v_rows integer;
BEGIN
    gone := 0;
    is_done := true;
    SELECT s.state, s.position INTO state, v_position FROM shard s WHERE s.shard = p_shard FOR UPDATE;
    IF state <> 0 THEN
        RETURN;
    END IF;
    SELECT * INTO c FROM conversation WHERE id = p_conversation;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_cut := least(p_up_to, c.seq);
    IF v_cut > c.cut THEN
        v_position := v_position + 1;
        UPDATE shard s SET position = v_position WHERE s.shard = p_shard;
        UPDATE conversation x SET cut = v_cut, marks_position = v_position WHERE x.id = p_conversation;
        INSERT INTO mark (place, conversation, user_id) VALUES (v_base + v_position, p_conversation, '00000000-0000-0000-0000-000000000000');
    ELSE
        v_cut := c.cut;
    END IF;
    DELETE FROM entry WHERE place IN (
        SELECT e.place FROM entry e WHERE e.conversation = p_conversation AND e.seq <= v_cut AND e.at < p_forget_before ORDER BY e.seq LIMIT p_limit);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM reaction x WHERE x.conversation = p_conversation AND x.seq <= v_cut;
    UPDATE entry SET body = NULL, state = (state & ~4) | 8, chk = chk & -4294967296 WHERE place IN (
        SELECT e.place FROM entry e WHERE e.conversation = p_conversation AND e.seq <= v_cut AND e.state & 8 = 0 ORDER BY e.seq LIMIT p_limit);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    is_done := gone < p_limit AND v_rows < p_limit;
END $$;
