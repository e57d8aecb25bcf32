import { expect, it } from 'vitest'
import { changedParams, pageAt, pageHref } from '#web/address.ts'

it.each([
  ['/dashboard', 'overview'],
  ['/dashboard/', 'overview'],
  ['/dashboard/requests', 'requests'],
  ['/dashboard/requests/', 'requests'],
  ['/dashboard/errors', 'errors'],
  ['/dashboard/providers', 'providers'],
  ['/dashboard/nothing', null],
])('finds at %s the page %s', (path, page) => {
  expect(pageAt(path)).toBe(page)
})

it('keeps range, zone, kind of traffic and live from page to page, and nothing else', () => {
  const search = '?from=now-7d&tz=UTC&sim=1&live=0&status=FAILED&open=x'
  expect(pageHref('requests', search)).toBe('/dashboard/requests?from=now-7d&tz=UTC&sim=1&live=0')
  expect(pageHref('overview', '')).toBe('/dashboard')
})

it('sets, repeats and takes away parameters', () => {
  expect(changedParams('?a=1&b=2', { a: null, c: '3' })).toBe('?b=2&c=3')
  expect(changedParams('?a=1', { a: ['x', 'y'] })).toBe('?a=x&a=y')
  expect(changedParams('?a=1', { a: [] })).toBe('')
})
