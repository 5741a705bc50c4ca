/**
 * What Redis does in one step, in its own language.
 *
 * @module
 */

// An epoch that Redis has forgotten must not come again, so it begins with the time.
const NEXT_EPOCH = `
local function nextEpoch()
  if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('SET', KEYS[1], redis.call('TIME')[1] .. '000')
  end
  return redis.call('INCR', KEYS[1])
end
`;

/** Takes out keys. KEYS: the epoch, the keys. Returns the epoch, and how many there were. */
export const PURGE_SCRIPT = `${NEXT_EPOCH}
local epoch, count = nextEpoch(), 0
for i = 2, #KEYS do count = count + redis.call('UNLINK', KEYS[i]) end
return { epoch, count }
`;

/** Stores a response. KEYS: the epoch, the key. ARGV: the epoch it is of, its name, its bytes, its time in ms. */
export const PUT_SCRIPT = `
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 and redis.call('HLEN', KEYS[2]) >= 32 then
  redis.call('HDEL', KEYS[2], redis.call('HRANDFIELD', KEYS[2]))
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return 1
`;
