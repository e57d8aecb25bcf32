import { assert, constantFrom, ipV4, property, array } from 'fast-check'
import { expect, it } from 'vitest'
import { createClientIp } from '#http/client-ip.ts'

const request = (remoteAddress: string | undefined, forwarded?: string) => ({
  socket: { remoteAddress },
  headers: { 'x-forwarded-for': forwarded },
})

const proxies = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::1']

it.each<[string, string, string | undefined, string]>([
  ['takes the peer where it is no proxy', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['takes the proxy where it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
  ['looks behind a proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['looks behind an IPv4 proxy on a dual stack', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['skips trusted hops', '10.0.0.1', '198.51.100.1, 10.2.3.4, 192.0.2.7', '198.51.100.1'],
  ['ignores what the client put before', '10.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  ['stops at nonsense', '10.0.0.1', '198.51.100.1, unknown, 10.2.3.4', '10.2.3.4'],
  ['stops at an empty hop', '10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
  ['takes the first of all where all are trusted', '10.0.0.1', '10.9.9.9, 10.2.3.4', '10.9.9.9'],
  ['leaves out a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['reads IPv6 in brackets', 'fd00::5', '[2001:DB8:0::2]:4711', '2001:db8::2'],
  [
    'knows an IPv6 proxy in any spelling',
    '2001:db8::1',
    '2001:db8::3, 2001:0DB8::1',
    '2001:db8::3',
  ],
  ['unmaps IPv4 in a hop', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
])('%s', (_name, peer, forwarded, client) => {
  expect(createClientIp(proxies)(request(peer, forwarded))).toBe(client)
})

it('believes nobody unless told whom', () => {
  expect(createClientIp([])(request('10.0.0.1', '198.51.100.1'))).toBe('10.0.0.1')
})

it('is unknown when the socket is gone', () => {
  expect(createClientIp(proxies)(request(undefined, '198.51.100.1'))).toBeNull()
})

it('is never decided by what a client sends before its own address', () => {
  const clientIp = createClientIp(['127.0.0.0/8'])
  assert(
    property(array(ipV4()), constantFrom('198.51.100.1', '203.0.113.9'), (sent, client) => {
      const forwarded = [...sent, client].join(', ')
      expect(clientIp(request('127.0.0.1', forwarded))).toBe(client)
    }),
  )
})
