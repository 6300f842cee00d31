-- Writes rows as they are, all or none of them. ARGV: how many conversations, for each id, head, position of its last change, how many members and for each user
-- and row; then for each entry conversation, seq, row without what is worked out, reactions, field of its request.
begin()
local state = redis.call('HGET', T, 's')
if state ~= '2' then
  return { 'state', state or '3' }
end
local at = 2
local plan = {}
for _ = 1, tonumber(ARGV[1]) do
  plan[#plan + 1] = at
  at = at + 4 + 2 * tonumber(ARGV[at + 3])
end
-- Whether the entries fit is looked at before anything is written.
local bases, ends = {}, {}
for i = at, #ARGV, 5 do
  local id, seq = ARGV[i], tonumber(ARGV[i + 1])
  if bases[id] == nil then
    local stored = redis.call('HGET', conversationKey(id), 'b')
    if stored then
      bases[id] = base(id)
    else
      bases[id] = redis.call('EXISTS', blockKey(id, 0)) == 1 and 0 or seq - 1
    end
  end
  local key, index = place(id, bases[id], seq)
  local size = ends[key] or redis.call('LLEN', key)
  if index < 0 or index > size then
    return { 'gap', seq }
  end
  ends[key] = math.max(size, index + 1)
end
for _, from in ipairs(plan) do
  local id = ARGV[from]
  local key = conversationKey(id)
  redis.call('HSET', key, 'h', ARGV[from + 1])
  redis.call('ZADD', T .. ':x', ARGV[from + 2], id)
  redis.call('ZADD', T .. ':i', 0, id)
  for i = from + 4, from + 3 + 2 * tonumber(ARGV[from + 3]), 2 do
    redis.call('HSET', key, 'm' .. ARGV[i], ARGV[i + 1])
    redis.call('ZADD', T .. ':u', 0, ARGV[i] .. id)
  end
end
for i = at, #ARGV, 5 do
  local id, seq, value = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local first = bases[id]
  local _, _, position, count = struct.unpack(ROW, value)
  if first > 0 and seq == first + 1 and redis.call('HEXISTS', conversationKey(id), 'b') == 0 then
    redis.call('HSET', conversationKey(id), 'b', struct.pack('<I6I6', first, count - (string.byte(value) == 1 and 1 or 0)))
  end
  local key, index = place(id, first, seq)
  if index < redis.call('LLEN', key) then
    redis.call('LSET', key, index, value)
  else
    redis.call('RPUSH', key, value)
  end
  if ARGV[i + 3] ~= '' then
    redis.call('HSET', T .. ':r:' .. id, seq, ARGV[i + 3])
  else
    redis.call('HDEL', T .. ':r:' .. id, seq)
  end
  if bit.band(string.byte(value, 2), FORGOTTEN) == 0 then
    redis.call('HSET', T .. ':q:' .. id, ARGV[i + 4], seq)
  else
    redis.call('HDEL', T .. ':q:' .. id, ARGV[i + 4])
  end
  redis.call('ZADD', T .. ':o', whole(position), id .. struct.pack('<I6', seq))
end
return { 'ok' }
