import { readdirSync, readFileSync } from "node:fs";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import type { Settings } from "../../src/config/settings.ts";
import { durationMs } from "../../src/core/time/duration-ms.ts";
import { selfSigned } from "../upstream/self-signed.ts";

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels: Labels;
}
interface Named {
  readonly name: string;
}

/** A probe of a container. */
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string; readonly scheme: string };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly (Named & { readonly containerPort: number })[];
  readonly securityContext: object;
  readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface PodSpec {
  readonly enableServiceLinks: boolean;
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly (Named & { readonly configMap?: Named })[];
  readonly topologySpreadConstraints: readonly { readonly labelSelector: Selector }[];
}

/** An object of Kubernetes, with what is looked at here of the specs of all kinds. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: Named & { readonly labels: Labels };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly selector?: Selector & Labels;
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly serviceName?: string;
    readonly volumeClaimTemplates?: readonly { readonly metadata: Named }[];
    readonly podSelector?: Selector;
    readonly scaleTargetRef?: Named & { readonly kind: string };
    readonly ports?: readonly (Named & { readonly targetPort: string })[];
    readonly ingress?: readonly { readonly ports: readonly { readonly port: string }[] }[];
    readonly jobLabel?: string;
    readonly endpoints?: readonly { readonly port: string; readonly path: string }[];
    readonly groups?: unknown;
  };
}

/** Reads the objects of a file of YAML. */
export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const object: Manifest = document.toJS();
    return { ...object, spec: object.spec ?? {} };
  });
}

/** What does not belong together among the objects of one file of values; empty: nothing. */
export function manifestFaults(manifests: readonly Manifest[]): readonly string[] {
  const { template } = workloadOf(manifests).spec;
  if (template === undefined) return ["no pod"];
  const { labels } = template.metadata;
  const spread = template.spec.topologySpreadConstraints.every(({ labelSelector }) =>
    isWithin(labelSelector.matchLabels, labels),
  );
  return [
    ...manifests.flatMap((manifest) => {
      const place = `${manifest.kind} ${manifest.metadata.name}`;
      return objectFaults(manifest, labels, manifests).map((fault) => `${place}: ${fault}`);
    }),
    ...(spread ? [] : ["other pods are spread"]),
    ...podFaults(template.spec, manifests),
    ...configFaults(containerOf(manifests), manifests),
    ...dashboardFaults(manifests),
  ];
}

function objectFaults(
  { kind, spec }: Manifest,
  podLabels: Labels,
  manifests: readonly Manifest[],
): readonly string[] {
  const known = containerOf(manifests).ports.map(({ name }) => name);
  const ports = [
    ...(kind === "Service" ? (spec.ports ?? []) : []).map(({ targetPort }) => targetPort),
    ...(spec.ingress ?? []).flatMap((rule) => rule.ports.map(({ port }) => port)),
  ];
  const workload = workloadOf(manifests);
  const { scaleTargetRef: scaled = { kind: workload.kind, name: workload.metadata.name } } = spec;
  const isScaled = scaled.kind === workload.kind && scaled.name === workload.metadata.name;
  const labels = selectorOf(kind, spec);
  return [
    ...(labels === undefined || isWithin(labels, podLabels) ? [] : ["selects other pods"]),
    ...ports.flatMap((port) => (known.includes(port) ? [] : [`no port ${port}`])),
    ...(isScaled ? [] : ["scales something else"]),
    ...(kind === "ServiceMonitor" ? monitorFaults(spec, manifests) : []),
    ...(kind === "PrometheusRule" && !isAlerts(spec) ? ["other alerts"] : []),
  ];
}

/** The Deployment or StatefulSet; throws where there is none. */
function workloadOf(manifests: readonly Manifest[]): Manifest {
  const found = manifests.find(({ kind }) => kind === "Deployment" || kind === "StatefulSet");
  if (found === undefined) throw new Error("no workload");
  return found;
}

/** The container of the gateway; throws where there is none. */
export function containerOf(manifests: readonly Manifest[]): Container {
  const [container] = workloadOf(manifests).spec.template?.spec.containers ?? [];
  if (container === undefined) throw new Error("no container");
  return container;
}

function isWithin(part: Labels | undefined, whole: Labels): boolean {
  const pairs = Object.entries(part ?? {});
  return pairs.length > 0 && pairs.every(([name, value]) => whole[name] === value);
}

/** The labels by which an object chooses pods; undefined where it chooses none. */
function selectorOf(kind: string, spec: Manifest["spec"]): Labels | undefined {
  if (kind === "Service") return spec.selector;
  if (kind === "NetworkPolicy") return spec.podSelector?.matchLabels;
  return kind === "ServiceMonitor" ? undefined : spec.selector?.matchLabels;
}

/** The alerts take the job to be `parlance`. */
function monitorFaults(spec: Manifest["spec"], manifests: readonly Manifest[]): readonly string[] {
  const watched = manifests.filter(
    ({ kind, metadata }) =>
      kind === "Service" && isWithin(spec.selector?.matchLabels, metadata.labels),
  );
  const [service] = watched;
  if (service === undefined || watched.length > 1) return ["the monitor finds no single Service"];
  const ports = (service.spec.ports ?? []).map(({ name }) => name);
  const missing = (spec.endpoints ?? []).filter(({ port }) => !ports.includes(port));
  const job = service.metadata.labels[spec.jobLabel ?? ""];
  return [
    ...missing.map(({ port }) => `the monitor's Service has no port ${port}`),
    ...(job === "parlance" ? [] : [`the job of the monitor is ${job}`]),
  ];
}

