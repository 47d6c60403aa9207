import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListContentRequest } from "../../../gen/parlance/admin/v1/content_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { contentPlaces } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller, ContentAdmin } from "../../edge/gateway-api.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { ContentQuery } from "../../store/content/read-content.ts";
import type { CallCursor } from "../../store/ledger/query-calls.ts";
import type { StoreLink } from "../../store/store.ts";
import type { World } from "../world.ts";
import {
  type ContentAction,
  type ContentPlace,
  entryOf,
  hashPerson,
  noteContent,
  openContent,
  unsupported,
} from "./open-content.ts";

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
  const noted = (action: ContentAction, place: ContentPlace, caller: AdminCaller) =>
    noteContent({ store: kept(), wallMs }, { action, place, caller });
  const refused: ContentAdmin["refused"] = (callId, caller) =>
    noted("content.refuse", { callId, organization: "", team: "" }, caller);
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
      await noted("content.read", sealed, caller);
      return { content: await openContent(await vaults?.vault(), sealed) };
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
  const person =
    user === "" && endUser === "" ? undefined : await hashPerson(vault, { user, endUser });
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

function cursorOf(token: string): CallCursor | undefined {
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
