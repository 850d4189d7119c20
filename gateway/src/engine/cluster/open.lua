-- Finds or begins the era of a log. KEYS: log, state.
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('NOTMASTER this server is a replica')
end
local id = string.sub(string.match(info, 'master_replid:(%x+)'), 1, 12)
local state = redis.call('HMGET', KEYS[2], 'era', 'ms', 'number')
if state[1] and string.sub(state[1], 1, 12) == id then return state[1] end
local now = redis.call('TIME')
local ms, last = now[1] * 1000 + math.floor(now[2] / 1000), tonumber(state[2] or 0)
if ms < last then ms = last end
local at, number = string.format('%.0f', ms), string.format('%.0f', (state[3] or 0) + 1)
local era = id .. '.' .. at
redis.call('XADD', KEYS[1], at .. '-' .. number, 'e', era)
redis.call('HSET', KEYS[2], 'era', era, 'ms', at, 'number', number)
return era
