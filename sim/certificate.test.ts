import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from './certificate.ts'
import { SIMULATED_HOSTS } from './desk.ts'

const certificate = makeCertificate(SIMULATED_HOSTS, Date.now())
const authority = new X509Certificate(certificate.caPem)
const leaf = new X509Certificate(certificate.certPem)

describe('the throw-away certificate', () => {
  it('is signed by an authority that signed itself', () => {
    expect(authority.ca).toBe(true)
    expect(authority.verify(authority.publicKey)).toBe(true)
    expect(leaf.ca).toBe(false)
    expect(leaf.verify(authority.publicKey)).toBe(true)
    expect(leaf.checkIssued(authority)).toBe(true)
  })

  it('is valid now, for less than the 398 days that clients allow', () => {
    const now = Date.now()
    expect(leaf.validFromDate.getTime()).toBeLessThan(now)
    expect(leaf.validToDate.getTime() - now).toBeGreaterThan(86_400_000)
    expect(leaf.validToDate.getTime() - now).toBeLessThan(398 * 86_400_000)
  })

  it('is another one each time', () => {
    const other = new X509Certificate(makeCertificate(['localhost'], Date.now()).certPem)
    expect(other.serialNumber).not.toBe(leaf.serialNumber)
    expect(other.verify(authority.publicKey)).toBe(false)
  })

  it.each([...SIMULATED_HOSTS])('is trusted as %s by who trusts the authority', async (host) => {
    const server = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (socket) => socket.end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const servername = host === '127.0.0.1' ? '' : host
    const socket = connect({ host: '127.0.0.1', port, servername, ca: certificate.caPem })
    await once(socket, 'secureConnect')
    expect(socket.authorized).toBe(true)
    socket.destroy()
    server.close()
    await once(server, 'close')
  })

  it('is not trusted as another host', () => {
    expect(leaf.checkHost('fcm.googleapis.com')).toBe('fcm.googleapis.com')
    expect(leaf.checkHost('evil.example')).toBeUndefined()
  })
})
