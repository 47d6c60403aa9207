import { parseJson } from "../../json/json.ts";
import {
  type GroupSums,
  type Numbers,
  ownSums,
  type SharedTallies,
  type TallyGroup,
} from "../shared-tallies.ts";
import { type Slots, type Tally, tallyNumbers } from "../state.ts";
import { replyList, replyText, type SharedRedis } from "./shared-redis.ts";

/** What tallies are added up by. */
export interface TallyOptions {
  readonly redis: SharedRedis;
  /** What the tallies are about: their part of the keys. */
  readonly kind: string;
  /** Held by the one thread of the gateway that says the counts of all. */
  readonly speaker: Slots;
  /** A number that the gateway's threads have in common, and no other gateway. */
  readonly gateway: () => number;
}

/** How often the speaker looks for changes, in milliseconds. */
const everyMs = 100;

/** Counts that stay the same are said again after so many looks, as Redis may have lost them. */
const looksUntilAgain = 50;

/** Counts of gateways that are kept apart. */
const maxContributions = 64;

/** Gateways that were silent for so long have ended, in milliseconds: a week. */
const silentMs = 604_800_000;

/** Counts that nobody has added to for so long are gone, in milliseconds: 30 days. */
const lifetimeMs = 2_592_000_000;

/**
 * Puts the counts of a gateway in the place of its earlier ones. Where there are many, those of
 * gateways that have ended are added up. KEYS: the counts, and when each was written. ARGV: whose
 * they are, and the counts: when they began, then for each tally its places and their numbers.
 */
const writeScript = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
redis.call("ZADD", KEYS[2], now, ARGV[1])
local over = redis.call("ZCARD", KEYS[2]) - ${maxContributions}
local ended = {}
if over > 0 then
  ended = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", now - ${silentMs}, "LIMIT", 0, over)
