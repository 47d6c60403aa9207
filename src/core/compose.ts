import type { Handler, Layer } from "./call.ts";

/** A layer with the name it has in traces. */
export interface Stage {
  readonly name: string;
  readonly layer: Layer;
}

/**
 * Puts layers around a handler: the FIRST stage is outermost. Each stage that is entered is
 * recorded in the call's trace.
 */
export function compose(stages: readonly Stage[], innermost: Handler): Handler {
  return stages.reduceRight<Handler>(
    (next, stage) => traced(stage.name, stage.layer(next)),
    innermost,
  );
}

/** Records the stage whenever a call enters it. */
export function traced(name: string, handler: Handler): Handler {
  return (call) => {
    call.trace.enter(name);
    return handler(call);
  };
}
