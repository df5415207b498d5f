import { describe, expect, test } from 'vitest'
import { checkWebhookUrl, MAX_URL_CHARACTERS, namesPublicHost, parseAllowedHosts } from './outbound-url.ts'

const nobody = parseAllowedHosts('')

describe('webhooks may be anywhere on the public internet', () => {
  test.each([
    'https://example.com/',
    'https://hooks.example.com/fanfare?key=1&b=%20',
    'https://hooks.example.com:8443/fanfare',
    'https://a-b.c1.example.co.uk/x',
    'https://xn--bcher-kva.example.com/x',
    'https://internal.example.com/x',
    'https://localhost.example.com/x',
    'https://test.example.com/x',
    'https://10.example.com/x',
    'https://1e100.net/x',
    'https://mylocal.io/x',
    'https://host.mytest/x',
  ])('%s', (url) => {
    expect(checkWebhookUrl(url, nobody)).toEqual({ ok: true, url, named: false })
  })
})

describe('and nowhere else', () => {
  test.each([
    // not https, or not a URL
    ['', 'nothing'],
    ['example.com/x', 'no scheme'],
    ['//example.com/x', 'no scheme'],
    ['/x', 'a path'],
    ['http://example.com/x', 'http'],
    ['ws://example.com/x', 'a socket'],
    ['ftp://example.com/x', 'ftp'],
    ['gopher://example.com/x', 'gopher'],
    ['file:///etc/passwd', 'a file'],
    ['data:text/plain,hello', 'data'],
    ['javascript:alert(1)', 'a script'],
    ['blob:https://example.com/1', 'a blob'],
    // spelled to deceive
    ['HTTPS://example.com/x', 'an upper-case scheme'],
    ['https://EXAMPLE.com/x', 'an upper-case host'],
    ['https:example.com/x', 'no slashes'],
    ['https:/example.com/x', 'one slash'],
    ['https:///example.com/x', 'three slashes'],
    ['https:\\\\example.com\\x', 'backslashes'],
    [' https://example.com/x', 'a leading space'],
    ['https://exam\tple.com/x', 'a tab'],
    ['https://exam\nple.com/x', 'a line feed'],
    ['https://exam%70le.com/x', 'percent-encoding'],
    ['https://example%2ecom/x', 'a percent-encoded dot'],
    ['https://example。com/x', 'an ideographic full stop'],
    ['https://ｅxample.com/x', 'a full-width letter'],
    ['https://exаmple.com/x', 'a Cyrillic letter'],
    ['https://bücher.example.com/x', 'an umlaut, which is spelled in punycode'],
    ['https://example.com:443/x', 'the default port spelled out'],
    ['https://example.com', 'no path'],
    ['https://user@example.com/x', 'a user name'],
    ['https://user:pass@example.com/x', 'a password'],
    ['https://example.com@127.0.0.1/x', 'a host as user name'],
    ['https://example.com%40127.0.0.1/x', 'an encoded at sign'],
    ['https://127.0.0.1\\@example.com/x', 'an address before a backslash'],
    ['https://example.com/x#y', 'a fragment'],
    ['https://example.com/#', 'an empty fragment'],
    [`https://example.com/${'x'.repeat(MAX_URL_CHARACTERS)}`, 'too long'],
    // ports of other servers
    ['https://example.com:22/x', 'SSH'],
    ['https://example.com:25/x', 'SMTP'],
    ['https://example.com:80/x', 'the port of http'],
    ['https://example.com:2375/x', 'Docker'],
    ['https://example.com:6379/x', 'Redis'],
    ['https://example.com:8080/x', 'a proxy'],
    ['https://example.com:9200/x', 'Elasticsearch'],
    // names that mean something only where one stands
    ['https://localhost/x', 'localhost'],
    ['https://LOCALHOST/x', 'localhost in capitals'],
    ['https://localhost./x', 'localhost with a dot'],
    ['https://a.localhost/x', 'below localhost'],
    ['https://localhost.localdomain/x', 'the other name of localhost'],
    ['https://ip6-localhost/x', 'its name in /etc/hosts'],
    ['https://intranet/x', 'one label'],
    ['https://metadata/x', 'one label of a cloud'],
    ['https://printer.local/x', 'mDNS'],
    ['https://db.internal/x', 'internal'],
    ['https://metadata.google.internal/x', 'cloud metadata by name'],
    ['https://ip-10-0-0-1.ec2.internal/x', 'a host of EC2'],
    ['https://kubernetes.default.svc.cluster.local/x', 'a service of Kubernetes'],
    ['https://router.home.arpa/x', 'home.arpa'],
    ['https://1.0.0.127.in-addr.arpa/x', 'the reverse tree'],
    ['https://wiki.intranet/x', 'intranet'],
    ['https://wiki.private/x', 'private'],
    ['https://wiki.corp/x', 'corp'],
    ['https://nas.home/x', 'home'],
    ['https://nas.lan/x', 'lan'],
    ['https://expyuzz4wqqyqhjn.onion/x', 'onion'],
    ['https://a.alt/x', 'alt'],
    ['https://a.test/x', 'test'],
    ['https://a.invalid/x', 'invalid'],
    ['https://a.example/x', 'example'],
    ['https://example.com./x', 'a trailing dot'],
    ['https://.example.com/x', 'an empty label'],
    ['https://a..example.com/x', 'an empty label in the middle'],
    ['https://a_b.example.com/x', 'an underscore'],
    ['https://*.example.com/x', 'an asterisk'],
    // loopback in every spelling
    ['https://127.0.0.1/x', 'loopback'],
    ['https://127.0.0.1./x', 'with a dot'],
    ['https://127.1/x', 'short'],
    ['https://127.0.1/x', 'less short'],
    ['https://2130706433/x', 'decimal'],
    ['https://0x7f000001/x', 'hexadecimal'],
    ['https://0x7F.1/x', 'hexadecimal and short'],
    ['https://0x7f.0.0.0x1/x', 'hexadecimal parts'],
    ['https://0177.0.0.1/x', 'octal'],
    ['https://017700000001/x', 'one octal number'],
    ['https://%31%32%37.0.0.1/x', 'percent-encoded'],
    ['https://①②⑦.⓪.⓪.①/x', 'circled digits'],
    ['https://１２７.０.０.１/x', 'full-width digits'],
    ['https://127.8.9.10/x', 'elsewhere in its block'],
    ['https://[::1]/x', 'IPv6'],
    ['https://[0:0:0:0:0:0:0:1]/x', 'IPv6, long'],
    ['https://[::ffff:127.0.0.1]/x', 'mapped'],
    ['https://[::ffff:7f00:1]/x', 'mapped, hexadecimal'],
    ['https://[::ffff:0:127.0.0.1]/x', 'translated'],
    ['https://[::127.0.0.1]/x', 'compatible'],
    ['https://[64:ff9b::7f00:1]/x', 'behind NAT64'],
    ['https://[2002:7f00:1::]/x', 'in 6to4'],
    ['https://[2001:0:53aa:64c:0:7fff:80ff:fffe]/x', 'in Teredo'],
    ['https://[fe80::1%25eth0]/x', 'a zone id'],
    ['https://[::1%lo]/x', 'a zone id, unencoded'],
    // and everything else that is an address
    ['https://0/x', 'zero'],
    ['https://0.0.0.0/x', 'all interfaces'],
    ['https://[::]/x', 'all interfaces, IPv6'],
    ['https://10.0.0.1/x', 'private'],
    ['https://172.16.0.1/x', 'private'],
    ['https://192.168.1.1/x', 'private'],
    ['https://192.168.257/x', 'private, short'],
    ['https://0300.0250.1.1/x', 'private, octal'],
    ['https://100.64.0.1/x', 'carrier-grade NAT'],
    ['https://169.254.169.254/latest/meta-data/', 'cloud metadata'],
    ['https://2852039166/latest/meta-data/', 'cloud metadata, decimal'],
    ['https://0xa9fea9fe/latest/meta-data/', 'cloud metadata, hexadecimal'],
    ['https://0251.0376.0251.0376/latest/meta-data/', 'cloud metadata, octal'],
    ['https://[::ffff:a9fe:a9fe]/latest/meta-data/', 'cloud metadata, mapped'],
    ['https://[fd00:ec2::254]/latest/meta-data/', 'cloud metadata, IPv6'],
    ['https://100.100.100.200/latest/meta-data/', 'cloud metadata elsewhere'],
    ['https://192.0.0.192/x', 'cloud metadata elsewhere'],
    ['https://192.0.2.1/x', 'documentation'],
    ['https://198.18.0.1/x', 'benchmark'],
    ['https://224.0.0.1/x', 'multicast'],
    ['https://240.0.0.1/x', 'reserved'],
    ['https://255.255.255.255/x', 'broadcast'],
    ['https://4294967296/x', 'more than an address'],
    ['https://1.2.3.4.5/x', 'five numbers'],
    ['https://[fc00::1]/x', 'unique local'],
    ['https://[fe80::1]/x', 'link-local'],
    ['https://[ff02::1]/x', 'multicast, IPv6'],
    ['https://[2001:db8::1]/x', 'documentation, IPv6'],
    ['https://8.8.8.8/x', 'a public address'],
    ['https://[2606:4700:4700::1111]/x', 'a public address, IPv6'],
  ])('%s (%s)', (url) => {
    expect(checkWebhookUrl(url, nobody)).toMatchObject({ ok: false, detail: expect.stringMatching(/\.$/) })
  })
})

