/** What is made of settings. */
interface Closing {
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Something that is made of settings, and made anew when they change. */
export interface Replaceable<Settings, Made extends Closing> extends Closing {
  /** What was made last; undefined: nothing. */
  readonly current: () => Made | undefined;
  /** Has other settings. Where they are the same nothing changes; what is replaced is closed. */
  readonly configure: (settings: Settings) => void;
}

/** How long what is replaced may take to send what it holds. */
const graceMs = 30_000;

/** Makes nothing until it is configured. */
export function createReplaceable<Settings, Made extends Closing>(
  make: (settings: Settings) => Made | undefined,
): Replaceable<Settings, Made> {
  let known = "";
  let made: Made | undefined;
  const leaving = new Set<Promise<void>>();
  return {
    current: () => made,
    configure(settings) {
      const key = keyOf(settings);
      if (key === known) return;
      known = key;
      if (made !== undefined) {
        const left = made.close(graceMs).finally(() => leaving.delete(left));
        leaving.add(left);
      }
      made = make(settings);
    },
    async close(ms) {
      await Promise.all([...leaving, made?.close(ms)]);
    },
  };
}

/** What is the same of settings that are the same, with their secrets. Kept in memory alone. */
function keyOf(settings: unknown): string {
  return settings === undefined ? "" : JSON.stringify(plain(settings));
}

function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("reveal" in value && typeof value.reveal === "function") return [String(value.reveal())];
  if (value instanceof Set || value instanceof Map || Array.isArray(value))
    return [...value].map(plain);
  return Object.entries(value).map(([name, inner]) => [name, plain(inner)]);
}
