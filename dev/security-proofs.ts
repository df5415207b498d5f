/**
 * Which tests prove SECURITY.md: those that its tables link to, and the folder of attacks. The page decides, so a threat
 * and its proof cannot be apart. Pure.
 */

/** Tests that attack; linked or not, they are proofs. */
export const ATTACKS = 'test/security/'

/** A link to a test file, from the root of the repository. */
const LINK_TO_TEST = /\]\(([^)#\s]+\.test\.ts)\)/g

/** @param page the text of SECURITY.md @returns paths, each once, in order */
export function findProofs(page: string): string[] {
  const linked = [...page.matchAll(LINK_TO_TEST)].map(([, path]) => path!)
  return [...new Set([ATTACKS, ...linked.filter((path) => !path.startsWith(ATTACKS))])].toSorted()
}
