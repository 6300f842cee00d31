-- Entries of the shard after a position, those that were cut left out. ARGV: position, limit, 1 for cut ones too.
local after, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local places, rows, extras = {}, {}, {}
local known = {}
while #rows < limit do
  local page = redis.call('XRANGE', T .. ':f', whole(after + 1), '+', 'COUNT', limit - #rows)
  if #page == 0 then
    break
  end
  for _, item in ipairs(page) do
    local where = item[2][2]
    local id, seq = struct.unpack('<c16I6', where)
    local c = known[id]
    if not c then
      local head = redis.call('HGET', conversationKey(id), 'h')
      c = { first = base(id), cut = head and struct.unpack('<I6', head, 43) or 0 }
      known[id] = c
    end
    if seq > c.cut or ARGV[3] == '1' then
      local value = row(id, c.first, seq)
      if value then
        places[#places + 1] = where
        rows[#rows + 1] = value
        local kind, flags = string.byte(value, 1, 2)
        if kind == 2 or bit.band(flags, REACTIONS) ~= 0 then
          extras[#extras + 1] = #rows - 1
          extras[#extras + 1] = extra(id, c.first, seq, value) or ''
        end
      end
    end
    after = tonumber(string.match(item[1], '^%d+'))
  end
end
return { places, rows, extras, after }
