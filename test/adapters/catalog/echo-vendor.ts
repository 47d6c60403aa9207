import { Buffer } from "node:buffer";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { printEvent, printException } from "../../upstream/print-event-stream.ts";
import { spellings } from "../../upstream/spellings.ts";
import { asObject, parseJson } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, reply } from "./drive.ts";

/**
 * How a vendor repeats what it was shown: with a status, in an answer, in a stream that fails, or
 * in what it calls its coding.
 */
export type Echo =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "answer" | "midstream" | "coding" };

/**
 * What a request showed: the value of every header that a client does not send by itself, without
 * its scheme, and of the query.
 */
export function shownBy({ path, headers }: RecordedRequest): readonly string[] {
  const [, query = ""] = path.split("?");
  const parameters = [...new URLSearchParams(query)].flatMap(([name, value]) =>
    name === "key" ? [value] : [],
  );
  const values = Object.entries(headers).flatMap(([name, value]) =>
    usual.test(name) || typeof value !== "string"
      ? []
      : [/Signature=(\w+)/.exec(value)?.[1] ?? value.replace(/^\w+ /, "")],
  );
  return [...parameters, ...values];
}

const usual =
  /^(?:host|connection|accept|accept-.*|content-.*|transfer-encoding|user-agent|prefer|x-amz-date|anthropic-version|x-amzn-.*)$/;

/** Answers as a vendor that repeats in every place what it was shown, in every spelling. */
export function repeating(drive: Drive, request: RecordedRequest, echo: Echo): VendorReply {
  const secrets = shownBy(request);
  switch (echo.kind) {
    case "status":
      return failing(echo.status, secrets);
    case "coding":
      return {
        ...failing(200, secrets),
        headers: { "content-encoding": (secrets[0] ?? "x").slice(0, 60) },
      };
    case "answer":
      return planted(drive.answer(request), secrets);
    case "midstream":
      return broken(drive.answer(request), secrets);
  }
}

/** All spellings of all secrets, as the content of a JSON string. */
function spelled(secrets: readonly string[]): string {
  const texts = Object.values(spellings).flatMap((spell) => secrets.map(spell));
  const hidden = secrets.map((secret) => spellings["in escapes of JSON alone"]?.(secret) ?? "");
  return `${JSON.stringify(`you said ${texts.join(" , ")} and`).slice(1, -1)} ${hidden.join(" , ")} .`;
}

/** Every place of every dialect where a failure has words, some of them in two forms. */
function failure(secrets: readonly string[], nested: boolean): string {
  const at = "@@";
  const words = { message: at, type: at, code: at, param: at, status: at };
  const details = [{ reason: at, fieldViolations: [{ field: at, description: at }] }];
  const inner = { ...words, details, innererror: { code: at }, error_code: at };
  const outer = {
    message: at,
    detail: at,
    title: at,
    error_type: at,
    error_description: at,
    __type: at,
  };
  const ids = { id: at, request_id: at, trace: at };
  const others = {
    errors: [{ code: at, message: at }],
    OriginalStatusCode: 400,
    OriginalMessage: at,
    type: "error",
  };
  const said = spelled(secrets);
  const body = JSON.stringify({ error: nested ? inner : at, ...outer, ...ids, ...others });
  return body.replaceAll(at, () => said);
}

function failing(status: number, secrets: readonly string[]): VendorReply {
  const names = [
    ...[
      "x-request-id",
      "request-id",
      "x-amzn-errortype",
      "x-amzn-requestid",
      "apim-request-id",
      "x-goog-request-id",
    ],
    ...[
      "x-debug-trace-id",
      "x-ratelimit-remaining-requests",
      "anthropic-ratelimit-tokens-reset",
      "retry-after",
    ],
    ...["openai-processing-ms", "x-amz-request-id"],
  ];
  const headers = Object.fromEntries(
    names.map((name, at) => [name, secrets[at % secrets.length] ?? ""]),
  );
  const type = `application/json; echo="${secrets.join(" ")}"`;
  const body = Buffer.from(failure(secrets, status % 2 === 1));
  return { status, headers: { ...headers, "content-type": type }, frames: [body], ending: "end" };
}

/** The drive's answer with a member and a text that repeat the secrets. */
function planted(answer: VendorReply, secrets: readonly string[]): VendorReply {
  const type = String(answer.headers["content-type"]);
  const headers = {
    ...answer.headers,
    "x-request-id": secrets[0] ?? "",
    "x-ratelimit-limit-tokens": secrets[0] ?? "",
  };
  if (!type.includes("eventstream")) {
    return {
      ...answer,
      headers,
      frames: answer.frames.map((frame) => Buffer.from(plant(frame.toString(), secrets))),
    };
  }
  const parser = createEventStreamParser();
  const frames = answer.frames.flatMap((frame) => parser.push(frame));
  return {
    ...answer,
    headers,
    frames: frames.map(({ event, data }) => replant(event, Buffer.from(data), secrets)),
  };
}

/**
 * A frame of a binary stream; parts of a container's stream, which are cut anywhere, stay as they
 * are.
 */
function replant(event: string, data: Buffer, secrets: readonly string[]): Buffer {
  const chunk = asObject(parseJson(data.toString()))?.bytes;
  if (typeof chunk !== "string")
    return printEvent(event, JSON.parse(plant(data.toString(), secrets)));
  const text = plant(Buffer.from(chunk, "base64").toString(), secrets);
  return printEvent(event, { bytes: Buffer.from(text).toString("base64") });
}

function plant(text: string, secrets: readonly string[]): string {
  const said = text.replace(reply, () => `${reply} ${spelled(secrets)}`);
  return said.replace('{"', () => `{"echo":"${spelled(secrets)}","`);
}

/** A stream that fails behind its first frame, in the way of its framing. */
function broken(answer: VendorReply, secrets: readonly string[]): VendorReply {
  const type = String(answer.headers["content-type"]);
  const error = failure(secrets, !type.includes("ndjson"));
  const frame = type.includes("eventstream")
    ? printException("throttlingException", JSON.parse(error))
    : Buffer.from(type.includes("ndjson") ? `${error}\n` : `event: error\ndata: ${error}\n\n`);
  return { ...answer, frames: [...answer.frames.slice(0, 1), frame] };
}
