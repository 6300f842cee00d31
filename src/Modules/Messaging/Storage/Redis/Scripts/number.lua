-- The running message number at a seq. ARGV: conversation, seq.
local head = redis.call('HGET', conversationKey(ARGV[1]), 'h')
if not head then
  return 0
end
return number(ARGV[1], head, tonumber(ARGV[2]))
