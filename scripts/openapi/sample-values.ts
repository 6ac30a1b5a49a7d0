/** What a field of this name holds in the examples of the document. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  accessToken: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI…',
}
