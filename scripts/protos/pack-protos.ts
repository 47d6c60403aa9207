// Packs the contract for users who generate their own clients: `npm run protos -- [FOLDER]` writes
// FOLDER/parlance-protos-VERSION and the same as .tar.gz. FOLDER is dist/protos by default.
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { product } from "../../src/edge/product.ts";
import { packTree, writeTree } from "./write-tree.ts";

const parent = resolve(process.argv[2] ?? "dist/protos");
const name = `parlance-protos-${product.version}`;
rmSync(join(parent, name), { recursive: true, force: true });
writeTree(join(parent, name));
console.log(packTree(parent, name));
