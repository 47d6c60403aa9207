import { toJsonString } from "@bufbuild/protobuf";
import { PersonPlace, ReceiptSchema } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { PurgeFilter } from "../../core/cache/entry-store.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Notice } from "../../core/notice.ts";
import { withoutPerson } from "../../store/erasure/erased-call.ts";
import { type Erasure, maxNames } from "../../store/erasure/erasure-row.ts";
import type { StoreLink } from "../../store/store.ts";
import type { VaultKeeper } from "../content/vault-keeper.ts";
import { type OtherPlaces, receiptOf, type Unreached } from "./receipt-of.ts";

/** What erasures are done by. */
export interface ErasureWorld {
  readonly store: Pick<StoreLink, "request" | "flush">;
  readonly settings: () => Settings;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly notice: (notice: Notice) => void;
  /** Gives up stored answers with their questions; gives how many of this thread were. */
  readonly purge: (filter: PurgeFilter) => Promise<number>;
  /** Deletes purged answers from Redis; gives how many, undefined where that cannot be done. */
  readonly sweep: (goesOn: () => Promise<boolean>) => Promise<number | undefined>;
  /** Changes the rows that wait for sinks on disk; gives how many were. Absent: none wait. */
  readonly rewriteSpools?: ((change: (row: LedgerRow) => LedgerRow) => Promise<number>) | undefined;
  /** What encrypts stored content. Absent: none is stored. */
  readonly vaults?: Pick<VaultKeeper, "vault"> | undefined;
  /** The ids of the teams of an organization. */
  readonly teamsOf: (organizationId: string) => readonly string[];
  /** Names this thread among all that could do the same. */
  readonly holder: string;
}

/** One gateway does erasures at a time, for so long after its last sign of life. */
const lockMs = 60_000;
const lockName = "erasures";

/**
 * Goes on with erasures that are under way, the one that began first. Gives false where another
 * thread or gateway does that already.
 */
export async function goOnErasing(world: ErasureWorld): Promise<boolean> {
  const { store, holder, wallMs } = world;
  const claim = async (): Promise<boolean> => {
    const nowMs = wallMs();
    const times = { nowMs, expiresMs: nowMs + lockMs, dueMs: Number.POSITIVE_INFINITY };
    return (await store.request("job.take", { name: lockName, holder, ...times })) === "taken";
  };
  const next = async (): Promise<Erasure | undefined> =>
    (await store.request("erasure.page", { open: true, before: "", limit: 1_000 })).at(-1);
  if ((await next()) === undefined) return true;
  if (!(await claim())) return false;
  try {
    for (;;) {
      const first = await next();
      if (first === undefined) return true;
      if (!(await finish(world, first, claim))) return false;
    }
  } finally {
    // Where the store is gone the lock runs out by itself.
    await store
      .request("job.finish", { name: lockName, holder, nowMs: wallMs() })
      .catch(() => undefined);
  }
}

/** False where the lock was lost. */
async function finish(
  world: ErasureWorld,
  { id }: Erasure,
  claim: () => Promise<boolean>,
): Promise<boolean> {
  const { store, settings, wallMs, notice } = world;
  // What this thread has of the person is better written and erased than written late.
  await store.flush();
  for (;;) {
    const erasure = await store.request("erasure.step", { id });
    if (erasure === undefined || erasure.finishedMs > 0) return true;
    if (!(await claim())) return false;
    if (erasure.progress.step !== "done") continue;
    const others = await eraseElsewhere(world, erasure, claim);
    const finishedMs = wallMs();
    const receipt = receiptOf(erasure, { others, settings: settings(), finishedMs });
    const receiptJson = toJsonString(ReceiptSchema, receipt);
    if (await store.request("erasure.finish", { id, receiptJson, nowMs: finishedMs }))
      notice({
        event: "person_erased",
        level: "info",
        message: "a person was erased: see to the places that the receipt says were not reached",
        details: {
          erasure: id,
          person_hash: erasure.personHash,
          unreached: receipt.unreached.length,
        },
      });
    return true;
  }
}

const inRedis =
  "no gateway uses these answers any more; Redis keeps them until their ttl is over, 30 days at most";
const inCounters =
  "counters of limits and budgets in Redis have the hash of a name in their key until their window is over";

/** What is not in the database. */
async function eraseElsewhere(
  world: ErasureWorld,
  erasure: Erasure,
  goesOn: () => Promise<boolean>,
): Promise<OtherPlaces> {
  const counts = new Map<PersonPlace, number>();
  const unreached: Unreached[] = [];
  const late = await eraseLateContent(world, erasure);
  counts.set(PersonPlace.CONTENT, (erasure.progress.counts.content ?? 0) + late);
  const waiting = await world.rewriteSpools?.((row) => withoutPerson(row, erasure));
  if (waiting !== undefined) counts.set(PersonPlace.SPOOLS, waiting);
  const purged = await purgeAnswers(world, erasure);
  const { redis } = world.settings();
  const swept = redis?.kind === "cluster" ? undefined : await world.sweep(goesOn);
  counts.set(PersonPlace.ANSWERS, purged + (swept ?? 0));
  if (redis !== undefined) {
    if (swept === undefined)
      unreached.push({ place: PersonPlace.ANSWERS, name: "", reason: inRedis });
    unreached.push({ place: PersonPlace.COUNTERS, name: "", reason: inCounters });
  }
  return { counts, unreached };
}

/**
 * Content of calls whose rows are not there, as those that were deleted for their age; and what is
 * encrypted already and still waits is not written any more. Gives of how many calls it was.
 */
async function eraseLateContent(
  { store, vaults, teamsOf, wallMs }: ErasureWorld,
  erasure: Erasure,
): Promise<number> {
  const vault = await vaults?.vault();
  if (vault === undefined) return 0;
  const { id, kind, name, organizationId, teamId } = erasure;
  const hash = await vault.hashOf(kind === "user" ? "user" : "end user", name);
  const hashes =
    kind === "user" ? { userHash: hash, endUserHash: "" } : { userHash: "", endUserHash: hash };
  const isAll = kind === "user" || (organizationId === "" && teamId === "");
  const teams = isAll ? [undefined] : teamId === "" ? teamsOf(organizationId) : [teamId];
  let count = 0;
  for (const team of teams) {
    const person = { ...hashes, ...(team !== undefined && { team }) };
    // One that is gone on with may do it twice.
    const erased = await store.request("content.erase", {
      ...{ person, nowMs: wallMs() },
      id: `${id} ${wallMs()} ${team ?? ""}`,
    });
    count += erased.calls;
  }
  return count;
}

/**
 * Gives up the stored answers that the calls of a person may have brought: those of the keys that
 * called for it. An answer has no other name.
 */
async function purgeAnswers({ purge }: ErasureWorld, { progress }: Erasure): Promise<number> {
  const principals = new Set([...progress.principals, ...progress.keys]);
  if (principals.size >= maxNames) return purge({});
  let count = 0;
  for (const principal of principals) count += await purge({ principal });
  return count;
}
