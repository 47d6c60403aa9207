import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { requestToken } from "../../../src/upstream/credentials/token-request.ts";
import { deadOrigin } from "../servers.ts";
import { shows } from "../spellings.ts";
import { secretText, startTokenServer, tokenClient } from "../token-server.ts";

type Answer = (response: ServerResponse) => void;

const ask = (origin: string, client = tokenClient()) =>
  requestToken(client, { url: { origin, path: "/token" }, form: [["client_secret", secretText]] });

const failure = (asking: Promise<unknown>): Promise<GatewayError> =>
  asking.then(
    () => Promise.reject(new Error("expected a failure")),
    (error: unknown) => (error instanceof GatewayError ? error : Promise.reject(error)),
  );

const json =
  (status: number, value: unknown): Answer =>
  (response) => {
    response.statusCode = status;
    response.end(JSON.stringify(value));
  };

describe("a token request that fails", () => {
  const { CREDENTIAL_MISSING: missing, UPSTREAM_UNAUTHENTICATED: refused } = ErrorReason;
  const cases: readonly [title: string, answer: Answer, reason: ErrorReason, says: string][] = [
    ["with HTML", (response) => response.end("<html>Sign in</html>"), missing, "is not JSON"],
    ["with nothing", (response) => response.end(), missing, "is not JSON"],
    ["with a list", json(200, []), missing, "is not JSON"],
    ["without a token", json(200, { token_type: "Bearer" }), missing, "holds no access_token"],
    [
      "with a token that is no text",
      json(200, { access_token: 7 }),
      missing,
      "holds no access_token",
    ],
    ["with an empty token", json(200, { access_token: "" }), missing, "no header can carry"],
    [
      "with a token that breaks the header",
      json(200, { access_token: "a\r\nx: y" }),
      missing,
      "no header can carry",
    ],
    ["with 500", json(500, { error: "server_error" }), missing, "answered 500 (server_error)"],
    ["with 429", json(429, {}), missing, "answered 429"],
    [
      "with a wrong client",
      json(401, { error: "invalid_client" }),
      refused,
      "answered 401 (invalid_client)",
    ],
    [
      "with a wrong grant",
      json(400, { error: "invalid_grant", error_description: secretText }),
      refused,
      "400",
    ],
    [
      "with a code that is not one",
      json(403, { error: `no: ${secretText}` }),
      refused,
      "answered 403",
    ],
    [
      "with a redirect",
      (response) => response.writeHead(302, { location: "http://127.0.0.1/" }).end(),
      missing,
      "redirect",
    ],
    ["with a cut connection", (response) => response.destroy(), missing, "connection was lost"],
    [
      "with more than anybody reads",
      (response) => response.end(JSON.stringify({ access_token: "x".repeat(2_000_000) })),
      missing,
      "larger than",
    ],
  ];
  for (const [title, answer, reason, says] of cases) {
    it(`${title} is a typed error that names the provider and holds no secret`, async () => {
      const { origin } = await startTokenServer(answer);
      const error = await failure(ask(origin));
      expect(error.fault).toMatchObject({ reason, provider: "acme" });
      expect(error.message).toContain("provider acme: ");
      expect(error.message).toContain(says);
      expect(inspect(error, { depth: 9 })).not.toContain(secretText);
      expect(inspect(error, { depth: 9 })).not.toContain(encodeURIComponent("very secret"));
    });
  }

  const shown = "cl1ent-secret_0123456789";
  const headers = ["authorization", `Basic ${Buffer.from(`client:${shown}`).toString("base64")}`];
  const repeats: readonly [title: string, answer: Answer][] = [
    ["as the code of its error", json(401, { error: shown })],
    ["within the code of its error", json(401, { error: `no.${shown}` })],
    ["in capitals", json(400, { error: shown.toUpperCase() })],
    [
      "packed as it came",
      json(401, { error: headers[1]?.replace(/^Basic /, "").replaceAll("=", "") }),
    ],
    [
      "as its coding",
      (response) => response.writeHead(200, { "content-encoding": shown }).end("{}"),
    ],
    ["as its reason", (response) => response.writeHead(500, shown, {}).end("{}")],
  ];
  for (const [title, answer] of repeats) {
    for (const way of [{ form: [["client_secret", shown]] as const }, { form: [], headers }]) {
      it(`does not repeat what the server does, ${title}, where it was shown in ${way.headers ? "a header" : "the form"}`, async () => {
        const { origin } = await startTokenServer(answer);
        const error = await failure(
          requestToken(tokenClient(), { url: { origin, path: "/token" }, ...way }),
        );
        expect(shows(inspect(error, { depth: 9, showHidden: true }), shown)).toBe(false);
      });
    }
  }

  it("for nobody listens is one, too", async () => {
    const error = await failure(ask(await deadOrigin()));
    expect(error.fault).toMatchObject({ reason: ErrorReason.CREDENTIAL_MISSING, provider: "acme" });
  });

  it("for no reply comes in time is one, too", async () => {
    const { origin } = await startTokenServer(() => undefined);
    const timeouts = { connectMs: 1_000, firstTokenMs: 1, idleMs: 1 };
    const error = await failure(ask(origin, { ...tokenClient(), timeouts }));
    expect(error.fault.reason).toBe(ErrorReason.CREDENTIAL_MISSING);
    expect(error.message).toContain("no reply in time");
  });
});

describe("the end of a token", () => {
  const cases: readonly [title: string, reply: object, expiresAtMs: number | undefined][] = [
    ["is counted from now", { expires_in: 60 }, 1_060_000],
    ["may be written as text", { expires_in: "60" }, 1_060_000],
    ["may be a moment, as Azure's services write it", { expires_on: "2000" }, 2_000_000],
    ["may be a moment, as IBM writes it", { expiration: 2000 }, 2_000_000],
    ["is counted from now where both are given", { expires_in: 60, expires_on: "2000" }, 1_060_000],
    ["is unknown where nothing is said", {}, undefined],
    ["is unknown where nonsense is said", { expires_in: -5, expires_on: "soon" }, undefined],
  ];
  for (const [title, reply, expiresAtMs] of cases) {
    it(title, async () => {
      const { origin } = await startTokenServer(json(200, { access_token: "t", ...reply }));
      expect(await ask(origin)).toEqual({ value: "t", expiresAtMs });
    });
  }
});
