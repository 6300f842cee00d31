-- Makes the log, unless it is there. ARGV: the number of fields and values, those, then the runs.
begin()
if redis.call('EXISTS', T) == 1 then
  return 0
end
local count = tonumber(ARGV[1])
for i = 2, count, 2 do
  redis.call('HSET', T, ARGV[i], ARGV[i + 1])
end
for i = count + 2, #ARGV do
  redis.call('RPUSH', T .. ':runs', ARGV[i])
end
return 1
