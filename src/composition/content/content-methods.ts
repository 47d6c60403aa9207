import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ContentEntrySchema } from "../../../gen/parlance/admin/v1/content_pb.js";
import type { ListContentRequest } from "../../../gen/parlance/admin/v1/content_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { contentPlaces } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { SealedContent } from "../../core/ledger/sealed-content.ts";
import type { AdminCaller, ContentAdmin } from "../../edge/gateway-api.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { ContentCursor, ContentQuery } from "../../store/content/read-content.ts";
import type { StoreLink } from "../../store/store.ts";
import { auditOf } from "../stored/audit-of.ts";
import type { World } from "../world.ts";
import { parseContent } from "./content-document.ts";

const defaultPageSize = 100;

/**
 * The methods of ContentService. Who reads is in the audit before anything is decrypted: where that
 * cannot be written, nothing is read.
 */
export function contentMethods({
  wallMs,
  store,
  vaults,
}: Pick<World, "wallMs" | "store" | "vaults">): ContentAdmin {
  const kept = (): Pick<StoreLink, "request"> => {
    if (store !== undefined) return store;
    throw unsupported("there is no store");
  };
  const note = async (
    action: "content.read" | "content.refuse",
    { callId, organization, team }: Pick<SealedContent, "callId" | "organization" | "team">,
    caller: AdminCaller,
  ): Promise<void> => {
    const nowMs = Math.floor(wallMs());
    const change = { action, kind: "content", id: callId, before: "", after: "", nowMs };
    const row = auditOf(caller, change);
    const place = { organization_id: organization, team_id: team };
    await kept().request("audit.append", { ...row, ...place });
  };
  const refused: ContentAdmin["refused"] = (callId, caller) =>
    note("content.refuse", { callId, organization: "", team: "" }, caller);
  return {
    refused,
    async getContent({ callId }, caller) {
      const query = { callIds: [callId], within: contentPlaces(caller.access), limit: 1 };
      const { contents } = await kept().request("content.page", query);
      const [sealed] = contents;
      if (sealed === undefined) {
        await refused(callId, caller);
        throw notThere(callId);
      }
      await note("content.read", sealed, caller);
      const {
        messages,
        answer,
        finish = "",
        cut,
      } = parseContent(await opened(await vaults?.vault(), sealed));
      const entry = entryOf(sealed);
      return { content: { entry, messages: [...messages], answer, finish, cut } };
    },
    async listContent(request, caller) {
      const vault = await vaults?.vault();
      const { contents, next } = await kept().request("content.page", {
        ...(await queryOf(request, vault)),
        within: contentPlaces(caller.access),
      });
      const nextPageToken = next === undefined ? "" : `${next.endedMs}/${next.callId}`;
      return { entries: contents.map(entryOf), nextPageToken };
    },
  };
}

async function queryOf(
  request: ListContentRequest,
  vault: ContentVault | undefined,
): Promise<ContentQuery> {
  const { organization, team, key, endUser, user, since, until, pageSize, pageToken } = request;
  const person = user === "" && endUser === "" ? undefined : await hashed(vault, user, endUser);
  return {
    ...(organization === "" ? undefined : { organizations: [organization] }),
    ...(team === "" ? undefined : { teams: [team] }),
    ...(key === "" ? undefined : { keys: [key] }),
    ...(person === undefined ? undefined : { person }),
    ...(since === undefined ? undefined : { fromMs: timestampMs(since) }),
    ...(until === undefined ? undefined : { toMs: timestampMs(until) }),
    after: cursorOf(pageToken),
    limit: pageSize === 0 ? defaultPageSize : pageSize,
  };
}

async function hashed(vault: ContentVault | undefined, user: string, endUser: string) {
  if (user !== "" && endUser !== "")
    throw new GatewayError(invalidField("user", "cannot be combined with end_user"));
  if (vault === undefined) throw withoutKey();
  try {
    return {
      userHash: await vault.hashOf("user", user),
      endUserHash: await vault.hashOf("end user", endUser),
    };
  } catch (error) {
    throw unreadable(error);
  }
}

async function opened(vault: ContentVault | undefined, sealed: SealedContent): Promise<Uint8Array> {
  if (vault === undefined) throw withoutKey();
  try {
    return await vault.open(sealed);
  } catch (error) {
    throw unreadable(error);
  }
}

/** What was wrapped by another key stays unreadable; a key service may answer later. */
function unreadable(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === "WrongKeyError")
    return unsupported(`it cannot be decrypted: ${why}`);
  return new GatewayError({
    reason: ErrorReason.STORE_UNAVAILABLE,
    message: "the service that has the master key does not answer: try again later",
    detail: why,
  });
}

function entryOf(sealed: SealedContent): MessageInitShape<typeof ContentEntrySchema> {
  const { callId, endedMs, organization, team, key } = sealed;
  return { callId, endedAt: timestampFromMs(endedMs), organization, team, key };
}

function cursorOf(token: string): ContentCursor | undefined {
  if (token === "") return undefined;
  const [, endedMs = "", callId = ""] = /^(\d{1,15})\/(.{1,512})$/.exec(token) ?? [];
  if (endedMs === "")
    throw new GatewayError(invalidField("page_token", "must be that of an answer"));
  return { endedMs: Number(endedMs), callId };
}

function notThere(callId: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message: `there is no stored content of the call ${JSON.stringify(callId)}`,
  });
}

function withoutKey(): GatewayError {
  return unsupported("there is no master key: set privacy.master_key");
}

function unsupported(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.UNSUPPORTED, message });
}
