-- Replaces the runs. ARGV: those.
begin()
redis.call('DEL', T .. ':runs')
for i = 1, #ARGV do
  redis.call('RPUSH', T .. ':runs', ARGV[i])
end
return 1
