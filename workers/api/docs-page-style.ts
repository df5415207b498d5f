/** How the reference page looks: one column of words, one of commands, in the reader's own light or dark. */

export const DOCS_STYLE = `
:root {
  --ground: #ffffff; --panel: #f6f7f9; --ink: #1c2430; --quiet: #5c6675; --line: #e3e6eb;
  --accent: #c2410c; --code-ground: #10161f; --code-ink: #dbe4f0; --mark: #fff3e8;
  --get: #0f766e; --post: #1d4ed8; --put: #a16207; --patch: #7e22ce; --delete: #b91c1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11161d; --panel: #171d26; --ink: #e4e9f0; --quiet: #98a3b3; --line: #2a323e;
    --accent: #fb923c; --code-ground: #0a0e14; --code-ink: #d3dcea; --mark: #2a1f14;
    --get: #2dd4bf; --post: #7aa5ff; --put: #eab308; --patch: #c084fc; --delete: #f87171;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100% }
body {
  margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr);
  background: var(--ground); color: var(--ink);
  font: 15px/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px }
a:hover { color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }
code, pre, .method, .type, .status { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace }
code { font-size: .88em; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: .05em .3em; overflow-wrap: anywhere }

nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem 3rem; background: var(--panel); border-right: 1px solid var(--line); font-size: .87rem }
nav a { display: block; text-decoration: none; padding: .18rem .5rem; border-radius: 5px }
nav a:hover { background: var(--line) }
nav .title { font-size: 1.15rem; font-weight: 700; letter-spacing: -.01em; margin-bottom: .5rem }
nav .chapter { font-weight: 600; margin-top: .9rem }
nav ul { list-style: none; margin: 0; padding: 0 }
nav li a { color: var(--quiet); display: flex; gap: .5rem; align-items: baseline }
nav .method { font-size: .66rem; width: 2.9rem; flex: none; text-transform: uppercase }

main { padding: 2.5rem clamp(1.25rem, 4vw, 4rem) 6rem; max-width: 84rem }
h1 { font-size: 2.1rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 1rem }
h2 { font-size: 1.45rem; letter-spacing: -.01em; margin: 4rem 0 .4rem; padding-top: 1.5rem; border-top: 2px solid var(--line) }
h3 { font-size: 1.12rem; margin: 0 0 .3rem }
h3 a { text-decoration: none }
h4 { font-size: .82rem; font-weight: 600; color: var(--quiet); margin: 1.4rem 0 .3rem }
p { margin: .5rem 0; max-width: 68ch }
header p { font-size: 1.02rem }

.operation { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 2.5rem; padding: 2rem 0; border-bottom: 1px solid var(--line) }
.operation:target h3 { color: var(--accent) }
.shown { position: sticky; top: 1.5rem; align-self: start }
.line code { border: 0; background: none; padding: 0; font-size: .92rem }
.who { color: var(--quiet); font-size: .9rem }
.method { font-weight: 700; font-size: .78rem }
.get { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) } .patch { color: var(--patch) } .delete { color: var(--delete) }

table { width: 100%; border-collapse: collapse; font-size: .9rem }
th { text-align: left; color: var(--quiet); font-weight: 600; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line) }
td { vertical-align: top; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line) }
td:first-child { width: 38% }
.wide { overflow-x: auto }
.wide td:first-child { width: auto; white-space: nowrap }
.wide th:first-child, .wide td:first-child { position: sticky; left: 0; background: var(--ground) }
.wide tr:target td { background: var(--mark) }
.mark { text-align: center }
td.mark { color: var(--accent) }
.type { display: block; color: var(--quiet); font-size: .8rem; overflow-wrap: anywhere }
.required { display: block; color: var(--accent); font-size: .74rem }
.status { font-size: .82rem; color: var(--delete) } .status.ok { color: var(--get) }

details { margin-top: 1.2rem; font-size: .9rem }
summary { cursor: pointer; color: var(--quiet); font-weight: 600; font-size: .82rem }
.codes { list-style: none; margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem .9rem }
.codes a { text-decoration: none }

pre { margin: 0 0 1rem; padding: 1rem 1.1rem; background: var(--code-ground); color: var(--code-ink); border-radius: 8px; font-size: .8rem; line-height: 1.55; overflow-x: auto; white-space: pre }
pre::before { content: attr(aria-label); display: block; color: #8592a5; font-size: .7rem; margin-bottom: .5rem }

@media (max-width: 72rem) { .operation { grid-template-columns: minmax(0, 1fr); gap: 1rem } .shown { position: static } }
@media (max-width: 52rem) { body { display: block } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line) } nav ul { display: none } }
@media print { nav { display: none } body { display: block } }
`
