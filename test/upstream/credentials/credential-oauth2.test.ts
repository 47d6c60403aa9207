import { describe, expect, it } from "vitest";
import {
  fetchClientCredentialsToken,
  fetchIbmToken,
} from "../../../src/upstream/credentials/credential-oauth2.ts";
import { secret, secretText, startTokenServer, tokenClient } from "../token-server.ts";

describe("client credentials", () => {
  const parameters = [
    ["scope", "a b"],
    ["resource", "urn:x"],
  ] as const;
  const grant = {
    kind: "client_credentials",
    clientId: "id:1 +",
    clientSecret: secret,
    parameters,
  } as const;

  it("are shown in the header, form-encoded as RFC 6749 wants them", async () => {
    const { origin, asked } = await startTokenServer();
    const url = { origin, path: "/token?tenant=1" };
    const loaded = await fetchClientCredentialsToken(
      url,
      { ...grant, authentication: "header" },
      tokenClient(),
    );
    expect(loaded).toEqual({ value: { value: "token-1" }, expiresAtMs: 4_600_000 });
    expect(asked).toMatchObject([
      {
        method: "POST",
        path: "/token?tenant=1",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          accept: "application/json",
        },
        form: [["grant_type", "client_credentials"], ...parameters],
      },
    ]);
    const [scheme, pair = ""] = asked[0]?.headers.authorization?.split(" ") ?? [];
    expect(scheme).toBe("Basic");
    const [id = "", text = "", ...more] = atob(pair).split(":");
    expect(more).toEqual([]);
    const decode = (encoded: string) => new URLSearchParams(`v=${encoded}`).get("v");
    expect([decode(id), decode(text)]).toEqual(["id:1 +", secretText]);
  });

  it("are shown in the body where the server wants that", async () => {
    const { origin, asked } = await startTokenServer();
    await fetchClientCredentialsToken(
      { origin, path: "/" },
      { ...grant, authentication: "body" },
      tokenClient(),
    );
    expect(asked[0]?.headers.authorization).toBeUndefined();
    expect(asked[0]?.form).toEqual([
      ["grant_type", "client_credentials"],
      ["client_id", "id:1 +"],
      ["client_secret", secretText],
      ...parameters,
    ]);
  });
});

describe("an API key of IBM Cloud", () => {
  it("is exchanged for a token", async () => {
    const { origin, asked } = await startTokenServer();
    const loaded = await fetchIbmToken({ origin, path: "/identity/token" }, secret, tokenClient());
    expect(loaded.value).toEqual({ value: "token-1" });
    expect(asked).toMatchObject([
      {
        method: "POST",
        path: "/identity/token",
        form: [
          ["grant_type", "urn:ibm:params:oauth:grant-type:apikey"],
          ["apikey", secretText],
        ],
      },
    ]);
  });
});
