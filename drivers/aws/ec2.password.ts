import { constants, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto'
import type { InvalidRequestError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { refused } from './ec2.shared.js'

/** Opens what was sealed with the public key. It is made before EC2 is asked: a key may be none that opens anything. */
export function opener(
  driver: { readonly provider: string },
  privateKey: string,
  options: CallOptions | undefined,
): (sealed: string) => string {
  const wrong = (): InvalidRequestError =>
    refused(driver, 'privateKey', 'the RSA key in PEM that the node was made with', options)
  let key: KeyObject
  try {
    key = createPrivateKey(privateKey)
  } catch {
    throw wrong()
  }
  if (key.asymmetricKeyType !== 'rsa') throw wrong()
  return sealed => {
    try {
      return unpadded(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(sealed, 'base64')))
    } catch {
      throw wrong()
    }
  }
}

/** Not all versions of Node.js open the padding of PKCS #1 v1.5: RFC 8017, section 7.2.2. */
function unpadded(block: Buffer): string {
  const end = block.indexOf(0, 2)
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new Error('it is not padded so')
  return block.toString('utf8', end + 1)
}
