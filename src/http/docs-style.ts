/** The only style of `/docs`: no font, image or script of elsewhere. Light and dark as the reader's system says. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #333a42); --soft: light-dark(#f5f7f9, #171b20); --link: light-dark(#0b5cad, #7cb7ff); --dim: light-dark(#57606a, #9aa4ae); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .875rem; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
main { padding: 1rem 2rem 6rem; max-width: 60rem; }
a { color: var(--link); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
h1 { line-height: 1.2; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
section { margin: 2rem 0; padding-bottom: 1.5rem; border-bottom: 1px solid var(--line); }
h3 { margin: 0 0 .25rem; } h4 { margin: 1.25rem 0 .25rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: auto; }
.method { font-weight: 700; text-transform: uppercase; } .dim { color: var(--dim); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
`;
