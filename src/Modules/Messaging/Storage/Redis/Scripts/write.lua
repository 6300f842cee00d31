-- Does a batch of appends, marks and cuts, or nothing of it. ARGV: the history that the writer knows, the receipt limit, 1 when the answer
-- waits for replicas, then four values for each operation.
begin()
local MEMBER, MAX_REACTIONS = 2, 50
local STORED, DUPLICATE, REUSED, STALE, NONE, CREATED, NO_TARGET, UNCHANGED, TOO_MANY = 0, 1, 2, 3, 4, 5, 6, 7, 8

local shard = redis.call('HMGET', T, 's', 'p', 'r')
if shard[1] ~= '0' then
  return { 'state', shard[1] or '3' }
end
if shard[3] ~= ARGV[1] then
  return { 'run', shard[3] or '' }
end
local position = tonumber(shard[2])
local previous = position
local receiptLimit = tonumber(ARGV[2])
local conversations, touched = {}, {}

local function decodeMember(user, value)
  local m = { user = user }
  local at
  m.role, m.delivered, m.read, m.readNumber, m.marksPosition, m.rangesPosition, m.flags, at = struct.unpack('<BI6I6I6I6I6B', value)
  m.muted = ''
  if bit.band(m.flags, 4) ~= 0 then
    m.muted = string.sub(value, at, at + 7)
    at = at + 8
  end
  m.ranges = string.sub(value, at)
  return m
end

local function encodeMember(m)
  return struct.pack('<BI6I6I6I6I6B', m.role, m.delivered, m.read, m.readNumber, m.marksPosition, m.rangesPosition, m.flags) .. m.muted .. m.ranges
end

local function encodeHead(c)
  return struct.pack('<BBI6I6I6I6I6I6I4I6', c.kind, c.history, c.seq, c.position, c.number, c.membersSeq, c.membersPosition, c.marksPosition, c.memberCount, c.cut) .. c.title
end

local function find(id, user)
  local c = conversations[id]
  if c ~= nil then
    return c
  end
  local key = conversationKey(id)
  local stored = redis.call('HMGET', key, 'h', 'b', 'm' .. user)
  if not stored[1] then
    conversations[id] = false
    return false
  end
  c = { id = id, key = key, members = {}, changed = {}, first = 0, firstNumber = 0 }
  local at
  c.kind, c.history, c.seq, c.position, c.number, c.membersSeq, c.membersPosition, c.marksPosition, c.memberCount, c.cut, at = struct.unpack('<BBI6I6I6I6I6I6I4I6', stored[1])
  c.title = string.sub(stored[1], at)
  if stored[2] then
    c.first, c.firstNumber = struct.unpack('<I6I6', stored[2])
  end
  c.members[user] = stored[3] and decodeMember(user, stored[3]) or false
  conversations[id] = c
  return c
end

local function findMember(c, user)
  local m = c.members[user]
  if m == nil then
    local value = redis.call('HGET', c.key, 'm' .. user)
    m = value and decodeMember(user, value) or false
    c.members[user] = m
  end
  return m
end

