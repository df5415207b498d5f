/**
 * Locales and time zones as devices report them. Pure; the tables are the runtime's own (Intl).
 */

/**
 * The BCP 47 form of a locale, or null if it is none. Takes what platforms really say: `fr_FR` (Android, iOS),
 * `en_US.UTF-8` (POSIX), `en_US@calendar=japanese` (Apple).
 */
export function canonicalLocale(text: string): string | null {
  const tag = text.replace(/[.@].*$/s, '').replaceAll('_', '-')
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Asked first: making a DateTimeFormat costs tens of microseconds, and an import asks thousands of times. */
const CANONICAL_TIMEZONES = new Set(Intl.supportedValuesOf('timeZone'))

/** Whether the text is a name of the IANA time zone database, aliases such as `US/Eastern` included. Offsets are not. */
export function isTimezone(text: string): boolean {
  if (CANONICAL_TIMEZONES.has(text)) return true
  if (!/^[A-Za-z]/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
