/**
 * How the plots look, by day and by night. The ground is drawn, so a plot is readable wherever it is shown. Series
 * differ in colour and in the shape of their marks: the colours are those of Okabe and Ito, which people who see
 * fewer colours can tell apart too (https://jfly.uni-koeln.de/color/).
 */

/** Series that there are colours and marks for. */
export const MOST_SERIES = 4

export const STYLE = `
svg{--ground:#fff;--ink:#1f2328;--soft:#59636e;--grid:#e4e8ec;--axis:#818b98;--limit:#b42318;--c0:#0072b2;--c1:#d55e00;--c2:#00805d;--c3:#a5478a;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media(prefers-color-scheme:dark){svg{--ground:#0d1117;--ink:#f0f6fc;--soft:#9198a1;--grid:#262c36;--axis:#656c76;--limit:#ff7b72;--c0:#56b4e9;--c1:#f0883e;--c2:#3fc79a;--c3:#e29bc8}}
.ground{fill:var(--ground)}
text{fill:var(--soft)}
.title{fill:var(--ink);font-weight:600;font-size:13px}
.value{fill:var(--ink)}
.limit-text{fill:var(--limit);font-size:11px}
.value,.limit-text{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--grid)}
.axis{stroke:var(--axis)}
.limit{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:5 4}
.target{stroke:var(--ink);stroke-width:2}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.span{stroke-width:5;stroke-linecap:round;opacity:.35}
.mark{stroke:var(--ground);stroke-width:1.5}
.hollow{fill:var(--ground);stroke-width:2}
.s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}
.s0.line,.s1.line,.s2.line,.s3.line,.span,.hollow{stroke:var(--c)}
.mark,.bar{fill:var(--c)}
`.replaceAll('\n', '')
