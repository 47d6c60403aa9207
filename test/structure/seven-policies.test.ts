import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stage } from "../../src/core/compose.ts";
import { type Account, budget } from "./policies/budget.ts";
import { continuation } from "./policies/continuation.ts";
import { hedge } from "./policies/hedge.ts";
import { retry } from "./policies/retry.ts";
import { slots } from "./policies/slots.ts";
import { streamCache } from "./policies/stream-cache.ts";
import { windowedGuard } from "./policies/windowed-guard.ts";
import {
  type Fate,
  type Played,
  type PolicyVendor,
  type PolicyWorld,
  play,
  startPolicyWorld,
} from "./policy-world.ts";

/** The kinds of the ends of a call's attempts, in order, and of the call at last. */
type Course = string;

interface Tried {
  readonly name: string;
  /** Made anew for each call. */
  readonly stages: () => readonly Stage[];
  /** What may happen in each fate, where the answer is whole and where it is streamed. */
  readonly courses: Readonly<Record<Fate, { readonly whole: RegExp; readonly stream: RegExp }>>;
  readonly holdsBack?: true;
}

const both = (course: RegExp) => ({ whole: course, stream: course });

/** A policy that tries once. */
const once: Tried["courses"] = {
  ok: both(/^whole$/),
  e429: both(/^broken$/),
  e500: both(/^broken$/),
  cut: both(/^broken$/),
  leaves: both(/^left$/),
};
const again = /^broken,whole -> whole$/;

const guarded = {
  window: 12,
  replaced: new Map([["hello there", "[removed]"]]),
  refused: ["FORBIDDEN"],
};

const policies: readonly Tried[] = [
  {
    name: "retry",
    stages: () => [retry(3, 50)],
    courses: {
      ...once,
      e429: both(again),
      e500: both(again),
      // What the caller has seen is not said twice.
      cut: { whole: again, stream: /^broken$/ },
    },
  },
  {
    name: "hedge",
    stages: () => [hedge(50)],
    // Which of two requests the vendor sees first is not the gateway's to say.
    courses: {
      ok: both(/^whole$|^(whole,(left|whole)|left,whole) -> whole$/),
      e429: both(/^((broken|left),whole|whole,(broken|left)) -> whole$/),
      e500: both(/^((broken|left),whole|whole,(broken|left)) -> whole$/),
      cut: {
        whole: /^((broken|left),whole|whole,(broken|left)) -> whole$/,
        stream: /^(left,whole|whole,left) -> whole$|^(broken,left|left,broken) -> broken$/,
      },
      leaves: both(/^left$|^left,left -> left$/),
    },
  },
  { name: "budget", stages: () => [], courses: once },
  { name: "slots", stages: () => [], courses: once },
  {
    name: "windowed guard",
    stages: () => [windowedGuard(guarded)],
    courses: once,
    holdsBack: true,
  },
  {
    name: "stream cache",
    stages: () => [streamCache(new Map(), ({ model }) => model)],
    courses: once,
  },
  {
    name: "continuation",
    stages: () => [continuation],
    courses: { ...once, cut: { whole: /^broken$/, stream: again } },
  },
];

function rewrites(stages: readonly Stage[]): boolean {
  return stages.some(({ sees }) => sees === "rewrites");
}

/** Where an attempt is the whole of the call, it is said once. */
function courseOf({ attempts, ends }: Played): Course {
  const [end] = ends;
  return attempts.length === 1 && attempts[0] === end ? `${end}` : `${attempts} -> ${end}`;
}

interface Trial {
  readonly to: PolicyVendor;
  readonly policy: Tried;
  readonly way: "whole" | "stream";
  readonly fate: Fate;
  readonly ownBytes: boolean;
}

/** What a call did that it should not have. */
function wrongWith(played: Played, expected: RegExp, passes: boolean): readonly string[] {
  const course = courseOf(played);
  const { ends, entered, innerEnds, passed, error } = played;
  return [
    expected.test(course) ? "" : `${course}: ${error}`,
    ends.length === 1 ? "" : `${ends.length} ends of the call`,
    innerEnds.length === entered ? "" : `${innerEnds.length} ends of ${entered} attempts`,
    course !== "whole" || passed === passes ? "" : `bytes passed: ${passed}`,
  ];
}

/** One call under a policy, with what must be given back around it and within. */
async function wrongIn({ to, policy, way, fate, ownBytes }: Trial): Promise<readonly string[]> {
  const held = new Map<string, number>();
  const account: Account = { limit: 1e6, used: 0, reserved: 0 };
  const perAttempt: Account = { limit: 1e6, used: 0, reserved: 0 };
  const { stages: make, holdsBack = false, courses } = policy;
  const stages = [budget(account, 500), ...make(), budget(perAttempt, 500), slots(2, held)];
  const played = await play(to, { holdsBack, stages, stream: way === "stream", ownBytes, fate });
  const spent = courseOf(played) !== "whole" || account.used > 0;
  return [
    ...wrongWith(played, courses[fate][way], ownBytes && !rewrites(stages)),
    account.reserved + perAttempt.reserved === 0 ? "" : "tokens are reserved",
    [...held.values()].every((taken) => taken === 0) ? "" : "a slot is taken",
    spent ? "" : "nothing was used",
  ].filter((one) => one !== "");
}

