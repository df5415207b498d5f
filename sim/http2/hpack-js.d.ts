/** The two tables of RFC 7541 that hpack.js carries, which is all that is used of it. */
declare module 'hpack.js' {
  interface StaticEntry {
    readonly name: string
    readonly value: string
  }
  const hpack: {
    /** Appendix B: per symbol its code's length in bits and the code; the last one is EOS. */
    readonly huffman: { readonly encode: readonly (readonly [bits: number, code: number])[] }
    /** Appendix A, from index 1 on. */
    readonly 'static-table': { readonly table: readonly StaticEntry[] }
  }
  export default hpack
}
