-- Appends an entry. KEYS: log, state. ARGV: era, when something is due (or nothing), entry.
-- Answers the entry's number; 0 where what is due has been seen to by another, -1 where it is not due yet.
local state = redis.call('HMGET', KEYS[2], 'era', 'ms', 'number')
if state[1] ~= ARGV[1] then return redis.error_reply('ERA the log is in ' .. tostring(state[1])) end
local now = redis.call('TIME')
local ms, last = now[1] * 1000 + math.floor(now[2] / 1000), tonumber(state[2])
if ms < last then ms = last end
if ARGV[2] ~= '' then
  if last >= tonumber(ARGV[2]) then return 0 end
  if ms < tonumber(ARGV[2]) then return -1 end
end
local at, number = string.format('%.0f', ms), string.format('%.0f', state[3] + 1)
redis.call('XADD', KEYS[1], at .. '-' .. number, 'e', ARGV[1], 'b', ARGV[3])
redis.call('HSET', KEYS[2], 'ms', at, 'number', number)
return tonumber(number)
