import { casesOfBrokenAnswers } from './cases-broken-answers.ts'
import { expectCases } from './expect-cases.ts'

expectCases(casesOfBrokenAnswers)
