// Draws the folders of `src` and what they import as docs/layers.svg: every folder above all that
// it imports, and an arrow for each import that no other arrows imply. Fails on a circle of
// imports.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { layers, outermost } from "./layers.ts";

const width = 960;
const box = { width: 120, height: 40 };
const rowHeight = 92;
const margin = 28;

/** Folders and files that import each other are one box. */
const composed = "composition";
const composedFolders: readonly string[] = outermost.folders;

type Imports = ReadonlyMap<string, ReadonlySet<string>>;
type Places = ReadonlyMap<string, Place>;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The box that a file belongs to. */
function boxOf(path: string): string {
  const [first = ""] = path.split("/");
  if (path.startsWith("..")) return "gen";
  return first.endsWith(".ts") || composedFolders.includes(first) ? composed : first;
}

/** What each box imports, other boxes only. */
function readImports(): Imports {
  const imports = new Map<string, Set<string>>([["gen", new Set()]]);
  for (const path of globSync("src/**/*.ts").toSorted()) {
    const from = boxOf(relative("src", path));
    const known = imports.get(from) ?? new Set<string>();
    imports.set(from, known);
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(
      /(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g,
    )) {
      const to = boxOf(relative("src", join(dirname(path), specifier)));
      if (to !== from) known.add(to);
    }
  }
  return imports;
}

/** How many rows there are below each box: one more than below the highest that it imports. */
function ranksOf(imports: Imports): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const rank = (name: string, above: readonly string[]): number => {
    if (above.includes(name))
      throw new Error(`a circle of imports: ${[...above, name].join(" -> ")}`);
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const below = Array.from(imports.get(name) ?? [], (to) => rank(to, [...above, name]) + 1);
    const own = Math.max(0, ...below);
    ranks.set(name, own);
    return own;
  };
  for (const name of imports.keys()) rank(name, []);
  return ranks;
}

/** Whether one box imports another by way of a third. */
function isImplied(imports: Imports, from: string, to: string): boolean {
  const reaches = (name: string): boolean =>
    name === to || Array.from(imports.get(name) ?? []).some(reaches);
  return Array.from(imports.get(from) ?? []).some((name) => name !== to && reaches(name));
}

/** Places row after row from below, each so that its arrows cross as few boxes as can be. */
function placesOf(imports: Imports, ranks: ReadonlyMap<string, number>): Places {
  const top = Math.max(...ranks.values());
  const order = ["gen", ...Object.keys(layers), composed];
  let places: Places = new Map();
  for (let rank = 0; rank <= top; rank += 1) {
    const row = order.filter((name) => ranks.get(name) === rank);
    const y = margin + (top - rank) * rowHeight;
    const choices = permutations(row).flatMap((names) =>
      shifts.map((shift) => {
        const placed = names.map((name, at): [string, Place] => {
          const x = (width * (at + 1)) / (names.length + 1) - box.width / 2 + shift;
          return [name, { x: Math.round(x), y }];
        });
        return new Map([...places, ...placed]);
      }),
    );
    const counted = choices.map((choice) => ({ choice, crossed: crossings(imports, choice) }));
    const fewest = Math.min(...counted.map(({ crossed }) => crossed));
    places = counted.find(({ crossed }) => crossed === fewest)?.choice ?? places;
  }
  return places;
}

/** How far a row may stand beside the middle. */
const shifts = [0, -70, 70, -140, 140, -210, 210, -280, 280, -350, 350];

function permutations(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length < 2) return [names];
  return names.flatMap((first) =>
    permutations(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
  );
}

/** How many boxes arrows would run across; one that leaves the picture counts as many. */
function crossings(imports: Imports, places: Places): number {
  let count = 0;
  for (const { x } of places.values()) if (x < 8 || x + box.width > width - 8) count += 100;
  for (const [from, to] of arrowsOf(imports)) {
    const [start, end] = [places.get(from), places.get(to)];
    if (start === undefined || end === undefined) continue;
    for (const [name, place] of places)
      if (name !== from && name !== to && crosses(start, end, place)) count += 1;
  }
  return count;
}

/** Whether the arrow between two boxes runs across a third. */
function crosses(from: Place, to: Place, third: Place): boolean {
  const begin = from.y + box.height;
  return [0, box.height / 2, box.height].some((inside) => {
    const y = third.y + inside;
    if (y <= begin || y >= to.y) return false;
    const x = from.x + box.width / 2 + ((to.x - from.x) * (y - begin)) / (to.y - begin);
    return x > third.x - 6 && x < third.x + box.width + 6;
  });
}

/** The imports that no others imply. */
function arrowsOf(imports: Imports): readonly (readonly [from: string, to: string])[] {
  return Array.from(imports).flatMap(([from, all]) =>
    [...all]
      .toSorted()
      .filter((to) => !isImplied(imports, from, to))
      .map((to) => [from, to] as const),
  );
}

function draw(): string {
  const imports = readImports();
  const ranks = ranksOf(imports);
  const places = placesOf(imports, ranks);
  const boxes = Array.from(places, ([name, { x, y }]) => {
    const label = name === composed ? ["composition, cli,", "gateway, library"] : [name];
    const lines = label.map((text, at) => {
      const below = y + box.height / 2 + 5 + (at - (label.length - 1) / 2) * 14;
      return `<text x="${x + box.width / 2}" y="${below}">${text}</text>`;
    });
    return `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/>${lines.join("")}`;
  });
  const arrows = arrowsOf(imports).map(([from, to]) => arrow(places.get(from), places.get(to)));
  const height = Math.max(...Array.from(places.values(), ({ y }) => y)) + box.height + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The folders of src and what they import">`,
    "<style>text{font:13px sans-serif;text-anchor:middle;fill:#1f2328}rect{fill:#fff;stroke:#57606a}line{stroke:#57606a}</style>",
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>',
    `<path d="M0 0H${width}V${height}H0z" fill="#f6f8fa"/>`,
    ...arrows,
    ...boxes,
    "</svg>",
    "",
  ].join("\n");
}

function arrow(from: Place | undefined, to: Place | undefined): string {
  if (from === undefined || to === undefined) throw new Error("a folder has no row in layers.ts");
  const middle = box.width / 2;
  const [x1, y1] = [from.x + middle, from.y + box.height];
  return `<line x1="${x1}" y1="${y1}" x2="${to.x + middle}" y2="${to.y}" marker-end="url(#tip)"/>`;
}

writeFileSync("docs/layers.svg", draw());
