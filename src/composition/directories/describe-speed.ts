import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { type Deployment, SpeedSchema } from "../../../gen/parlance/admin/v1/model_pb.js";
import type { Target } from "../../core/target/target.ts";
import type { Latency } from "../../policies/routing/latency/latency.ts";

/** How fast a target is; nothing where nothing is known. */
export function describeSpeed(
  latency: Pick<Latency, "speed">,
  target: Target,
): Pick<Deployment, "speed"> | undefined {
  const streams = latency.speed(target, true);
  const wholeMs = latency.speed(target, false)?.tokenMs;
  if (streams === undefined && wholeMs === undefined) return undefined;
  return {
    speed: create(SpeedSchema, {
      ...(streams !== undefined && { firstToken: durationOf(streams.firstTokenMs) }),
      ...(streams?.tokenMs !== undefined && { token: durationOf(streams.tokenMs) }),
      ...(wholeMs !== undefined && { wholeToken: durationOf(wholeMs) }),
    }),
  };
}

/** In whole microseconds. */
function durationOf(ms: number): Duration {
  const us = Math.round(ms * 1_000);
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(us / 1_000_000)),
    nanos: (us % 1_000_000) * 1_000,
  });
}
