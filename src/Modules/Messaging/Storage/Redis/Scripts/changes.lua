-- What came after a position, in one moment: to tell what other nodes wrote. ARGV: position, most entries, most conversations, the history that the reader
-- knows, 1 when the answer waits for replicas.
local after, most, mostConversations = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local shard = redis.call('HMGET', T, 'p', 'r', 's')
if shard[2] ~= ARGV[4] then
  return { 'run', shard[2] or '' }
end
local now = tonumber(shard[1])
if now <= after then
  return { 'ok', now, {}, {}, {}, {} }
end
if ARGV[5] == '1' then
  redis.call('HINCRBY', T, 'w', 1)
end
local page = redis.call('XRANGE', T .. ':f', whole(after + 1), '+', 'COUNT', most + 1)
local ids = redis.call('ZRANGEBYSCORE', T .. ':x', '(' .. whole(after), '+inf', 'LIMIT', 0, mostConversations + 1)
if #page > most or #ids > mostConversations then
  return { 'far', now }
end
local places, rows, extras, changed = {}, {}, {}, {}
for _, item in ipairs(page) do
  local where = item[2][2]
  local id, seq = struct.unpack('<c16I6', where)
  local first = base(id)
  local value = row(id, first, seq)
  if value then
    places[#places + 1] = where
    rows[#rows + 1] = value
    local kind, flags = string.byte(value, 1, 2)
    if kind == 2 or bit.band(flags, REACTIONS) ~= 0 then
      extras[#extras + 1] = #rows - 1
      extras[#extras + 1] = extra(id, first, seq, value) or ''
    end
  end
end
for _, id in ipairs(ids) do
  local fields = redis.call('HGETALL', conversationKey(id))
  local head, members = '', {}
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 'h' then
      head = value
    elseif string.sub(name, 1, 1) == 'm' and struct.unpack('<I6', value, 20) > after then
      members[#members + 1] = string.sub(name, 2)
      members[#members + 1] = value
    end
  end
  changed[#changed + 1] = { id, head, members }
end
return { 'ok', now, places, rows, extras, changed }
