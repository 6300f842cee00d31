-- Begins a run, unless another node was first. ARGV: how many runs are known, the run, the old and the new history of the server, then the shards on it.
begin()
if redis.call('LLEN', T .. ':runs') ~= tonumber(ARGV[1]) then
  return 0
end
for i = 5, #ARGV do
  if redis.call('HGET', T, 'r' .. ARGV[i]) ~= ARGV[3] then
    return 0
  end
end
redis.call('RPUSH', T .. ':runs', ARGV[2])
redis.call('SADD', T .. ':past', ARGV[3])
for i = 5, #ARGV do
  redis.call('HSET', T, 'r' .. ARGV[i], ARGV[4])
end
return 1