local function touch(c)
  if not c.touched then
    c.touched = true
    touched[#touched + 1] = c
  end
end

local function touchMember(c, m)
  m.marksPosition = position
  c.marksPosition = position
  touch(c)
  if not m.touched then
    m.touched = true
    c.changed[#c.changed + 1] = m
  end
end

local function changeRanges(m, change, c)
  local ranges = m.ranges
  local open = #ranges > 0 and struct.unpack('<I6', ranges, #ranges - 11) == 0
  if change == 1 and not open then
    return ranges .. struct.pack('<I6I6I6I6', c.seq, c.number, 0, 0)
  end
  if change == 2 and not (#ranges == 24 and open and struct.unpack('<I6', ranges) == 1) then
    return struct.pack('<I6I6I6I6', 1, 0, 0, 0)
  end
  if change == 3 and open then
    return string.sub(ranges, 1, #ranges - 12) .. struct.pack('<I6I6', c.seq, c.number)
  end
  return nil
end

local function setMembers(c, list)
  for at = 1, #list, 18 do
    local user = string.sub(list, at, at + 15)
    local role, change = string.byte(list, at + 16, at + 17)
    local m = findMember(c, user)
    if not m then
      m = { user = user, role = 0, delivered = 0, read = 0, readNumber = 0, marksPosition = 0, rangesPosition = 0, flags = 0, muted = '', ranges = '' }
      c.members[user] = m
      redis.call('ZADD', T .. ':u', 0, user .. c.id)
    end
    c.memberCount = c.memberCount + (role >= MEMBER and 1 or 0) - (m.role >= MEMBER and 1 or 0)
    local ranges = changeRanges(m, change, c)
    if ranges or (m.role ~= role and (m.role < MEMBER or role < MEMBER)) then
      m.rangesPosition = position
    end
    m.role, m.ranges = role, ranges or m.ranges
    touchMember(c, m)
  end
end

local function setRow(c, seq, value)
  local key, index = place(c.id, c.first, seq)
  redis.call('LSET', key, index, value)
end

-- A message's row with other flags, its place of change, and body and the body's checksum where they change.
local function rewritten(value, flags, changed, edited, body, check)
  local _, at = parts(value)
  local middle = bit.band(flags, TARGET) ~= 0 and string.sub(value, 79, 84) or ''
  return string.sub(value, 1, 1) .. string.char(bit.bor(flags, CHANGED)) .. string.sub(value, 3, 70) .. (check or string.sub(value, 71, 74)) .. string.sub(value, 75, 78)
    .. middle .. struct.pack('<I6', changed) .. edited .. (body or string.sub(value, at))
end

local function react(c, seq, sender, emoji, remove)
  local stored = redis.call('HGET', T .. ':r:' .. c.id, seq) or ''
  local emojis, count, rows = {}, 0, 0
  local first, mine, mineEnd
  local at = 1
  while at <= #stored do
    local size = string.byte(stored, at)
    local one = string.sub(stored, at + 1, at + size)
    local next = at + 1 + size + 28
    rows = rows + 1
    if not emojis[one] then
      emojis[one] = true
      count = count + 1
    end
    if one == emoji then
      first = struct.unpack('<I6', stored, next - 6)
      if string.sub(stored, at + 1 + size, at + 16 + size) == sender then
        mine, mineEnd = at, next
      end
    end
    at = next
  end
  if (mine ~= nil) ~= remove then
    return UNCHANGED
  end
  if remove then
    stored = string.sub(stored, 1, mine - 1) .. string.sub(stored, mineEnd)
  else
    if not first and count >= MAX_REACTIONS then
      return TOO_MANY
    end
    stored = stored .. string.char(#emoji) .. emoji .. sender .. struct.pack('<I6I6', c.seq + 1, first or (c.seq + 1))
  end
  return STORED, stored
end

-- Changes the target of an edit, deletion, reaction or pin, unless there is nothing to change.
local function changeTarget(c, op, seq, sender, at, first, second)
  if seq < 1 or seq > c.seq or seq <= c.cut then
    return NO_TARGET
  end
  local value = row(c.id, c.first, seq)
  if not value or string.byte(value) ~= 1 then
    return NO_TARGET
  end
  local flags, _, _, edited = parts(value)
  local deleted = bit.band(flags, DELETED) ~= 0
  if op == 'd' then
    if deleted then
      return UNCHANGED
    end
    if bit.band(flags, REACTIONS) ~= 0 then
      redis.call('HDEL', T .. ':r:' .. c.id, seq)
    end
    setRow(c, seq, rewritten(value, bit.bor(bit.band(flags, TARGET + FORGOTTEN), DELETED), c.seq + 1, edited, '', '\0\0\0\0'))
    return STORED
  end
  if deleted then
    return NO_TARGET
  end
  if op == 'e' then
    setRow(c, seq, rewritten(value, flags, c.seq + 1, at, first, second))
    return STORED
  end
  if op == 'p' then
    if (bit.band(flags, PINNED) ~= 0) == (first == '1') then
      return UNCHANGED
    end
    setRow(c, seq, rewritten(value, bit.bxor(flags, PINNED), c.seq + 1, edited))
    return STORED
  end
  local outcome, reactions = react(c, seq, sender, first, second == '1')
  if outcome ~= STORED then
    return outcome
  end
  if reactions == '' then
    redis.call('HDEL', T .. ':r:' .. c.id, seq)
    flags = bit.band(flags, bit.bnot(REACTIONS))
  else
    redis.call('HSET', T .. ':r:' .. c.id, seq, reactions)
    flags = bit.bor(flags, REACTIONS)
  end
  setRow(c, seq, rewritten(value, flags, c.seq + 1, edited))
  return STORED
end

-- A head ends with flags (1 a title, 2 a rule of what is kept), the rule, the title.
local function changeEnd(c, title, keep)
  local flags, at = string.byte(c.title), 2
  local rule = ''
  if flags >= 2 then
    flags, rule, at = flags - 2, string.sub(c.title, 2, 11), 12
  end
  local text = string.sub(c.title, at)
  if title then
    flags, text = string.byte(title), string.sub(title, 2)
  end
  if #keep > 0 then
    rule = #keep == 10 and keep or ''
  end
  c.title = string.char(flags + (rule ~= '' and 2 or 0)) .. rule .. text
end

local function append(blob, body, first, second)
  local _, id, kind, field, about, membersSeq, role, op = struct.unpack('<c1c16Bc12I6I6bc1', blob)
  local fixed = string.sub(blob, 45)
  local sender, at = string.sub(fixed, 1, 16), string.sub(fixed, 17, 24)
  local requests = T .. ':q:' .. id
  local c = find(id, sender)
  if not c then
    if op ~= 'c' then
      return { NONE }
    end
    c = {
      id = id, key = conversationKey(id), members = {}, changed = {}, first = 0, firstNumber = 0, kind = string.byte(second, 1), history = string.byte(second, 2),
      seq = 0, position = 0, number = 0, membersSeq = 0, membersPosition = 0, marksPosition = 0, memberCount = 0, cut = 0, title = string.sub(second, 3),
    }
    conversations[id] = c
    redis.call('ZADD', T .. ':i', 0, id)
    redis.call('HSET', requests, field, 1)
  else
    local stale = membersSeq ~= c.membersSeq
    if stale and role >= 0 then
      local m = findMember(c, sender)
      stale = not m or m.role ~= role
    end
    -- A message is refused for nothing but its id once the members agree, so its request is entered without a look first.
    local plain = kind == 1 and not stale and op == '-'
    local before = false
    if not plain or redis.call('HSETNX', requests, field, c.seq + 1) == 0 then
      before = redis.call('HGET', requests, field)
    end
    if before then
      before = tonumber(before)
      local value = row(id, c.first, before)
      if not value or string.sub(value, 55, 70) ~= string.sub(fixed, 41, 56) then
        return { REUSED }
      end
      local _, _, where = struct.unpack(ROW, value)
      return { DUPLICATE, before, where, string.sub(value, 31, 38) }
    end
    if kind == 0 then
      return { CREATED }
    end
    if stale then
      return { STALE }
    end
    if op == 'e' or op == 'd' or op == 'r' or op == 'p' then
      local outcome = changeTarget(c, op, about, sender, at, first, second)
      if outcome ~= STORED then
        return { outcome }
      end
    end
    if not plain then
      redis.call('HSET', requests, field, c.seq + 1)
    end
  end
  position = position + 1
  c.seq = c.seq + 1
  c.position = position
  if kind == 1 then
    c.number = c.number + 1
  end
  local key = place(id, c.first, c.seq)
  local value = struct.pack(ROW, kind, about > 0 and TARGET or 0, position, c.number) .. fixed .. (about > 0 and struct.pack('<I6', about) or '') .. body
  redis.call('RPUSH', key, value)
  redis.call('XADD', T .. ':f', whole(position) .. '-0', 'e', id .. struct.pack('<I6', c.seq))
  touch(c)
  if op == 'c' or op == 'm' then
    setMembers(c, first)
    c.membersSeq, c.membersPosition = c.seq, position
  elseif op == 's' then
    changeEnd(c, string.byte(first, 1) == 1 and string.sub(first, 3), second)
    if string.byte(first, 2) ~= 255 then
      c.history = string.byte(first, 2)
    end
    c.membersSeq, c.membersPosition = c.seq, position
  elseif op == '-' and kind == 1 then
    local m = findMember(c, sender)
    if m and m.role >= MEMBER then
      m.read, m.delivered, m.readNumber = c.seq, c.seq, c.number
      touchMember(c, m)
    end
  end
  return { STORED, c.seq, position, c.number }
end

-- The running number at a seq, for marks.
local function numberAt(c, seq)
  seq = math.max(seq, c.cut)
  if seq < 1 then
    return 0
  end
  if seq >= c.seq then
    return c.number
  end
  local value = row(c.id, c.first, seq)
  if not value then
    return c.firstNumber
  end
  local _, _, _, count = struct.unpack(ROW, value)
  return count
end

local function mark(blob)
  local _, id, user, wantDelivered, wantRead, preferences = struct.unpack('<c1c16c16I6I6b', blob)
  local c = find(id, user)
  local m = c and findMember(c, user)
  if not m then
    return {}
  end
  local read = math.max(m.read, math.min(wantRead, c.seq))
  -- Above the limit nobody is shown who got what, so delivered only follows read.
  local delivered = c.memberCount > receiptLimit and 0 or math.min(wantDelivered, c.seq)
  delivered = math.max(m.delivered, math.max(delivered, read))
  local flags, muted = m.flags, m.muted
  if preferences >= 0 then
    flags, muted = preferences, string.sub(blob, 47)
  end
  if read == m.read and delivered == m.delivered and flags == m.flags and muted == m.muted then
    return {}
  end
  if read ~= m.read then
    m.readNumber = numberAt(c, read)
  end
  m.read, m.delivered, m.flags, m.muted = read, delivered, flags, muted
  position = position + 1
  touchMember(c, m)
  return {}
end

-- The field of an entry's request: see RedisKeys.Request.
local function requestField(value, key)
  local hex = redis.sha1hex(key .. string.sub(value, 15, 30) .. string.sub(value, 39, 54))
  return (string.gsub(string.sub(hex, 1, 24), '..', function(two) return string.char(tonumber(two, 16)) end))
end

local function leave(c, seq, value, key)
  local _, _, where, count = struct.unpack(ROW, value)
  redis.call('HDEL', T .. ':q:' .. c.id, requestField(value, key))
  redis.call('HDEL', T .. ':r:' .. c.id, seq)
  redis.call('XDEL', T .. ':f', whole(where) .. '-0')
  redis.call('LPOP', (place(c.id, c.first, seq)))
  c.first, c.firstNumber = seq, count
end

local function empty(c, seq, value)
  local flags, at = parts(value)
  local reacted = bit.band(flags, REACTIONS) ~= 0
  if reacted then
    redis.call('HDEL', T .. ':r:' .. c.id, seq)
  end
  if reacted or at <= #value then
    setRow(c, seq, string.sub(value, 1, 1) .. string.char(bit.band(flags, bit.bnot(REACTIONS))) .. string.sub(value, 3, 70) .. '\0\0\0\0' .. string.sub(value, 75, at - 1))
  end
end

-- Hides entries up to a seq. Of the next rows those from before a time leave with their requests, as far as they are the first; the others are emptied.
-- Answers how many left and up to where it has looked, 0 at the end.
local function cut(blob, key)
  local _, id, upTo, after, low, high, limit = struct.unpack('<c1c16I6I6I4I4I6', blob)
  local c = find(id, '')
  if not c then
    return { 0, 0 }
  end
  upTo = math.min(upTo, c.seq)
  if upTo > c.cut then
    c.cut = upTo
    position = position + 1
    c.marksPosition = position
    touch(c)
  end
  local from = math.max(after, c.first)
  local to = math.min(c.cut, from + limit)
  local first, left = c.first, 0
  for seq = from + 1, to do
    local value = row(id, c.first, seq)
    local atLow, atHigh = struct.unpack('<I4I4', value, 31)
    if seq == c.first + 1 and (atHigh < high or (atHigh == high and atLow < low)) then
      leave(c, seq, value, key)
      left = left + 1
    else
      empty(c, seq, value)
    end
  end
  if c.first ~= first then
    redis.call('HSET', c.key, 'b', struct.pack('<I6I6', c.first, c.firstNumber))
  end
  return { left, to < c.cut and to or 0 }
end

local results = {}
for i = 4, #ARGV, 4 do
  local blob = ARGV[i]
  local op = string.sub(blob, 1, 1)
  if op == 'a' then
    results[#results + 1] = append(blob, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  elseif op == 'm' then
    results[#results + 1] = mark(blob)
  elseif op == 'k' then
    results[#results + 1] = cut(blob, ARGV[i + 1])
  else
    results[#results + 1] = {}
  end
end

local changes = {}
for i, c in ipairs(touched) do
  local head = encodeHead(c)
  local fields = { c.key, 'h', head }
  local members = {}
  for j, m in ipairs(c.changed) do
    local value = encodeMember(m)
    fields[#fields + 1] = 'm' .. m.user
    fields[#fields + 1] = value
    members[#members + 1] = m.user
    members[#members + 1] = value
    if #fields > 4000 then
      redis.call('HSET', unpack(fields))
      fields = { c.key }
    end
  end
  if #fields > 1 then
    redis.call('HSET', unpack(fields))
  end
  redis.call('ZADD', T .. ':x', whole(math.max(c.position, c.marksPosition)), c.id)
  changes[i] = { c.id, head, members }
end
if position ~= previous then
  redis.call('HSET', T, 'p', whole(position))
elseif ARGV[3] == '1' then
  -- What is answered here may rest on a write that no replica has yet: this one comes after it, and is waited for.
  redis.call('HINCRBY', T, 'w', 1)
end
return { 'ok', previous, position, results, changes }
