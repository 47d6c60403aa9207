import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/serve.ts";
import { configOf, containerOf, manifestFaults, readManifests, variablesOf } from "./manifests.ts";

const text = readFileSync("deploy/kubernetes/parlance.yaml", "utf8");
const manifests = readManifests(text);

/** The faults after a text of the file is replaced by another one. */
function faultsAfter(from: string, to: string): readonly string[] {
  expect(text).toContain(from);
  return manifestFaults(readManifests(text.replace(from, to)));
}

const planted: readonly (readonly [from: string, to: string, fault: RegExp])[] = [
  ["enableServiceLinks: false", "enableServiceLinks: true", /links to Services/],
  ["targetPort: http", "targetPort: https", /Service parlance: no port https/],
  ["containerPort: 9464", "containerPort: 9465", /the metrics have another port/],
  ["containerPort: 4000", "containerPort: 4001", /listens on another port/],
  ["terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 30", /killed before/],
  ["mountPath: /etc/parlance", "mountPath: /etc/gateway", /another config/],
  ["scheme: HTTP }", "scheme: HTTPS }", /probes and TLS differ/],
  ["configMap: { name: parlance }", "configMap: { name: other }", /no ConfigMap other/],
  ["- name: data\n          emptyDir", "- name: other\n          emptyDir", /no volume data/],
  [
    "kind: Deployment\n    name: parlance",
    "kind: Deployment\n    name: p",
    /scales something else/,
  ],
  ["serviceAccountName: parlance", "serviceAccountName: default", /another ServiceAccount/],
];

describe("the objects of deploy/kubernetes", () => {
  it("belong together", () => {
    expect(manifestFaults(manifests)).toEqual([]);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      ...["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "NetworkPolicy"],
      ...["PodDisruptionBudget", "Service", "Service", "ServiceAccount"],
    ]);
  });

  for (const [from, to, fault] of planted)
    it(`would not with ${to.replaceAll(/\s+/g, " ")}`, () => {
      expect(faultsAfter(from, to).join("\n")).toMatch(fault);
    });

  it("would not where labels differ", () => {
    const [budget = ""] = /kind: PodDisruptionBudget[\s\S]*?\n---/.exec(text) ?? [];
    const other = budget.replace(/(matchLabels:\s+app.kubernetes.io\/name:) parlance/, "$1 other");
    expect(faultsAfter(budget, other)).toEqual([
      "PodDisruptionBudget parlance: selects other pods",
    ]);
  });

  it("probe what a gateway answers, and want a file system that it does not write to", async () => {
    const gateway = await startGateway({ config: "providers: { sim: { kind: sim } }", port: 0 });
    onTestFinished(gateway.close);
    const container = containerOf(manifests);
    for (const { httpGet } of [
      container.startupProbe,
      container.livenessProbe,
      container.readinessProbe,
    ])
      expect((await fetch(`${gateway.url}${httpGet?.path}`)).status).toBe(200);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain("/app/data");
  });

  it("have the config that the values of the chart show", () => {
    const values = readFileSync("deploy/helm/parlance/values.yaml", "utf8");
    for (const line of configOf(manifests).split("\n")) expect(values).toContain(`  ${line}\n`);
    const page = readFileSync("deploy/README.md", "utf8");
    for (const name of variablesOf(values)) expect(page).toContain(`--from-literal=${name}=`);
  });
});

describe("the chart", () => {
  it("brings every dashboard and the alerts, as links to the files themselves", () => {
    const folder = "deploy/helm/parlance/files";
    const links = readdirSync(folder).map((file) => readlinkSync(`${folder}/${file}`));
    expect(links).toEqual([
      "../../../prometheus/alerts.yaml",
      ...readdirSync("deploy/grafana").map((file) => `../../../grafana/${file}`),
    ]);
  });

  it("has the version of the package", () => {
    const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
    const chart = readFileSync("deploy/helm/parlance/Chart.yaml", "utf8");
    expect(chart).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
    for (const file of ["kubernetes/kustomization.yaml", "compose/docker-compose.yaml"])
      expect(readFileSync(`deploy/${file}`, "utf8")).toContain(version);
  });
});
