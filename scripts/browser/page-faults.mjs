/**
 * What a reader would stumble over in the page that is open: text that runs out of it, is cut, too small, or too faint;
 * a button too small for a finger; anything that runs or loads. Runs inside the browser, as source: each function
 * stands for itself and reaches the others by name.
 */

/** What is wrong, in words; nothing where all is well. `buttons`: a selector. */
export function findFaults(buttons) {
  const texts = visibleTexts()
  if (texts.length === 0) return ['there is no text']
  return [
    ...widthFaults(),
    ...texts.flatMap((text) => [...cutFaults(text), ...sizeFaults(text), ...contrastFaults(text)]),
    ...[...document.querySelectorAll(buttons)].flatMap(buttonFaults),
  ]
}

/** Of a mail, which is text and nothing that runs or loads. */
export function findActiveParts() {
  const faults = []
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName
    if (/^(script|img|picture|svg|video|audio|iframe|object|embed|link|form|input)$/.test(name)) {
      faults.push(`there is a <${name}>`)
    }
    for (const { name: attribute, value } of element.attributes) {
      const isActive = attribute.startsWith('on') || /^\s*(javascript|data|vbscript):/i.test(value)
      const loads = attribute === 'src' || attribute === 'background' || /url\(/i.test(value)
      if (isActive || loads) faults.push(`<${name}> has ${attribute}="${value}"`)
    }
  }
  return faults
}

/** Each text node that is shown, with its element. */
export function visibleTexts() {
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode
    const element = node.parentElement
    const isText = node.data.trim() !== '' && !element.closest('script, style, noscript')
    if (!isText || !element.checkVisibility({ visibilityProperty: true })) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    const rects = [...range.getClientRects()].filter(({ width }) => width > 0)
    // Shut <details> keep their text without a place.
    if (rects.length > 0) found.push({ element, words: node.data.trim().slice(0, 40), rects })
  }
  return found
}

export function widthFaults() {
  const { scrollWidth, clientWidth } = document.documentElement
  return scrollWidth > clientWidth ? [`the page is ${scrollWidth} of ${clientWidth} px wide`] : []
}

/** Text must lie inside of the page and of every box around it that has an end to the side. */
export function cutFaults({ element, words, rects }) {
  const left = Math.min(...rects.map((rect) => rect.left))
  const right = Math.max(...rects.map((rect) => rect.right))
  const faults = []
  if (left < -1 || right > document.documentElement.clientWidth + 1) {
    faults.push(`“${words}” runs out of the page`)
  }
  for (let box = element; box !== document.body && box; box = box.parentElement) {
    const { display, overflowX, overflowY } = getComputedStyle(box)
    if (display === 'inline' || overflowX === 'auto' || overflowX === 'scroll') continue
    const edge = box.getBoundingClientRect()
    if (left < edge.left - 1 || right > edge.right + 1) {
      faults.push(`“${words}” runs out of its <${box.localName}>`)
    }
    const isHigher = box.scrollHeight > box.clientHeight + 1
    if ((overflowY === 'hidden' || overflowY === 'clip') && isHigher) {
      faults.push(`“${words}” is cut by its <${box.localName}>`)
    }
  }
  return faults
}

export function sizeFaults({ element, words }) {
  const size = Number.parseFloat(getComputedStyle(element).fontSize)
  return size < 12 ? [`“${words}” is ${size} px small`] : []
}

/** WCAG 2.2, 1.4.3, which leaves a button alone that is off. */
export function contrastFaults({ element, words }) {
  if (element.closest(':disabled')) return []
  const back = backgroundOf(element)
  const contrast = contrastOf(over(colourOf(getComputedStyle(element).color), back), back)
  if (contrast >= 4.5) return []
  return [`“${words}” has a contrast of ${contrast.toFixed(2)}, needed are 4.5`]
}

export function buttonFaults(button) {
  const { width, height } = button.getBoundingClientRect()
  const label = button.textContent.trim()
  if (height >= 44 && width >= 44) return []
  return [`the button “${label}” is ${Math.round(width)} by ${Math.round(height)} px`]
}

/** What lies behind an element: its own background over those of the boxes around it, over the canvas. */
export function backgroundOf(element) {
  const probe = document.createElement('i')
  probe.style.color = 'Canvas'
  document.body.append(probe)
  let colour = colourOf(getComputedStyle(probe).color)
  probe.remove()
  const boxes = []
  for (let box = element; box; box = box.parentElement) boxes.unshift(box)
  for (const box of boxes) colour = over(colourOf(getComputedStyle(box).backgroundColor), colour)
  return colour
}

/** Red, green, blue (0 to 255) and opacity. A colour in another form is none that can be judged. */
export function colourOf(text) {
  const [, inside] = /^rgba?\(([^)]+)\)$/.exec(text) ?? []
  if (inside === undefined) throw new Error(`This colour cannot be read: ${text}`)
  const [red, green, blue, opacity = 1] = inside.split(/[\s,/]+/).map(Number)
  return { red, green, blue, opacity }
}

export function over(front, back) {
  const mix = (one, other) => one * front.opacity + other * (1 - front.opacity)
  return {
    red: mix(front.red, back.red),
    green: mix(front.green, back.green),
    blue: mix(front.blue, back.blue),
    opacity: 1,
  }
}

export function contrastOf(one, other) {
  const [light, dark] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

export function luminanceOf({ red, green, blue }) {
  const [r, g, b] = [red, green, blue].map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
