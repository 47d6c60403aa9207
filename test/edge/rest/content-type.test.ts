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

  for (const from of restDialects) {
    for (const to of restDialects) {
      const way = from === to ? `of ${from.kind}, untouched,` : `of ${from.kind}, translated from ${to.kind},`;
      it(`${way} is ours, whatever the vendor calls it`, async () => {
        for (const at of Object.keys(types)) {
          for (const stream of [false, true]) {
            const response = await gateway.ask(from, to, stream, at);
            const told = [response.headers.get("content-type"), response.headers.get("x-content-type-options")];
            const streamed = stream && response.status === 200;
            expect([at, stream, ...told]).toEqual([
              at,
              stream,
              streamed ? from.streams : "application/json",
              "nosniff",
            ]);
            await response.arrayBuffer();
          }
        }
      });
    }
  }
});
