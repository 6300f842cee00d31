-- Sets the state of a shard. ARGV: state, position. The position counts only where the shard becomes receiving or was it; answers the one that it has.
begin()
local before = redis.call('HMGET', T, 's', 'p')
local position = before[2] or '0'
if ARGV[1] == '2' or before[1] == '2' then
  position = ARGV[2]
end
redis.call('HSET', T, 's', ARGV[1], 'p', position)
return tonumber(position)
