import { expect, it } from "vitest";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { unwatched } from "../../../../src/policies/routing/circuits/circuit-news.ts";
import { createCredentialCircuits } from "../../../../src/policies/routing/circuits/credential-circuits.ts";
import { createSharedState, createStateMemory } from "../../../../src/state/shared-state.ts";

it("all threads leave a credential alone that one of them was refused with", () => {
  let nowMs = 1_700_000_000_000;
  const memory = createStateMemory(2);
  const [one, other] = [0, 1].map((thread) => {
    const { records } = createSharedState(memory, thread);
    return createCredentialCircuits({ records, wallMs: () => nowMs, watch: unwatched });
  });
  const name = "credential\np\n0123456789ab";
  expect(other?.of(name)).toEqual({ state: "closed" });
  one?.open(name, 30_000, ErrorReason.UPSTREAM_UNAUTHENTICATED);
  expect(other?.of(name)).toEqual({ state: "open", untilMs: nowMs + 30_000 });
  expect(other?.opening(name)?.reason).toBe(ErrorReason.UPSTREAM_UNAUTHENTICATED);
  nowMs += 30_000;
  expect(other?.beginProbe(name)).toBe(true);
  expect(one?.beginProbe(name)).toBe(false);
  expect(one?.of(name).state).toBe("probing");
  other?.endProbe(name);
  expect(one?.beginProbe(name)).toBe(true);
  one?.close(name);
  expect(other?.of(name)).toEqual({ state: "closed" });
});
