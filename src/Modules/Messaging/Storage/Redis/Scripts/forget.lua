-- Forgets requests of entries up to a position. ARGV: position, then conversation and field of each. Answers how many there were.
begin()
local count = 0
for i = 2, #ARGV, 2 do
  count = count + redis.call('HDEL', T .. ':q:' .. ARGV[i], ARGV[i + 1])
end
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', T, 'f') or '0') then
  redis.call('HSET', T, 'f', ARGV[1])
end
return count
