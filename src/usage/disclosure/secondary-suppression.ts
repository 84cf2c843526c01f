// Which numbers must not stand beside their total, and which others go with them. In the textbook's words: a number that too few
// share is a sensitive cell (primary suppression); where the total would tell it by subtraction, another is withheld with it (secondary,
// or complementary, suppression). Each list here has one total, so one more cell is enough, the smallest; a table with margins both ways
// would take linear programming.
//
// L. H. Cox, "Suppression Methodology and Statistical Disclosure Control", Journal of the American Statistical Association 75 (1980);
// A. Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4.

/** One of the numbers that are added up to a total. */
export interface Cell {
  name: string
  /** Of what is added up to the total. */
  weight: number
  /** At least so many players share it. */
  crowd: number
}

/** The names that must not be shown beside the total of all of them: primary and secondary suppression. */
export function suppressedAmong(cells: readonly Cell[], smallestCrowd: number): Set<string> {
  return withSecondary(cells, sensitiveAmong(cells, smallestCrowd), smallestCrowd)
}

/**
 * What is hidden, and with it the smallest that could be shown, where what is missing from the total would be that of too few.
 * One that is nothing of the total, such as calls that all failed, covers nothing that is.
 */
export function withSecondary(cells: readonly Cell[], hidden: ReadonlySet<string>, smallestCrowd: number): Set<string> {
  const inside = cells.filter(({ name }) => hidden.has(name))
  const covers = inside.filter(({ crowd }) => crowd >= smallestCrowd)
  const isAtStake = inside.some(({ weight, crowd }) => weight > 0 && crowd < smallestCrowd)
  const isCovered = covers.some(({ weight }) => weight > 0) || (covers.length > 0 && !isAtStake)
  if (hidden.size === 0 || isCovered) return new Set(hidden)
  const [smallest] = cells
    .filter(({ name, weight }) => !hidden.has(name) && (weight > 0 || covers.length === 0))
    .sort(
      (one, another) =>
        Number(one.weight === 0) - Number(another.weight === 0) ||
        one.weight - another.weight ||
        (one.name < another.name ? -1 : 1),
    )
  return new Set(smallest ? [...hidden, smallest.name] : hidden)
}

/** What too few players share: primary suppression. */
export function sensitiveAmong(cells: readonly Pick<Cell, 'name' | 'crowd'>[], smallestCrowd: number): Set<string> {
  // Where the operator has turned it off, nobody at all is a crowd too.
  if (smallestCrowd <= 1) return new Set()
  return new Set(cells.filter(({ crowd }) => crowd < smallestCrowd).map(({ name }) => name))
}
