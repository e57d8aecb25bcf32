import { Composer, CST, type Document, Lexer, Parser } from 'yaml'

/** Stops the reading. `offset` counts characters from the start of the text. */
export type Refuse = (message: string, offset: number) => never

/** Six hundred providers with all their fields come to as many. */
const mostTokens = 30_000
/** Brackets, lists and mappings that are open at once: the composer climbs them by recursion. */
const mostOpen = 80

/** What the lexer puts before documents, scalars and errors in flow collections; see `CST` of yaml. */
const marks = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR])

interface YamlFault {
  readonly message: string
  readonly offset: number
}

/**
 * Parses YAML's syntax, and stops as soon as the text asks for too much, so that neither time nor the stack run out.
 *
 * @returns The first document of the text, with what is wrong in it.
 */
export function composeYaml(
  text: string,
  refuse: Refuse,
): { document: Document.Parsed; faults: readonly YamlFault[] } {
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false })
  const documents = composer.compose(boundedTokens(text, refuse), true, text.length)
  const [document, second] = documents
  if (!document) return refuse('cannot be read', 0)
  if (second) refuse('holds more than one document', second.range[0])
  const faults = [...document.errors, ...document.warnings]
  return { document, faults: faults.map(({ message, pos: [offset] }) => ({ message, offset })) }
}

function* boundedTokens(text: string, refuse: Refuse): Generator<CST.Token, void> {
  const parser = new Parser()
  for (const lexeme of lexemes(text, refuse)) {
    const { offset } = parser
    yield* parser.next(lexeme)
    if (parser.stack.length > mostOpen) refuse('is nested too deep', offset)
  }
  yield* parser.end()
}

/** All of them at once, since counting them costs far less than parsing them. */
function lexemes(text: string, refuse: Refuse): readonly string[] {
  const all: string[] = []
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (all.length === mostTokens) refuse(`is too long: more than ${mostTokens} tokens`, offset)
    all.push(lexeme)
    // The lexer's own marks are no text.
    if (!marks.has(lexeme)) offset += lexeme.length
  }
  return all
}
