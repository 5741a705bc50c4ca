/**
 * What Redis does in one step, in its own language. What takes out has to work where memory is short, too, and says so
 * in its first line; that is understood from Redis 7 on.
 *
 * An epoch counts purges. One that Redis has lost must not come again: a new count begins with the time in microseconds,
 * and never below the one that a proxy remembers.
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

/** Takes out keys. KEYS: the epoch, the keys. ARGV: the epoch that is remembered. Returns the new one, and how many. */
export const PURGE_SCRIPT = `#!lua flags=allow-oom
${EPOCH}
epochFrom(tonumber(ARGV[1]))
local count = 0
for i = 2, #KEYS do count = count + redis.call('UNLINK', KEYS[i]) end
return { redis.call('INCR', KEYS[1]), count }
`;

/** Reads what is stored under a key. KEYS: the epoch, the key. Returns the epoch, and names and bytes in turn. */
export const GET_SCRIPT = `#!lua flags=no-writes,allow-oom
return { redis.call('GET', KEYS[1]) or '0', redis.call('HGETALL', KEYS[2]) }
`;

/**
 * Stores a response, if nothing was purged since it was asked for; of its key's others some go if they are too many.
 * KEYS: the epoch, the key. ARGV: the epoch it is of, its name, its bytes, its time in ms, the most of others and of
 * bytes under a key. Returns the epoch.
 */
export const PUT_SCRIPT = `#!lua
${EPOCH}
local epoch = epochFrom(0)
if string.format('%.0f', epoch) ~= ARGV[1] then return epoch end
local most, room = tonumber(ARGV[5]), tonumber(ARGV[6]) - #ARGV[3]
local others, held = {}, 0
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  if name ~= ARGV[2] then
    local length = redis.call('HSTRLEN', KEYS[2], name)
    if #others < most and held + length <= room then
      others[#others + 1] = name
      held = held + length
    else
      redis.call('HDEL', KEYS[2], name)
    end
  end
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return epoch
`;
