import { expect, it } from 'vitest'
import { isOwnPage } from '#http/origin-check.ts'

const host = '127.0.0.1:5455'

it.each([
  [{ host, origin: 'http://127.0.0.1:5455' }, true],
  [{ host, origin: 'https://127.0.0.1:5455' }, true],
  [{ host, origin: 'http://127.0.0.1:3000' }, false],
  [{ host, origin: 'http://127.0.0.1' }, false],
  [{ host, origin: 'http://localhost:5455' }, false],
  [{ host, origin: 'http://evil.example' }, false],
  [{ host, origin: 'null' }, false],
  [{ host }, false],
  [{ origin: 'http://127.0.0.1:5455' }, false],
  // Browsers that know it say so: also behind a proxy that changes the Host header.
  [{ host: 'app:5455', origin: 'https://ai.example', 'sec-fetch-site': 'same-origin' }, true],
  [{ host, origin: 'http://127.0.0.1:5455', 'sec-fetch-site': 'same-site' }, false],
  [{ host, origin: 'http://127.0.0.1:5455', 'sec-fetch-site': 'cross-site' }, false],
])('%j is of a page of this server: %s', (headers, own) => {
  expect(isOwnPage(headers)).toBe(own)
})
