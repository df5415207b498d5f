import { describe, expect, test } from 'vitest'
import { checkEndpoint } from './endpoint-guard.ts'
import { MAX_URL_CHARACTERS, parseAllowedHosts } from './outbound-url.ts'

const nobody = parseAllowedHosts('')

describe('the push services of the browsers are allowed', () => {
  test.each([
    'https://fcm.googleapis.com/fcm/send/cN1:APA91bF',
    'https://fcm.googleapis.com/wp/cN1:APA91bF',
    'https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB',
    'https://autopush.stage.push.services.mozilla.com/wpush/v1/gAAAAAB',
    'https://web.push.apple.com/QGuQyavXutnMH',
    'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2bXw%3d%3d',
    'https://sg2p.notify.windows.com/w/?token=AwYAAAB',
  ])('%s', (endpoint) => {
    expect(checkEndpoint(endpoint, nobody)).toEqual({ ok: true, endpoint })
  })
})

describe('everything else is refused', () => {
  test.each([
    // not https, or not a URL
    ['', 'nothing'],
    ['fcm.googleapis.com/fcm/send/x', 'no scheme'],
    ['/fcm/send/x', 'a path'],
    ['http://fcm.googleapis.com/fcm/send/x', 'http'],
    ['ftp://fcm.googleapis.com/fcm/send/x', 'ftp'],
    ['file:///etc/passwd', 'a file'],
    ['data:text/plain,hello', 'data'],
    ['javascript:alert(1)', 'a script'],
    ['blob:https://fcm.googleapis.com/1', 'a blob'],
    // strangers, and names that look like friends
    ['https://example.com/push', 'a stranger'],
    ['https://googleapis.com/fcm/send/x', 'the parent of a friend'],
    ['https://storage.googleapis.com/fcm/send/x', 'the sibling of a friend'],
    ['https://fcm.googleapis.com.example.com/fcm/send/x', 'a friend as a prefix'],
    ['https://evilfcm.googleapis.com/fcm/send/x', 'a friend as a suffix'],
    ['https://evil-push.apple.com/x', 'a suffix without its dot'],
    ['https://push.apple.com/x', 'the zone itself'],
    ['https://.push.apple.com/x', 'an empty label'],
    ['https://a..push.apple.com/x', 'an empty label in the middle'],
    ['https://notify.windows.com.evil.example/x', 'a zone as a prefix'],
    ['https://fcm.googleapis.com./fcm/send/x', 'a trailing dot'],
    ['https://web.push.apple.com./x', 'a trailing dot below a zone'],
    ['https://fcm.googleapis.com:8443/fcm/send/x', 'another port'],
    ['https://fcm.googleapis.com:443/fcm/send/x', 'the default port spelled out'],
    ['https://fcm。googleapis。com/fcm/send/x', 'ideographic full stops'],
    ['https://ｆｃｍ.googleapis.com/fcm/send/x', 'full-width letters'],
    ['https://fcm.gооgleapis.com/fcm/send/x', 'Cyrillic letters'],
    ['https://xn--fcm-.googleapis.com/x', 'broken punycode'],
    ['https://xn--ggleapis-0bb.com/x', 'a punycode lookalike'],
    ['https://FCM.googleapis.com/fcm/send/x', 'upper case'],
    ['HTTPS://fcm.googleapis.com/fcm/send/x', 'an upper-case scheme'],
    ['https://fcm%2egoogleapis%2ecom/fcm/send/x', 'percent-encoded dots'],
    ['https:\\\\fcm.googleapis.com\\fcm\\send\\x', 'backslashes'],
    ['https:fcm.googleapis.com/fcm/send/x', 'no slashes'],
    ['https:///fcm.googleapis.com/fcm/send/x', 'three slashes'],
    [' https://fcm.googleapis.com/fcm/send/x', 'a leading space'],
    ['https://fcm.googleapis\t.com/fcm/send/x', 'a tab'],
    ['https://fcm.google\napis.com/fcm/send/x', 'a line feed'],
    ['https://user@fcm.googleapis.com/fcm/send/x', 'a user name'],
    ['https://user:pass@fcm.googleapis.com/fcm/send/x', 'a password'],
    ['https://fcm.googleapis.com@127.0.0.1/fcm/send/x', 'a friend as user name'],
    ['https://fcm.googleapis.com%40127.0.0.1/fcm/send/x', 'an encoded at sign'],
    ['https://127.0.0.1\\@fcm.googleapis.com/x', 'an address before a backslash'],
    ['https://fcm.googleapis.com/fcm/send/x#y', 'a fragment'],
    [`https://fcm.googleapis.com/${'x'.repeat(MAX_URL_CHARACTERS)}`, 'too long'],
    // loopback
    ['https://localhost/x', 'localhost'],
    ['https://LOCALHOST/x', 'localhost in capitals'],
    ['https://localhost./x', 'localhost with a dot'],
    ['https://push.localhost/x', 'below localhost'],
    ['https://localhost.localdomain/x', 'the other name of localhost'],
    ['https://127.0.0.1/x', 'loopback'],
    ['https://127.0.0.1./x', 'loopback with a dot'],
    ['https://127.1/x', 'loopback, short'],
    ['https://127.0.1/x', 'loopback, less short'],
    ['https://2130706433/x', 'loopback, decimal'],
    ['https://0x7f000001/x', 'loopback, hexadecimal'],
    ['https://0x7f.0.0.0x1/x', 'loopback, hexadecimal parts'],
    ['https://0177.0.0.1/x', 'loopback, octal'],
    ['https://017700000001/x', 'loopback, one octal number'],
    ['https://%31%32%37.0.0.1/x', 'loopback, percent-encoded'],
    ['https://①②⑦.⓪.⓪.①/x', 'loopback in circled digits'],
    ['https://127.8.9.10/x', 'elsewhere in 127/8'],
    ['https://[::1]/x', 'loopback, IPv6'],
    ['https://[0:0:0:0:0:0:0:1]/x', 'loopback, IPv6, long'],
    ['https://[::ffff:127.0.0.1]/x', 'loopback, mapped'],
    ['https://[::ffff:7f00:1]/x', 'loopback, mapped, hexadecimal'],
    ['https://[::127.0.0.1]/x', 'loopback, compatible'],
    ['https://[64:ff9b::7f00:1]/x', 'loopback behind NAT64'],
    ['https://[fe80::1%25eth0]/x', 'a zone id'],
    ['https://127.0.0.1.nip.io/x', 'a name that resolves to loopback'],
    // "this host", private, shared, link-local, metadata, multicast, broadcast
    ['https://0/x', 'zero'],
    ['https://0.0.0.0/x', 'all interfaces'],
    ['https://[::]/x', 'all interfaces, IPv6'],
    ['https://10.0.0.1/x', '10/8'],
    ['https://172.16.0.1/x', '172.16/12'],
    ['https://192.168.1.1/x', '192.168/16'],
    ['https://192.168.257/x', '192.168/16, short'],
    ['https://100.64.0.1/x', 'carrier-grade NAT'],
    ['https://169.254.1.1/x', 'link-local'],
    ['https://169.254.169.254/latest/meta-data/', 'cloud metadata'],
    ['https://2852039166/latest/meta-data/', 'cloud metadata, decimal'],
    ['https://[::ffff:a9fe:a9fe]/latest/meta-data/', 'cloud metadata, mapped'],
    ['https://[fd00:ec2::254]/latest/meta-data/', 'cloud metadata, IPv6'],
    ['https://metadata.google.internal/computeMetadata/v1/', 'cloud metadata by name'],
    ['https://100.100.100.200/latest/meta-data/', 'cloud metadata elsewhere'],
    ['https://[fc00::1]/x', 'unique local'],
    ['https://[fe80::1]/x', 'link-local, IPv6'],
    ['https://224.0.0.1/x', 'multicast'],
    ['https://[ff02::1]/x', 'multicast, IPv6'],
    ['https://255.255.255.255/x', 'broadcast'],
    ['https://8.8.8.8/x', 'a public address'],
  ])('%s (%s)', (endpoint) => {
    expect(checkEndpoint(endpoint, nobody)).toMatchObject({ ok: false, detail: expect.stringMatching(/\.$/) })
  })
})