end
if #ended > 0 then
  local sums = {}
  local function add(text)
    for at, list in ipairs(cjson.decode(text)) do
      if at == 1 then
        sums[1] = math.min(sums[1] or list, list)
      else
        sums[at] = sums[at] or {}
        for place = 1, #list, 2 do
          sums[at][list[place]] = (sums[at][list[place]] or 0) + list[place + 1]
        end
      end
    end
  end
  local before = redis.call("HGET", KEYS[1], "ended")
  if before then add(before) end
  for _, name in ipairs(ended) do
    local text = redis.call("HGET", KEYS[1], name)
    if text then add(text) end
    redis.call("HDEL", KEYS[1], name)
    redis.call("ZREM", KEYS[2], name)
  end
  local lists = { string.format("%.17g", sums[1]) }
  for at = 2, #sums do
    local list = {}
    for place, number in pairs(sums[at]) do
      list[#list + 1] = string.format("%d,%.17g", place, number)
    end
    lists[at] = "[" .. table.concat(list, ",") .. "]"
  end
  redis.call("HSET", KEYS[1], "ended", "[" .. table.concat(lists, ",") .. "]")
end
for _, key in ipairs(KEYS) do redis.call("PEXPIRE", key, ${lifetimeMs}) end
return 1
`;

/** KEYS: the counts. A script, as clients make objects of the reply to the command. */
const readScript = `return redis.call("HGETALL", KEYS[1])`;

/** Begins to add up. Nothing is done while there is no Redis. */
export function createRedisTallies(options: TallyOptions): SharedTallies {
  return new RedisTallies(options);
}

/** What the speaker has said of a group. */
interface Said {
  readonly changes: number;
  looks: number;
}

class RedisTallies implements SharedTallies {
  readonly #options: TallyOptions;
  readonly #endListening: () => void;
  readonly #said = new Map<string, Said>();
  #groups: readonly TallyGroup[] = [];
  #timer: NodeJS.Timeout | undefined;
  #speaks = false;
  #closed = false;

  constructor(options: TallyOptions) {
    this.#options = options;
    this.#endListening = options.redis.onUp(() => {
      // What was said may be lost.
      this.#said.clear();
      this.#speak();
    });
  }

  keep(groups: readonly TallyGroup[]): void {
    // Whatever thread is the first to forget groups says them once more.
    this.#sayChanges();
    this.#groups = groups;
    this.#said.clear();
  }

  async sum(group: TallyGroup): Promise<GroupSums> {
    const own = ownSums(group);
    const { redis } = this.#options;
    const outcome = await redis.run(readScript, { keys: this.#keys(group).slice(0, 1) });
    if (!outcome.ok) return own;
    const reply = replyList(outcome.value).map((part) => replyText(part) ?? "");
    const sums = group.tallies.map(() => new Float64Array(tallyNumbers));
    let { sinceMs } = group;
    for (let at = 0; at < reply.length; at += 2) {
      // This gateway's own are newer here.
      if (reply[at] === this.#contributor(group)) continue;
      const began = addCounts(sums, reply[at + 1] ?? "");
      if (began !== undefined && began < sinceMs) sinceMs = began;
    }
    const tallies = group.tallies.map((tally, at) => added(tally, sums[at]));
    return { sinceMs, allGateways: true, tallies };
  }

  close(): void {
    // What was counted in the last moment is said before the connection is closed.
    this.#sayChanges();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#endListening();
    if (this.#speaks) this.#options.speaker.give();
    this.#speaks = false;
  }

  #speak(): void {
    clearTimeout(this.#timer);
    const { redis, speaker } = this.#options;
    if (this.#closed || !redis.isUp()) return;
    this.#speaks ||= speaker.take(1);
    if (this.#speaks) this.#sayChanges();
    this.#timer = setTimeout(() => this.#speak(), everyMs);
    this.#timer.unref();
  }

  #sayChanges(): void {
    if (!this.#options.redis.isUp()) return;
    for (const group of this.#groups) {
      const changes = group.changes();
      if (changes === 0) continue;
      const said = this.#said.get(group.name);
      if (said?.changes === changes && said.looks < looksUntilAgain) said.looks += 1;
      else void this.#say(group, changes);
    }
  }

  async #say(group: TallyGroup, changes: number): Promise<void> {
    this.#said.set(group.name, { changes, looks: 0 });
    const counts = printCounts(group);
    // Another thread has forgotten them meanwhile: what was read is not all of them.
    if (group.changes() === 0) return;
    const outcome = await this.#options.redis.run(writeScript, {
      keys: this.#keys(group),
      args: [this.#contributor(group), counts],
    });
    if (!outcome.ok) this.#said.delete(group.name);
  }

  /** A gateway that forgot its counts in a reload counts as another one from then on. */
  #contributor({ sinceMs }: TallyGroup): string {
    return `${this.#options.gateway()}:${sinceMs}`;
  }

  #keys({ name }: TallyGroup): readonly string[] {
    const { redis, kind } = this.#options;
    return ["counts", "written"].map((part) => redis.key(kind, name, part));
  }
}

/** The counts as JSON: when they began, and for each tally its places with their numbers. */
function printCounts({ sinceMs, tallies }: TallyGroup): string {
  const lists = tallies.map((tally) => {
    const list: number[] = [];
    for (let place = 0; place < tallyNumbers; place += 1) {
      const number = tally.get(place);
      if (number !== 0) list.push(place, number);
    }
    return list;
  });
  return JSON.stringify([sinceMs, ...lists]);
}

/** Adds what another gateway counted; gives when it began. What cannot be read counts nothing. */
function addCounts(sums: readonly Float64Array[], text: string): number | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !Array.isArray(parsed.value)) return undefined;
  const [began, ...lists] = parsed.value;
  for (const [at, list] of lists.entries()) {
    const sum = sums[at];
    if (sum === undefined || !Array.isArray(list)) continue;
    for (let index = 0; index < list.length; index += 2) {
      const place = Number(list[index]);
      // Places that there are not take nothing.
      sum[place] = (sum[place] ?? 0) + Number(list[index + 1]);
    }
  }
  return typeof began === "number" ? began : undefined;
}

function added(tally: Tally, others: Float64Array | undefined): Numbers {
  return { get: (place) => tally.get(place) + (others?.[place] ?? 0) };
}