function isAlerts({ groups }: Manifest["spec"]): boolean {
  const own: { groups: unknown } = parse(readFileSync("deploy/prometheus/alerts.yaml", "utf8"));
  const sorted = (value: unknown) =>
    JSON.stringify(value, (_, inner: unknown) =>
      inner instanceof Object && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort())
        : inner,
    );
  return sorted(groups) === sorted(own.groups);
}

function podFaults(pod: PodSpec, manifests: readonly Manifest[]): readonly string[] {
  const claims = workloadOf(manifests).spec.volumeClaimTemplates ?? [];
  const volumes = [...pod.volumes, ...claims.map(({ metadata }) => metadata)].map(
    ({ name }) => name,
  );
  const maps = manifests.filter(({ kind }) => kind === "ConfigMap");
  const accounts = manifests.filter(({ kind }) => kind === "ServiceAccount");
  const account = accounts[0]?.metadata.name ?? "default";
  return [
    // A Service of the name `parlance` would set PARLANCE_PORT.
    ...(pod.enableServiceLinks ? ["links to Services become settings"] : []),
    ...(pod.serviceAccountName === account ? [] : ["another ServiceAccount"]),
    ...pod.containers
      .flatMap(({ volumeMounts }) => volumeMounts)
      .flatMap(({ name }) => (volumes.includes(name) ? [] : [`no volume ${name}`])),
    ...pod.volumes.flatMap(({ configMap }) =>
      configMap === undefined || maps.some(({ metadata }) => metadata.name === configMap.name)
        ? []
        : [`no ConfigMap ${configMap.name}`],
    ),
  ];
}

/** The config of the gateway, and where its container finds it; throws where it is in no ConfigMap. */
export function configOf(manifests: readonly Manifest[]): string {
  const text = manifests.flatMap(({ data }) => data?.["parlance.yaml"] ?? [])[0];
  if (text === undefined) throw new Error("no config");
  return text;
}

/** The variables of the environment that a config names. */
export function variablesOf(config: string): readonly string[] {
  return [...config.matchAll(/\benv: (\w+)/g)].map(([, name = ""]) => name);
}

const secret = "secret-0123456789";

/** Loads a config with a value for each variable and file that it names; throws where it cannot be used. */
export function loadDeployed(text: string): Settings {
  const address = (name: string) =>
    name === "DATABASE_URL" ? "postgres://u@db/p" : "redis://redis:6379";
  const env = variablesOf(text).map((name) => {
    return [name, name.endsWith("_URL") ? address(name) : secret] as const;
  });
  const source = { text, filename: "parlance.yaml" };
  const fileOf = (path: string) =>
    path.endsWith(".crt") ? selfSigned.cert : path.endsWith(".key") ? selfSigned.key : secret;
  const loaded = loadConfig(source, Object.fromEntries(env), fileOf);
  const found = loaded.ok ? loaded.warnings : loaded.violations;
  if (!loaded.ok || found.length > 0) throw new Error(JSON.stringify(found));
  return loaded.settings;
}

function configFaults(container: Container, manifests: readonly Manifest[]): readonly string[] {
  const { server, observe } = loadDeployed(configOf(manifests)).config;
  const mounted = container.volumeMounts.find(({ name }) => name === "config")?.mountPath;
  const portOf = (wanted: string) =>
    container.ports.find(({ name }) => name === wanted)?.containerPort;
  const metrics = observe?.metrics;
  const metricsPort = metrics?.disabled === true ? undefined : metrics?.port;
  const own = container.env.find(({ name }) => name === "PARLANCE_PORT")?.value;
  const grace = workloadOf(manifests).spec.template?.spec.terminationGracePeriodSeconds ?? 0;
  const drains = durationMs(server?.drainGrace) / 1_000;
  const scheme = server?.tls === undefined ? "HTTP" : "HTTPS";
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  const paths = manifests.flatMap(({ spec }) => spec.endpoints ?? []).map(({ path }) => path);
  const rules: readonly (readonly [holds: boolean, fault: string])[] = [
    [container.args.join(" ") === `serve --config ${mounted}/parlance.yaml`, "another config"],
    [own === String(portOf("http")), "the gateway listens on another port"],
    [metricsPort === portOf("metrics"), "the metrics have another port"],
    [
      paths.every((path) => path === (metrics?.path ?? "/metrics")),
      "the metrics have another path",
    ],
    // What is left of records is handed to the database for up to 5 s, and the log gets one.
    [grace >= drains + 6, "pods are killed before their calls have ended"],
    [
      probes.every(({ httpGet }) => (httpGet?.scheme ?? scheme) === scheme),
      "probes and TLS differ",
    ],
  ];
  return rules.flatMap(([holds, fault]) => (holds ? [] : [fault]));
}

/** Either all dashboards are there, as Grafana's sidecar reads them, or none is. */
function dashboardFaults(manifests: readonly Manifest[]): readonly string[] {
  const shown = new Map(manifests.flatMap(({ data }) => Object.entries(data ?? {})));
  shown.delete("parlance.yaml");
  if (shown.size === 0) return [];
  return readdirSync("deploy/grafana").flatMap((file) =>
    shown.get(`parlance-${file}`) === readFileSync(`deploy/grafana/${file}`, "utf8")
      ? []
      : [`the dashboard ${file} is missing or another one`],
  );
}
