-- Writes a whole snapshot, or nothing (docs/contract.md, section 10).
--
-- KEYS: version, index, snapshot, history, at-risk, alarms; then one hash for every place.
-- ARGV: head (packed map), document (JSON), members at risk (packed flat list of scores and names); then for
--       every hash its fields (packed flat list). '' keeps members or a hash as they stand.
-- Answers 'written'; 'foreign:' and its name when another deployment's values stand; 'older' when what stands
-- is newer; 'incomplete' when what to keep is not there as told.
--
-- A refusal comes before the first write. The keys of one tenant share a hash tag, so they are in one slot.

local FIXED, FIRST_HASH, CHUNK, MINUTE_MS, HISTORY = 6, 4, 1000, 60000, 1440
local head = cmsgpack.unpack(ARGV[1])

local function chunks(list, act)
  for first = 1, #list, CHUNK do
    act(unpack(list, first, math.min(first + CHUNK - 1, #list)))
  end
end

local stands = redis.call('HMGET', KEYS[1], 't', 'computed_at', 'dimensions', 'at_risk', 'owner')
if stands[5] and stands[5] ~= head.owner then
  return 'foreign:' .. stands[5]
end
if stands[1] then
  local t, computed_at = tonumber(stands[1]), tonumber(stands[2])
  local new_t, new_computed_at = tonumber(head.t), tonumber(head.computed_at)
  if t > new_t or (t == new_t and computed_at > new_computed_at) then
    return 'older'
  end
end
for i = FIXED + 1, #KEYS do
  local kept = ARGV[i - FIXED - 1 + FIRST_HASH] == ''
  if kept and (stands[3] ~= head.dimensions or redis.call('EXISTS', KEYS[i]) == 0) then
    return 'incomplete'
  end
end
local same_at_risk = ARGV[3] == ''
if same_at_risk and (stands[4] ~= head.at_risk or redis.call('ZCARD', KEYS[5]) ~= head.at_risk_size) then
  return 'incomplete'
end

local places, is_place = {}, {}
for i = FIXED + 1, #KEYS do
  places[#places + 1] = KEYS[i]
  is_place[KEYS[i]] = true
end
for _, key in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if not is_place[key] and string.sub(key, 1, #head.prefix) == head.prefix then
    redis.call('DEL', key)
  end
end
redis.call('DEL', KEYS[2])
chunks(places, function(...) redis.call('SADD', KEYS[2], ...) end)

for i, key in ipairs(places) do
  local fields = ARGV[i - 1 + FIRST_HASH]
  if fields ~= '' then
    redis.call('DEL', key)
    chunks(cmsgpack.unpack(fields), function(...) redis.call('HSET', key, ...) end)
    redis.call('HSET', key, 'computed_at', head.computed_at)
  end
  redis.call('EXPIRE', key, head.ttl_s)
end

if not same_at_risk then
  redis.call('DEL', KEYS[5])
  chunks(cmsgpack.unpack(ARGV[3]), function(...) redis.call('ZADD', KEYS[5], ...) end)
end

redis.call('SET', KEYS[3], ARGV[2])
if head.alarms == '' then
  redis.call('DEL', KEYS[6])
else
  redis.call('SET', KEYS[6], head.alarms)
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 't', head.t, 'computed_at', head.computed_at, 'condition', head.condition,
  'definition_version', head.definition_version, 'complete', head.complete, 'dimensions', head.dimensions,
  'at_risk', head.at_risk, 'at_risk_t', head.at_risk_t, 'alarms', head.in_alarm, 'owner', head.owner)

if #head.history > 0 then
  local last = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)[1]
  local minute = math.floor(tonumber(head.t) / MINUTE_MS)
  if not last or math.floor(tonumber(string.match(last[1], '^%d+')) / MINUTE_MS) < minute then
    redis.call('XADD', KEYS[4], 'MAXLEN', HISTORY, head.t .. '-0', unpack(head.history))
  end
end
for i = 1, FIXED do
  redis.call('EXPIRE', KEYS[i], i == 4 and head.history_ttl_s or head.ttl_s)
end
redis.call('PUBLISH', head.changes, head.message)
return 'written'
