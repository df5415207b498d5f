/** Reads as much of a body as is of use, whoever sends it and however long it is. */

/** What names its length is read in one go, which costs workerd least; of anything else the rest is given up. */
export async function readBeginning(response: Response, maxBytes: number): Promise<string> {
  const length = response.headers.get('content-length')
  if (length !== null && Number(length) <= maxBytes) return (await response.text()).slice(0, maxBytes)
  const decoder = new TextDecoder()
  let text = ''
  let bytesLeft = maxBytes
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true })
    bytesLeft -= chunk.byteLength
    if (bytesLeft <= 0) break
  }
  return text
}
