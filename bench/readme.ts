/** The part of README.md that the benchmarks write themselves, between two markers. Pure: text in, text out. */

const START = '<!-- written by npm run bench: start -->'
const END = '<!-- written by npm run bench: end -->'

/** @throws when the markers are not there */
export function replaceMarked(readme: string, written: string): string {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start === -1 || end < start) throw new Error(`the README lacks its markers ${START} and ${END}`)
  return `${readme.slice(0, start + START.length)}\n\n${written}\n\n${readme.slice(end)}`
}

/** Each picture, with what there is to see for those who cannot. */
export function showPlots(plots: readonly { readonly name: string; readonly alt: string }[]): string[] {
  return plots.map(({ name, alt }) => `![${alt}](results/${name}.svg)`)
}
