export const MIB: number = 1024 ** 2
export const GIB: number = 1024 ** 3

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  PB: 1000 ** 5,
  KiB: 1024,
  MiB: MIB,
  GiB: GIB,
  TiB: 1024 ** 4,
  PiB: 1024 ** 5,
}

/** Bytes of what configuration says: `'2GiB'`. 0 where it says nothing, or a share: `'50%'`. */
export function bytes(text: string | undefined): number {
  const [, number = '', unit = ''] = /^\s*(\d+)\s*([A-Za-z]*)\s*$/.exec(text ?? '') ?? []
  return number === '' ? 0 : Number(number) * (UNITS[unit] ?? 0)
}
