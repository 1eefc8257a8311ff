/** The page's style: dark and light, from 360 pixels on. Every pair of colours has a contrast of at least 4.5 to 1. */

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa;
  --ok: #116329; --watch: #7a4d00; --person: #a40e26; --awaiting: #0550ae; --unknown: #6639a6; --on: #ffffff;
  --near: #ffebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #3d444d; --panel: #161b22;
    --ok: #56d364; --watch: #e3b341; --person: #ff8c82; --awaiting: #79c0ff; --unknown: #d2a8ff; --on: #0d1117;
    --near: #3c1618;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p, dl, ul { margin: .25rem 0; }
.soft { color: var(--soft); }
code { font: .875em ui-monospace, monospace; background: var(--panel); border: 1px solid var(--line);
  border-radius: 4px; padding: .1rem .3rem; overflow-wrap: anywhere; }
.list { list-style: none; padding: 0; }
.list > li { border-left: 4px solid var(--line); background: var(--panel); padding: .5rem .75rem; margin: .5rem 0;
  overflow-wrap: anywhere; }
.list code { background: var(--page); display: inline-block; margin-top: .25rem; }
.person { border-color: var(--person) !important; }
.state { font-weight: 600; white-space: nowrap; }
.state-ok { color: var(--ok); } .state-watch { color: var(--watch); } .state-person { color: var(--person); }
.state-awaiting-login { color: var(--awaiting); } .state-unknown { color: var(--unknown); }
.state-paused, .state-not-renewed { color: var(--soft); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.scroll:focus-visible { outline: 3px solid var(--awaiting); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .4rem .75rem; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
thead th { background: var(--panel); color: var(--soft); font-weight: 600; }
.axis { list-style: none; padding: 0; }
.axis > li { display: grid; grid-template-columns: minmax(5rem, 12rem) 1fr; gap: .75rem; align-items: center;
  min-height: 2rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.track { position: relative; height: 1.75rem; margin: 0 1.25rem 0 .75rem; list-style: none; padding: 0;
  background: linear-gradient(to right, var(--near) var(--soon), transparent var(--soon)); }
.track > li { position: absolute; top: .125rem; transform: translateX(-50%); }
.tick { font-size: .75rem; color: var(--soft); white-space: nowrap; }
.mark { display: grid; place-items: center; width: 1.5rem; height: 1.5rem; font: 700 .8rem system-ui, sans-serif;
  color: var(--on); }
.login { background: var(--awaiting); border-radius: 50%; }
.setup { background: var(--unknown); border-radius: 4px; }
.vault { background: var(--soft); border-radius: 4px 50% 4px 50%; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; font-size: .9rem; }
.key > li { display: flex; align-items: center; gap: .4rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) {
  .axis > li { grid-template-columns: 1fr; gap: 0; padding: .25rem 0; }
  .few { display: none; }
}
`;
