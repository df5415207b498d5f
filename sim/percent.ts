/**
 * Percent-encoding in paths (RFC 3986 §2.1), decoded without an exception for what is broken.
 */

/** null when it is not percent-encoded UTF-8. */
export function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
