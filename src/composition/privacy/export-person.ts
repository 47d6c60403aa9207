import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ExportPersonRequest,
  ExportPersonResponseSchema,
} from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { contentPlaces } from "../../core/caller/caller-access.ts";
import { entryOf } from "../../core/ledger/call-entry.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { AuditQuery, AuditRow } from "../../store/audit/audit.ts";
import type { StoredPerson } from "../../store/erasure/person-hash.ts";
import type { CallFilter } from "../../store/ledger/call-filter.ts";
import type { CallCursor } from "../../store/ledger/query-calls.ts";
import { hashPerson, noteContent, openContent } from "../content/open-content.ts";
import { entryOf as auditEntryOf } from "../tenants/audit-methods.ts";
import type { ObjectAdmin } from "../tenants/object-admin.ts";
import { messageOf } from "../tenants/object-messages.ts";
import { sumOf } from "../usage/sum-of.ts";
import type { ErasureWorld } from "./erase-person.ts";
import { personAudit } from "./person-audit.ts";
import { personOf } from "./person-scope.ts";

/** A record of the export of a person. */
type PersonRecord = NonNullable<MessageInitShape<typeof ExportPersonResponseSchema>["record"]>;

/** What is read of the store. */
type ExportWorld = Pick<ErasureWorld, "store" | "wallMs" | "vaults">;

/** Rows that are read at once, and how long that may take. Content may be of 2 MiB each. */
const pageRows = 500;
const pageContents = 16;
const deadlineMs = 60_000;

/**
 * Gives what the store has of a person: the objects of the directory, the calls, what they cost
 * together, what was said in them where the caller may read that, and the audit, which says that
 * they were given. Reads on as whoever takes them does.
 */
export async function* exportPerson(
  admin: ObjectAdmin,
  world: ExportWorld,
  {
    request,
    caller,
    signal,
  }: {
    readonly request: ExportPersonRequest;
    readonly caller: AdminCaller;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<{ readonly record: PersonRecord }> {
  const { store, wallMs } = world;
  const person = await personOf(admin, request.person, caller);
  const hash = await store.request("erasure.hash", { person });
  const nowMs = wallMs();
  const audit = personAudit(caller, { action: "person.export", person, nowMs, hash });
  await store.request("audit.append", audit);
  for await (const record of recordsOf(admin, world, { person, caller })) {
    if (signal.aborted) return;
    yield { record };
  }
}

async function* recordsOf(
  admin: ObjectAdmin,
  world: ExportWorld,
  { person, caller }: { readonly person: StoredPerson; readonly caller: AdminCaller },
): AsyncGenerator<PersonRecord> {
  const keys = yield* objectsOf(admin, person);
  yield* callsOf(world, person, keys);
  yield* spendingOf(world, person);
  yield* contentsOf(world, person, caller);
  const { kind, name } = person;
  const about: AuditPart[] = [
    { objectKind: kind, objectId: name },
    ...keys.map((objectId) => ({ objectKind: "key", objectId })),
    ...(kind === "user" ? [name, ...keys].map((actorId) => ({ actorId })) : []),
  ];
  // End users are of the whole gateway: what was done to one is not of an organization.
  if (kind === "user" || isEverywhere(person))
    for (const part of about) yield* auditOf(world, part);
}

function isEverywhere({ organizationId, teamId }: StoredPerson): boolean {
  return organizationId === "" && teamId === "";
}

/** Gives the objects, and resolves with the ids of keys. */
async function* objectsOf(
  { options: { directory } }: ObjectAdmin,
  person: StoredPerson,
): AsyncGenerator<PersonRecord, readonly string[]> {
  const row = directory.get(person.kind, person.name);
  if (person.kind === "end_user") {
    if (row !== undefined && isEverywhere(person))
      yield { case: "endUser", value: messageOf("end_user", row) };
    return [];
  }
  if (row !== undefined) yield { case: "user", value: messageOf("user", row) };
  const keys = directory.all("key").filter(({ userId }) => userId === person.name);
  for (const key of keys) yield { case: "key", value: messageOf("key", key) };
  return keys.map(({ id }) => id);
}

async function* callsOf(
  { store }: ExportWorld,
  person: StoredPerson,
  keys: readonly string[],
): AsyncGenerator<PersonRecord> {
  const filter: CallFilter =
    person.kind === "user"
      ? { within: { organizations: [], teams: [], users: [person.name], keys } }
      : { endUsers: [person.name], ...placesOf(person) };
  let after: CallCursor | undefined;
  do {
    const query = { ...filter, after, oldestFirst: true, limit: pageRows };
    const { calls, next } = await store.request("calls.page", query, deadlineMs);
    for (const row of calls) yield { case: "call", value: entryOf(row) };
    after = next;
  } while (after !== undefined);
}

async function* spendingOf(
  { store, wallMs }: ExportWorld,
  person: StoredPerson,
): AsyncGenerator<PersonRecord> {
  const sums = await store.request(
    "usage.aggregate",
    {
      ...{ dimension: person.kind, bucket: "all", fromMs: 0, toMs: wallMs() + 1, top: 1 },
      ...{ values: [person.name], ...placesOf(person) },
    },
    deadlineMs,
  );
  for (const one of sums) yield { case: "spending", value: sumOf(one) };
}

/** What was said, where the caller may read that; nothing where none can be stored. */
async function* contentsOf(
  { store, wallMs, vaults }: ExportWorld,
  person: StoredPerson,
  caller: AdminCaller,
): AsyncGenerator<PersonRecord> {
  const vault = await vaults?.vault();
  const within = contentPlaces(caller.access);
  if (vault === undefined || (within?.teams.length === 0 && within.organizations.length === 0))
    return;
  const { kind, name } = person;
  const named = kind === "user" ? { user: name, endUser: "" } : { user: "", endUser: name };
  const hashed = await hashPerson(vault, named);
  let after: CallCursor | undefined;
  do {
    const which = { person: hashed, within, ...placesOf(person) };
    const query = { ...which, after, oldestFirst: true, limit: pageContents };
    const { contents, next } = await store.request("content.page", query, deadlineMs);
    for (const sealed of contents) {
      const read = { action: "content.read", place: sealed, caller } as const;
      await noteContent({ store, wallMs }, read);
      yield { case: "content", value: await openContent(vault, sealed) };
    }
    after = next;
  } while (after !== undefined);
}

/** Of an end user: the organization or the team whose calls are meant. */
function placesOf({ kind, organizationId, teamId }: StoredPerson) {
  return {
    ...(kind === "end_user" && organizationId !== "" && { organizations: [organizationId] }),
    ...(kind === "end_user" && teamId !== "" && { teams: [teamId] }),
  };
}

type AuditPart = Pick<AuditQuery, "objectKind" | "objectId" | "actorId">;

async function* auditOf({ store }: ExportWorld, part: AuditPart): AsyncGenerator<PersonRecord> {
  let before: AuditQuery["before"];
  for (;;) {
    const query: AuditQuery = { ...part, before, limit: pageRows };
    const rows: readonly AuditRow[] = await store.request("audit.page", query, deadlineMs);
    for (const row of rows) yield { case: "audit", value: auditEntryOf(row) };
    before = rows.at(-1);
    if (rows.length < pageRows) return;
  }
}
