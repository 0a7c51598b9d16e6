/** How the page looks: on a phone, a desk, paper of A4; by day and by night. Nothing is told by colour alone. */
import { Html } from './escape.ts';

export const style = new Html(`
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --line: #d1d9e0; --open: #b3261e;
  --open-back: #fdecea; --part: #8a5a00; --part-back: #fff5dc; --shut: #1f6f43; --shut-back: #e7f5ec; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9ba7b4; --paper: #0f1419; --line: #35404b; --open: #ffb4ab; --open-back: #4a1512;
    --part: #ffd479; --part-back: #40300a; --shut: #8fd9ab; --shut-back: #10331f; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
code { font: .9em ui-monospace, monospace; } p, ul { margin: .4rem 0; } ul { padding-left: 1.2rem; }
.soft { color: var(--soft); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; margin: .6rem 0; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; } tbody th { font-weight: 600; }
.verdict { font-weight: 600; border-left: .3rem solid currentColor; }
.open { color: var(--open); background: var(--open-back); }
.part { color: var(--part); background: var(--part-back); }
.shut { color: var(--shut); background: var(--shut-back); }
a { color: inherit; } .legend th { white-space: nowrap; }
details { font-weight: 400; font-size: .85rem; color: var(--ink); } summary { cursor: pointer; color: var(--soft); }
svg { width: 100%; height: auto; max-width: 46rem; display: block; margin: .6rem 0; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg .node { fill: none; stroke: var(--line); }
svg .reach { fill: none; stroke-width: 2.5; } svg .reach.open { stroke: var(--open); } svg .reach.part { stroke: var(--part); stroke-dasharray: 7 5; }
.on-paper { display: none; }
footer { border-top: 2px solid var(--line); margin-top: 2.5rem; padding-top: .6rem; }
@media (max-width: 40rem) {
  figure { margin: .6rem 0; overflow-x: auto; } svg { min-width: 34rem; } .legend th { white-space: normal; overflow-wrap: break-word; min-width: 6rem; }
  .stacked thead { display: none; } .stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td { display: block; }
  .stacked tr { border: 1px solid var(--line); margin: .6rem 0; } .stacked td::before { content: attr(data-label) ': '; color: var(--soft); font-weight: 400; }
}
@page { size: A4; margin: 16mm; }
@media print {
  :root { --ink: #000; --soft: #444; --paper: #fff; --line: #999; --open: #8c1d18; --open-back: #fff; --part: #6b4600;
    --part-back: #fff; --shut: #14532d; --shut-back: #fff; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } h2, h3 { break-after: avoid; } tr, svg, figure { break-inside: avoid; } details { display: none; } .on-paper { display: block; } a { text-decoration: none; }
  .subject { break-before: page; } .subject:first-of-type { break-before: auto; }
}
`);
