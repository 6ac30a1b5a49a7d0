/**
 * What the compiler must know of the catalogues. Each constant below has a type that is false, and does not compile,
 * where a text could be left out, or said without its arguments.
 */
import type { MailTexts } from '../../src/mail/templates/texts.ts'
import type { FieldName } from '../../src/messages/en.ts'
import type { MessageKey, Messages, say } from '../../src/messages/message.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** For each key: does the catalogue fit without it? */
type FitsWithout<Catalogue> = {
  [Key in keyof Catalogue]: Omit<Catalogue, Key> extends Catalogue ? true : false
}[keyof Catalogue]

const noMessageMayMiss: Equal<FitsWithout<Messages>, false> = true
const noMailMayMiss: Equal<FitsWithout<MailTexts>, false> = true
const noTextIsOfAnotherKind: Equal<
  Omit<Messages, 'too_long'> & { too_long: string } extends Messages ? true : false,
  false
> = true
const argumentsArePartOfIt: Equal<
  Parameters<typeof say<'too_long'>>,
  [key: 'too_long', field: FieldName, max: number]
> = true
const noneWhereThereAreNone: Equal<Parameters<typeof say<'not_found'>>, [key: 'not_found']> = true
const noOtherKey: Equal<Parameters<typeof say>[0], MessageKey> = true

/** Empty: it is the compiler that finds them. */
export const catalogueFaults = Object.entries({
  noMessageMayMiss,
  noMailMayMiss,
  noTextIsOfAnotherKind,
  argumentsArePartOfIt,
  noneWhereThereAreNone,
  noOtherKey,
}).flatMap(([name, holds]) => (holds ? [] : [name]))
