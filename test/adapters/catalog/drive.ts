import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { CatalogRow } from "../../../src/adapters/catalog/catalog-row.ts";
import type { Json } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";

/**
 * How the rows of one dialect are driven: what is asked, what must arrive at the vendor, and what
 * the vendor says.
 */
export interface Drive {
  /** The path of the dialect's chat calls after the base URL, for rows that name no other. */
  readonly chatPath: (model: string, stream: boolean) => string;
  /**
   * The model that embeds, for dialects that go by its name. Absent: one that is named after the
   * row.
   */
  readonly embeddingsModel?: string;
  /** The path of the dialect's embedding calls after the base URL, for rows that name no other. */
  readonly embeddingsPath: (model: string) => string;
  /** The whole body that an embedding of the text `one` must become. */
  readonly embeddingsBody: (model: string) => Json;
  /** How documents are ranked. Absent: the dialect has no rankings. */
  readonly rerank?: DriveRerank;
  /** A chat that touches every quirk of the dialect. */
  readonly chat: MessageInitShape<typeof ChatSchema>;
  /** The whole body that the chat must become. */
  readonly chatBody: (row: CatalogRow, model: string, stream: boolean) => Json;
  /** Headers beside the credential and the content type that must be there. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * What the vendor answers: `reply` as text, the vector [1, 2] to an embedding, and `ranks` to a
   * ranking.
   */
  readonly answer: (request: RecordedRequest) => VendorReply;
}

/** Rankings of a dialect: the best one of the documents `one` and `two`, with their texts. */
export interface DriveRerank {
  /** The path of the dialect's calls after the base URL, for rows that name no other. */
  readonly path: (model: string) => string;
  /**
   * The whole body that the query `which` must become, in a region of AWS where the row is there.
   */
  readonly body: (row: CatalogRow, model: string, region: string) => Json;
}

/** What every simulated vendor thinks of the documents. */
export const ranks = [
  { index: 1, relevance_score: 0.75 },
  { index: 0, relevance_score: 0.25 },
];

/** A chat of one text and two knobs. */
export const plainChat: Drive["chat"] = {
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: "one" } } }] }],
  sampling: { temperature: 0.5 },
  maxOutputTokens: 64,
};

/** The text that every simulated vendor answers. */
export const reply = "driven";

/** A whole reply in one piece. */
export function jsonReply(body: Json, status = 200): VendorReply {
  const headers = { "content-type": "application/json" };
  return { status, headers, frames: [Buffer.from(JSON.stringify(body))], ending: "end" };
}

/** A stream of JSON lines. */
export function lineReply(lines: readonly Json[]): VendorReply {
  const headers = { "content-type": "application/x-ndjson" };
  return {
    status: 200,
    headers,
    frames: lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`)),
    ending: "end",
  };
}

/** A stream of server-sent events. */
export function eventReply(frames: readonly string[]): VendorReply {
  const headers = { "content-type": "text/event-stream" };
  return {
    status: 200,
    headers,
    frames: frames.map((frame) => Buffer.from(`${frame}\n\n`)),
    ending: "end",
  };
}