describe('hosts that the operator allowed', () => {
  const allowed = parseAllowedHosts(' 127.0.0.1:9090, [::1]:9091 ,Push.Example.com,')

  test.each([
    'http://127.0.0.1:9090/push/1',
    'https://127.0.0.1:9090/push/1',
    'http://[::1]:9091/push/1',
    'https://push.example.com/1',
    'http://push.example.com/1',
    'https://push.example.com:8443/1',
    'https://fcm.googleapis.com/fcm/send/x',
  ])('%s is taken', (endpoint) => {
    expect(checkEndpoint(endpoint, allowed)).toEqual({ ok: true, endpoint })
  })

  test.each([
    ['http://127.0.0.1/push/1', 'no port'],
    ['http://127.0.0.1:9091/push/1', 'another port'],
    ['http://localhost:9090/push/1', 'another name of the same host'],
    ['http://0x7f000001:9090/push/1', 'another spelling of the same address'],
    ['http://127.1:9090/push/1', 'a short spelling'],
    ['http://[::ffff:127.0.0.1]:9090/push/1', 'the mapped address'],
    ['http://[0::1]:9091/push/1', 'another spelling of the IPv6 address'],
    ['http://user@127.0.0.1:9090/push/1', 'a user name'],
    ['ws://127.0.0.1:9090/push/1', 'another scheme'],
    ['http://a.push.example.com/1', 'below an allowed name'],
    ['http://fcm.googleapis.com/fcm/send/x', 'http to a well-known service'],
  ])('%s is refused (%s)', (endpoint) => {
    expect(checkEndpoint(endpoint, allowed)).toMatchObject({ ok: false })
  })

  test('the default port is the same as no port', () => {
    expect(checkEndpoint('https://a.example/1', parseAllowedHosts('a.example:443'))).toMatchObject({ ok: true })
    expect(checkEndpoint('http://a.example/1', parseAllowedHosts('a.example:443'))).toMatchObject({ ok: false })
    expect(checkEndpoint('http://a.example/1', parseAllowedHosts('a.example:80'))).toMatchObject({ ok: true })
  })
})
