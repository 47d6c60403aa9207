import type { UnknownMember } from "../../core/beside-request.ts";
import type { ClientCodecs, EncodeOptions, Facade, StreamEncoder } from "../../core/dialect.ts";
import { invalidField } from "../../core/faults/fault.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
import { asBuffer } from "../../json/json.ts";
import { isPresent } from "../../json/members.ts";
import { postJson } from "../shared/post-json.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "anthropic-messages";

/** The path of messages, after the provider's base URL. */
export const MESSAGES_PATH = "/v1/messages";

/** Where tokens are counted. */
export const COUNT_PATH = "/v1/messages/count_tokens";

/**
 * The version of the API that this dialect speaks. See
 * https://platform.claude.com/docs/en/api/versioning.
 */
export const API_VERSION = "2023-06-01";

/**
 * What a vendor or a model may deviate in. Absent: as the model's name says (model-traits.ts).
 *
 * - `structuredOutput`: whether `output_config.format` is taken.
 * - `midConversationSystem`: whether messages of role `system` are taken between turns.
 * - `effort`, `adaptiveThinking`, `budgetThinking`: which ways to ask for reasoning are taken.
 * - `samplingKnobs`: whether temperature, top_p and top_k are taken.
 * - `defaultMaxTokens`: `max_tokens` where the caller says none.
 */
export interface MessagesQuirks {
  readonly structuredOutput?: boolean;
  readonly midConversationSystem?: boolean;
  readonly effort?: boolean;
  readonly adaptiveThinking?: boolean;
  readonly budgetThinking?: boolean;
  readonly samplingKnobs?: boolean;
  readonly prefill?: boolean;
  readonly defaultMaxTokens?: number;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type MessagesOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** A POST of a JSON body. `betas` become one `anthropic-beta` header. */
export function wireRequest(
  path: string,
  body: Uint8Array | string,
  betas: readonly string[] = [],
): WireRequest {
  const headers = ["anthropic-version", API_VERSION];
  if (betas.length > 0) headers.push("anthropic-beta", betas.join(","));
  return postJson(path, body, headers);
}

/**
 * The body of a call of the Messages API as clouds take it that serve Claude: the version of the
 * API stands in it as `anthropic_version`. Other members change as `edits` says; every other byte
 * stays.
 */
export function hostedBody(
  body: Uint8Array | string,
  version: string,
  edits: JsonEdits,
): Uint8Array | string {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const edited = editTopLevel(bytes, { ...edits, anthropic_version: JSON.stringify(version) });
  return edited === undefined ? body : asBuffer(edited).toString("utf8");
}

/** The chats of clients, which are streamed too. */
export type HostedChat<S> = NonNullable<ClientCodecs<S>["chat"]> & {
  readonly stream: StreamEncoder<S>;
};

/**
 * The chats of a facade of the Messages API as clouds take them that serve Claude: the model stands
 * in the path, and the version of the API and betas in the body. Betas are for the vendor whose
 * words they are: of others they are reported. `version`: the one that the cloud speaks.
 */
export function hostedChat<S>({ name, codecs }: Facade<S>, version: string): HostedChat<S> {
  const { chat } = codecs;
  if (chat?.stream === undefined) throw new Error(`${name} has no streamed chats`);
  return {
    ...chat,
    stream: chat.stream,
    decodeRequest(body) {
      if (!("json" in body)) return chat.decodeRequest(body);
      const { anthropic_version: said, anthropic_beta: betas, ...json } = body.json;
      if (typeof said !== "string")
        return { ok: false, fault: invalidField("anthropic_version", `must be "${version}"`) };
      const decoded = chat.decodeRequest({ ...body, json });
      if (!decoded.ok || !isPresent(betas)) return decoded;
      const { dialect = "", members = [], demands = [] } = decoded.beside ?? {};
      return { ...decoded, beside: { dialect, members: [...members, BETAS], demands } };
    },
  };
}

const BETAS: UnknownMember = { path: "anthropic_beta", extras: undefined };
