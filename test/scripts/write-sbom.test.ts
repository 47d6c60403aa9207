import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { sbomOf } from "../../scripts/write-sbom.ts";

/**
 * What CycloneDX 1.6 demands of the members that we write
 * (https://cyclonedx.org/schema/bom-1.6.schema.json, 2026-11). Of components it demands a name and
 * a type alone; we promise more.
 */
const component = {
  type: "object",
  additionalProperties: false,
  required: ["type", "bom-ref", "name", "version", "licenses", "purl"],
  properties: {
    type: { enum: ["application", "library"] },
    "bom-ref": { type: "string", minLength: 1 },
    group: { type: "string", pattern: "^@[a-z0-9-]+$" },
    name: { type: "string", minLength: 1 },
    version: { type: "string", pattern: "^[0-9]+\\.[0-9]+\\.[0-9]+" },
    scope: { enum: ["required", "optional", "excluded"] },
    hashes: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["alg", "content"],
        properties: { alg: { const: "SHA-512" }, content: { pattern: "^[a-f0-9]{128}$" } },
      },
    },
    licenses: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        oneOf: [
          {
            type: "object",
            additionalProperties: false,
            required: ["license"],
            properties: {
              license: {
                type: "object",
                additionalProperties: false,
                required: ["id"],
                properties: { id: { type: "string", pattern: "^[A-Za-z0-9.+-]+$" } },
              },
            },
          },
          {
            type: "object",
            additionalProperties: false,
            required: ["expression"],
            properties: { expression: { type: "string", pattern: " (AND|OR) " } },
          },
        ],
      },
    },
    purl: { type: "string", pattern: "^pkg:npm/(%40[a-z0-9-]+/)?[a-z0-9._-]+@[0-9][^@]*$" },
    externalReferences: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["type", "url"],
        properties: { type: { const: "distribution" }, url: { pattern: "^https://" } },
      },
    },
  },
};
const schema = {
  type: "object",
  additionalProperties: false,
  required: ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components"],
  properties: {
    $schema: { const: "http://cyclonedx.org/schema/bom-1.6.schema.json" },
    bomFormat: { const: "CycloneDX" },
    specVersion: { const: "1.6" },
    serialNumber: {
      pattern: "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    },
    version: { type: "integer", minimum: 1 },
    metadata: {
      type: "object",
      additionalProperties: false,
      required: ["component"],
      properties: {
        lifecycles: { type: "array", items: { properties: { phase: { const: "build" } } } },
        component,
      },
    },
    components: {
      type: "array",
      uniqueItems: true,
      items: { ...component, required: [...component.required, "hashes", "scope"] },
    },
    dependencies: {
      type: "array",
      uniqueItems: true,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["ref", "dependsOn"],
        properties: {
          ref: { type: "string" },
          dependsOn: { type: "array", uniqueItems: true, items: { type: "string" } },
        },
      },
    },
  },
};

const lockfile = readFileSync("package-lock.json", "utf8");

describe("the bill of materials", () => {
  const sbom = sbomOf(lockfile);
  const names = sbom.components.map(({ group, name }) => (group ? `${group}/${name}` : name));

  it("is CycloneDX 1.6", () => {
    const isValid = new Ajv2020({ strict: false }).compile(schema);
    isValid(sbom);
    expect(isValid.errors).toBeNull();
    expect(isValid({ ...sbom, specVersion: "1.5" })).toBe(false);
  });

  it("has every package of the lockfile that is not for development, once", () => {
    const { packages }: { packages: Record<string, { dev?: boolean; version: string }> } =
      JSON.parse(lockfile);
    const running = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
    const wanted = running.map(
      ([path, { version }]) => `${path.split("node_modules/").at(-1)} ${version}`,
    );
    const listed = sbom.components.map(({ version }, at) => `${names[at]} ${version}`);
    expect(listed.toSorted()).toEqual([...new Set(wanted)].sort());
    for (const name of ["vitest", "typescript", "rolldown"]) expect(names).not.toContain(name);
  });

  it("says what needs what, among its own packages, and leaves none without a reason", () => {
    const { component: root } = sbom.metadata;
    const refs = new Set([root, ...sbom.components].map((one) => one["bom-ref"]));
    expect(refs.size).toBe(sbom.components.length + 1);
    expect(new Set(sbom.dependencies.map(({ ref }) => ref))).toEqual(refs);
    const reached = new Set([root["bom-ref"]]);
    for (const ref of reached)
      for (const on of sbom.dependencies.find((one) => one.ref === ref)?.dependsOn ?? [])
        reached.add(on);
    expect(reached).toEqual(refs);
  });

  it("is the same for the same lockfile, and has another number for another one", () => {
    expect(sbomOf(lockfile)).toEqual(sbom);
    const other = sbomOf(lockfile.replaceAll('"license": "MIT"', '"license": "MIT OR ISC"'));
    expect(other.serialNumber).not.toBe(sbom.serialNumber);
  });
});
