/**
 * The only style of `/docs`: no font, image or script of elsewhere. Light and dark as the reader's
 * system says; every pair of colours behind text has a contrast of 4.5 or more
 * (test/http/reference/docs.test.ts computes it).
 */
export const DOCS_COLOURS = {
  page: ['#ffffff', '#0f1317'],
  soft: ['#f4f6f8', '#181d23'],
  text: ['#1b2228', '#e4e8ec'],
  dim: ['#57606a', '#9aa4ae'],
  link: ['#0b5cad', '#7cb7ff'],
  line: ['#d5dbe1', '#333b44'],
  get: ['#0a6b3d', '#5fd39a'],
  change: ['#8a4b00', '#f0b45e'],
  delete: ['#b3261e', '#ff9a92'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

const colours = Object.entries(DOCS_COLOURS)
  .map(([name, [light, dark]]) => `--${name}: light-dark(${light}, ${dark});`)
  .join(' ');

export const DOCS_STYLE = `
:root { color-scheme: light dark; ${colours} }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 18rem minmax(0, 1fr); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; } p a, td a { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--page); padding: .5rem 1rem; z-index: 1; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem; border-right: 1px solid var(--line); background: var(--soft); font-size: .875rem; }
nav > p { margin: 0 0 1rem; font-size: 1.0625rem; font-weight: 700; }
nav summary { cursor: pointer; font-weight: 600; padding: .25rem 0; }
nav ul { list-style: none; margin: 0 0 .5rem; padding: 0 0 0 .75rem; } nav li a { display: block; padding: .2rem 0; color: var(--text); overflow-wrap: anywhere; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 64rem; min-width: 0; }
h1 { line-height: 1.2; margin: 0 0 .5rem; font-size: 2rem; } h2 { margin: 4rem 0 .25rem; font-size: 1.5rem; }
h3 { margin: 0; font-size: 1.125rem; } h4 { margin: 1.25rem 0 .35rem; font-size: .9375rem; }
h2 a, h3 a { color: inherit; }
section { margin: 1.5rem 0; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-radius: 8px; }
section:target { border-color: var(--link); }
code, pre { font: .875em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; } code { overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; margin: 0; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; } pre code { font-size: .8125rem; }
.place { margin: .35rem 0 0; } .needs { margin: .35rem 0 0; }
.method { font-weight: 700; text-transform: uppercase; margin-right: .5em; } .get { color: var(--get); } .delete { color: var(--delete); } .post, .put, .patch { color: var(--change); }
.dim, .needs { color: var(--dim); font-size: .875rem; }
details { margin: .75rem 0 0; } main summary { cursor: pointer; color: var(--link); font-size: .9375rem; padding: .15rem 0; } details > pre, details > .wide { margin-top: .5rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); } th { color: var(--dim); font-weight: 600; font-size: .8125rem; }
td:first-child { min-width: 7.5rem; } td:last-child { min-width: 12rem; }
ul.told, ul.codes { margin: 0; padding: 0; list-style: none; } ul.codes { margin-top: .35rem; font-size: .9rem; display: flex; flex-wrap: wrap; gap: .25rem .9rem; }
@media (max-width: 60rem) {
  body { display: block; } nav { position: static; height: auto; max-height: 45vh; border-right: 0; border-bottom: 1px solid var(--line); }
  nav summary { padding: .5rem 0; } nav li a { padding: .45rem 0; } main { padding: 1rem 1rem 4rem; } section { padding: 1rem; }
}
@media (max-width: 40rem) {
  thead { position: absolute; left: -99rem; }
  tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, td:first-child, td:last-child { border: 0; padding: 0; min-width: 0; } td:nth-child(2) { color: var(--dim); } td:last-child { grid-column: 1 / -1; }
}
@media print { nav { display: none; } body { display: block; } section { break-inside: avoid; } }
`;
