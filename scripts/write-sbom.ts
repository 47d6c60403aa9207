// Writes what the published program is made of as CycloneDX (https://cyclonedx.org/docs/1.6/json/):
// every package that runs with it, by package-lock.json. `npm run build` writes it to
// dist/sbom.cdx.json. The same lockfile gives the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package of a lockfile, version 3. */
interface LockedPackage {
  readonly version: string;
  readonly name?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockedPackage>>;

/** A bill of materials. */
export interface Sbom {
  readonly $schema: string;
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly lifecycles: readonly [{ readonly phase: "build" }];
    readonly component: SbomComponent;
  };
  readonly components: readonly SbomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** One package of it. */
export interface SbomComponent {
  readonly type: "application" | "library";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  /** `optional`: it is installed on some systems alone. */
  readonly scope?: "required" | "optional";
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly licenses: readonly (
    | { readonly license: { readonly id: string } }
    | { readonly expression: string }
  )[];
  readonly purl: string;
  readonly externalReferences?: readonly { readonly type: "distribution"; readonly url: string }[];
}

/** The bill of materials of a lockfile: all packages but those for development. */
export function sbomOf(lockfile: string): Sbom {
  const { packages }: { packages: Packages } = JSON.parse(lockfile);
  const running = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  const all = running.map(([path, found]) => ({ path, component: componentOf(path, found) }));
  // A package that is in several places is one component.
  const components = new Map(all.map(({ component }) => [component.purl, component]));
  const [root, ...others] = components.values();
  if (root === undefined) throw new Error("the lockfile has no packages");
  const refs = new Map(all.map(({ path, component }) => [path, component.purl]));
  const edges = new Map<string, Set<string>>();
  for (const [path, found] of running) {
    const ref = refs.get(path) ?? "";
    const known = edges.get(ref) ?? new Set();
    for (const name of neededBy(found)) known.add(refs.get(placeOf(name, path, refs)) ?? "");
    known.delete("");
    edges.set(ref, known);
  }
  const dependencies = [...edges].map(([ref, on]) => ({ ref, dependsOn: [...on].sort() }));
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialOf(JSON.stringify([root, others, dependencies])),
    version: 1,
    metadata: { lifecycles: [{ phase: "build" }], component: root },
    components: others,
    dependencies,
  };
}

function componentOf(path: string, found: LockedPackage): SbomComponent {
  const { version, license = "", integrity, resolved, optional } = found;
  const whole = found.name ?? path.slice(path.lastIndexOf("node_modules/") + 13);
  const [name = "", group] = whole.split("/").reverse();
  const purl = `pkg:npm/${group === undefined ? "" : `${encodeURIComponent(group)}/`}${name}@${version}`;
  return {
    type: path === "" ? "application" : "library",
    "bom-ref": purl,
    ...(group === undefined ? {} : { group }),
    name,
    version,
    ...(path === "" ? {} : { scope: optional === true ? "optional" : "required" }),
    ...(integrity === undefined ? {} : { hashes: hashesOf(integrity) }),
    // An expression of SPDX has more than one identifier.
    licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    purl,
    ...(resolved === undefined
      ? {}
      : { externalReferences: [{ type: "distribution", url: resolved }] }),
  };
}

function hashesOf(integrity: string): NonNullable<SbomComponent["hashes"]> {
  const [algorithm, digest = ""] = integrity.split("-");
  if (algorithm !== "sha512") throw new Error(`no SHA-512 but ${algorithm}`);
  return [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }];
}

function neededBy({ dependencies, optionalDependencies, peerDependencies }: LockedPackage) {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/** Where a package finds another: beside itself first, then further out, as Node looks. */
function placeOf(name: string, from: string, places: ReadonlyMap<string, string>): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const place = join(folder, "node_modules", name);
    if (places.has(place) || folder === "") return place;
  }
}

/** A UUID that is the same for the same content (RFC 9562, version 5). */
function serialOf(content: string): string {
  const bytes = createHash("sha1").update(content).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `urn:uuid:${[...parts, hex.slice(20)].join("-")}`;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const file = join(root, "dist/sbom.cdx.json");
  mkdirSync(dirname(file), { recursive: true });
  const sbom = sbomOf(readFileSync(join(root, "package-lock.json"), "utf8"));
  writeFileSync(file, `${JSON.stringify(sbom, null, 1)}\n`);
}
