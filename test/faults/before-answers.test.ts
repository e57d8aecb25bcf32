import { casesBeforeAnswers } from './cases-before-answers.ts'
import { casesOfOddAnswers } from './cases-odd-answers.ts'
import { expectCases } from './expect-cases.ts'

expectCases([...casesBeforeAnswers, ...casesOfOddAnswers])
