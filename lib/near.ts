/** How many letters differ (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The known name that another was meant to be, if it is nearly the same: a slip, not another word. */
export function meant(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  const slips = name.length >= 8 ? 2 : name.length >= 5 ? 1 : 0
  if (name.length > 40) return undefined
  for (const each of known) if (distance(wanted, each.toLowerCase()) <= slips) return each
  return undefined
}
