import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { describe, expect, it } from "vitest";
import { createCases } from "../../bench/cases.ts";
import type { PreparedRequest } from "../../bench/lane.ts";
import {
  CompleteRequestSchema,
  StreamCompleteRequestSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";

const text = (body: Uint8Array) => Buffer.from(body).toString();

function readMessage({ path, headers, body }: PreparedRequest): {
  kind: string;
  model: string | undefined;
} {
  const type = headers["content-type"] ?? "";
  if (!path.startsWith("/parlance."))
    return { kind: "vendor", model: JSON.parse(text(body)).model };
  const framed = /grpc|connect\+/.test(type);
  const message = framed ? body.subarray(5) : body;
  if (framed) expect(Buffer.from(body).readUInt32BE(1)).toBe(message.length);
  const validator = createValidator();
  if (path.endsWith("/StreamComplete")) {
    const request = fromBinary(StreamCompleteRequestSchema, message);
    return {
      kind: validator.validate(StreamCompleteRequestSchema, request).kind,
      model: request.chat?.model,
    };
  }
  const json = type === "application/json";
  const request = json
    ? fromJsonString(CompleteRequestSchema, text(message))
    : fromBinary(CompleteRequestSchema, message);
  return {
    kind: validator.validate(CompleteRequestSchema, request).kind,
    model: request.chat?.model,
  };
}

describe("the benchmark's cases", () => {
  const cases = createCases();

  it("have names of their own", () => {
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
  });

  for (const one of cases) {
    it(`${one.name} sends Parlance a valid request for a model that the bare proxy's upstream serves`, () => {
      const { kind, model } = readMessage(one.parlance);
      expect(kind).not.toBe("invalid");
      expect(model).toBe(`bench-${one.bare.path.split("/")[1]}`);
    });

    it(`${one.name} sends the bare proxy a request of the same kind and size`, () => {
      const asked = JSON.parse(text(one.bare.body));
      expect(asked.stream === true).toBe(one.kind === "stream");
      const sizes = [one.parlance.body.length, one.bare.body.length];
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(300);
      const [least, most] = one.name.includes("100k") ? [97_000, 103_000] : [800, 1200];
      for (const size of sizes) expect(size >= least && size <= most, `${size} bytes`).toBe(true);
    });
  }
});
