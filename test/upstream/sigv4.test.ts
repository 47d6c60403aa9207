import { describe, expect, it } from "vitest";
import {
  type AwsCredentials,
  createSigV4Signer,
  type SignableRequest,
} from "../../src/upstream/credentials/credential-sigv4.ts";

/** The credentials, the time and the scope of AWS's published Signature Version 4 test suite. */
const credentials: AwsCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const sign = createSigV4Signer(
  { region: "us-east-1", service: "service" },
  () => new Date("2015-08-30T12:36:00Z"),
);

const sessionToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

const form = ["content-type", "application/x-www-form-urlencoded"];
const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function request(
  method: string,
  path: string,
  headers: readonly string[] = [],
  body = "",
): SignableRequest {
  return { method, origin: "https://example.amazonaws.com", path, headers, body };
}

function headerOf(headers: readonly string[], name: string): string {
  const at = headers.findIndex((header, index) => index % 2 === 0 && header === name);
  return at === -1 ? "" : (headers[at + 1] ?? "");
}

describe("signing", () => {
  const vectors: readonly (readonly [
    name: string,
    request: SignableRequest,
    signed: string,
    signature: string,
  ])[] = [
    [
      "get-vanilla",
      request("GET", "/"),
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ],
    [
      "get-vanilla-empty-query-key",
      request("GET", "/?Param1=value1"),
      "host;x-amz-date",
      "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ],
    [
      "get-vanilla-query-order-key-case",
      request("GET", "/?Param2=value2&Param1=value1"),
      "host;x-amz-date",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "get-vanilla-query-unreserved",
      request("GET", `/?${unreserved}=${unreserved}`),
      "host;x-amz-date",
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ],
    [
      "post-vanilla",
      request("POST", "/"),
      "host;x-amz-date",
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ],
    [
      "post-vanilla-query",
      request("POST", "/?Param1=value1"),
      "host;x-amz-date",
      "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ],
    [
      "post-x-www-form-urlencoded",
      request("POST", "/", form, "Param1=value1"),
      "content-type;host;x-amz-date",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  ];
  for (const [name, signable, signed, signature] of vectors) {
    it(`gives the published signature of ${name}`, async () => {
      const headers = await sign(signable, credentials);
      expect(headerOf(headers, "x-amz-date")).toBe("20150830T123600Z");
      expect(headerOf(headers, "authorization")).toBe(
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
      );
    });
  }

  it("gives the published signature of post-sts-header-before, which signs the session token", async () => {
    const headers = await sign(request("POST", "/"), { ...credentials, sessionToken });
    expect(headerOf(headers, "x-amz-security-token")).toBe(sessionToken);
    expect(headerOf(headers, "authorization")).toContain(
      "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    );
  });

  it("signs only headers that nothing on the way changes", async () => {
    const plain = await sign(request("POST", "/", form, "{}"), credentials);
    const more = await sign(
      request("POST", "/", [...form, "accept", "*/*", "traceparent", "00"], "{}"),
      credentials,
    );
    expect(more).toEqual(plain);
  });

  it("signs the body's bytes, whether they come as text or not", async () => {
    const text = await sign(request("POST", "/", form, "Zürich"), credentials);
    const bytes = await sign(
      { ...request("POST", "/", form), body: Buffer.from("Zürich") },
      credentials,
    );
    expect(bytes).toEqual(text);
    expect(await sign(request("POST", "/", form, "Zurich"), credentials)).not.toEqual(text);
  });

  it("tells a colon in a path that was encoded from one that was not", async () => {
    const encoded = await sign(request("POST", "/model/m%3A0/converse", form, "{}"), credentials);
    const bare = await sign(request("POST", "/model/m:0/converse", form, "{}"), credentials);
    expect(headerOf(encoded, "authorization")).not.toBe(headerOf(bare, "authorization"));
  });
});
