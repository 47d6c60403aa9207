import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { errorBehaviour } from "../../../src/core/faults/error-behaviour.ts";
import { GatewayError, httpStatus } from "../../../src/core/faults/gateway-error.ts";

const codes: Readonly<Record<string, number>> = {
  CANCELED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

/** The comment above each reason of error_reason.proto, in one line. */
function documented(): readonly (readonly [name: keyof typeof ErrorReason, comment: string])[] {
  const proto = readFileSync(
    new URL("../../../proto/parlance/error/v1/error_reason.proto", import.meta.url),
    "utf8",
  );
  const body = proto.slice(proto.indexOf("enum ErrorReason"));
  const rows = [...body.matchAll(/((?: {2}\/\/.*\n)+) {2}ERROR_REASON_(\w+) = \d+;/g)];
  return rows.map(([, comment, name]) => [
    name as keyof typeof ErrorReason,
    (comment ?? "").replace(/\s*\/\/ ?/g, " "),
  ]);
}

describe("the behaviour of errors", () => {
  const rows = documented().filter(([name]) => name !== "UNSPECIFIED");

  it("is documented for every reason", () => {
    const reasons = Object.keys(ErrorReason).filter(
      (name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED",
    );
    expect(rows.map(([name]) => name).sort()).toEqual(reasons.sort());
  });

  for (const [name, comment] of rows) {
    it(`of ${name} is what the contract says`, () => {
      const behaviour = errorBehaviour(ErrorReason[name]);
      const rpc = Object.keys(codes).find((code) => comment.includes(`, ${code},`));
      expect({
        http: Number(/HTTP (\d{3})/.exec(comment)?.[1]),
        rpc: codes[rpc ?? ""],
        retryable: comment.includes("retryable"),
        fallsBack: comment.includes("another target"),
        cools: comment.includes("cools"),
      }).toEqual(behaviour);
    });
  }
});

describe("the HTTP status of a fault", () => {
  const cases: readonly (readonly [
    title: string,
    upstreamStatus: number | undefined,
    expected: number,
  ])[] = [
    ["is the reason's where the vendor gave none", undefined, 503],
    ["is the vendor's where it failed", 529, 529],
    ["is the reason's where the vendor claimed success", 200, 503],
    ["is the vendor's where it says that the request failed", 424, 424],
    ["is the vendor's where it lacks the operation", 501, 501],
    ["is the reason's where the vendor speaks of who asks", 401, 503],
    ["is the reason's where the vendor forbids what was asked", 403, 503],
    ["is the reason's where a proxy of the gateway's wants a credential", 407, 503],
    ["is the reason's where the connection is to somebody else", 421, 503],
    ["is the reason's where a network wants a login", 511, 503],
  ];
  for (const [title, upstreamStatus, expected] of cases) {
    it(title, () => {
      const fault = { reason: ErrorReason.UPSTREAM_OVERLOADED, message: "busy" };
      expect(httpStatus(upstreamStatus === undefined ? fault : { ...fault, upstreamStatus })).toBe(
        expected,
      );
    });
  }

  for (const reason of [
    ErrorReason.UPSTREAM_UNAUTHENTICATED,
    ErrorReason.UPSTREAM_PERMISSION_DENIED,
  ]) {
    for (const upstreamStatus of [400, 401, 403, 500]) {
      it(`is 502 for ${ErrorReason[reason]} with the vendor's ${upstreamStatus}`, () => {
        expect(httpStatus({ reason, message: "refused", upstreamStatus })).toBe(502);
      });
    }
  }

  it("comes with the behaviour of the reason on the error", () => {
    const error = new GatewayError({ reason: ErrorReason.UPSTREAM_BILLING, message: "no money" });
    expect(error.behaviour).toEqual({
      http: 402,
      rpc: 8,
      retryable: false,
      fallsBack: true,
      cools: true,
    });
  });
});
