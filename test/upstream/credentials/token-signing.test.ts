import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { UpstreamRequest } from "../../../src/upstream/client.ts";
import { createExpiringValue } from "../../../src/upstream/credentials/expiring-value.ts";
import { createSignedSend } from "../../../src/upstream/credentials/signed-send.ts";
import type { Token } from "../../../src/upstream/credentials/token.ts";
import { requestToken } from "../../../src/upstream/credentials/token-request.ts";
import { createTokenSigning } from "../../../src/upstream/credentials/token-signing.ts";
import { openUpstream, post, serveHttp } from "../servers.ts";
import { startTokenServer, type TokenServer, tokenClient } from "../token-server.ts";

/** A vendor that answers what `status` says of the bearer, and what was shown to it. */
async function startVendor(status: (bearer: string) => number) {
  const shown: string[] = [];
  const origin = await serveHttp((request, response) => {
    const bearer = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    shown.push(bearer);
    response.statusCode = status(bearer);
    response.end(bearer);
  });
  return { origin, shown };
}

/**
 * Sends with tokens of the servers, in turn. A 403 whose body begins with "bad" tells of
 * credentials.
 */
function sender(servers: readonly [TokenServer, ...TokenServer[]], clock = { now: 1_000_000 }) {
  const now = () => clock.now;
  const client = tokenClient(now);
  const source = ({ origin }: TokenServer) =>
    createExpiringValue<Token>(
      async () => {
        const loaded = await requestToken(client, { url: { origin, path: "/token" }, form: [] });
        return { ...loaded, value: { value: loaded.value } };
      },
      { now },
    );
  const [first, ...others] = servers;
  const signing = createTokenSigning([source(first), ...others.map(source)]);
  const send = createSignedSend(openUpstream(), signing, (_status, _headers, body) => ({
    reason: Buffer.from(body).toString().startsWith("bad")
      ? ErrorReason.UPSTREAM_UNAUTHENTICATED
      : ErrorReason.UPSTREAM_PERMISSION_DENIED,
    message: "",
  }));
  return async (origin: string, more: Partial<UpstreamRequest> = {}) => {
    const { status, body } = (await send(post(origin, more))).response;
    return `${status} ${Buffer.from(await body.bytes())}`;
  };
}

const times = (count: number, run: () => Promise<string>) =>
  Promise.all(Array.from({ length: count }, run));

describe("requests that carry a token", () => {
  it("share one token request, a hundred at a time", async () => {
    const tokens = await startTokenServer();
    const vendor = await startVendor(() => 200);
    const send = sender([tokens]);
    expect(new Set(await times(100, () => send(vendor.origin)))).toEqual(new Set(["200 token-1"]));
    expect(vendor.shown).toHaveLength(100);
    expect(tokens.asked).toHaveLength(1);
  });

  it("replace a token ahead of its end, and never send one that has ended", async () => {
    const tokens = await startTokenServer();
    const vendor = await startVendor(() => 200);
    const clock = { now: 0 };
    const send = sender([tokens], clock);
    expect(await send(vendor.origin)).toBe("200 token-1");
    clock.now = 3_299_999;
    expect(await send(vendor.origin)).toBe("200 token-1");
    expect(tokens.asked).toHaveLength(1);
    clock.now = 3_600_000;
    expect(new Set(await times(10, () => send(vendor.origin)))).toEqual(new Set(["200 token-2"]));
    expect(tokens.asked).toHaveLength(2);
  });

  for (const [title, status] of [
    ["401", 401],
    ["a 403 that tells of credentials", 403],
  ] as const) {
    it(`are sent once more after ${title}, with one new token for all`, async () => {
      const tokens = await startTokenServer((response, count) =>
        response.end(JSON.stringify({ access_token: count === 1 ? "bad-1" : "good-2" })),
      );
      const vendor = await startVendor((bearer) => (bearer.startsWith("bad") ? status : 200));
      const send = sender([tokens]);
      expect(new Set(await times(100, () => send(vendor.origin)))).toEqual(new Set(["200 good-2"]));
      expect(tokens.asked).toHaveLength(2);
      expect(vendor.shown.filter((bearer) => bearer === "good-2")).toHaveLength(100);
    });
  }

  it("are sent twice at most, and the refusal is handed on with its body", async () => {
    const tokens = await startTokenServer();
    const vendor = await startVendor(() => 401);
    expect(await sender([tokens])(vendor.origin)).toBe("401 token-2");
    expect(vendor.shown).toEqual(["token-1", "token-2"]);
  });

  it("are sent once where a 403 tells of something else", async () => {
    const tokens = await startTokenServer();
    const vendor = await startVendor(() => 403);
    expect(await sender([tokens])(vendor.origin)).toBe("403 token-1");
    expect([tokens.asked.length, vendor.shown.length]).toEqual([1, 1]);
  });

  it("take turns where there are several sources", async () => {
    const named = (name: string) =>
      startTokenServer((response) =>
        response.end(JSON.stringify({ access_token: name, expires_in: 3600 })),
      );
    const vendor = await startVendor(() => 200);
    const send = sender([await named("a"), await named("b")]);
    for (let call = 0; call < 4; call += 1) await send(vendor.origin);
    expect(vendor.shown).toEqual(["a", "b", "a", "b"]);
  });

  it("carry no other authorization beside it", async () => {
    const vendor = await startVendor(() => 200);
    const send = sender([await startTokenServer()]);
    expect(await send(vendor.origin, { headers: ["authorization", "Basic configured"] })).toBe(
      "200 token-1",
    );
  });

  it("do not keep a caller who leaves while the token is fetched, and leave it to the others", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const tokens = await startTokenServer(arrived.resolve);
    const vendor = await startVendor(() => 200);
    const send = sender([tokens]);
    const leaving = new AbortController();
    const left = send(vendor.origin, { signal: leaving.signal });
    const stayed = send(vendor.origin);
    const answer = await arrived.promise;
    leaving.abort();
    await expect(left).rejects.toMatchObject({ kind: "aborted" });
    answer.end(JSON.stringify({ access_token: "late" }));
    expect(await stayed).toBe("200 late");
    expect(tokens.asked).toHaveLength(1);
  });

  it("fail with the token request, and try it again with the next call", async () => {
    const tokens = await startTokenServer((response, count) => {
      response.statusCode = count === 1 ? 500 : 200;
      response.end(JSON.stringify({ access_token: "t" }));
    });
    const vendor = await startVendor(() => 200);
    const send = sender([tokens]);
    await expect(send(vendor.origin)).rejects.toMatchObject({
      fault: { reason: ErrorReason.CREDENTIAL_MISSING },
    });
    expect(vendor.shown).toEqual([]);
    expect(await send(vendor.origin)).toBe("200 t");
  });
});
