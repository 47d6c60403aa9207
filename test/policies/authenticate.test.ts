import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { KeySchema } from "../../gen/parlance/config/v1/key_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { createSecretValue } from "../../src/config/secret-value.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { authenticate, createAuthenticator } from "../../src/policies/authenticate.ts";
import { callOf, replyOf } from "../calls.ts";

const key = (name: string, init: MessageInitShape<typeof KeySchema> = {}) => ({
  settings: create(KeySchema, { name, ...init }),
  value: createSecretValue(`sk-${name}`),
});
const authenticator = createAuthenticator({
  teams: new Map(),
  auth: { required: true, adminKey: createSecretValue("sk-admin") },
  keys: [key("dev", { models: ["fast"], strict: true }), key("all")],
});

const headersOf = (headers: Readonly<Record<string, string>>) => (name: string) => headers[name];

describe("an authenticator with keys", () => {
  const accepted: readonly (readonly [
    title: string,
    headers: Record<string, string>,
    name: string,
  ])[] = [
    ["takes a bearer token", { authorization: "Bearer sk-dev" }, "dev"],
    [
      "takes a bearer token in any case of the scheme",
      { authorization: "bearer   sk-dev " },
      "dev",
    ],
    ["takes Anthropic's header", { "x-api-key": "sk-dev" }, "dev"],
    ["takes Azure's header", { "api-key": "sk-all" }, "all"],
    ["takes Google's header", { "x-goog-api-key": "sk-all" }, "all"],
    ["takes the admin key", { authorization: "Bearer sk-admin" }, "admin"],
    [
      "looks further where authorization is of another scheme",
      { authorization: "Basic x", "x-api-key": "sk-dev" },
      "dev",
    ],
  ];
  for (const [title, headers, name] of accepted) {
    it(title, () => expect(authenticator(headersOf(headers))).toHaveProperty("name", name));
  }

  const refused: readonly (readonly [
    title: string,
    headers: Record<string, string>,
    message: string,
  ])[] = [
    ["refuses a call without a key", {}, "no API key given: send `Authorization: Bearer <key>`"],
    [
      "refuses an empty key",
      { "x-api-key": "" },
      "no API key given: send `Authorization: Bearer <key>`",
    ],
    ["refuses an unknown key", { authorization: "Bearer sk-de" }, "the API key is not known"],
    [
      "refuses a key with more behind it",
      { authorization: "Bearer sk-dev2" },
      "the API key is not known",
    ],
    [
      "lets no second header mend a wrong first",
      { authorization: "Bearer no", "x-api-key": "sk-dev" },
      "the API key is not known",
    ],
  ];
  for (const [title, headers, message] of refused) {
    it(title, () => {
      const attempt = (): unknown => authenticator(headersOf(headers));
      expect(attempt).toThrow(GatewayError);
      expect(attempt).toThrow(message);
    });
  }

  it("never repeats a key in its refusal", () => {
    try {
      authenticator(headersOf({ authorization: "Bearer sk-secret-guess" }));
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain("sk-secret-guess");
      expect(error).toHaveProperty("fault.reason", ErrorReason.UNAUTHENTICATED);
    }
  });

  it("says the same of a key and of a guess when it has seen the key before", () => {
    const fresh = createAuthenticator({
      teams: new Map(),
      auth: { required: true },
      keys: [key("dev"), key("all")],
    });
    const first = fresh(headersOf({ "x-api-key": "sk-dev" }));
    expect(fresh(headersOf({ authorization: "Bearer sk-dev" }))).toBe(first);
    expect(fresh(headersOf({ "x-api-key": "sk-all" }))).toHaveProperty("name", "all");
    for (const guess of ["sk-de", "sk-dev2", "SK-DEV"]) {
      expect(() => fresh(headersOf({ "x-api-key": guess }))).toThrow("the API key is not known");
    }
  });

  it("tells admins apart and limits a key to its models", () => {
    expect(authenticator(headersOf({ "x-api-key": "sk-admin" }))).toEqual({
      name: "admin",
      admin: true,
      models: undefined,
      strict: false,
    });
    const [dev, all] = ["sk-dev", "sk-all"].map((sent) =>
      authenticator(headersOf({ "x-api-key": sent })),
    );
    expect(dev).toMatchObject({ models: new Set(["fast"]), strict: true });
    expect(all).toMatchObject({ models: undefined });
  });
});

describe("an authenticator without keys", () => {
  it("lets everybody in as an anonymous admin", () => {
    expect(
      createAuthenticator({ auth: { required: false }, keys: [], teams: new Map() })(
        () => undefined,
      ),
    ).toEqual({
      name: "anonymous",
      admin: true,
      models: undefined,
      strict: false,
    });
  });
});

describe("the authenticate layer", () => {
  it("waits for who else must say who calls, and passes on what it is refused with", async () => {
    const handler = authenticate(async (header) => {
      if (header("x-api-key") === "eyGood")
        return authenticator(headersOf({ "api-key": "sk-dev" }));
      throw new GatewayError({ reason: ErrorReason.UNAUTHENTICATED, message: "has expired" });
    })(async ({ principal }) => {
      expect(principal?.name).toBe("dev");
      return replyOf({ provider: "p", model: "m" });
    });
    const good = callOf({ header: headersOf({ "x-api-key": "eyGood" }) });
    await handler(good);
    expect(good.trace.principal).toBe("dev");
    const bad = callOf({ header: headersOf({ "x-api-key": "eyBad" }) });
    await expect(async () => handler(bad)).rejects.toThrow("has expired");
  });

  it("puts the principal on the call and its name on the trace", async () => {
    const call = callOf({ header: headersOf({ "x-api-key": "sk-dev" }) });
    const seen: (string | undefined)[] = [];
    const handler = authenticate(authenticator)(async (admitted) => {
      seen.push(admitted.principal?.name);
      return replyOf({ provider: "p", model: "m" });
    });
    await handler(call);
    expect([...seen, call.trace.principal, call.principal]).toEqual(["dev", "dev", undefined]);
  });

  it("does not look for the key again where the edge has found out who calls", async () => {
    const principal = await authenticator(headersOf({ "x-api-key": "sk-dev" }));
    const call = {
      ...callOf({ header: () => expect.unreachable("no header is read") }),
      principal,
    };
    const handler = authenticate(authenticator)(async (admitted) => {
      expect(admitted).toBe(call);
      return replyOf({ provider: "p", model: "m" });
    });
    await handler(call);
    expect(call.trace.principal).toBe("dev");
  });
});