describe('unless the operator named the host', () => {
  const allowed = parseAllowedHosts(' 127.0.0.1:9090, [::1]:9091 ,hooks.internal,')

  test.each([
    'http://127.0.0.1:9090/x',
    'https://127.0.0.1:9090/x',
    'http://[::1]:9091/x',
    'http://hooks.internal/x',
    'https://hooks.internal:1234/x',
  ])('%s is taken', (url) => {
    expect(checkWebhookUrl(url, allowed)).toEqual({ ok: true, url, named: true })
  })

  test.each([
    ['http://127.0.0.1/x', 'no port'],
    ['http://127.0.0.1:9091/x', 'another port'],
    ['http://localhost:9090/x', 'another name of the same host'],
    ['http://0x7f000001:9090/x', 'another spelling of the same address'],
    ['http://[::ffff:127.0.0.1]:9090/x', 'the mapped address'],
    ['http://user@127.0.0.1:9090/x', 'a user name'],
    ['ws://127.0.0.1:9090/x', 'another scheme'],
    ['http://a.hooks.internal/x', 'below an allowed name'],
    ['http://example.com/x', 'http to anybody else'],
  ])('%s is refused (%s)', (url) => {
    expect(checkWebhookUrl(url, allowed)).toMatchObject({ ok: false })
  })
})

describe('what devices fetch is on a public host, by name or address', () => {
  test.each([
    ['https://example.com/a.png', true],
    ['https://cdn.example.com:444/a.png', true],
    ['https://EXAMPLE.com/a.png', true],
    ['https://bücher.example.com/a.png', true],
    ['https://8.8.8.8/a.png', true],
    ['https://[2606:4700::1]/a.png', true],
    ['https://localhost/a.png', false],
    ['https://router.local/a.png', false],
    ['https://0x7f.1/a.png', false],
    ['https://169.254.169.254/a.png', false],
    ['https://[::ffff:10.0.0.1]/a.png', false],
    ['https://intranet/a.png', false],
    ['not a URL', false],
  ])('%s: %s', (url, isPublic) => {
    expect(namesPublicHost(url)).toBe(isPublic)
  })
})
