-- One entry with what it changes. The caller holds the shard's lock.
-- p_change: 0 nothing, 1 create, 2 members, 3 settings, 4 edit, 5 delete, 6 react, 7 pin. p_text: title or emoji. p_flag: what a conversation is
-- + 16 * history; history or null; 1 to take a reaction away; 1 to pin. p_target of settings: null, or how long to keep: days * 2^40 + count.
CREATE OR REPLACE FUNCTION change(
    p_shard integer, p_position bigint, p_forgotten bigint, p_ord integer, p_conversation uuid, p_sender uuid, p_client uuid, p_hash uuid,
    p_kind smallint, p_at bigint, p_chk bigint, p_body bytea, p_target bigint, p_members_seq bigint, p_role smallint,
    p_change smallint, p_text bytea, p_flag smallint, p_user uuid[], p_user_role smallint[], p_user_range smallint[])
RETURNS SETOF answer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    c conversation;
    m member;
    t entry;
    r record;
    v_base bigint := p_shard::bigint << 48;
    v_position bigint := p_position + 1;
    v_seq bigint;
    v_ranges bigint[];
    v_ends integer;
    v_i integer;
    v_rows bigint;
    v_emojis bigint;
    v_emoji_first bigint;
    v_mine boolean;
BEGIN
    SELECT * INTO c FROM conversation WHERE id = p_conversation;
    IF NOT FOUND THEN
        IF p_change <> 1 THEN
            RETURN NEXT result_row(p_ord, 4, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
        INSERT INTO conversation (id, shard, kind, history, title, seq, position, number, members_seq, members_position, marks_position, member_count, cut)
        VALUES (p_conversation, p_shard, p_flag & 15, p_flag >> 4, p_text, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING * INTO c;
    ELSE
        SELECT e.hash, e.seq, e.place, e.at INTO r FROM entry e
        WHERE e.client_message_id = p_client AND (e.conversation, e.sender) IS NOT DISTINCT FROM (p_conversation, p_sender) AND e.hash IS NOT NULL AND e.place - v_base > p_forgotten
        LIMIT 1;
        IF FOUND THEN
            RETURN NEXT CASE WHEN r.hash = p_hash THEN result_row(p_ord, 1, r.seq, r.place - v_base, r.at, NULL) ELSE result_row(p_ord, 2, NULL, NULL, NULL, NULL) END;
            RETURN;
        END IF;
        IF p_kind = 0 THEN
            RETURN NEXT result_row(p_ord, 5, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
        IF c.members_seq <> p_members_seq AND NOT EXISTS (
            SELECT FROM member x WHERE x.conversation = p_conversation AND x.user_id = p_sender AND x.role = p_role) THEN
            RETURN NEXT result_row(p_ord, 3, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
    END IF;
    v_seq := c.seq + 1;
    IF p_change >= 4 THEN
        SELECT * INTO t FROM entry e WHERE e.conversation = p_conversation AND e.seq = p_target AND e.seq > c.cut;
        IF NOT FOUND OR t.kind <> 1 OR (t.state & 1 <> 0 AND p_change <> 5) THEN
            RETURN NEXT result_row(p_ord, 6, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
        IF p_change = 6 THEN
            SELECT count(*), count(DISTINCT x.emoji), min(x.first) FILTER (WHERE x.emoji = p_text), coalesce(bool_or(x.emoji = p_text AND x.user_id = p_sender), false)
            INTO v_rows, v_emojis, v_emoji_first, v_mine
            FROM reaction x WHERE x.conversation = p_conversation AND x.seq = p_target;
        END IF;
        IF (p_change = 5 AND t.state & 1 <> 0) OR (p_change = 7 AND (t.state & 2 <> 0) = (p_flag = 1)) OR (p_change = 6 AND v_mine <> (p_flag = 1)) THEN
            RETURN NEXT result_row(p_ord, 7, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
        IF p_change = 6 AND p_flag = 0 AND v_emoji_first IS NULL AND v_emojis >= 50 THEN
            RETURN NEXT result_row(p_ord, 8, NULL, NULL, NULL, NULL);
            RETURN;
        END IF;
        -- The lower half of the check is the body's; of a row that never had a check it stays 0.
        IF p_change = 4 THEN
            UPDATE entry SET body = p_body, changed = v_seq, edited_at = p_at,
                chk = CASE WHEN t.chk = 0 THEN 0 ELSE (t.chk & -4294967296) | (p_chk & 4294967295) END WHERE place = t.place;
            -- The edit's own entry has no body: only the message has.
            p_body := NULL;
            p_chk := p_chk & -4294967296;
        ELSIF p_change = 5 THEN
            DELETE FROM reaction x WHERE x.conversation = p_conversation AND x.seq = p_target;
            UPDATE entry SET body = NULL, changed = v_seq, state = 1, chk = t.chk & -4294967296 WHERE place = t.place;
        ELSIF p_change = 6 THEN
            IF p_flag = 1 THEN
                DELETE FROM reaction x WHERE x.conversation = p_conversation AND x.seq = p_target AND x.emoji = p_text AND x.user_id = p_sender;
            ELSE
                INSERT INTO reaction (conversation, seq, emoji, user_id, added, first)
                VALUES (p_conversation, p_target, p_text, p_sender, v_seq, coalesce(v_emoji_first, v_seq));
            END IF;
            UPDATE entry SET changed = v_seq, state = CASE WHEN p_flag = 1 AND v_rows = 1 THEN t.state & ~4 ELSE t.state | 4 END WHERE place = t.place;
        ELSE
            UPDATE entry SET changed = v_seq, state = t.state # 2 WHERE place = t.place;
        END IF;
    END IF;
    IF p_change = 3 AND p_target IS NOT NULL THEN
        c.keep := CASE WHEN p_target <> 0 THEN ARRAY[p_target >> 40, p_target & ((1::bigint << 40) - 1)] END;
        p_target := NULL;
    END IF;
    c.seq := v_seq;
    c.position := v_position;
    IF p_kind = 1 THEN
        c.number := c.number + 1;
    END IF;
    INSERT INTO entry (place, seq, number, at, chk, target, kind, state, conversation, sender, client_message_id, hash, body)
    VALUES (v_base + v_position, v_seq, c.number, p_at, p_chk, p_target, p_kind, 0, p_conversation, p_sender, p_client, p_hash, p_body);
    IF p_change BETWEEN 1 AND 3 THEN
        c.members_seq := v_seq;
        c.members_position := v_position;
    END IF;
    IF p_change = 3 THEN
        c.title := coalesce(p_text, c.title);
        c.history := coalesce(p_flag, c.history);
    ELSIF p_change IN (1, 2) THEN
        FOR v_i IN 1 .. cardinality(p_user) LOOP
            SELECT * INTO m FROM member x WHERE x.conversation = p_conversation AND x.user_id = p_user[v_i];
            IF NOT FOUND THEN
                m := ROW(p_conversation, p_user[v_i], 0, 0, 0, 0, 0, 0, 0, NULL, ARRAY[]::bigint[])::member;
            END IF;
            v_ranges := m.ranges;
            v_ends := cardinality(v_ranges);
            -- RangeChange: 0 keep, 1 open here, 2 open all, 3 close.
            IF p_user_range[v_i] = 1 AND (v_ends = 0 OR v_ranges[v_ends - 1] <> -1) THEN
                v_ranges := v_ranges || ARRAY[v_seq, c.number, -1, -1];
            ELSIF p_user_range[v_i] = 2 AND NOT (v_ends = 4 AND v_ranges[1] = 1 AND v_ranges[3] = -1) THEN
                v_ranges := ARRAY[1, 0, -1, -1];
            ELSIF p_user_range[v_i] = 3 AND v_ends > 0 AND v_ranges[v_ends - 1] = -1 THEN
                v_ranges[v_ends - 1] := v_seq;
                v_ranges[v_ends] := c.number;
            END IF;
            c.member_count := c.member_count + (p_user_role[v_i] >= 2)::integer - (m.role >= 2)::integer;
            IF v_ranges <> m.ranges OR (m.role <> p_user_role[v_i] AND (m.role < 2 OR p_user_role[v_i] < 2)) THEN
                m.ranges_position := v_position;
            END IF;
            INSERT INTO member (conversation, user_id, role, flags, delivered, read, read_number, marks_position, ranges_position, muted_until, ranges)
            VALUES (p_conversation, p_user[v_i], p_user_role[v_i], 0, 0, 0, 0, v_position, m.ranges_position, NULL, v_ranges)
            ON CONFLICT (conversation, user_id) DO UPDATE
            SET role = excluded.role, marks_position = v_position, ranges_position = excluded.ranges_position, ranges = excluded.ranges;
            c.marks_position := v_position;
        END LOOP;
    ELSIF p_change = 0 AND p_kind = 1 THEN
        UPDATE member x SET read = v_seq, delivered = v_seq, read_number = c.number, marks_position = v_position
        WHERE x.conversation = p_conversation AND x.user_id = p_sender AND x.role >= 2;
        IF FOUND THEN
            c.marks_position := v_position;
        END IF;
    END IF;
    UPDATE conversation x SET title = c.title, history = c.history, seq = c.seq, position = c.position, number = c.number, members_seq = c.members_seq,
        members_position = c.members_position, marks_position = c.marks_position, member_count = c.member_count, keep = c.keep WHERE x.id = p_conversation;
    RETURN NEXT result_row(p_ord, 0, v_seq, v_position, p_at, c.number);
    RETURN NEXT head_row(c);
    IF p_change BETWEEN 1 AND 2 OR p_kind = 1 THEN
        RETURN QUERY SELECT (member_row(x)).* FROM member x WHERE x.conversation = p_conversation AND x.marks_position = v_position;
    END IF;
END $$;
