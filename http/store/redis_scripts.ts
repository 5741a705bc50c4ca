/**
 * What Redis does in one step, in its own language. What takes out has to work where memory is short, too, and says so
 * in its first line; that is understood from Redis 7 on.
 *
 * An epoch counts purges. One that Redis has lost must not come again: a new count begins with the time in microseconds,
 * and never below the one that a proxy remembers. A sorted set holds the latest purges by their epoch, so that it can be
 * told whether one of them means a response that was asked for before. Its member `-` has the epoch after which none is
 * missing.
 *
 * @module
 */

const EPOCH = `
local function epochFrom(floor)
  local held = tonumber(redis.call('GET', KEYS[1]) or '0')
  if held > 0 and held >= floor then return held end
  local time = redis.call('TIME')
  local epoch = math.max(time[1] * 1000000 + time[2], floor + 1)
  redis.call('SET', KEYS[1], string.format('%.0f', epoch))
  return epoch, held
end
`;

/**
 * Begins to share. KEYS: the epoch, who shares. ARGV: the epoch that is remembered, the name of who joins. Returns the
 * epoch, 1 if purges were lost, and the names of all who share.
 */
export const JOIN_SCRIPT = `#!lua flags=allow-oom
${EPOCH}
local floor = tonumber(ARGV[1])
local epoch, lost = epochFrom(floor)
redis.call('SADD', KEYS[2], ARGV[2])
return { epoch, (lost and floor > 0) and 1 or 0, redis.call('SMEMBERS', KEYS[2]) }
`;

/** Purges that are remembered. */
const MAX_PURGES = 1_000;

/**
 * Takes out keys. KEYS: the epoch, the purges, the keys. ARGV: the epoch that is remembered, and the purge: `k` and a
 * key, or `p` and what keys begin with. Returns the new epoch, and how many were taken out.
 */
export const PURGE_SCRIPT = `#!lua flags=allow-oom
${EPOCH}
local before = epochFrom(tonumber(ARGV[1]))
local count = 0
for i = 3, #KEYS do count = count + redis.call('UNLINK', KEYS[i]) end
local epoch = redis.call('INCR', KEYS[1])
if not redis.call('ZSCORE', KEYS[2], '-') then redis.call('ZADD', KEYS[2], before, '-') end
redis.call('ZADD', KEYS[2], epoch, ARGV[2])
local missing
while redis.call('ZCARD', KEYS[2]) > ${MAX_PURGES} do missing = redis.call('ZPOPMIN', KEYS[2])[2] end
if missing then redis.call('ZADD', KEYS[2], missing, '-') end
return { epoch, count }
`;

/** Reads what is stored under a key. KEYS: the epoch, the key. Returns the epoch, and names and bytes in turn. */
export const GET_SCRIPT = `#!lua flags=no-writes,allow-oom
return { redis.call('GET', KEYS[1]) or '0', redis.call('HGETALL', KEYS[2]) }
`;

/**
 * Stores a response, if no purge has meant it since it was asked for; of its key's others some go if they are too many.
 * KEYS: the epoch, the purges, the key. ARGV: the epoch it is of, its name, its bytes, its time in ms, the most of others
 * and of bytes under a key. Returns the epoch.
 */
export const PUT_SCRIPT = `#!lua
${EPOCH}
local epoch, mark, key = epochFrom(0), tonumber(ARGV[1]), KEYS[3]
local function isVoid()
  if mark == epoch then return false end
  local from = redis.call('ZSCORE', KEYS[2], '-')
  local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]
  if not from or mark < tonumber(from) or mark > epoch or tonumber(last) ~= epoch then return true end
  for _, purge in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
    local kind, text = purge:sub(1, 1), purge:sub(2)
    if kind == 'k' and text == key then return true end
    if kind == 'p' and text == key:sub(1, #text) then return true end
  end
  return false
end
if isVoid() then return epoch end
local most, room = tonumber(ARGV[5]), tonumber(ARGV[6]) - #ARGV[3]
local others, held = 0, 0
for _, name in ipairs(redis.call('HKEYS', key)) do
  if name ~= ARGV[2] then
    local length = redis.call('HSTRLEN', key, name)
    if others < most and held + length <= room then
      others, held = others + 1, held + length
    else
      redis.call('HDEL', key, name)
    end
  end
end
redis.call('HSET', key, ARGV[2], ARGV[3])
if redis.call('PTTL', key) < tonumber(ARGV[4]) then redis.call('PEXPIRE', key, ARGV[4]) end
return epoch
`;
