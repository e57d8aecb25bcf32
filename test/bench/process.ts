import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** CPU of a process and all its threads so far, in microseconds (Linux: 10 ms steps). */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Starts a Node program and resolves when a line that matches has been printed. */
export async function startNode(
  args: readonly string[],
  { ready, env = {} }: { ready: RegExp; env?: Readonly<Record<string, string>> },
): Promise<{ child: ChildProcess; pid: number; match: RegExpExecArray }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (part: Buffer) => {
      output += part.toString()
      const found = ready.exec(output)
      if (found) resolve(found)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', (code) =>
      reject(new Error(`${args.join(' ')} ended with ${code}:\n${output}`)),
    )
  })
  child.stdout.resume()
  child.stderr.resume()
  return { child, pid: child.pid ?? 0, match }
}
