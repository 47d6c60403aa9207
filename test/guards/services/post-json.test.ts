import { describe, expect, it } from "vitest";
import type { ServicePost, ServiceSigning } from "../../../src/guards/services/ports.ts";
import { postJson } from "../../../src/guards/services/post-json.ts";

const question = { url: "http://h/", body: "{}" };
const never = new AbortController().signal;

function replying(status: number): ServicePost {
  return () => Promise.resolve({ status, body: Buffer.from("{}") });
}

describe("a signed question", () => {
  it("is given up while a token is waited for", async () => {
    const life = new AbortController();
    const left = new Error("the caller left");
    const signing: ServiceSigning = () => new Promise(() => life.abort(left));
    const reply = postJson(replying(200), { ...question, signing }, life.signal);
    await expect(reply).rejects.toBe(left);
  });

  it("is not signed for a call that is over", async () => {
    const left = new Error("the caller left");
    const signing: ServiceSigning = () => Promise.reject(new Error("no token"));
    const reply = postJson(replying(200), { ...question, signing }, AbortSignal.abort(left));
    await expect(reply).rejects.toBe(left);
  });

  for (const [status, expected] of [
    [200, 0],
    [401, 1],
    [403, 1],
    [429, 0],
  ] as const)
    it(`has its token fetched anew after ${status}: ${expected === 1}`, async () => {
      let refused = 0;
      const signing: ServiceSigning = () =>
        Promise.resolve({ headers: {}, refused: () => void refused++ });
      await postJson(replying(status), { ...question, signing }, never).catch(() => undefined);
      expect(refused).toBe(expected);
    });

  it("shows the signature beside its own headers, and bounds the reply by what is sent", async () => {
    const signing: ServiceSigning = () =>
      Promise.resolve({ headers: { authorization: "s" }, refused: () => undefined });
    const sent: unknown[] = [];
    const post: ServicePost = ({ headers, maxReplyBytes }) => {
      sent.push({ headers, maxReplyBytes });
      return replying(200)({ ...question, headers, maxReplyBytes, signal: never });
    };
    await postJson(post, { ...question, headers: { x: "y" }, signing }, never);
    expect(sent).toEqual([
      {
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          x: "y",
          authorization: "s",
        },
        maxReplyBytes: 1_048_576 + 4,
      },
    ]);
  });
});
