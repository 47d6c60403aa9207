import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GatewayKind, planted, printConfig, tlsFiles } from "./fuzz-config.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway/gateway-process.ts";
import type { MeterUsage } from "./gateway/meter.ts";
import { rest } from "./gateway/rest.ts";
import { startVendors, type Vendors } from "./vendor/start-vendors.ts";
import { warmUp } from "./warm-up.ts";

/** The most CPU time that one turn of the gateway's event loop may take, in milliseconds. */
export const stallMs = 200;

/** What is said of a turn of the event loop that took too long. */
export const blocked = "the event loop was blocked";

/** A gateway under attack. */
export interface AttackedGateway {
  readonly kind: GatewayKind;
  readonly process: GatewayProcess;
  readonly port: number;
  readonly configFile: string;
  /** What it held at rest, before the first attack. */
  readonly start: MeterUsage;
}

/** Something that a gateway did by itself. Times are those of Date.now(). */
export interface GatewayEvent {
  readonly what: string;
  readonly detail: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is attacked, and by whom. */
export interface FuzzWorld {
  readonly seed: number;
  readonly short: boolean;
  readonly vendors: Vendors;
  /**
   * The gateway of a kind, which is started when it is first asked for, or again after it has
   * ended.
   */
  gateway(kind: GatewayKind): Promise<AttackedGateway>;
  /** What gateways did since the last time this was asked. */
  takeEvents(): GatewayEvent[];
  /** The gateways that run. */
  running(): readonly AttackedGateway[];
  /** The configuration of a gateway, told apart from others by a note. */
  configText(kind: GatewayKind, note?: string): string;
  close(): Promise<void>;
}

/** Starts the vendors; gateways follow. */
export async function createWorld(options: {
  readonly seed: number;
  readonly short: boolean;
}): Promise<FuzzWorld> {
  const folder = mkdtempSync(join(tmpdir(), "parlance-fuzz-"));
  for (const [name, text] of Object.entries(tlsFiles)) writeFileSync(join(folder, name), text);
  const tls = { cert_file: join(folder, "cert.pem"), key_file: join(folder, "key.pem") };
  const gateways = new Map<GatewayKind, AttackedGateway>();
  let events: GatewayEvent[] = [];
  const note = (what: string, detail: string, fromMs = Date.now(), toMs = Date.now()): void => {
    events.push({ what, detail, fromMs, toMs });
  };
  const vendors = await startVendors((text) => note("a simulated vendor failed", text));
  const configText: FuzzWorld["configText"] = (kind, text) =>
    printConfig({
      origin: vendors.origin,
      kind,
      tls,
      ...(text === undefined ? {} : { note: text }),
    });

  async function start(kind: GatewayKind): Promise<AttackedGateway> {
    const configFile = join(folder, `${kind}.yaml`);
    writeFileSync(configFile, configText(kind));
    const argv = ["src/main.ts", "serve", "--config", configFile, "--port", "0", "--log", "json"];
    const process = await startGatewayProcess(
      { argv, stallMs },
      {
        planted,
        onLine: (what, line) => noteLine(events, what, line),
        onStall: ({ stallMs: blockedMs, fromMs, toMs }) =>
          note(blocked, `for ${Math.round(blockedMs)} ms of CPU time`, fromMs, toMs),
        onExit: (how) => {
          const lines = gateways.get(kind)?.process.lastLines ?? [];
          gateways.delete(kind);
          note("the gateway ended", `${how}\n${lines.slice(-15).join("\n")}`);
        },
      },
    );
    await warmUp(process.port, kind);
    // What it took to load modules is not what an attack does.
    await process.ask("reset");
    events = events.filter(({ what }) => what !== blocked);
    const gateway = {
      kind,
      process,
      port: process.port,
      configFile,
      start: await rest(process, vendors),
    };
    gateways.set(kind, gateway);
    return gateway;
  }

  return {
    ...options,
    vendors,
    configText,
    gateway: async (kind) => gateways.get(kind) ?? start(kind),
    running: () => [...gateways.values()],
    takeEvents() {
      const taken = events;
      events = [];
      return taken;
    },
    async close() {
      for (const gateway of gateways.values()) await gateway.process.stop();
      await vendors.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The lines of a stack trace belong to the line before them. */
function noteLine(events: GatewayEvent[], what: string, line: string): void {
  const nowMs = Date.now();
  const last = events.at(-1);
  const follows = what.startsWith("a stack trace") && last !== undefined && nowMs - last.toMs < 50;
  // The log is written in batches, so what it tells may have happened a little before.
  if (!follows) events.push({ what, detail: line, fromMs: nowMs - 150, toMs: nowMs });
  else events[events.length - 1] = { ...last, detail: `${last.detail}\n${line}` };
}
