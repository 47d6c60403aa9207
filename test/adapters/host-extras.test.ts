import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import { UnknownFields } from "../../gen/parlance/config/v1/model_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { prepare } from "../../src/core/dispatch/prepare-request.ts";
import { chat } from "../../src/core/operation.ts";
import type { WireOutlet } from "../../src/core/target/outlet.ts";
import { attemptedCall, callOf, chatOf, requestOf } from "../calls.ts";

const dialects = await loadEveryDialect();

/** Dialects of hosts, and those inside of them, whose options they send. */
const cases: readonly (readonly [host: string, inside: string])[] = [
  ["sagemaker-chat", "openai-chat"],
  ["sagemaker-tgi", "huggingface-tgi"],
  ["bedrock-invoke", "anthropic-messages"],
  ["watsonx", "openai-chat"],
  ["cohere", "cohere"],
];

describe("options for one dialect", () => {
  for (const [host, inside] of cases) {
    const prepared = (unknownFields: UnknownFields, extrasJson: Record<string, string>) => {
      const dialect = dialects.get(host);
      if (dialect === undefined) throw new Error(`no dialect ${host}`);
      const outlet: WireOutlet = {
        kind: "wire",
        provider: "p",
        dialect,
        quirks: {},
        operations: new Set(["chat"]),
        forwardedHeaders: [],
        alternatives: new Map(),
        families: [],
        send: () => Promise.reject(new Error("nothing is sent")),
      };
      const asked = requestOf(chat, { ...chatOf("hi"), extrasJson });
      const losses = { unknownFields };
      const target = { provider: "p", model: "m" };
      const call = attemptedCall(callOf({ request: asked }), target, { outlet, losses });
      const { request, report } = prepare(outlet, call);
      const body: unknown = JSON.parse(Buffer.from(request.body).toString());
      return {
        body,
        report: report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      };
    };

    const policies = [UnknownFields.DROP, UnknownFields.REFUSE, UnknownFields.FORWARD];
    for (const unknownFields of policies) {
      it(`reach ${host} as ${inside}'s, where others are to ${UnknownFields[unknownFields]}`, () => {
        const { body, report } = prepared(unknownFields, { [inside]: '{"sentinel":1}' });
        expect(body).toMatchObject({ sentinel: 1 });
        expect(report.filter((line) => line.includes("extras_json"))).toEqual([]);
      });
    }

    it(`of another are forwarded to ${host} where its model takes them`, () => {
      const { body, report } = prepared(UnknownFields.FORWARD, { another: '{"sentinel":1}' });
      expect(body).toMatchObject({ sentinel: 1 });
      expect(report).toContain('extras_json["another"].sentinel FORWARDED');
    });

    it(`of another are not sent to ${host} where they are to drop`, () => {
      const { body, report } = prepared(UnknownFields.DROP, { another: '{"sentinel":1}' });
      expect(body).not.toHaveProperty("sentinel");
      expect(report).toContain('extras_json["another"].sentinel DROPPED');
    });
  }
});
