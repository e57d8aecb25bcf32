/**
 * A first call with a new key, ready to paste.
 *
 * @param allowedModels The key's patterns; a concrete one of them is called, else `model`.
 */
export function keyCurl({
  origin,
  secret,
  allowedModels,
  model,
}: {
  origin: string
  secret: string
  allowedModels: readonly string[]
  model: string
}): string {
  const called = allowedModels.find((name) => !name.includes('*')) ?? model
  return `curl ${origin}/v1/chat/completions \\
  -H 'authorization: Bearer ${secret}' \\
  -H 'content-type: application/json' \\
  -d '{"model": "${called}", "messages": [{"role": "user", "content": "Say hello in five words."}]}'`
}
