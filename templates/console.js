// The copy buttons. Without this script the pages lack the buttons and nothing else.
for (const button of document.querySelectorAll('[data-copy]')) {
  const source = document.getElementById(button.dataset.copy)
  const label = button.firstChild
  const usual = label.data
  const { copied, byHand } = button.dataset
  button.hidden = false
  button.addEventListener('click', async () => {
    label.data = (await copy(source)) ? copied : byHand
    setTimeout(() => {
      label.data = usual
    }, 3000)
  })
}

for (const input of document.querySelectorAll('input[readonly]')) {
  input.addEventListener('focus', () => input.select())
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent)
    return true
  } catch {
    // Over plain http a browser offers no clipboard, only this older way.
    select(source)
    return document.execCommand('copy')
  }
}

function select(source) {
  if (source.select) source.select()
  else getSelection().selectAllChildren(source)
}
