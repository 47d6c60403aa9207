import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sbom } from "../../scripts/write-sbom.ts";
import { spawnProgram } from "../cli/spawn-parlance.ts";
import { freePort } from "../redis/free-port.ts";

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The stages of the Dockerfile, each from its FROM on. */
function readStages(): readonly (readonly Instruction[])[] {
  const text = readFileSync("Dockerfile", "utf8").replaceAll(/^#.*\n/gm, "");
  const lines = text.replaceAll("\\\n", " ").split("\n");
  const stages: Instruction[][] = [[]];
  for (const line of lines.filter((one) => one !== "")) {
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
}

const [head = [], build = [], image = []] = readStages();
const of = (stage: readonly Instruction[], wanted: string): readonly string[] =>
  stage.filter(({ name }) => name === wanted).map(({ rest }) => rest);
const words = (list: string): readonly string[] => JSON.parse(list);

/** Whether .dockerignore keeps a path of the repository out of what the build sees: the last line decides. */
function isIgnored(path: string): boolean {
  const rules = readFileSync(".dockerignore", "utf8").trim().split("\n");
  let ignored = false;
  for (const rule of rules) {
    const text = rule.replace(/^!/, "").replaceAll(".", "\\.").replaceAll("*", "[^/]*");
    const pattern = new RegExp(`^${text}$`);
    const parts = path.split("/").map((_, at, all) => all.slice(0, at + 1).join("/"));
    if (parts.some((part) => pattern.test(part))) ignored = !rule.startsWith("!");
  }
  return ignored;
}

/** Copies what a stage copies out of a folder. */
function copyInto(
  stage: readonly Instruction[],
  folder: string,
  from: string,
  keep: (path: string) => boolean,
): void {
  for (const rest of of(stage, "COPY")) {
    const paths = rest.split(" ").filter((word) => !word.startsWith("--"));
    const to = paths.pop() ?? "";
    for (const path of paths) {
      const source = path.replace(/^\/build\//, "");
      const target = to.endsWith("/")
        ? join(folder, to, source.split("/").pop() ?? "")
        : join(folder, to);
      if (!keep(source)) throw new Error(`${source} is kept out by .dockerignore`);
      // The modules are those that `npm ci` brought here, and too many to copy.
      if (source === "node_modules") symlinkSync(resolve(source), target);
      else cpSync(join(from, source), target, { recursive: true });
    }
  }
}

describe("the image of the Dockerfile", () => {
  let work = "";
  let app = "";
  let ran: readonly string[] = [];
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "image-"));
    const buildFolder = join(work, "build");
    mkdirSync(buildFolder);
    copyInto(build, buildFolder, ".", (path) => !isIgnored(path));
    symlinkSync(resolve("node_modules"), join(buildFolder, "node_modules"));
    const { scripts }: { scripts: { build: string } } = JSON.parse(
      readFileSync(join(buildFolder, "package.json"), "utf8"),
    );
    // The compiler runs in CI's own build, over the same sources.
    ran = scripts.build.split(" && ").filter((command) => !command.startsWith("tsc "));
    for (const command of ran) execFileSync("sh", ["-c", command], { cwd: buildFolder });
    app = join(work, "app");
    mkdirSync(app);
    copyInto(image, app, buildFolder, () => true);
    mkdirSync(join(app, "data"));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it("is built by the Node that the tests run on, and does not run as root", () => {
    const { devDependencies }: { devDependencies: { node: string } } = JSON.parse(
      readFileSync("package.json", "utf8"),
    );
    expect(of(head, "ARG")).toEqual([`NODE_VERSION=${devDependencies.node}`]);
    expect([build, image].map((stage) => of(stage, "FROM")[0]?.split(" ")[0])).toEqual([
      "node:$NODE_VERSION-slim",
      "node:$NODE_VERSION-slim",
    ]);
    expect(of(build, "RUN")).toEqual(["npm ci", "npm run build", "npm prune --omit=dev"]);
    expect(ran).toEqual([
      "rm -rf dist",
      "node scripts/bundle-server.ts",
      "node scripts/write-sbom.ts",
    ]);
    expect(of(image, "USER")).toEqual(["1000:1000"]);
  });

  it("sees of the repository what it copies, and nothing else of it", () => {
    for (const path of [
      "Dockerfile",
      ".git/config",
      "test/image.ts",
      "scripts/layers.ts",
      "data/p.db",
    ])
      expect([path, isIgnored(path)]).toEqual([path, true]);
    for (const path of ["tsconfig.json", "tsconfig.build.json", "src/main.ts", "package-lock.json"])
      expect([path, isIgnored(path)]).toEqual([path, false]);
    expect(existsSync(join(app, "dist/server/main.js"))).toBe(true);
  });

  it("carries a bill of materials with every package that is in the bundle or beside it", () => {
    const sbom: Sbom = JSON.parse(readFileSync(join(app, "dist/sbom.cdx.json"), "utf8"));
    const listed = new Set(
      sbom.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`)),
    );
    const server = join(app, "dist/server");
    const bundled = readdirSync(server).flatMap((file) => {
      const text = readFileSync(join(server, file), "utf8");
      // The bundler says of each module where it comes from.
      const found = text.matchAll(/^\s*\/\/.*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm);
      return [...found].map(([, name = ""]) => name);
    });
    expect(new Set(bundled).size).toBeGreaterThan(10);
    expect(bundled).toContain("undici");
    const { dependencies }: { dependencies: object } = JSON.parse(
      readFileSync(join(app, "package.json"), "utf8"),
    );
    const needed = [...new Set([...bundled, ...Object.keys(dependencies)])];
    expect(needed.filter((name) => !listed.has(name))).toEqual([]);
  });

  it("serves, is healthy while it does, and stops on SIGTERM", async () => {
    const port = String(await freePort());
    const config = "keys: [{ name: k, value: { value: image-key-0123456789 } }]";
    writeFileSync(
      join(app, "parlance.yaml"),
      `server: { drain_delay: 0s }\nproviders: { sim: { kind: sim } }\n${config}\n`,
    );
    const environment = Object.fromEntries(
      of(image, "ENV").flatMap((rest) => rest.split(" ").map((pair) => pair.split("="))),
    );
    expect(environment).toEqual({ NODE_ENV: "production", PARLANCE_HOST: "0.0.0.0" });
    const env = { ...environment, PARLANCE_HOST: "127.0.0.1", PARLANCE_PORT: port };
    const command = (list: string) =>
      words(list).map((word) => (word === "node" ? process.execPath : word.replace(/^\/app/, app)));
    const [file = "", ...args] = command(of(image, "ENTRYPOINT")[0] ?? "[]");
    const started = [...args, ...command(of(image, "CMD")[0] ?? "[]")];
    const running = spawnProgram(file, started, { env, cwd: app });
    await running.printed(/listens on/);
    const [, probe = ""] = /CMD (\[.*\])/.exec(of(image, "HEALTHCHECK")[0] ?? "") ?? [];
    const [node = "", ...rest] = command(probe);
    const check = () => spawnSync(node, rest, { env, cwd: app }).status;
    expect(check()).toBe(0);
    running.child.kill("SIGTERM");
    expect(await running.finished).toMatchObject({ code: 0 });
    expect(check()).toBe(1);
  });
});
