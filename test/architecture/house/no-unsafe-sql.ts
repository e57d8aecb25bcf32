import type { Rule } from './rule.ts'

const unsafe = new Set(['$queryRawUnsafe', '$executeRawUnsafe'])

/** Bans SQL put together from strings: Prisma's tagged templates send values apart from the text. */
export const noUnsafeSql: Rule = {
  create(context) {
    return {
      MemberExpression({ property }) {
        const name =
          property.type === 'Identifier'
            ? property.name
            : property.type === 'Literal'
              ? property.value
              : undefined
        if (typeof name !== 'string' || !unsafe.has(name)) return
        context.report({
          node: property,
          message: `\`${name}\` puts values into the text of SQL. Use the tagged template, which sends them apart.`,
        })
      },
    }
  },
}
