// JSON texts as clients may write them: what each part of a text is, is known beside it.
import fc from 'fast-check'

export interface Written {
  text: string
  /** Of an object: its members as they were written, twice too. */
  members?: readonly (readonly [name: string, value: Written])[]
  /** Of an array. */
  elements?: readonly Written[]
}

const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 })

/** Numbers of any length and form. */
export const numberTexts = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '1e400', '-1E-400', '9007199254740993', '12345678901234567890.10', '0.1e+1'),
  fc.stringMatching(/^-?(0|[1-9]\d{0,40})(\.\d{1,30})?([eE][+-]?\d{1,4})?$/),
)

const characters = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }).map(escaped) },
  // Lone surrogates among them.
  { weight: 2, arbitrary: fc.stringMatching(/^\\u([dD][89abAB])?[0-9a-fA-F]{2}$/).map((text) => text.padEnd(6, '0')) },
  { weight: 2, arbitrary: fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\u{1f600}', 'é') },
  { weight: 2, arbitrary: fc.constantFrom('[', ']', '{', '}', ',', ':', '/*', '//', "'", '\\\\\\"') },
)

/** What must be escaped is, and nothing else; and nothing that no encoding can say. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

const stringTexts = fc.array(characters, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`)

/** Names that come twice, and in several spellings. */
const nameTexts = fc.oneof(
  fc.constantFrom('"id"', '"\\u0069d"', '"i\\u0064"', '"method"', '"params"', '"__proto__"', '""', '"0"'),
  stringTexts,
)

const scalars = fc
  .oneof(numberTexts, stringTexts, fc.constantFrom('true', 'false', 'null'))
  .map((text): Written => ({ text }))

const inBlank = (part: fc.Arbitrary<string>) => fc.tuple(blank, part, blank).map((parts) => parts.join(''))
const spaces = inBlank(fc.constant(''))

function arrayOf(element: fc.Arbitrary<Written>, maxLength = 4): fc.Arbitrary<Written> {
  return fc.tuple(spaces, fc.array(fc.tuple(blank, element, blank), { maxLength })).map(([inside, all]) => ({
    text: `[${all.length === 0 ? inside : all.map(([before, { text }, after]) => before + text + after).join(',')}]`,
    elements: all.map(([, one]) => one),
  }))
}

function objectOf(value: fc.Arbitrary<Written>): fc.Arbitrary<Written> {
  const name = fc.tuple(blank, nameTexts, blank)
  return fc.tuple(spaces, fc.array(fc.tuple(name, blank, value, blank), { maxLength: 5 })).map(([inside, all]) => ({
    text: `{${
      all.length === 0
        ? inside
        : all.map(([named, before, { text }, after]) => `${named.join('')}:${before}${text}${after}`).join(',')
    }}`,
    members: all.map(([[, named], , one]) => [named, one]),
  }))
}

export const { value: values, object: objects } = fc.letrec<{ value: Written; array: Written; object: Written }>(
  (tie) => ({
    value: fc.oneof({ maxDepth: 3 }, scalars, tie('array'), tie('object')),
    array: arrayOf(tie('value')),
    object: objectOf(tie('value')),
  }),
)

/** Arrays of messages, nested batches and what is no message, in white space. */
export const batches: fc.Arbitrary<{ before: string; batch: Written; after: string }> = fc.record({
  before: blank,
  batch: arrayOf(
    fc.oneof({ weight: 4, arbitrary: objects }, { weight: 1, arbitrary: arrayOf(objects, 3) }, scalars),
    6,
  ),
  after: blank,
})

const comment = fc.constantFrom('/**/', '/* " [ */', '// {\n', '/*/ */', '//\n')
const gap = fc.string({ unit: fc.oneof(fc.constantFrom(' ', '\n'), comment), maxLength: 2 })

/** What lenient parsers take, and what it means as RFC 8259 has it. */
export interface Lenient {
  lenient: string
  strict: string
}

