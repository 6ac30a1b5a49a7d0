/** The functions of page-faults.mjs are never called here: their source goes to the browser. */
type InPage = (...args: never[]) => unknown

export const findFaults: InPage
export const findActiveParts: InPage
export const visibleTexts: InPage
export const widthFaults: InPage
export const cutFaults: InPage
export const sizeFaults: InPage
export const contrastFaults: InPage
export const buttonFaults: InPage
export const backgroundOf: InPage
export const colourOf: InPage
export const over: InPage
export const contrastOf: InPage
export const luminanceOf: InPage
