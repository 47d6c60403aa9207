import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { errorBehaviour } from "../../../src/core/faults/error-behaviour.ts";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { chatOf } from "../../calls.ts";

/** What a vendor's status is to callers, and to the next call. */
type Row = readonly [
  status: number,
  reason: keyof typeof ErrorReason,
  http: number,
  code: keyof typeof Code,
  retryable: boolean,
  fallsBack: boolean,
  cools: boolean,
];

const [yes, no] = [true, false];
const rows: readonly Row[] = [
  [400, "UPSTREAM_INVALID_REQUEST", 400, "InvalidArgument", no, no, no],
  [401, "UPSTREAM_UNAUTHENTICATED", 502, "FailedPrecondition", no, yes, yes],
  [402, "UPSTREAM_BILLING", 402, "ResourceExhausted", no, yes, yes],
  [403, "UPSTREAM_PERMISSION_DENIED", 502, "FailedPrecondition", no, yes, yes],
  [404, "UPSTREAM_NOT_FOUND", 404, "NotFound", no, yes, yes],
  [405, "UPSTREAM_NOT_FOUND", 405, "NotFound", no, yes, yes],
  [406, "UNSUPPORTED", 406, "Unimplemented", no, yes, no],
  [407, "UPSTREAM_UNREACHABLE", 502, "Unavailable", yes, yes, yes],
  [408, "UPSTREAM_TIMEOUT", 408, "DeadlineExceeded", yes, yes, yes],
  [409, "UPSTREAM_BUSY", 409, "Unavailable", yes, yes, no],
  [410, "UPSTREAM_NOT_FOUND", 410, "NotFound", no, yes, yes],
  [411, "UPSTREAM_INVALID_REQUEST", 411, "InvalidArgument", no, no, no],
  [412, "UPSTREAM_INVALID_REQUEST", 412, "InvalidArgument", no, no, no],
  [413, "UPSTREAM_TOO_LARGE", 413, "ResourceExhausted", no, yes, no],
  [414, "UPSTREAM_TOO_LARGE", 414, "ResourceExhausted", no, yes, no],
  [415, "UNSUPPORTED", 415, "Unimplemented", no, yes, no],
  [416, "UPSTREAM_INVALID_REQUEST", 416, "InvalidArgument", no, no, no],
  [417, "UPSTREAM_INVALID_REQUEST", 417, "InvalidArgument", no, no, no],
  [418, "UPSTREAM_INVALID_REQUEST", 418, "InvalidArgument", no, no, no],
  [421, "UPSTREAM_UNREACHABLE", 502, "Unavailable", yes, yes, yes],
  [422, "UPSTREAM_INVALID_REQUEST", 422, "InvalidArgument", no, no, no],
  [423, "UPSTREAM_BUSY", 423, "Unavailable", yes, yes, no],
  [424, "UPSTREAM_INTERNAL", 424, "Internal", yes, yes, yes],
  [425, "UPSTREAM_BUSY", 425, "Unavailable", yes, yes, no],
  [426, "UNSUPPORTED", 426, "Unimplemented", no, yes, no],
  [428, "UPSTREAM_INVALID_REQUEST", 428, "InvalidArgument", no, no, no],
  [429, "UPSTREAM_RATE_LIMITED", 429, "ResourceExhausted", yes, yes, yes],
  [431, "UPSTREAM_TOO_LARGE", 431, "ResourceExhausted", no, yes, no],
  [451, "UPSTREAM_CONTENT_POLICY", 451, "InvalidArgument", no, yes, no],
  [498, "UPSTREAM_OVERLOADED", 498, "Unavailable", yes, yes, yes],
  [499, "UPSTREAM_TIMEOUT", 499, "DeadlineExceeded", yes, yes, yes],
  [500, "UPSTREAM_INTERNAL", 500, "Internal", yes, yes, yes],
  [501, "UNSUPPORTED", 501, "Unimplemented", no, yes, no],
  [502, "UPSTREAM_UNAVAILABLE", 502, "Unavailable", yes, yes, yes],
  [503, "UPSTREAM_UNAVAILABLE", 503, "Unavailable", yes, yes, yes],
  [504, "UPSTREAM_TIMEOUT", 504, "DeadlineExceeded", yes, yes, yes],
  [505, "UNSUPPORTED", 505, "Unimplemented", no, yes, no],
  [507, "UPSTREAM_UNAVAILABLE", 507, "Unavailable", yes, yes, yes],
  [508, "UPSTREAM_INTERNAL", 508, "Internal", yes, yes, yes],
  [511, "UPSTREAM_UNREACHABLE", 502, "Unavailable", yes, yes, yes],
  ...[520, 521, 522, 523, 525, 526, 527, 530].map(
    (status): Row => [status, "UPSTREAM_UNAVAILABLE", status, "Unavailable", yes, yes, yes],
  ),
  [524, "UPSTREAM_TIMEOUT", 524, "DeadlineExceeded", yes, yes, yes],
  [529, "UPSTREAM_OVERLOADED", 529, "Unavailable", yes, yes, yes],
];

const kinds = [
  "openai",
  "openai_responses_compatible",
  "anthropic",
  "gemini",
  "cohere",
  "ollama",
  "bedrock",
  "huggingface_tgi",
] as const;

let answer: readonly [status: number, body: string] = [500, ""];
const vendor = createServer((request, response) => {
  request.resume().once("end", () => {
    const [status, body] = answer;
    response.writeHead(status, { "content-type": "text/html" }).end(body);
  });
});

const records: CallRecord[] = [];
let gateway: RunningGateway;
beforeAll(async () => {
  vendor.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => vendor.once("listening", resolve));
  const { port } = vendor.address() as AddressInfo; // a listening TCP server always has one
  const secret = { value: "vendor-key" };
  const aws = { region: "us-east-1", access_key_id: secret, secret_access_key: secret };
  const providers = kinds.map((kind) => {
    const base_url = `http://127.0.0.1:${port}${kind.startsWith("openai") ? "/v1" : ""}`;
    return [kind, { kind, base_url, ...(kind === "bedrock" ? { aws } : { api_key: secret }) }];
  });
  const config = JSON.stringify({ server: { port: 0 }, providers: Object.fromEntries(providers) });
  gateway = await startGateway({ config, world: { record: (record) => records.push(record) } });
});
afterAll(async () => {
  await gateway.close();
  vendor.close();
});

describe("a vendor's status without a word of why", () => {
  for (const [status, reason, http, code, retryable, fallsBack, cools] of rows) {
    it(`${status} is ${reason}: ${http} and ${code}, whoever says it`, async () => {
      answer = [status, "<html><head><title>proxy7.internal says no</title></head></html>"];
      const behaviour = errorBehaviour(ErrorReason[reason]);
      expect(behaviour).toMatchObject({ rpc: Code[code], retryable, fallsBack, cools });
      const { chat } = createClients();
      for (const kind of kinds) {
        records.length = 0;
        const model = `${kind}/m`;
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
        });
        const told = await response.text();
        const failed = await chat
          .complete({ chat: { ...chatOf("hi"), model } })
          .then(() => undefined, ConnectError.from);
        expect([
          kind,
          response.status,
          failed?.code,
          ...records.map(({ fault }) => ErrorReason[fault?.reason ?? 0]),
        ]).toEqual([kind, http, Code[code], reason, reason]);
        if ([401, 403, 407, 421, 511].includes(status)) {
          expect(told + String(failed)).not.toContain("proxy7");
          expect(told).toContain("the gateway's operator has to mend");
        }
      }
    });
  }
});

function createClients() {
  const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  return { chat: createClient(ChatService, transport) };
}
