/**
 * Calls JSON APIs for this repository's own commands: the platform's and the simulators'. Answers are trusted to
 * have the shape that the caller names, because both sides are this repository's.
 */

export interface ApiClient {
  get<Answer>(path: string): Promise<Answer>
  /** A body that is text is sent as NDJSON. */
  post<Answer>(path: string, body: unknown): Promise<Answer>
  put<Answer>(path: string, body: unknown): Promise<Answer>
  patch<Answer>(path: string, body: unknown): Promise<Answer>
  delete(path: string): Promise<void>
}

/** @param bearer a root key or API key; null for APIs that ask for none */
export function apiClient(baseUrl: string, bearer: string | null): ApiClient {
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers: Record<string, string> = {}
    if (bearer !== null) headers.authorization = `Bearer ${bearer}`
    if (body !== undefined)
      headers['content-type'] = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(new URL(path, baseUrl), { method, headers, body: sent }).catch((error: Error) => {
      // Node only says "fetch failed", and why in its cause.
      throw new Error(`${method} ${path} got no answer: ${error.cause ?? error}`, { cause: error })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${explain(text)}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call<undefined>('DELETE', path),
  }
}

/** What a problem document (RFC 9457) says, or the text itself. */
function explain(text: string): string {
  try {
    const { detail, error } = JSON.parse(text)
    return detail ?? error ?? text
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
