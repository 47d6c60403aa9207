/** Ticks come at least this often in a process that is idle or at work, in milliseconds. */
const tickMs = 3;

/** Tells how long this process was kept from running. */
export interface StarvationMeter {
  /** Ends the measurement: milliseconds in which the process neither ran nor could have. */
  stop(): number;
}

/**
 * Tells a slow program from a busy machine: time between two ticks that was not spent on the
 * processor, above what an idle process takes to tick, was taken by other processes. Waiting for a
 * timer or burning the processor is not starvation.
 */
export function startStarvationMeter(): StarvationMeter {
  let atMs = performance.now();
  let usedMs = processorMs();
  let starvedMs = 0;
  const look = (): void => {
    const nowMs = performance.now();
    const nowUsedMs = processorMs();
    starvedMs += Math.max(0, nowMs - atMs - (nowUsedMs - usedMs) - tickMs);
    atMs = nowMs;
    usedMs = nowUsedMs;
  };
  const ticks = setInterval(look, 1);
  return {
    stop: () => {
      clearInterval(ticks);
      look();
      return starvedMs;
    },
  };
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
