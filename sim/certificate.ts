/**
 * A throw-away certificate authority and one TLS leaf that covers every host the simulators stand in for.
 *
 * Made anew at each start, kept in memory, never installed anywhere: a client trusts it by `NODE_EXTRA_CA_CERTS` or
 * its own `ca` option. X.509 v3 after RFC 5280, EC P-256, ECDSA with SHA-256.
 */
import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import * as der from './der.ts'

export interface Certificate {
  /** What a client must trust. */
  readonly caPem: string
  /** The leaf, then the authority. */
  readonly certPem: string
  readonly keyPem: string
}

/** Long enough for a demo that is left running; short of the 398 days that some clients refuse. */
const VALID_DAYS = 90
/** Before now, for machines whose clocks differ a little. */
const BACKDATED_DAYS = 1
const MS_PER_DAY = 86_400_000

const ECDSA_WITH_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))
const COMMON_NAME = '2.5.4.3'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const KEY_USAGE = '2.5.29.15'
const SUBJECT_ALT_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** Bits of KeyUsage (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0
const KEY_CERT_SIGN = 5
const CRL_SIGN = 6

/** Tags of GeneralName (RFC 5280 §4.2.1.6). */
const DNS_NAME = 2
const IP_ADDRESS = 7

/**
 * Makes the authority and the leaf.
 *
 * @param hosts DNS names and IPv4 addresses
 * @param now epoch ms
 */
export function makeCertificate(hosts: readonly string[], now: number): Certificate {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leafKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authorityName = nameOf('Fanfare simulators (throw-away CA)')
  const authorityId = keyIdOf(authorityKeys.publicKey)

  const authority = issue({
    subject: authorityName,
    publicKey: authorityKeys.publicKey,
    issuer: authorityName,
    issuerKey: authorityKeys.privateKey,
    extensions: [
      critical(BASIC_CONSTRAINTS, der.sequence(der.boolean(true))),
      critical(KEY_USAGE, der.namedBits(KEY_CERT_SIGN, CRL_SIGN)),
      extension(SUBJECT_KEY_IDENTIFIER, der.octetString(authorityId)),
    ],
    now,
  })
  const leaf = issue({
    subject: nameOf(hosts[0] ?? 'localhost'),
    publicKey: leafKeys.publicKey,
    issuer: authorityName,
    issuerKey: authorityKeys.privateKey,
    extensions: [
      critical(BASIC_CONSTRAINTS, der.sequence()),
      critical(KEY_USAGE, der.namedBits(DIGITAL_SIGNATURE)),
      extension(EXTENDED_KEY_USAGE, der.sequence(der.oid(SERVER_AUTH))),
      extension(SUBJECT_ALT_NAME, der.sequence(...hosts.map(generalName))),
      extension(SUBJECT_KEY_IDENTIFIER, der.octetString(keyIdOf(leafKeys.publicKey))),
      extension(AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, authorityId))),
    ],
    now,
  })
  return {
    caPem: authority,
    certPem: leaf + authority,
    keyPem: leafKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

interface Issue {
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly issuer: Buffer
  readonly issuerKey: KeyObject
  readonly extensions: readonly Buffer[]
  readonly now: number
}

/** RFC 5280 §4.1: the signed certificate as PEM. */
function issue({ subject, publicKey, issuer, issuerKey, extensions, now }: Issue): string {
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    issuer,
    der.sequence(der.utcTime(now - BACKDATED_DAYS * MS_PER_DAY), der.utcTime(now + VALID_DAYS * MS_PER_DAY)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...extensions)),
  )
  const signature = sign('sha256', toBeSigned, { key: issuerKey, dsaEncoding: 'der' })
  return toPem(der.sequence(toBeSigned, ECDSA_WITH_SHA256, der.bitString(signature)))
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid(COMMON_NAME), der.utf8String(commonName))))
}

function generalName(host: string): Buffer {
  if (isIPv4(host)) return der.implicit(IP_ADDRESS, Buffer.from(host.split('.').map(Number)))
  return der.implicit(DNS_NAME, Buffer.from(host, 'ascii'))
}

function extension(id: string, value: Buffer): Buffer {
  return der.sequence(der.oid(id), der.octetString(value))
}

function critical(id: string, value: Buffer): Buffer {
  return der.sequence(der.oid(id), der.boolean(true), der.octetString(value))
}

/** RFC 5280 §4.2.1.2 leaves the method open: SHA-1 over the public key in DER serves. */
function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function toPem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
