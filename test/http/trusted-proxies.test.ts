import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { cameByHttps, createProxyCheck } from '#http/trusted-proxies.ts'

function from(address: string | undefined, scheme: string | undefined): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  const request = new IncomingMessage(socket)
  if (scheme !== undefined) request.headers['x-forwarded-proto'] = scheme
  return request
}

it.each([
  ['10.1.2.3', 'https', true],
  ['::ffff:10.1.2.3', 'https', true],
  ['10.1.2.3', 'HTTPS, http', true],
  ['10.1.2.3', 'http', false],
  ['10.1.2.3', undefined, false],
  ['192.0.2.1', 'https', false],
  [undefined, 'https', false],
])('a client behind %s that speaks %s came by https: %s', (address, scheme, https) => {
  expect(cameByHttps(from(address, scheme), createProxyCheck(['10.0.0.0/8']))).toBe(https)
})

it('nobody is trusted unless they are named', () => {
  expect(createProxyCheck([])('127.0.0.1')).toBe(false)
})
