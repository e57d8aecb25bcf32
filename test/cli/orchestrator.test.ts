import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, serverFolder, startServer } from '../support/server.ts'

const token = 'the-administrator-of-this-test'
const folder = serverFolder()
let server: RunningServer
beforeAll(async () => {
  server = await startServer({ ...folder.env, ROUTER_AUTH_TOKEN: token })
})
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

/** Runs the command as its users do, with both ends piped. */
async function orchestrator(
  args: readonly string[],
  { env = {}, entry = 'orchestrator.ts' }: { env?: Record<string, string>; entry?: string } = {},
) {
  const child = spawn(process.execPath, [`server/cli/${entry}`, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder.path,
      ORCHESTRATOR_DATA_DIR: folder.env['ORCHESTRATOR_DATA_DIR'],
      ORCHESTRATOR_URL: server.origin,
      ORCHESTRATOR_TOKEN: token,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { out, err, code }
}

describe('orchestrator', () => {
  it('says how the server is', async () => {
    const { out, err, code } = await orchestrator(['status'])
    expect({ err, code }).toEqual({ err: '', code: 0 })
    expect(out).toContain(`runs at ${server.origin}`)
    expect(out).toMatch(/^PROVIDER +HEALTH +SCORE$/m)
    expect(out).toMatch(/^simulator +[A-Z]+ +\d+$/m)
  })

  it('prints one document and nothing else under --json', async () => {
    const { out, code } = await orchestrator(['status', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      url: server.origin,
      server: { embeddedDatabase: true },
      providers: expect.arrayContaining([expect.objectContaining({ name: 'simulator' })]),
    })
  })

  it('takes the token of the administrator from ROUTER_AUTH_TOKEN last', async () => {
    const env = { ORCHESTRATOR_TOKEN: '', ROUTER_AUTH_TOKEN: token }
    expect((await orchestrator(['status'], { env })).code).toBe(0)
    expect((await orchestrator(['status', '--token', 'wrong'], { env })).code).toBe(2)
  })

  it.each(['status', 'ask'])('says how to give a token when %s lacks one', async (verb) => {
    const args = verb === 'ask' ? ['ask', 'Hi', '--model', 'simulator:fast'] : [verb]
    const { out, err, code } = await orchestrator(args, { env: { ORCHESTRATOR_TOKEN: '' } })
    expect({ out, code }).toEqual({ out: '', code: 2 })
    expect(err).toContain('ORCHESTRATOR_TOKEN')
  })

  it.each(['status', 'ask'])('says how to start a server when %s finds none', async (verb) => {
    const args = verb === 'ask' ? ['ask', 'Hi', '--model', 'simulator:fast'] : [verb]
    const { out, err, code } = await orchestrator([...args, '--url', 'http://127.0.0.1:1'])
    expect({ out, code }).toEqual({ out: '', code: 1 })
    expect(err).toContain('No server answers at http://127.0.0.1:1. Start one')
  })

  it.each([
    [['no-such-verb'], "unknown command 'no-such-verb'"],
    [['status', '--no-such-option'], "unknown option '--no-such-option'"],
    [['providers', 'disable', 'simulator'], "required option '--reason <text>'"],
    [['status', '--url', 'nowhere'], 'nowhere is no address'],
    [['providers', 'test', 'nobody'], 'No provider is called nobody'],
  ])('ends %j with 2', async (args, told) => {
    const { out, err, code } = await orchestrator(args)
    expect({ out, code }).toEqual({ out: '', code: 2 })
    expect(err).toContain(told)
  })

  it('switches a provider off and on', async () => {
    const off = await orchestrator(['providers', 'disable', 'simulator', '--reason', 'a test'])
    expect(off).toEqual({ out: 'simulator: FORCE_DISABLED\n', err: '', code: 0 })
    expect((await orchestrator(['providers', 'list'])).out).toMatch(/^simulator .*FORCE_DISABLED/m)
    const on = await orchestrator(['providers', 'enable', 'simulator', '--json'])
    expect(JSON.parse(on.out)).toMatchObject({ provider: { name: 'simulator', override: 'AUTO' } })
  })

  it('tests a provider and resets its circuit', async () => {
    const tested = await orchestrator(['providers', 'test', 'simulator'])
    expect(tested.err).toBe('')
    expect(tested.out).toMatch(/^simulator answers \(\d+ ms\)\n$/)
    expect((await orchestrator(['providers', 'reset', 'simulator'])).out).toBe(
      'simulator: circuit CLOSED\n',
    )
  })

  it('streams an answer as text, or prints it whole under --json', async () => {
    const { out, err, code } = await orchestrator(['ask', 'Hello', '--model', 'simulator:fast'])
    expect({ err, code }).toEqual({ err: '', code: 0 })
    expect(out.trim()).not.toBe('')
    const whole = await orchestrator(['ask', 'Hello', '--model', 'simulator:fast', '--json'])
    expect(JSON.parse(whole.out)).toMatchObject({
      completion: {
        providerName: 'simulator',
        finishReason: 'STOP',
        text: expect.stringMatching(/./),
      },
    })
  })

  it.each([
    ['simulator:error-500', 1],
    ['nobody:at-all', 2],
  ])('ends an answer of %s with %i', async (model, expected) => {
    const { err, code } = await orchestrator(['ask', 'Hello', '--model', model])
    expect(code).toBe(expected)
    expect(err).not.toBe('')
  })

  it('passes the options of the doctor and of the demo on', async () => {
    const { err, code } = await orchestrator(['demo', '--rate', '0'])
    expect({ err, code }).toEqual({
      err: '--rate: expected a number above 0, up to 1000\n',
      code: 2,
    })
    expect(JSON.parse((await orchestrator(['doctor', '--json'])).out)).toMatchObject({
      breaches: [],
    })
  })

  it('has an example in the help of a verb', async () => {
    const { out, code } = await orchestrator(['providers', 'disable', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('orchestrator providers disable openai --reason "incident 42"')
  })

  it('finds models, and shows an unknown price as a dash', async () => {
    const { out, code } = await orchestrator(['models', 'fast', '--provider', 'simulator'])
    expect(code).toBe(0)
    expect(out).toMatch(/^MODEL +CONTEXT +INPUT +OUTPUT$/m)
    expect(out).toMatch(/^simulator:fast +[\d-]+ +[\d.-]+ +[\d.-]+$/m)
    const none = await orchestrator(['models', 'no-such-model', '--json'])
    expect(JSON.parse(none.out)).toEqual({ totalCount: 0, models: [] })
  })

  it('makes a key that works, rotates it and revokes it', async () => {
    const made = await orchestrator(['keys', 'create', 'Team A'])
    expect({ err: made.err, code: made.code }).toEqual({ err: '', code: 0 })
    const ask = (secret: string) =>
      orchestrator(['ask', 'Hello', '--model', 'simulator:fast', '--token', secret.trim()])
    expect((await ask(made.out)).code).toBe(0)
    expect((await orchestrator(['keys', 'list'])).out).toMatch(/ Team A +CALLER /)
    const rotated = await orchestrator(['keys', 'rotate', 'Team A', '--json'])
    const { secret } = JSON.parse(rotated.out)
    expect((await ask(made.out)).code).toBe(2)
    expect((await ask(secret)).code).toBe(0)
    const revoked = await orchestrator(['keys', 'revoke', 'Team A'])
    expect(revoked).toEqual({ out: 'Team A is revoked\n', err: '', code: 0 })
    expect((await ask(secret)).code).toBe(2)
    expect((await orchestrator(['keys', 'revoke', 'Team A'])).code).toBe(2)
  })

  it('says which role is no role', async () => {
    const { err, code } = await orchestrator(['keys', 'create', 'Team B', '--role', 'KING'])
    expect(code).toBe(2)
    expect(err).toContain('KING')
  })

  it.each([
    ['serve', 'orchestrator serve'],
    ['doctor', 'Usage: doctor'],
    ['demo', 'Usage: demo'],
  ])('explains %s without running it', async (verb, told) => {
    const { out, code } = await orchestrator([verb, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(told)
  })
})
