import { expect, it, onTestFinished } from 'vitest'
import { createKeyBook } from '#auth/key-book.ts'
import type { StoredKey } from '#domain/api-key.ts'
import type { Viewer } from '#domain/access.ts'
import { FakeClock } from '../support/fake-gateway.ts'
import { MemoryKeys, settled, storedKey, testHash, testSecret } from '../support/stored-keys.ts'
import { MemoryLog } from '../support/store.ts'

const key = storedKey()
const { publicId } = key

function open(...rows: readonly StoredKey[]) {
  const keys = new MemoryKeys(...rows)
  const clock = new FakeClock()
  const cuts: ((viewer: Viewer) => boolean)[] = []
  const book = createKeyBook({
    rows: keys,
    changes: keys,
    clock,
    log: new MemoryLog(),
    cut: (isCut) => cuts.push(isCut),
  })
  onTestFinished(() => book.close())
  /** Whether any of the cuts so far was meant for that viewer. */
  const isCut = (viewer: Viewer) => cuts.some((each) => each(viewer))
  const enter = async () => {
    const known = await book.read(publicId)
    if (!known) throw new Error('there is no such key')
    return known.viewer
  }
  return { book, clock, enter, isCut, keys }
}

it.each<[string, Partial<StoredKey>, boolean]>([
  ['revocation', { isRevoked: true }, true],
  ['a smaller role', { role: 'VIEWER' }, true],
  ['fewer models', { allowedModels: ['a:*'] }, true],
  ['another secret', { secretHash: testHash(testSecret('t')), previousSecretForMs: -1 }, true],
  ['an expiry that is over', { expiresInMs: -1 }, true],
  [
    'another secret, with a grace',
    {
      secretHash: testHash(testSecret('t')),
      previousSecretHash: key.secretHash,
      previousSecretForMs: 1000,
    },
    false,
  ],
  ['a larger role', { role: 'ADMIN' }, false],
  ['another name', { name: 'other' }, false],
  ['an expiry that is to come', { expiresInMs: 60_000 }, false],
  ['another priority', { priority: 'LOW' }, false],
])('%s that another replica tells of cuts what runs: %j -> %s', async (_what, change, expected) => {
  const { book, enter, isCut, keys } = open(key)
  const viewer = await enter()
  expect(book.upholds(viewer)).toBe(true)
  keys.change({ ...key, ...change })
  await settled()
  expect(isCut(viewer)).toBe(expected)
  expect(book.upholds(viewer)).toBe(!expected)
})

it('nobody else’s connections are cut', async () => {
  const { enter, isCut, keys } = open(key)
  const viewer = await enter()
  keys.change({ ...key, isRevoked: true })
  await settled()
  expect(isCut({ ...viewer, apiKeyId: '019a0000-0000-7000-8000-0000000000ff' })).toBe(false)
})

it.each<[string, Partial<StoredKey>]>([
  ['the expiry', { expiresInMs: 5000 }],
  [
    'the end of the grace',
    {
      secretHash: testHash(testSecret('t')),
      previousSecretHash: key.secretHash,
      previousSecretForMs: 5000,
    },
  ],
])('%s cuts within a second, though nobody tells of it', async (_what, over) => {
  const { book, clock, isCut } = open(storedKey(over))
  const known = await book.read(publicId)
  if (!known) throw new Error('there is no such key')
  const viewer = over.previousSecretHash ? known.previousViewer : known.viewer
  clock.advance(4500)
  expect(isCut(viewer)).toBe(false)
  clock.advance(1000)
  expect(isCut(viewer)).toBe(true)
})

it('while nothing is heard, changes are found by reading, within a second', async () => {
  const { clock, enter, isCut, keys } = open(key)
  const viewer = await enter()
  keys.listening = false
  keys.change({ ...key, isRevoked: true }, { silently: true })
  clock.advance(1000)
  await settled()
  expect(isCut(viewer)).toBe(true)
})

it('when listening begins again, everything is read again', async () => {
  const { enter, isCut, keys } = open(key)
  const viewer = await enter()
  keys.change({ ...key, isRevoked: true }, { silently: true })
  keys.resume()
  await settled()
  expect(isCut(viewer)).toBe(true)
})

it('a change that cannot be read is read later', async () => {
  const { clock, enter, isCut, keys } = open(key)
  const viewer = await enter()
  keys.away = true
  keys.change({ ...key, isRevoked: true })
  await settled()
  expect(isCut(viewer)).toBe(false)
  keys.away = false
  clock.advance(500)
  await settled()
  expect(isCut(viewer)).toBe(true)
})

it('a read that began before a change does not undo it', async () => {
  const { book, enter, keys } = open(key)
  const viewer = await enter()
  const slow = Promise.withResolvers<readonly StoredKey[]>()
  const { read } = keys
  keys.read = () => slow.promise
  keys.resume()
  keys.read = read
  keys.change({ ...key, isRevoked: true })
  await settled()
  slow.resolve([key])
  await settled()
  expect(book.upholds(viewer)).toBe(false)
})

it('a key that did not exist is found once it is made', async () => {
  const { book, keys } = open()
  expect(await book.read(publicId)).toBe(null)
  expect(book.known(publicId)).toBe(null)
  keys.change(key)
  await settled()
  expect(book.known(publicId)?.row.name).toBe('team')
})

it('use is written once a minute a key, and at the end', async () => {
  const { book, clock, keys } = open(key)
  for (let index = 0; index < 100; index++) {
    book.used('one')
    clock.advance(1000)
  }
  book.used('two')
  await book.close()
  expect(keys.touched).toEqual([['one'], ['one'], ['two']])
})
