-- Takes a part of the rows of a shard away that is gone or receiving. Answers how many conversations are left, -1 when the shard is in use.
begin()
local state = redis.call('HGET', T, 's')
if state ~= '2' and state ~= '3' then
  return -1
end
local ids = redis.call('ZRANGE', T .. ':i', 0, 99)
for _, id in ipairs(ids) do
  local first = base(id)
  local block = math.floor(first / BLOCK)
  while redis.call('UNLINK', blockKey(id, block)) == 1 do
    block = block + 1
  end
  redis.call('UNLINK', conversationKey(id), T .. ':q:' .. id, T .. ':r:' .. id)
  redis.call('ZREM', T .. ':i', id)
end
local left = redis.call('ZCARD', T .. ':i')
if left == 0 then
  redis.call('UNLINK', T .. ':f', T .. ':x', T .. ':u', T .. ':o')
  redis.call('HDEL', T, 'f')
end
return left
