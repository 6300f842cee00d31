-- How the keys of a shard hang together; every script begins with this. KEYS[1] is the shard, a hash: s state, p position, r the history
-- that it was written in, f up to where requests are forgotten. All other keys begin with its name and lie in its slot.
local T = KEYS[1]
local BLOCK = 1024
local ROW = '<BBI6I6'
local DELETED, PINNED, REACTIONS, TARGET, FORGOTTEN, CHANGED = 1, 2, 4, 8, 16, 32

-- For scripts that write: in a slot that is being moved, access to a key that is not there fails: here, before anything is done, and not half way.
local function begin()
  redis.call('EXISTS', T .. ':never')
end

local function conversationKey(id)
  return T .. ':c:' .. id
end

local function blockKey(id, block)
  return T .. ':e:' .. id .. struct.pack('>I4', block)
end

local function base(id)
  local stored = redis.call('HGET', conversationKey(id), 'b')
  if stored then
    local seq, number = struct.unpack('<I6I6', stored)
    return seq, number
  end
  return 0, 0
end

-- The list and the index in it of an entry; rows up to first are gone.
local function place(id, first, seq)
  local block = math.floor((seq - 1) / BLOCK)
  return blockKey(id, block), seq - 1 - math.max(block * BLOCK, first)
end

local function row(id, first, seq)
  if seq <= first then
    return false
  end
  local key, index = place(id, first, seq)
  return redis.call('LINDEX', key, index)
end

-- Where the body begins, and what lies before it.
local function parts(value)
  local flags = string.byte(value, 2)
  local at = 79
  if bit.band(flags, TARGET) ~= 0 then
    at = at + 6
  end
  local changed, edited = 0, '\0\0\0\0\0\0\0\0'
  if bit.band(flags, CHANGED) ~= 0 then
    changed = struct.unpack('<I6', value, at)
    edited = string.sub(value, at + 6, at + 13)
    at = at + 14
  end
  return flags, at, changed, edited
end

local function target(value)
  if bit.band(string.byte(value, 2), TARGET) == 0 then
    return 0
  end
  local seq = struct.unpack('<I6', value, 79)
  return seq
end

-- What a reader needs beside the row: the reactions, or the present body of an edited message.
local function extra(id, first, seq, value)
  local kind, flags = string.byte(value, 1, 2)
  if bit.band(flags, REACTIONS) ~= 0 then
    return redis.call('HGET', T .. ':r:' .. id, seq)
  end
  if kind == 2 then
    local edited = row(id, first, target(value))
    if edited then
      local _, at = parts(edited)
      return string.sub(edited, at)
    end
  end
  return false
end

-- The running message number at a seq; below the cut it is that at the cut.
local function number(id, head, seq)
  seq = math.max(seq, (struct.unpack('<I6', head, 43)))
  if seq < 1 then
    return 0
  end
  local last, _, count = struct.unpack('<I6I6I6', head, 3)
  if seq >= last then
    return count
  end
  local first, before = base(id)
  local value = row(id, first, seq)
  if not value then
    return before
  end
  local _, _, _, at = struct.unpack(ROW, value)
  return at
end

local function whole(value)
  return string.format('%.0f', value)
end
