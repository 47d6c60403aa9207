/**
 * Reserves portions of bounds, all or none, by the clock of the server. KEYS: the gateways that
 * share, then a key for each portion. ARGV: the gateway, its holder (a thread), how long holds last
 * in milliseconds, the number of the holder's step, then of each portion: the kind (0 sliding, 1
 * period), the length or the start of the span, the time at which the period is forgotten (0:
 * never), the limit, the amount, and what the gateway itself knows to be taken, which counts where
 * Redis has lost it.
 *
 * Gives 1, the number of gateways, and what is used of each; or 0, the number of gateways, which
 * portion has no room (from 0), what is used of it, and how long until there is.
 */
export const reserveScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("ZADD", KEYS[1], now, ARGV[1])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - tonumber(ARGV[3]))
local gateways = redis.call("ZCARD", KEYS[1])
local states, reply = {}, { 1, gateways }
for at = 1, #KEYS - 1 do
  local from = 4 + (at - 1) * 6
  local kind, span = ARGV[from + 1], tonumber(ARGV[from + 2])
  local limit, amount = tonumber(ARGV[from + 4]), tonumber(ARGV[from + 5])
  local raw = redis.call("GET", KEYS[at + 1])
  local state = raw and cmsgpack.unpack(raw)
  local used, free = 0, 1000
  if kind == "0" then
    local kept = {}
    for _, bucket in ipairs(state or {}) do
      if bucket[2] > now - span and bucket[2] <= now + span then
        kept[#kept + 1] = bucket
        used = used + bucket[3]
      end
    end
    state = kept
    used = math.max(0, used, tonumber(ARGV[from + 6]))
  else
    if not state then state = { span, 0, {} } end
    if state[1] < span then state[1], state[2] = span, 0 end
    state[2] = math.max(state[2], tonumber(ARGV[from + 6]))
    used = state[2]
    local kept = {}
    for _, hold in ipairs(state[3]) do
      if hold[3] > now then
        kept[#kept + 1] = hold
        used = used + hold[2]
      end
    end
    state[3] = kept
  end
  if amount > 0 and used + amount > limit then
    if kind == "0" then
      local left = used
      free = span
      for _, bucket in ipairs(state) do
        left = left - bucket[3]
        if left <= 0 or left + amount <= limit then
          free = bucket[2] + span - now
          break
        end
      end
    end
    return { 0, gateways, at - 1, string.format("%.17g", used), string.format("%.17g", free) }
  end
  states[at] = state
  reply[at + 2] = string.format("%.17g", used + amount)
end
for at = 1, #KEYS - 1 do
  local from = 4 + (at - 1) * 6
  local span, amount, state = tonumber(ARGV[from + 2]), tonumber(ARGV[from + 5]), states[at]
  local key, forget = KEYS[at + 1], tonumber(ARGV[from + 3])
  if ARGV[from + 1] == "0" then
    local last = state[#state]
    if last and now - last[1] < span / 60 then
      last[2], last[3] = now, last[3] + amount
    elseif amount ~= 0 then
      state[#state + 1] = { now, now, amount }
    end
    redis.call("SET", key, cmsgpack.pack(state), "PX", span * 2)
  else
    local mine
    for _, hold in ipairs(state[3]) do if hold[1] == ARGV[2] then mine = hold end end
    if not mine then
      mine = { ARGV[2], 0, 0, 0 }
      state[3][#state[3] + 1] = mine
    end
    mine[2], mine[3] = mine[2] + amount, now + tonumber(ARGV[3])
    mine[4] = math.max(mine[4], tonumber(ARGV[4]))
    redis.call("SET", key, cmsgpack.pack(state))
    if forget > 0 then redis.call("PEXPIREAT", key, forget)
    elseif state[2] == 0 then
      local last = mine[3]
      for _, hold in ipairs(state[3]) do last = math.max(last, hold[3]) end
      redis.call("PEXPIREAT", key, string.format("%.0f", last))
    end
  end
end
return reply
`;

/**
 * Settles portions. KEYS: a key for each. ARGV: the holder, how long holds last in milliseconds,
 * the number of the holder's step, then of each portion: the kind, the length or the start of the
 * span, the time at which the period is forgotten, what is no longer held, what was taken, how many
 * milliseconds ago it was held, what the holder holds in all where that is certain (else less than
 * 0), which counts where no later step has come before, and what the gateway itself knows to have
 * been taken before.
 *
 * Gives what was taken of each, without what is held.
 */
export const settleScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = {}
for at = 1, #KEYS do
  local from = 3 + (at - 1) * 8
  local kind, span = ARGV[from + 1], tonumber(ARGV[from + 2])
  local held, taken = tonumber(ARGV[from + 4]), tonumber(ARGV[from + 5])
  local raw = redis.call("GET", KEYS[at])
  local state, sum = raw and cmsgpack.unpack(raw), 0
  if kind == "0" then
    state = state or {}
    local then_ = now - tonumber(ARGV[from + 6])
    local nearest, away = nil, span / 60
    for _, bucket in ipairs(state) do
      local distance = math.max(bucket[1] - then_, then_ - bucket[2], 0)
      if distance <= away and bucket[2] > now - span then nearest, away = bucket, distance end
    end
    if nearest then nearest[3] = math.max(0, nearest[3] + taken - held) end
    for _, bucket in ipairs(state) do
      if bucket[2] > now - span and bucket[2] <= now + span then sum = sum + bucket[3] end
    end
    if nearest then redis.call("SET", KEYS[at], cmsgpack.pack(state), "PX", span * 2) end
  else
    if not state then state = { span, 0, {} } end
    if state[1] < span then state[1], state[2] = span, 0 end
    if state[1] == span then state[2] = math.max(state[2], tonumber(ARGV[from + 8])) end
    local certain = tonumber(ARGV[from + 7])
    local mine
    for _, hold in ipairs(state[3]) do if hold[1] == ARGV[1] then mine = hold end end
    if not mine and certain > 0 then
      mine = { ARGV[1], 0, 0, 0 }
      state[3][#state[3] + 1] = mine
    end
    if mine then
      local last = certain >= 0 and mine[4] < tonumber(ARGV[3])
      mine[2] = last and certain or math.max(0, mine[2] - held)
      mine[3] = now + tonumber(ARGV[2])
    end
    local kept = {}
    for _, hold in ipairs(state[3]) do
      if hold[2] > 0 and hold[3] > now then kept[#kept + 1] = hold end
    end
    state[3] = kept
    if state[1] == span then state[2] = math.max(0, state[2] + taken) end
    sum = state[2]
    redis.call("SET", KEYS[at], cmsgpack.pack(state))
    local forget = tonumber(ARGV[from + 3])
    if forget > 0 then redis.call("PEXPIREAT", KEYS[at], forget)
    elseif sum == 0 then
      local last = now + tonumber(ARGV[2])
      for _, hold in ipairs(kept) do last = math.max(last, hold[3]) end
      redis.call("PEXPIREAT", KEYS[at], string.format("%.0f", last))
    end
  end
  reply[at] = string.format("%.17g", sum)
end
return reply
`;
