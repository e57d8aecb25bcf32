/** Text that stands in JSON as it is. */
const plain = /^[ !#-[\]-~]*$/

/**
 * A line of the log whose fields are texts and numbers only, as pino would write it, at a fifth of the price.
 *
 * @param time The member `,"time":"..."`.
 * @returns Undefined where a field is anything else.
 */
export function plainLine(
  fields: object,
  { level, time, message }: { level: string; time: string; message: string },
): string | undefined {
  let line = `{"level":"${level}"${time}`
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') line += `,"${name}":${quoted(value)}`
    else if (Number.isFinite(value)) line += `,"${name}":${value}`
    else return undefined
  }
  return `${line},"msg":${quoted(message)}}\n`
}

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}
