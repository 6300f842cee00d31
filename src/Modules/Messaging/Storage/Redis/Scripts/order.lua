-- Brings a part of the entries that were written out of order into the feed, in order. Answers how many are left.
begin()
local waiting = T .. ':o'
local feed = T .. ':f'
local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
if #first == 0 then
  return 0
end
local last = redis.call('XREVRANGE', feed, '+', '-', 'COUNT', 1)
if #last > 0 and tonumber(string.match(last[1][1], '^%d+')) >= tonumber(first[2]) then
  for _, item in ipairs(redis.call('XRANGE', feed, '-', '+')) do
    redis.call('ZADD', waiting, string.match(item[1], '^%d+'), item[2][2])
  end
  redis.call('DEL', feed)
end
local part = redis.call('ZRANGE', waiting, 0, 999, 'WITHSCORES')
for i = 1, #part, 2 do
  redis.call('XADD', feed, part[i + 1] .. '-0', 'e', part[i])
end
redis.call('ZREMRANGEBYRANK', waiting, 0, #part / 2 - 1)
return redis.call('ZCARD', waiting)
