import { isAscii, isUtf8 } from 'node:buffer'
import { readXml } from './connection.js'
import { LISTING, type RawListing, type RawObject } from './s3.shapes.js'

/** An object in a list, exactly as AWS writes it: nothing in it needs to be looked at twice. */
const ITEM = new RegExp(
  [
    '<Contents>',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no document may have
    /<Key>([^<&\u0000-\u001f\ufffe\uffff]+)<\/Key>/.source,
    /<LastModified>(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z)<\/LastModified>/.source,
    /<ETag>(?:&quot;|")([0-9A-Za-z-]+)(?:&quot;|")<\/ETag>/.source,
    /(?:<ChecksumAlgorithm>\w+<\/ChecksumAlgorithm>)*(?:<ChecksumType>\w+<\/ChecksumType>)?/.source,
    /<Size>(\d{1,15})<\/Size>/.source,
    /(?:<StorageClass>(\w+)<\/StorageClass>)?/.source,
    '</Contents>\\n?',
  ].join(''),
  'y',
)

/**
 * Reads a page of a list. Where its objects stand in the form that AWS gives them, they are read by a pattern, three
 * times as fast as by the XML reader, which reads the rest; and all of it, where anything is not in that form.
 */
export function readListing(body: Buffer): RawListing {
  return readPlain(body) ?? readXml(LISTING)(body)
}

function readPlain(body: Buffer): RawListing | undefined {
  const text = isAscii(body) ? body.toString('latin1') : isUtf8(body) ? body.toString() : ''
  const start = text.indexOf('<Contents>')
  // Before the first object there may be no comment, type or CDATA: what looks like an object could be something else.
  if (start < 0 || text.slice(0, start).includes('<!')) return undefined
  const items: RawObject[] = []
  ITEM.lastIndex = start
  let end = start
  for (let found = ITEM.exec(text); found !== null; found = ITEM.exec(text)) {
    const [, Key, modified, tag, size, storageClass] = found as unknown as [
      string,
      string,
      string,
      string,
      string,
      string?,
    ]
    const LastModified = dateOf(modified)
    if (LastModified === undefined) return undefined
    const item: RawObject = { Key, LastModified, ETag: tag, Size: Number(size) }
    if (storageClass !== undefined) item.StorageClass = storageClass
    items.push(item)
    end = ITEM.lastIndex
  }
  const rest = text.slice(0, start) + text.slice(end)
  if (items.length === 0 || rest.includes('<Contents')) return undefined
  const listing = readXml(LISTING)(Buffer.from(rest))
  listing.Contents = items
  return listing
}

let lastDay = ''
let lastMidnight = Number.NaN

/** A date of the form above. Many in a list are of one day, whose beginning is looked up once. */
function dateOf(text: string): Date | undefined {
  const day = text.slice(0, 10)
  if (day !== lastDay) {
    lastDay = day
    lastMidnight = Date.parse(day)
  }
  const two = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528
  const parts = text.length === 24 ? two(20) * 10 + text.charCodeAt(22) - 48 : 0
  const time = lastMidnight + two(11) * 3_600_000 + two(14) * 60_000 + two(17) * 1000 + parts
  return Number.isNaN(time) ? undefined : new Date(time)
}
