import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { lockDataFolder } from '#server/store/embedded-postgres/data-lock.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '#server/store/embedded-postgres/embedded-postgres.ts'
import { readPostmaster } from '#server/store/embedded-postgres/left-over.ts'

const quiet = { info: () => {}, warn: () => {} }
const leftovers: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean()
})

function emptyFolder(mode = 0o711): string {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-postgres-'))
  chmodSync(folder, mode)
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function started(folder: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(folder, { log: quiet })
  leftovers.push(() => postgres.stop())
  return postgres
}

function spawnScript(script: string, folder: string) {
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function value(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return Object.values((await client.query(text)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

describe('an embedded Postgres', () => {
  it('keeps its data over a restart, with its credentials readable by nobody else', async () => {
    const folder = emptyFolder()
    const first = await startEmbeddedPostgres(folder, { log: quiet })
    await value(first.url, 'create table kept as select 42 as answer')
    await first.stop()
    const second = await started(folder)
    expect(await value(second.url, 'select answer from kept')).toBe(42)
    expect(await value(second.url, 'show fsync')).toBe('on')
    expect(statSync(join(folder, 'postgres-password')).mode & 0o077).toBe(0)
  })

  it('works in a private folder', async () => {
    const folder = emptyFolder(0o700)
    const postgres = await started(folder)
    leftovers.push(() => {
      if (!postgres.folder.startsWith(folder))
        rmSync(join(postgres.folder, '..'), { recursive: true })
    })
    expect(await value(postgres.url, 'select 1')).toBe(1)
  })

  it('is started again on the same port when it is killed', async () => {
    const postgres = await started(emptyFolder())
    const killed = readPostmaster(postgres.folder)?.pid ?? 0
    process.kill(killed, 'SIGKILL')
    await vi.waitFor(async () => expect(await value(postgres.url, 'select 1')).toBe(1), {
      timeout: 15_000,
      interval: 50,
    })
    expect(readPostmaster(postgres.folder)?.pid).not.toBe(killed)
  })

  it('takes over from a server that was killed and left its Postgres running', async () => {
    const folder = emptyFolder()
    const child = spawnScript(
      `import { startEmbeddedPostgres } from '#server/store/embedded-postgres/embedded-postgres.ts'
      await startEmbeddedPostgres(process.argv[1], { log: { info() {}, warn() {} } })
      console.log('up')`,
      folder,
    )
    await once(child.stdout, 'data')
    const left = readPostmaster(join(folder, 'postgres'))?.pid
    child.kill('SIGKILL')
    await once(child, 'exit')
    const postgres = await started(folder)
    expect(await value(postgres.url, 'select 1')).toBe(1)
    expect(readPostmaster(postgres.folder)?.pid).not.toBe(left)
  })

  it.each([
    { now: 'a zombie that nobody reaps', script: 'sleep 0 & echo $!; exec sleep 60' },
    { now: "somebody else's", script: 'echo $$; exec sleep 60' },
  ])('starts when the number of a killed predecessor is $now', async ({ script }) => {
    const folder = emptyFolder()
    const first = await startEmbeddedPostgres(folder, { log: quiet })
    const file = join(first.folder, 'postmaster.pid')
    const told = readFileSync(file, 'utf8')
    await first.stop()
    const { uid, gid } = statSync(first.folder)
    const user = process.getuid?.() === 0 ? { uid, gid } : {}
    const other = spawn('sh', ['-c', script], { ...user, stdio: ['ignore', 'pipe', 'inherit'] })
    leftovers.push(() => void other.kill('SIGKILL'))
    const [pid] = (await once(other.stdout, 'data')) as [Buffer]
    writeFileSync(file, told.replace(/^\d+/, String(pid).trim()))
    const second = await started(folder)
    expect(await value(second.url, 'select 1')).toBe(1)
  })

  it('leaves a stranger alone whose number stands in the file of a dead Postgres', async () => {
    const folder = emptyFolder()
    const first = await startEmbeddedPostgres(folder, { log: quiet })
    await first.stop()
    const stranger = spawn('sleep', ['60'])
    leftovers.push(() => void stranger.kill())
    await once(stranger, 'spawn')
    writeFileSync(join(first.folder, 'postmaster.pid'), `${stranger.pid}\n${first.folder}\n0\n1\n`)
    const postgres = await started(folder)
    expect(await value(postgres.url, 'select 1')).toBe(1)
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
  })

  it('is not shared by a copy of a data folder that notes where it is', async () => {
    const folder = emptyFolder(0o700)
    const postgres = await started(folder)
    const copy = emptyFolder(0o700)
    cpSync(folder, copy, { recursive: true })
    if (postgres.elsewhere) {
      leftovers.push(() => rmSync(dirname(postgres.folder), { recursive: true }))
    }
    // Refused where the database is elsewhere, and a database of its own where it was copied.
    const place = await started(copy).then(
      ({ folder: own }) => own,
      (error: Error) => error.message,
    )
    expect(place).toMatch(new RegExp(`^${copy}/postgres$|is in use by another instance`))
    expect(await value(postgres.url, 'select 1')).toBe(1)
  })

  it('stays stopped when it is killed while it is being stopped', async () => {
    const postgres = await started(emptyFolder())
    process.kill(readPostmaster(postgres.folder)?.pid ?? 0, 'SIGKILL')
    await postgres.stop()
    await expect(value(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  })

  it('makes the database anew when its making was interrupted', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'postgres.new'))
    const postgres = await started(folder)
    expect(await value(postgres.url, 'select 1')).toBe(1)
  })
})

describe('the lock on a data folder', () => {
  it('refuses a second instance, by the name of the folder and the process that has it', () => {
    const folder = emptyFolder()
    leftovers.push(lockDataFolder(folder))
    expect(() => lockDataFolder(folder)).toThrow(
      new RegExp(`${folder} is in use.*process ${process.pid}`),
    )
  })

  it('is free again when given back', () => {
    const folder = emptyFolder()
    lockDataFolder(folder)()
    const unlock = lockDataFolder(folder)
    leftovers.push(unlock)
    expect(unlock).toBeTypeOf('function')
  })

  it('is free again when its holder was killed', async () => {
    const folder = emptyFolder()
    const holder = spawnScript(
      `import { lockDataFolder } from '#server/store/embedded-postgres/data-lock.ts'
      lockDataFolder(process.argv[1])
      console.log('locked')
      setInterval(() => {}, 1000)`,
      folder,
    )
    await once(holder.stdout, 'data')
    expect(() => lockDataFolder(folder)).toThrow(`process ${holder.pid}`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const unlock = lockDataFolder(folder)
    leftovers.push(unlock)
    expect(unlock).toBeTypeOf('function')
  })

  it('makes the folder, for its owner alone or for Postgres to pass through', () => {
    const folder = join(emptyFolder(), 'data')
    leftovers.push(lockDataFolder(folder))
    expect(statSync(folder).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o711 : 0o700)
  })
})
