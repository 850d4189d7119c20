-- Keeps a snapshot, and trims what was before the last one. KEYS: log, state, snapshot. ARGV: era, number, id, snapshot.
local state = redis.call('HMGET', KEYS[2], 'era', 'saved', 'saved_id')
if state[1] ~= ARGV[1] or tonumber(state[2] or 0) >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[3], ARGV[4])
redis.call('HSET', KEYS[2], 'saved', ARGV[2], 'saved_id', ARGV[3])
if state[3] then redis.call('XTRIM', KEYS[1], 'MINID', state[3]) end
return 1
