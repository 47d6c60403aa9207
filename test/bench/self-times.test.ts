import { expect, it } from "vitest";
import { selfTimes } from "../../bench/self-times.ts";

const frame = (id: number, functionName: string, url = "", lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

it("a profile is summed by function, most expensive first, without idle time", () => {
  const nodes = [
    frame(1, "(idle)"),
    frame(2, "parse", "file:///somewhere/src/core/json.ts", 9),
    frame(3, "parse", "file:///somewhere/src/core/json.ts", 9),
    frame(4, "", "file:///somewhere/node_modules/undici/lib/pool.js", 0),
    frame(5, "write"),
  ];
  const profile = { nodes, samples: [1, 2, 3, 4, 5, 1], timeDeltas: [500, 30, 40, 20, 10, 900] };
  expect(selfTimes(profile)).toEqual([
    { place: "parse src/core/json.ts:10", selfUs: 70, share: 0.7 },
    { place: "(anonymous) node_modules/undici/lib/pool.js:1", selfUs: 20, share: 0.2 },
    { place: "write", selfUs: 10, share: 0.1 },
  ]);
});
