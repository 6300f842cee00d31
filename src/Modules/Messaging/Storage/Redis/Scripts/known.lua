-- Stores messages whose effects the writer has worked out from what it knows, or nothing: the shard must be where the writer says, and no request there
-- already. ARGV: the history that the writer knows, the position before, the position after, how many messages, for each conversation, block, field of its request, seq,
-- place in the feed and what is there, row; then for each conversation that changes id, position, how many fields, and those.
begin()
local call = redis.call
local shard = call('HMGET', T, 's', 'p', 'r')
if shard[1] ~= '0' or shard[2] ~= ARGV[2] or shard[3] ~= ARGV[1] then
  return { 'other' }
end
local requests, entries, feed = T .. ':q:', T .. ':e:', T .. ':f'
local rows = 5 + 7 * tonumber(ARGV[4])
for i = 5, rows - 1, 7 do
  if call('HSETNX', requests .. ARGV[i], ARGV[i + 2], ARGV[i + 3]) == 0 then
    for j = 5, i - 1, 7 do
      call('HDEL', requests .. ARGV[j], ARGV[j + 2])
    end
    return { 'other' }
  end
end
for i = 5, rows - 1, 7 do
  call('RPUSH', entries .. ARGV[i] .. ARGV[i + 1], ARGV[i + 6])
  call('XADD', feed, ARGV[i + 4], 'e', ARGV[i + 5])
end
local at = rows
while at <= #ARGV do
  local id, count = ARGV[at], 2 * tonumber(ARGV[at + 2])
  call('HSET', conversationKey(id), unpack(ARGV, at + 3, at + 2 + count))
  call('ZADD', T .. ':x', ARGV[at + 1], id)
  at = at + 3 + count
end
call('HSET', T, 'p', ARGV[3])
return { 'ok' }
