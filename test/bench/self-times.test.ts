import { describe, expect, it } from "vitest";
import { type CpuProfile, selfTimes } from "../../bench/self-times.ts";

const frame = (id: number, functionName: string, url = "", lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

const nodes: CpuProfile["nodes"] = [
  frame(1, "(idle)"),
  frame(2, "parse", "file:///somewhere/src/json/json.ts", 9),
  frame(3, "parse", "file:///somewhere/src/json/json.ts", 9),
  frame(4, "", "file:///somewhere/node_modules/undici/lib/pool.js", 0),
  frame(5, "write"),
  frame(6, "post", "node:inspector", 114),
];

describe("a profile's self times", () => {
  it("are summed by function, most expensive first, without idle time and the profiler", () => {
    const profile = {
      nodes,
      samples: [1, 2, 3, 4, 5, 6, 1],
      timeDeltas: [50, 30, 40, 20, 10, 25, 60],
    };
    expect(selfTimes(profile)).toEqual([
      { place: "parse src/json/json.ts:10", selfUs: 70, share: 0.7 },
      { place: "(anonymous) node_modules/undici/lib/pool.js:1", selfUs: 20, share: 0.2 },
      { place: "write", selfUs: 10, share: 0.1 },
    ]);
  });

  it("leave out the wait for a core", () => {
    const profile = { nodes, samples: [2, 2, 2, 5], timeDeltas: [10, 10, 10, 5000] };
    expect(selfTimes(profile).map(({ selfUs }) => selfUs)).toEqual([30, 30]);
  });
});
