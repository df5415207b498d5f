/** What tests inside workerd use of Node's `util`, which workerd has under `nodejs_compat`. */
declare module 'node:util' {
  /** The value as the console would show it, as deep as the options say. */
  export function inspect(value: unknown, options: object): string
}
