import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordRow } from './record-row.ts'
import { windowsNamed } from './row-windows.ts'

/** Rows that wait on the local disk while Postgres is away, in order. Used by one task at a time. */
export interface Spool {
  /** Bytes that wait. */
  readonly size: number
  /** Whether there is room for more; rows of ends may go a little beyond, so that what began can be written to its end. */
  readonly full: boolean
  /** Resolves when the rows are on the disk. @throws When the disk does not take them, or beyond all bounds. */
  append(rows: readonly RecordRow[]): Promise<void>
  /** The next rows that wait, at most about `bytes` of them; the same again until they are `drained`. */
  next(bytes?: number): Promise<readonly RecordRow[]>
  /** Forgets what `next` gave last. */
  drained(): Promise<void>
  close(): Promise<void>
}

/** Beyond the bound, for the ends of calls that have begun. */
const reserve = 1.125

/**
 * Opens the spool of a folder, with what a process that died may have left in it. A last line that was torn by the
 * death is cut off: nobody was told that it was written.
 *
 * @param maxBytes How much may wait.
 */
export async function openSpool(folder: string, { maxBytes = 256 * 2 ** 20 } = {}): Promise<Spool> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = await open(join(folder, 'calls.spool'), 'a+', 0o600)
  let end = await cutTornLine(file)
  let start = 0
  let taken = 0

  return {
    get size() {
      return end - start
    },
    get full() {
      return end >= maxBytes
    },
    async append(rows) {
      const bytes = Buffer.from(rows.map(lineOf).join(''))
      if (end + bytes.length > maxBytes * reserve) throw new Error('the spool is full')
      try {
        await writeAll(file, bytes)
        await file.datasync()
      } catch (error) {
        await file.truncate(end).catch(() => {})
        throw error
      }
      end += bytes.length
    },
    async next(bytes = 512 * 1024) {
      let length = Math.min(bytes, end - start)
      let text = await readText(file, { start, length })
      while (!text.includes('\n') && length < end - start) {
        length = Math.min(length * 2, end - start)
        text = await readText(file, { start, length })
      }
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      // Without a newline there is no row left to read: somebody else has cut the file.
      taken = Buffer.byteLength(whole) || end - start
      return whole.split('\n').flatMap(rowOf)
    },
    async drained() {
      start += taken
      taken = 0
      if (start < end) return
      await file.truncate(0)
      start = end = 0
    },
    close: () => file.close(),
  }
}

/** JSON has no bare tab and no bare newline. */
const lineOf = ({ kind, call, attempts }: RecordRow): string => `${kind}\t${call}\t${attempts}\n`

/** A line that is no row (the disk lost its middle) is left out: what it held is finished by the crash rule. */
function rowOf(line: string): RecordRow[] {
  const [kind, call, attempts] = line.split('\t')
  if ((kind !== 'begin' && kind !== 'end') || call === undefined || attempts === undefined)
    return []
  if (!isJson(`[${call}]`) || !isJson(`[${attempts}]`)) return []
  return [{ kind, call, attempts, windows: windowsNamed(attempts) }]
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length;)
    offset += (await file.write(bytes, offset)).bytesWritten
}

async function readText(
  file: FileHandle,
  { start, length }: { start: number; length: number },
): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
  // Cut at the last newline byte, so that no character is torn.
  return buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(10) + 1).toString()
}

async function cutTornLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const block = 64 * 1024
  for (let end = size; end > 0; end -= block) {
    const start = Math.max(0, end - block)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const newline = buffer.lastIndexOf(10)
    if (newline < 0) continue
    await file.truncate(start + newline + 1)
    return start + newline + 1
  }
  await file.truncate(0)
  return 0
}
