import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { createInvokeDialect } from "../../../src/adapters/bedrock-converse/invoke.ts";
import type { Dialect } from "../../../src/core/dialect.ts";
import { vendorSide } from "../sides.ts";
import { chatOf, objectOf, unwrap } from "./encode-chat.ts";
import { framesOf } from "./wire-frames.ts";

/** A dialect that speaks of nothing but what is moved: it keeps the frames it gets as its state. */
const plain: Dialect<readonly string[]> = {
  name: "plain",
  fidelity: {},
  forwardedHeaders: ["anthropic-beta"],
  codecs: {
    chat: {
      encodeRequest: (_chat, { model, stream }) => ({
        ok: true,
        value: {
          request: {
            method: "POST",
            path: "/v1/messages",
            headers: [
              "content-type",
              "application/json",
              "anthropic-version",
              "2023-06-01",
              "anthropic-beta",
              "one, two",
            ],
            body: JSON.stringify({ model, max_tokens: 5, stream }),
          },
          report: [],
        },
      }),
      decodeResponse: () => ({
        ok: false,
        fault: { reason: ErrorReason.UPSTREAM_MALFORMED, message: "plain" },
      }),
      stream: {
        begin: () => [],
        decodeEvent: (state, { data }) => ({
          ok: true,
          state: [...state, Buffer.from(data).toString()],
          events: [],
        }),
        end: () => ({ ok: true, value: [] }),
      },
    },
  },
  decodeError: () => ({ reason: ErrorReason.INTERNAL, message: "plain" }),
  passthrough: {
    request: (_operation, body) => ({ method: "POST", path: "/v1/messages", headers: [], body }),
    scanUsage: () => undefined,
    watch: () => ({ see: () => ({ forward: false }), ended: () => true, missingEnd: () => "" }),
  },
};

const invoke = vendorSide(createInvokeDialect(plain));
const model = "us.anthropic.claude-opus-4-6-v1:0";
const chunk = (text: string) =>
  ["chunk", { bytes: Buffer.from(text).toString("base64"), p: "abc" }] as const;

describe("a request by InvokeModel", () => {
  it("has its model in the path, and its version and betas in the body", () => {
    const { request } = unwrap(
      invoke.encodeRequest(chatOf({}), { model, stream: true, quirks: {} }),
    );
    expect(request.path).toBe(
      "/model/us.anthropic.claude-opus-4-6-v1%3A0/invoke-with-response-stream",
    );
    expect(request.headers).toEqual([
      "content-type",
      "application/json",
      "accept",
      "application/json",
    ]);
    expect(objectOf(String(request.body))).toEqual({
      max_tokens: 5,
      anthropic_version: "bedrock-2023-05-31",
      anthropic_beta: ["one", "two"],
    });
  });

  it("keeps every other byte of a client's body", () => {
    const body = Buffer.from('{"model":"m", "max_tokens":5.0,"x":[ 1 ]}');
    const request = invoke.passthrough.request("chat", body, { model, stream: false, quirks: {} });
    expect(request.path).toBe("/model/us.anthropic.claude-opus-4-6-v1%3A0/invoke");
    expect(request.body).toBe(
      '{"max_tokens":5.0,"x":[ 1 ],"anthropic_version":"bedrock-2023-05-31"}',
    );
  });
});

describe("a stream of InvokeModel", () => {
  it("holds the frames of the inner dialect", () => {
    let state = invoke.begin();
    for (const frame of framesOf([chunk('{"a":1}'), ["newEvent", {}], chunk('{"b":"é"}')])) {
      const step = invoke.decodeEvent(state, frame);
      if (!step.ok) throw new Error(step.fault.message);
      state = step.state;
    }
    expect(state).toEqual(['{"a":1}', '{"b":"é"}']);
  });

  it("fails by an exception, to a decoder and to a watcher", () => {
    const [frame] = framesOf([["!throttlingException", { message: "slow" }]]);
    if (frame === undefined) throw new Error("no frame");
    const fault = {
      reason: ErrorReason.UPSTREAM_RATE_LIMITED,
      message: "slow",
      upstreamType: "throttlingException",
    };
    expect(invoke.decodeEvent(invoke.begin(), frame)).toEqual({ ok: false, fault });
    expect(invoke.passthrough.watch(true).see(frame)).toEqual({ forward: true, fault });
  });

  it("shows a watcher the inner frames", () => {
    const watch = invoke.passthrough.watch(true);
    expect(
      framesOf([chunk("{}"), ["newEvent", {}]]).map((frame) => watch.see(frame).forward),
    ).toEqual([false, true]);
    expect(watch.ended()).toBe(true);
  });
});
