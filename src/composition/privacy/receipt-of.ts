import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  PersonKind,
  PersonPlace,
  type Receipt,
  ReceiptSchema,
  type UnreachedPlace,
  UnreachedPlaceSchema,
} from "../../../gen/parlance/admin/v1/privacy_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Erasure } from "../../store/erasure/erasure-row.ts";

/** A place that did not take part, and why. */
export type Unreached = Pick<UnreachedPlace, "place" | "name" | "reason">;

/** What was done beside the database. */
export interface OtherPlaces {
  /** How many there were, by the place. */
  readonly counts: ReadonlyMap<PersonPlace, number>;
  readonly unreached: readonly Unreached[];
}

/** The receipt of an erasure. `finishedMs`: undefined: it is of a dry run. */
export function receiptOf(
  erasure: Erasure,
  {
    others,
    settings,
    finishedMs,
  }: {
    readonly others: OtherPlaces;
    readonly settings: Pick<Settings, "sinks">;
    readonly finishedMs?: number;
  },
): Receipt {
  const { id, kind, personHash, organizationId, teamId, begunMs, progress } = erasure;
  const counts = new Map(others.counts);
  for (const [name, count] of Object.entries(progress.counts)) {
    const place = placeNames[name];
    if (place !== undefined && !counts.has(place)) counts.set(place, count);
  }
  return create(ReceiptSchema, {
    id,
    kind: kind === "user" ? PersonKind.USER : PersonKind.END_USER,
    personHash,
    keyHashes: [...progress.keyHashes],
    organization: organizationId,
    team: teamId,
    beginTime: timestampFromMs(begunMs),
    ...(finishedMs !== undefined && { finishTime: timestampFromMs(finishedMs) }),
    places: [...counts]
      .sort(([one], [other]) => one - other)
      .map(([place, count]) => ({ place, count: BigInt(count) })),
    unreached: [
      ...others.unreached.map((one) => create(UnreachedPlaceSchema, one)),
      ...outside(erasure, settings),
    ],
  });
}

/** What the steps of the store are called. */
const placeNames: Readonly<Record<string, PersonPlace>> = {
  directory: PersonPlace.DIRECTORY,
  calls: PersonPlace.CALLS,
  sums: PersonPlace.SUMS,
  content: PersonPlace.CONTENT,
  audit: PersonPlace.AUDIT,
};

const inSink =
  "the gateway cannot change what it was sent: delete the rows of this person there, by end_user or user";
const atVendor =
  "it was sent the prompts of these calls: what it keeps of them, and for how long, is up to its terms";
const inLog =
  "lines that were written name keys and addresses of clients, and end users where log.fields says so: delete old ones";
const inBackups =
  "a copy from before brings the person back: run parlance privacy reapply with this receipt on it";

/** What is out of the gateway's reach. */
function outside({ progress }: Erasure, { sinks }: Pick<Settings, "sinks">): UnreachedPlace[] {
  const calls = BigInt(progress.counts.calls ?? 0);
  const vendors = Object.entries(progress.vendors).sort(([one], [other]) => (one < other ? -1 : 1));
  const places = [
    ...(calls === 0n
      ? []
      : sinks.map(({ name }) => ({ place: PersonPlace.SINK, name, reason: inSink, calls }))),
    ...vendors.map(([name, count]) => ({
      ...{ place: PersonPlace.VENDORS, name, reason: atVendor, calls: BigInt(count) },
    })),
    ...(calls === 0n ? [] : [{ place: PersonPlace.LOG, reason: inLog, calls }]),
    { place: PersonPlace.BACKUPS, reason: inBackups },
  ];
  return places.slice(0, 1_000).map((one) => create(UnreachedPlaceSchema, one));
}
