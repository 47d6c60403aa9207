/** Whether there is such a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return name === "" || formatterOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** A time zone's calendar. */
export interface Zone {
  /** How far its clocks are ahead of UTC at a time. */
  offsetMs(ms: number): number;
  /** The year, the month and the day from 0, and the days since Monday. */
  dayOf(ms: number): readonly [number, number, number, number];
  /** When a day begins; months and days may be beyond their ends, as in `Date.UTC`. */
  startOf(year: number, month: number, day: number): number;
}

const zones = new Map<string, Zone>();

/** Time zones that are kept; there are some 600. */
const maxZones = 1_000;

/** The calendar of a time zone, by its IANA name; "": UTC. Throws RangeError for no name of one. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const made = createZone(name);
  if (zones.size < maxZones) zones.set(name, made);
  return made;
}

function createZone(name: string): Zone {
  const format = name === "" || name === "UTC" ? undefined : formatterOf(name);
  const offsetMs = (ms: number) => (format === undefined ? 0 : wallClock(format, ms) - floor(ms));
  return {
    offsetMs,
    dayOf(ms) {
      const local = new Date(ms + offsetMs(ms));
      return [
        local.getUTCFullYear(),
        local.getUTCMonth(),
        local.getUTCDate(),
        (local.getUTCDay() + 6) % 7,
      ];
    },
    startOf(year, month, day) {
      const midnight = Date.UTC(year, month, day);
      const isReached = (ms: number) => ms + offsetMs(ms) >= midnight;
      // Of the two offsets around a change one is right; of a day without midnight neither is.
      const before = midnight - offsetMs(midnight - dayMs);
      const after = midnight - offsetMs(midnight + dayMs);
      const first = Math.min(before, after);
      return isReached(first) ? first : Math.max(before, after);
    },
  };
}

const dayMs = 86_400_000;

function floor(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function formatterOf(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

/** What clocks show at a time, as if they were in UTC. */
function wallClock(format: Intl.DateTimeFormat, ms: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
