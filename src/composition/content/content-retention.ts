import { randomUUID } from "node:crypto";
import { contentDefaults } from "../../config/content/privacy-settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { Tenant } from "../../core/caller/tenant.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import type { World } from "../world.ts";

/** What the job is run with. */
export interface ContentRetentionOptions
  extends Pick<World, "wallMs" | "schedule" | "store" | "metrics" | "notice"> {
  readonly settings: () => Settings;
  /** The teams of the store that say which content of theirs is stored. */
  readonly teams: () => Iterable<Tenant>;
}

/** How often it is looked whether content is old, in milliseconds. */
const lookMs = 600_000;

/**
 * Has content deleted that is older than its team keeps it, also where none is stored any more.
 * Gives what ends it.
 */
export function startContentRetention(options: ContentRetentionOptions): {
  readonly close: () => void;
} {
  const { schedule, store, settings, wallMs, metrics, notice } = options;
  if (store === undefined || settings().store === undefined) return { close: () => undefined };
  const holder = randomUUID();
  let isClosed = false;
  let callOff = (): void => undefined;
  const look = async (): Promise<void> => {
    try {
      const job = { holder, nowMs: Math.floor(wallMs()), retention: retentionOf(options) };
      const deleted = await store.request("content.expire", job, lookMs);
      if (deleted > 0) metrics.series("contentExpired").add(deleted);
    } catch (error) {
      // That the store is away it says itself.
      if (!isClosed)
        notice({ event: "content_not_expired", message: `old content stays: ${String(error)}` });
    }
  };
  const goOn = (): void => {
    if (isClosed) return;
    callOff = schedule(() => void look().finally(goOn), lookMs);
  };
  goOn();
  return {
    close() {
      isClosed = true;
      callOff();
    },
  };
}

function retentionOf({ settings, teams }: ContentRetentionOptions) {
  const { config } = settings();
  const otherMs = msOf(config.privacy?.content?.retention);
  const own = new Map<string, number>();
  for (const { name, content } of config.teams)
    if (content !== undefined) own.set(name, msOf(content.retention));
  for (const { id, content } of teams())
    if (content !== undefined) own.set(id, msOf(content.retention));
  return { otherMs, teams: own };
}

function msOf(retention: Parameters<typeof durationMs>[0] | undefined): number {
  return retention === undefined ? contentDefaults.retentionMs : durationMs(retention);
}
