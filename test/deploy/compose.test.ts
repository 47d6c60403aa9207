import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { folderWith } from "../cli/spawn-parlance.ts";
import { promtool } from "../observe/prometheus.ts";
import { loadDeployed, variablesOf } from "./manifests.ts";

interface Service {
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
}

const folder = "deploy/compose";
const text = readFileSync(join(folder, "docker-compose.yaml"), "utf8");
const { services, volumes }: { services: Record<string, Service>; volumes: object } = parse(text);
const { gateway = {}, prometheus = {}, grafana = {} } = services;
const config = readFileSync(join(folder, "parlance.yaml"), "utf8");

/** Where a service sees a file of the repository. */
function mountsOf(service: Service): ReadonlyMap<string, string> {
  return new Map(
    (service.volumes ?? []).map((volume) => {
      const [from = "", to = ""] = volume.split(":");
      return [to, from] as const;
    }),
  );
}

describe("the file of Docker Compose", () => {
  it("mounts files and volumes that there are", () => {
    for (const [name, service] of Object.entries(services))
      for (const from of mountsOf(service).values()) {
        const there = from.startsWith(".") ? existsSync(join(folder, from)) : from in volumes;
        expect([name, from, there]).toEqual([name, from, true]);
      }
    expect(existsSync(join(folder, gateway.build ?? "", "Dockerfile"))).toBe(true);
  });

  it("gives the gateways a config that loads, and the variables that it names", () => {
    const { server, observe } = loadDeployed(config).config;
    expect(mountsOf(gateway).get("/app/parlance.yaml")).toBe("./parlance.yaml");
    const named = variablesOf(config.replaceAll(/#.*$/gm, ""));
    expect(Object.keys(gateway.environment ?? {})).toEqual(expect.arrayContaining([...named]));
    expect(Number(gateway.stop_grace_period?.replace("s", ""))).toBeGreaterThanOrEqual(
      Number(server?.drainGrace?.seconds) + 6,
    );
    expect(gateway.read_only).toBe(true);
    expect(gateway.ports).toEqual(["127.0.0.1:4000-4001:4000"]);
    expect(observe?.metrics?.port).toBe(9464);
  });

  it("names services and secrets that there are", () => {
    const hosts = [...text.matchAll(/@(\w+):\d+/g)].map(([, host = ""]) => host);
    expect(hosts.sort()).toEqual(["postgres", "redis"]);
    for (const host of hosts) expect(Object.keys(services)).toContain(host);
    const secrets = readFileSync(join(folder, ".env.example"), "utf8");
    const named = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name);
    expect(new Set([...secrets.matchAll(/^(\w+)=$/gm)].map(([, name]) => name))).toEqual(
      new Set(named),
    );
  });

  it("has a Prometheus that scrapes the gateways' port of metrics and knows the alerts", async () => {
    const place = folderWith({});
    for (const [to, from] of mountsOf(prometheus))
      if (from.startsWith(".")) {
        expect(to).toMatch(/^\/etc\/prometheus\//);
        copyFileSync(join(folder, from), join(place, to.replace(/.*\//, "")));
      }
    const [file = ""] = prometheus.command ?? [];
    const name = file.replace("--config.file=/etc/prometheus/", "");
    expect(await promtool(["check", "config", join(place, name)])).toContain("rules found");
    const { scrape_configs }: { scrape_configs: readonly object[] } = parse(
      readFileSync(join(place, name), "utf8"),
    );
    expect(scrape_configs).toMatchObject([
      { job_name: "parlance", dns_sd_configs: [{ names: ["gateway"], port: 9464 }] },
    ]);
  });

  it("has a Grafana with that Prometheus and all dashboards", () => {
    const provisioned = join(folder, "grafana");
    expect(mountsOf(grafana).get("/etc/grafana/provisioning")).toBe("./grafana");
    const { datasources } = parse(
      readFileSync(join(provisioned, "datasources/prometheus.yaml"), "utf8"),
    );
    expect(datasources).toMatchObject([
      { type: "prometheus", url: "http://prometheus:9090", isDefault: true },
    ]);
    const { providers } = parse(
      readFileSync(join(provisioned, "dashboards/parlance.yaml"), "utf8"),
    );
    const [{ options }]: readonly [{ options: { path: string } }] = providers;
    const dashboards = mountsOf(grafana).get(options.path) ?? "";
    expect(readdirSync(join(folder, dashboards))).toContain("calls.json");
    for (const file of readdirSync("deploy/grafana")) {
      const board: { templating: { list: readonly object[] } } = JSON.parse(
        readFileSync(`deploy/grafana/${file}`, "utf8"),
      );
      // Each finds its data by the variable, which begins with the default data source.
      expect(board.templating.list).toMatchObject([{ type: "datasource", query: "prometheus" }]);
    }
  });
});
