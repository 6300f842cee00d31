-- Entries of a conversation. ARGV: conversation, from, to, limit, 1 for the newest, 1 for cut ones too.
local id, from, to, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local stored = redis.call('HMGET', conversationKey(id), 'h', 'b')
local head = stored[1]
if not head then
  return { 0, {}, {}, 0 }
end
local first = stored[2] and struct.unpack('<I6', stored[2]) or 0
local last = struct.unpack('<I6', head, 3)
local cut = struct.unpack('<I6', head, 43)
from = math.max(from, first + 1, ARGV[6] == '1' and 1 or cut + 1)
to = math.min(to, last)
if ARGV[5] == '1' then
  from = math.max(from, to - limit + 1)
else
  to = math.min(to, from + limit - 1)
end
local rows, extras = {}, {}
local byte, band = string.byte, bit.band
local seq = from
while seq <= to do
  local blockEnd = math.min(to, (math.floor((seq - 1) / BLOCK) + 1) * BLOCK)
  local key, index = place(id, first, seq)
  local part = redis.call('LRANGE', key, index, index + blockEnd - seq)
  if #part == 0 then
    break
  end
  local count = #rows
  if count == 0 then
    rows = part
  end
  for i = 1, #part do
    local value = part[i]
    if count > 0 then
      rows[count + i] = value
    end
    local kind, flags = byte(value, 1, 2)
    if kind == 2 or flags >= REACTIONS and band(flags, REACTIONS) ~= 0 then
      extras[#extras + 1] = count + i - 1
      extras[#extras + 1] = extra(id, first, seq + i - 1, value) or ''
    end
  end
  seq = blockEnd + 1
end
return { from, rows, extras, ARGV[6] == '1' and tonumber(redis.call('HGET', T, 'f') or '0') or 0 }
