import { badBodies } from "./bad-bodies.ts";
import { badFraming } from "./bad-framing.ts";
import { badHeads } from "./bad-heads.ts";
import { badMembers } from "./bad-members.ts";
import { badStreams } from "./bad-streams.ts";
import type { Misbehaviour } from "./misbehaviour.ts";

/** Every way to answer badly. */
export const misbehaviours: readonly Misbehaviour[] = [
  ...badHeads,
  ...badBodies,
  ...badFraming,
  ...badStreams,
  ...badMembers,
];

/** Finds them by name. */
export const misbehaviourByName: ReadonlyMap<string, Misbehaviour> = new Map(
  misbehaviours.map((each) => [each.name, each]),
);
