import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

/**
 * Makes this process the only one on a data folder. What holds the lock is a listening socket, which the kernel takes
 * away when the process dies, however it dies.
 *
 * @returns Gives the folder free.
 * @throws {Error} Names the process that has it.
 */
export async function lockDataFolder(folder: string): Promise<() => void> {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)
  const address = socketAddress(folder, name)
  const pidFile = join(folder, 'server.pid')
  if (process.platform !== 'linux' && (await isAnswered(address))) throw taken(folder, pidFile)
  if (process.platform === 'darwin') rmSync(address, { force: true })
  const server = createServer((socket) => socket.destroy())
  server.unref()
  try {
    server.listen(address)
    await once(server, 'listening')
  } catch {
    throw taken(folder, pidFile)
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return () => {
    rmSync(pidFile, { force: true })
    server.close()
  }
}

/** Linux has names without a file (a leading NUL), Windows has pipes; elsewhere it is a file. */
function socketAddress(folder: string, name: string): string {
  if (process.platform === 'linux') return `\0ai-orchestrator-${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\ai-orchestrator-${name}` : join(folder, 'server.sock')
}

async function isAnswered(address: string): Promise<boolean> {
  const socket = connect(address)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function taken(folder: string, pidFile: string): Error {
  let owner = ''
  try {
    owner = ` (process ${readFileSync(pidFile, 'utf8').trim()})`
  } catch {
    owner = ''
  }
  return new Error(
    `The data folder ${folder} is in use by another instance${owner}; stop it, or set ORCHESTRATOR_DATA_DIR to another folder.`,
  )
}
