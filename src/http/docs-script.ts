/** What the forms of /docs do: send, show the answer, and keep the access token of a login for the routes that need one. */
export const DOCS_SCRIPT = `
let accessToken
const escape = encodeURIComponent
function toRequest(form) {
  let path = form.dataset.path
  const headers = {}
  const query = new URLSearchParams()
  for (const input of form.querySelectorAll('input')) {
    if (input.dataset.in === 'path') path = path.replace('{' + input.name + '}', escape(input.value))
    else if (input.value && input.dataset.in === 'query') query.set(input.name, input.value)
    else if (input.value && input.dataset.in === 'header') headers[input.name] = input.value
  }
  if (accessToken) headers.Authorization = 'Bearer ' + accessToken
  const body = form.elements.namedItem('body')
  const text = body?.value.trim() || undefined
  if (text) headers['Content-Type'] = 'application/json'
  const search = query.size ? '?' + query : ''
  return [path + search, { method: form.dataset.method, headers, body: text }]
}
document.addEventListener('submit', async (event) => {
  event.preventDefault()
  const output = event.target.querySelector('pre')
  output.hidden = false
  output.textContent = 'Waiting …'
  try {
    const answer = await fetch(...toRequest(event.target))
    const text = await answer.text()
    let shown = text
    if (answer.headers.get('Content-Type')?.startsWith('application/json')) {
      const json = JSON.parse(text)
      accessToken = json.data?.accessToken ?? accessToken
      shown = JSON.stringify(json, null, 2)
    }
    output.textContent = answer.status + ' ' + answer.statusText + '\\n' + shown
  } catch (error) {
    output.textContent = 'No answer: ' + error.message
  }
})
`