describe("seven policies on the core", () => {
  let world: PolicyWorld;
  beforeAll(async () => {
    world = await startPolicyWorld();
  });
  afterAll(() => world.close());

  /** Runs on every vendor at once, as a typed caller and then with the vendor's own bytes. */
  async function onEveryDialect(run: (to: PolicyVendor, ownBytes: boolean) => Promise<void>) {
    await Promise.all(
      world.vendors.map(async (to) => {
        await run(to, false);
        await run(to, true);
      }),
    );
  }

  for (const policy of policies) {
    const { name } = policy;
    for (const fate of ["ok", "e429", "e500", "cut", "leaves"] as const) {
      for (const way of ["whole", "stream"] as const) {
        it(`${name}, ${way}, ${fate}: all is given back, and each attempt and the call end once`, async () => {
          const found: Record<string, unknown> = {};
          await onEveryDialect(async (to, ownBytes) => {
            const wrong = await wrongIn({ to, policy, way, fate, ownBytes });
            const title = `${to.row.name}${ownBytes ? ", its own bytes" : ""}`;
            if (wrong.length > 0) found[title] = wrong;
          });
          expect(found).toEqual({});
        });
      }
    }
  }

  for (const way of ["whole", "stream"] as const) {
    const stream = way === "stream";
    const ok = { stream, fate: "ok" } as const;

    it(`windowed guard, ${way}: words are replaced wherever pieces part them`, async () => {
      const text = "hello there! They say hello there, or hello.";
      await onEveryDialect(async (to, ownBytes) => {
        const played = await play(to, { ...ok, stages: [windowedGuard(guarded)], ownBytes, text });
        expect(played.text).toBe("[removed]! They say [removed], or hello.");
        expect(played.passed).toBe(false);
      });
    });

    it(`windowed guard, ${way}: an answer that is refused ends there, and is paid for`, async () => {
      const text = "One may say this and that for a while, but FORBIDDEN is not to be said.";
      await onEveryDialect(async (to, ownBytes) => {
        const account: Account = { limit: 1e6, used: 0, reserved: 0 };
        const stages = [budget(account, 10), windowedGuard(guarded)];
        const { error, ends, text: seen } = await play(to, { ...ok, stages, ownBytes, text });
        expect(String(error)).toContain("refused by a guard");
        expect(ends).toEqual(["broken"]);
        expect(text.startsWith(seen)).toBe(true);
        expect(seen).not.toContain("FORB");
        if (!stream) expect(seen).toBe("");
        expect(account.reserved).toBe(0);
      });
    });

    it(`stream cache, ${way}: the same call is answered alike without the vendor`, async () => {
      await onEveryDialect(async (to, ownBytes) => {
        const stages = [streamCache(new Map(), ({ model }) => model)];
        const first = await play(to, { ...ok, stages, ownBytes });
        const second = await play(to, { ...ok, stages, ownBytes });
        expect([to.vendor.requests.length, second.entered]).toEqual([0, 0]);
        expect(second.ends).toEqual(["whole"]);
        expect([second.text, second.pieces, second.passed]).toEqual([
          first.text,
          first.pieces,
          first.passed,
        ]);
      });
    });

    it(`stream cache, ${way}: what was not whole is not kept`, async () => {
      await onEveryDialect(async (to, ownBytes) => {
        const stages = [streamCache(new Map(), ({ model }) => model)];
        await play(to, { ...ok, fate: "cut", stages, ownBytes });
        const second = await play(to, { ...ok, stages, ownBytes });
        expect([to.vendor.requests.length, second.ends]).toEqual([1, ["whole"]]);
      });
    });
  }

  it("continuation: the caller reads one answer of both attempts", async () => {
    await onEveryDialect(async (to, ownBytes) => {
      const text = "A text that is long enough to be cut somewhere in its middle.";
      const how = { stages: [continuation], stream: true, ownBytes, fate: "cut", text } as const;
      const { text: seen, ends } = await play(to, how);
      expect(ends).toEqual(["whole"]);
      const before = seen.slice(0, -text.length);
      expect(before).not.toBe("");
      expect(seen).toBe(before + text);
      expect(text.startsWith(before)).toBe(true);
      expect(String(to.vendor.requests[1]?.rawBody)).toContain(JSON.stringify(before).slice(1, -1));
    });
  });
});

describe("each of the seven policies", () => {
  for (const path of globSync("test/structure/policies/*.ts")) {
    const lines = readFileSync(path, "utf8").split("\n");
    const own = lines.filter((line) => !/^$|^import |^} from|^ {2}\w+,$|^ *(\/\*\*|\*)/.test(line));

    it(`${path} has 10 to 40 lines beside imports and comments`, () => {
      expect(own.length).toBeGreaterThanOrEqual(10);
      expect(own.length).toBeLessThanOrEqual(40);
    });

    it(`${path} knows no dialect, and no form but that of the body`, () => {
      expect(
        own.filter((line) => /dialect|origin|request\.stream|operation\.stream/i.test(line)),
      ).toEqual([]);
    });
  }
});
