import { base64Url, type Draw, hex } from "./draw.ts";
import { prose } from "./sentences.ts";

/** What looks like data and is none: numbers of orders, hashes, times, versions, prices, code. */
const forms: readonly ((draw: Draw) => string)[] = [
  ({ filled }) => filled("Order #########, shipped"),
  ({ filled }) => filled("Bestellnummer 30########## vom 12.04.2024"),
  ({ filled }) => filled("INV-2024-0000####"),
  ({ filled }) => filled("Ticket @@@-##### was closed"),
  ({ filled }) => filled("parcel 1Z999AA1##########"),
  ({ filled }) => filled("EAN 40063813#####"),
  ({ filled, below }) =>
    `created 2024-0${1 + below(9)}-1${below(10)}T1${below(10)}:3${below(10)}:${filled("2#.###")}Z`,
  ({ filled }) => filled("epoch 17######## s, 17########### ms"),
  ({ word }) => `commit ${word(hex, 40)}`,
  ({ word }) => `sha256:${word(hex, 64)}`,
  ({ word }) => `md5 ${word(hex, 32)} ok`,
  ({ word }) => `etag "${word(hex, 16)}"`,
  ({ word }) =>
    `${word(hex, 8)}-${word(hex, 4)}-4${word(hex, 3)}-a${word(hex, 3)}-${word(hex, 12)}`,
  ({ word }) => `trace 00-${word(hex, 32)}-${word(hex, 16)}-01`,
  ({ word }) => `data:image/png;base64,iVBORw0KGgo${word(base64Url.slice(0, 62), 90)}`,
  ({ word }) => `/static/app.${word(hex, 8)}.js and chunk-${word(hex, 8).toUpperCase()}.css`,
  ({ filled, below }) => `react@1${below(9)}.${filled("#.#")} and @scope/name@0.${filled("##.#")}`,
  ({ filled }) => filled("v#.##.# → v#.##.0-beta.#"),
  ({ filled }) => filled("price 1#,###.## USD, was 2#.###,## EUR"),
  ({ filled }) => filled("0.#### 12.######## -3.#####e-7 4#.##%"),
  ({ filled }) => filled("rows 1#### to 2####; took 0.0#### s"),
  ({ word }) => `colour #${word(hex, 6)} on #${word(hex, 6)}`,
  ({ word }) => `mac 0${word(hex, 1)}:1a:2b:${word(hex, 2)}:${word(hex, 2)}:5e`,
  ({ filled }) => filled("seat 2#@, gate @##, flight LH ###"),
  ({ filled }) => filled("score #-#, set 6-#, 6-#, 7-#"),
  ({ filled }) => filled("DOI 10.1#38/s415##-02#-0####-#"),
  ({ filled }) => filled("img@2x.png, icon@3x.webp, foo@localhost, @user_##"),
  ({ filled }) => filled("git@github.com:acme/app-##.git"),
  ({ filled }) => filled("https://ci.example.com/build/######/job/########"),
  ({ filled }) => filled("pi = 3.14159265358979#####, seed = 1########"),
  ({ filled }) => filled("account type ##, branch ###, desk #"),
  ({ one }) => one(prose),
  ({ one }) => one(prose),
  ({ one }) => one(prose),
];

/** So many of them, each another one of the forms in turn. */
export function hardNegatives(draw: Draw, count: number): string[] {
  return Array.from({ length: count }, (_, at) => forms[at % forms.length]?.(draw) ?? "");
}