const lenientScalars: fc.Arbitrary<Lenient> = fc.oneof(
  scalars.map(({ text }) => ({ lenient: text, strict: text })),
  fc.constantFrom(
    { lenient: 'NaN', strict: 'null' },
    { lenient: 'Infinity', strict: 'null' },
    { lenient: '-Infinity', strict: 'null' },
    { lenient: '+1', strict: '1' },
    { lenient: '.5', strict: '0.5' },
    { lenient: '5.', strict: '5' },
    { lenient: '0x1F', strict: '31' },
    { lenient: "'login'", strict: '"login"' },
    { lenient: "'a\"b'", strict: '"a\\"b"' },
    { lenient: "'it\\'s'", strict: '"it\'s"' },
    { lenient: "'\\u0041\\n\\\\'", strict: '"A\\n\\\\"' },
    { lenient: "''", strict: '""' },
    { lenient: '"a\tb\u0001"', strict: '"a\\tb\\u0001"' },
    { lenient: "'] , { // /* :'", strict: '"] , { // /* :"' },
  ),
)
const lenientNames: fc.Arbitrary<Lenient> = fc.oneof(
  nameTexts.map((text) => ({ lenient: text, strict: text })),
  fc.constantFrom('id', 'method', '$a', '_', 'a1', 'née').map((name) => ({ lenient: name, strict: `"${name}"` })),
  fc.constantFrom('id', 'method', 'a b', '[').map((name) => ({ lenient: `'${name}'`, strict: `"${name}"` })),
)

const around = ([before, { lenient, strict }, after]: [string, Lenient, string]): Lenient => ({
  lenient: before + lenient + after,
  strict,
})

function list(open: string, close: string, items: readonly Lenient[], end: string): Lenient {
  const tail = items.length > 0 ? end : end.replace(',', '')
  return {
    lenient: `${open}${items.map(({ lenient }) => lenient).join(',')}${tail}${close}`,
    strict: `${open}${items.map(({ strict }) => strict).join(',')}${close}`,
  }
}

const lenientEnd = fc.constantFrom('', ',', ', ', ' ,', ',/**/')
export const lenients = fc.letrec<{ value: Lenient; array: Lenient; object: Lenient }>((tie) => {
  const item = fc.tuple(gap, tie('value'), gap).map(around)
  const member = fc.tuple(gap, lenientNames, gap, item).map(([before, name, after, value]) => ({
    lenient: `${before}${name.lenient}${after}:${value.lenient}`,
    strict: `${name.strict}:${value.strict}`,
  }))
  return {
    value: fc.oneof({ maxDepth: 3 }, lenientScalars, tie('array'), tie('object')),
    array: fc.tuple(fc.array(item, { maxLength: 4 }), lenientEnd).map(([items, end]) => list('[', ']', items, end)),
    object: fc.tuple(fc.array(member, { maxLength: 4 }), lenientEnd).map(([items, end]) => list('{', '}', items, end)),
  }
})

/** Texts of the letters that mean something, in any order. */
export const tokenTexts = fc
  .array(
    fc.constantFrom(
      ...['[', ']', '{', '}', ',', ':', '"', "'", '\\', '/', '*', '//', '/*', '*/', '\n', ' ', '1', '-', '.5', 'e9'],
      ...['null', 'NaN', 'a', '"a"', '"a":', '{"a":1}', '[1]', '{}', '[]', '0x1', '\u00a0', '\ufeff', '\u{1f600}', 'é'],
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

/** Arrays of such, because others are seldom any JSON. */
export const tokenLists = fc
  .array(
    fc.tuple(
      fc.constantFrom('1', '{"a":1}', '[1]', 'a', "'b'", '{a:1}', '-2', '.5', '', '[1,]'),
      fc.constantFrom(',', ' ', '', ',,', '/**/', ',//\n', ' , '),
    ),
    {
      maxLength: 5,
    },
  )
  .map((parts) => `[${parts.flat().join('')}]`)
