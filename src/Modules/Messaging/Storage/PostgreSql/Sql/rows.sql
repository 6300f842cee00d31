-- Rows of answers, and what the other functions share.
CREATE OR REPLACE FUNCTION head_row(c conversation) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(1::smallint, 0, c.id, NULL::uuid, c.kind::bigint, c.history::bigint, c.seq, c.position, c.number, c.members_seq, c.members_position,
        c.marks_position, c.member_count::bigint, c.cut, c.title, c.keep)::answer $$;

CREATE OR REPLACE FUNCTION member_row(m member) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(2::smallint, 0, m.conversation, m.user_id, m.role::bigint, m.flags::bigint, m.delivered, m.read, m.read_number, m.marks_position,
        m.ranges_position, m.muted_until, NULL::bigint, NULL::bigint, NULL::bytea, m.ranges)::answer $$;

CREATE OR REPLACE FUNCTION result_row(ord integer, outcome integer, seq bigint, at_position bigint, at bigint, number bigint) RETURNS answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(0::smallint, ord, NULL::uuid, NULL::uuid, outcome::bigint, seq, at_position, at, number, NULL::bigint, NULL::bigint,
        NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea, NULL::bigint[])::answer $$;

-- The running message number at a seq; below the cut that at the cut. Where the entry has left, it is the number before the first that has not.
CREATE OR REPLACE FUNCTION number_at(p_conversation uuid, p_seq bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN greatest(p_seq, c.cut) < 1 THEN 0 WHEN p_seq >= c.seq THEN c.number ELSE coalesce(
        (SELECT e.number - CASE WHEN e.seq > greatest(p_seq, c.cut) AND e.kind = 1 THEN 1 ELSE 0 END FROM entry e
         WHERE e.conversation = p_conversation AND e.seq >= greatest(p_seq, c.cut) ORDER BY e.seq LIMIT 1), c.number) END
    FROM conversation c WHERE c.id = p_conversation $$;

-- The body of a message; what few rows of a page need is no part of its plan, which each page would have to set up.
CREATE OR REPLACE FUNCTION body_at(p_conversation uuid, p_seq bigint) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT e.body FROM entry e WHERE e.conversation = p_conversation AND e.seq = p_seq);
END $$;

-- Reactions in the order in which they are shown: emojis, and who.
CREATE OR REPLACE FUNCTION emojis_at(p_conversation uuid, p_seq bigint) RETURNS bytea[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT array_agg(r.emoji ORDER BY r.first, r.added) FROM reaction r WHERE r.conversation = p_conversation AND r.seq = p_seq);
END $$;

CREATE OR REPLACE FUNCTION reactors_at(p_conversation uuid, p_seq bigint) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT array_agg(r.user_id ORDER BY r.first, r.added) FROM reaction r WHERE r.conversation = p_conversation AND r.seq = p_seq);
END $$;
