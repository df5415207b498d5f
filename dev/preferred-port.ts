/** The port that people know when it is free, any other one when it is not. */
import { createServer } from 'node:net'

/** @returns the port, or 0, which means any free one to whoever listens next */
export function preferredPort(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(0)
      else reject(error)
    })
    probe.listen(port, host, () => probe.close(() => resolve(port)))
  })
}
