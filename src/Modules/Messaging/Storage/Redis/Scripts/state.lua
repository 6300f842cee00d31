-- Sets the state of a shard. ARGV: state, position. The position counts only where the shard becomes receiving or was it; answers the one that it has.
-- One that is gone is not made held at once.
begin()
local before = redis.call('HMGET', T, 's', 'p')
if ARGV[1] == '0' and before[1] == '3' then
  return redis.error_reply('GONE the shard has to be received before it is held')
end
local position = before[2] or '0'
if ARGV[1] == '2' or before[1] == '2' then
  position = ARGV[2]
end
redis.call('HSET', T, 's', ARGV[1], 'p', position)
return tonumber(position)
