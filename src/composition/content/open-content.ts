import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  ContentEntrySchema,
  ContentSchema,
} from "../../../gen/parlance/admin/v1/content_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { SealedContent } from "../../core/ledger/sealed-content.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { ContentVault } from "../../privacy/content-vault.ts";
import type { HashedPerson } from "../../store/content/person-keys.ts";
import type { StoreLink } from "../../store/store.ts";
import { auditOf } from "../stored/audit-of.ts";
import { parseContent } from "./content-document.ts";

/** What was done with content, in the audit. */
export type ContentAction = "content.read" | "content.refuse";

/** Whose content it is. */
export type ContentPlace = Pick<SealedContent, "callId" | "organization" | "team">;

/** Says in the audit who reads the content of a call, or wanted to. */
export async function noteContent(
  { store, wallMs }: { readonly store: Pick<StoreLink, "request">; readonly wallMs: () => number },
  {
    action,
    place: { callId, organization, team },
    caller,
  }: {
    readonly action: ContentAction;
    readonly place: ContentPlace;
    readonly caller: AdminCaller;
  },
): Promise<void> {
  const nowMs = Math.floor(wallMs());
  const change = { action, kind: "content", id: callId, before: "", after: "", nowMs };
  const place = { organization_id: organization, team_id: team };
  await store.request("audit.append", { ...auditOf(caller, change), ...place });
}

/**
 * Decrypts content. Throws UNSUPPORTED where there is no master key or another one, and
 * STORE_UNAVAILABLE where the service that has it does not answer.
 */
export async function openContent(
  vault: ContentVault | undefined,
  sealed: SealedContent,
): Promise<MessageInitShape<typeof ContentSchema>> {
  const { messages, answer, finish = "", cut } = parseContent(await opened(vault, sealed));
  return { entry: entryOf(sealed), messages: [...messages], answer, finish, cut };
}

/** The call that content is of. */
export function entryOf(sealed: SealedContent): MessageInitShape<typeof ContentEntrySchema> {
  const { callId, endedMs, organization, team, key } = sealed;
  return { callId, endedAt: timestampFromMs(endedMs), organization, team, key };
}

/** The keyed hashes of a user or an end user; "" names nobody. Throws as `openContent` does. */
export async function hashPerson(
  vault: ContentVault | undefined,
  { user, endUser }: { readonly user: string; readonly endUser: string },
): Promise<HashedPerson> {
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

/** The refusal of what this gateway has not. */
export function unsupported(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.UNSUPPORTED, message });
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

function withoutKey(): GatewayError {
  return unsupported("there is no master key: set privacy.master_key");
}
