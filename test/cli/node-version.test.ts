import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { minNodeMajor, nodeProblem } from "../../src/cli/node-version.ts";
import { folderWith, spawnProgram } from "./spawn-parlance.ts";

/** The files that run before the version is known, as they are published. */
const early = ["main.ts", "cli/node-version.ts"];

it("a Node below 24 is named, with the one that is needed", () => {
  for (const version of ["20.20.2", "22.18.0", "23.11.1"]) {
    expect(nodeProblem(version)).toMatch(
      new RegExp(`^parlance: needs Node 24 or newer, but this is Node ${version}: `),
    );
  }
  for (const version of ["24.0.0", "24.21.0", "25.1.0", "100.0.0"])
    expect(nodeProblem(version)).toBeUndefined();
});

it("package.json asks for the same Node as the program", () => {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(engines.node).toBe(`>=${minNodeMajor}`);
});

it("on a Node that is too old the program says in one line which it needs, and fails", async () => {
  const folder = folderWith({ "package.json": '{ "type": "module" }', ...published() });
  const main = join(folder, "main.js");
  const plant =
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });';
  const planted = [
    process.execPath,
    "--import",
    `data:text/javascript,${encodeURIComponent(plant)}`,
  ];
  for (const [command = "", ...args] of [planted, ...oldNodes().map((path) => [path])]) {
    const { code, stdout, stderr } = await spawnProgram(command, [...args, main, "serve"]).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^parlance: needs Node 24 or newer, but this is Node [\d.]+: .*\n$/);
  }
});

it("nothing that an old Node may lack is imported before the version is known", () => {
  const imports = early.map(
    (file) => readFileSync(join("src", file), "utf8").match(/^import (?!type).*$/gm) ?? [],
  );
  expect(imports).toEqual([['import { nodeProblem } from "./cli/node-version.ts";'], []]);
});

/** The early files in JavaScript, in one folder. */
function published(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    early.map((file) => {
      const text = stripTypeScriptTypes(readFileSync(join("src", file), "utf8")).replaceAll(
        "./cli/",
        "./",
      );
      return [file.replace(/^cli\//, "").replace(".ts", ".js"), text.replaceAll('.ts"', '.js"')];
    }),
  );
}

/**
 * The programs named node on this machine that are older than what is needed; there need be none.
 */
function oldNodes(): readonly string[] {
  const folders = [
    ...new Set((process.env.PATH ?? "").split(delimiter)),
    "/usr/bin",
    "/usr/local/bin",
  ];
  const found = new Set(folders.flatMap((folder) => globSync(join(folder, "node"))));
  return [...found].filter((path) => {
    const version = execFileSync(path, ["--version"], { encoding: "utf8" });
    return nodeProblem(version.trim().slice(1)) !== undefined;
  });
}
