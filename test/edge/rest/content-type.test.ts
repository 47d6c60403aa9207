import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RestGateway, restDialects, sendWith, startRestGateway } from "../../rest-dialects.ts";

/** What vendors may call their answers, by the word in the address. */
const types: Readonly<Record<string, (own: string) => Readonly<Record<string, string>>>> = {
  own: (own) => ({ "content-type": own }),
  none: () => ({}),
  page: () => ({ "content-type": "text/html; charset=utf-8" }),
  picture: () => ({ "content-type": "image/svg+xml" }),
  script: (own) => ({ "content-type": `${own}; x="<script>alert(1)</script>"` }),
};

describe("the content type of a reply", () => {
  let gateway: RestGateway;
  beforeAll(async () => {
    gateway = await startRestGateway(
      (response, good, _stream, at) => {
        const own = String(good.headers["content-type"]);
        sendWith(response, good, types[at]?.(own) ?? {});
      },
      { ats: Object.keys(types) },
    );
  });
  afterAll(() => gateway.close());

  const ways = restDialects.flatMap((from) => restDialects.map((to) => [from, to] as const));
  const asked = Object.keys(types).flatMap((at) => [[at, false] as const, [at, true] as const]);
  for (const [from, to] of ways) {
    const way =
      from === to ? `of ${from.kind}, untouched,` : `of ${from.kind}, translated from ${to.kind},`;
    it(`${way} is ours, whatever the vendor calls it`, async () => {
      for (const [at, stream] of asked) {
        const response = await gateway.ask(from, to, stream, at);
        const type = stream && response.status === 200 ? from.streams : "application/json";
        const told = [
          response.headers.get("content-type"),
          response.headers.get("x-content-type-options"),
        ];
        expect([at, stream, ...told]).toEqual([at, stream, type, "nosniff"]);
        await response.arrayBuffer();
      }
    });
  }
});
