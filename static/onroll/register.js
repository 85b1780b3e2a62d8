// Taking a register with a keyboard, and keeping what was chosen while a line is slow.
// Everything here is a help: without this script the form posts and the page works all the same.
//
// What is kept: enrolment numbers with their codes and times, in this tab alone (sessionStorage),
// under a key that belongs to one person. No names. It goes when the save is through, when the
// person signs out, and when somebody else opens a register in this tab.

const KEEP = 'onroll-register:'
const WAIT = 20000 // how long a save may take before the person is told
const form = document.querySelector('form[data-register]')
const list = document.querySelector('.onroll-register__columns')

function drafts() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(KEEP))
}

for (const out of document.querySelectorAll('form[action$="/logout/"]')) {
  out.addEventListener('submit', () => drafts().forEach((key) => sessionStorage.removeItem(key)))
}

if (form) {
  const mine = `${KEEP}${form.dataset.owner}:`
  drafts().filter((key) => !key.startsWith(mine)).forEach((key) => sessionStorage.removeItem(key))
  start(mine + location.pathname)
}

function start(key) {
  const said = form.querySelector('[data-said]')
  const count = form.querySelector('[data-count]')
  const sets = [...form.querySelectorAll('[data-pupil]')]
  const before = values()
  let sent = false

  if (list) {
    restore()
    refresh()
    form.addEventListener('change', changed)
    form.addEventListener('input', changed)
    list.addEventListener('keydown', pressed)
    list.addEventListener('change', filled)
    form.querySelector('[data-everyone]').addEventListener('click', everyone)
  }
  form.addEventListener('submit', save)

  // The form as pairs that tell nobody's name.
  function values() {
    const pairs = {}
    for (const set of sets) {
      const pk = set.dataset.pupil
      const mark = set.querySelector('input[type=radio]:checked')
      const other = set.querySelector('select').value
      const at = set.querySelector('.onroll-more__time').value
      if (mark) pairs[pk] = [mark.value, mark.value === 'other' ? other : '', mark.value === 'late' || other === 'U' ? at : '']
    }
    return JSON.stringify(pairs)
  }

  function changed() {
    refresh()
    const now = values()
    if (now === before && !form.hasAttribute('data-back')) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, now)
  }

  function restore() {
    const kept = sessionStorage.getItem(key)
    if (!kept || kept === before || form.hasAttribute('data-back')) return
    let different = false
    for (const [pk, [mark, other, at]] of Object.entries(JSON.parse(kept))) {
      const button = document.getElementById(`mark-${pk}-${mark}`)
      if (!button) continue
      if (!button.checked) different = true
      button.checked = true
      if (other) document.getElementById(`other-${pk}`).value = other
      if (at) document.getElementById(`at-${pk}`).value = at
    }
    if (!different) return
    tell('Marks that you chose before were not saved. They are filled in again: check them and save.', [
      ['Start again', () => { sessionStorage.removeItem(key); location.reload() }],
    ], true)
  }

  function refresh() {
    const tally = { present: 0, without: 0, other: 0 }
    for (const set of sets) {
      const mark = set.querySelector('input[type=radio]:checked')
      tally[!mark ? 'without' : mark.value === 'present' || mark.value === 'late' ? 'present' : 'other'] += 1
      set.querySelector('.onroll-more__out').textContent = lateness(set, mark)
    }
    count.textContent = `${tally.present} here, ${tally.other} not here, ${tally.without} without a mark`
  }

  // How late, and as which code: the server works it out again when the form comes.
  function lateness(set, mark) {
    const typed = set.querySelector('.onroll-more__time').value.trim()
    const found = /^(\d{1,2})[:.]?(\d{2})\s*(am|pm)?$/i.exec(typed)
    if (!mark || mark.value !== 'late' || !found || !form.dataset.opens) return ''
    let hour = Number(found[1])
    if (found[3]) hour = (hour % 12) + (found[3].toLowerCase() === 'pm' ? 12 : 0)
    else if (form.dataset.half === '1' && hour >= 1 && hour <= 6) hour += 12
    const minutes = (text) => { const [h, m] = text.split(':'); return Number(h) * 60 + Number(m) }
    const at = hour * 60 + Number(found[2])
    const late = at - minutes(form.dataset.opens)
    if (late <= 0) return `in time: ${form.dataset.present}`
    const code = at <= minutes(form.dataset.closes) ? 'L' : 'U'
    return `${late} minute${late === 1 ? '' : 's'} late: ${code}`
  }

  // Pressing L for somebody who walks in now fills the clock in.
  function filled(event) {
    if (event.target.value !== 'late' || event.target.type !== 'radio' || !form.hasAttribute('data-today')) return
    const box = event.target.closest('[data-pupil]').querySelector('.onroll-more__time')
    if (box.value) return
    const parts = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', timeZone: 'Europe/London' })
    box.value = parts.format(new Date())
    refresh()
  }

  function everyone(event) {
    event.preventDefault()
    for (const set of sets) {
      if (!set.querySelector('input[type=radio]:checked')) set.querySelector('input[value=present]').checked = true
    }
    changed()
  }

  const LETTERS = { p: 'present', '/': 'present', '\\': 'present', l: 'late', n: 'N', i: 'I', o: 'other' }

  function pressed(event) {
    const set = event.target.closest('[data-pupil]')
    if (!set || event.target.type !== 'radio' || event.ctrlKey || event.metaKey || event.altKey) return
    const choice = LETTERS[event.key.toLowerCase()]
    if (choice) {
      event.preventDefault()
      const button = set.querySelector(`input[value="${choice}"]`)
      button.checked = true
      button.dispatchEvent(new Event('change', { bubbles: true }))
      if (choice === 'other') set.querySelector('select').focus()
      else go(set, 1)
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      go(set, event.key === 'ArrowDown' ? 1 : -1)
    }
  }

  function go(set, step) {
    const next = sets[sets.indexOf(set) + step]
    if (!next) return step > 0 ? form.querySelector('[data-save]').focus() : undefined
    ;(next.querySelector('input[type=radio]:checked') || next.querySelector('input[type=radio]')).focus()
  }

  // Saving: ask in the background, so that a line that breaks leaves the page as it is. Only when
  // the server has something to show (a refusal, a clash) does the form go the plain way.
  async function save(event) {
    if (sent || !list || (event.submitter && event.submitter.name === 'everyone')) return
    event.preventDefault()
    const button = form.querySelector('[data-save]')
    if (button.disabled) return
    button.disabled = true
    quiet()
    const stop = new AbortController()
    const clock = setTimeout(() => stop.abort(), WAIT)
    try {
      const answer = await fetch(form.action, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { Accept: 'application/json' },
        credentials: 'same-origin', signal: stop.signal, redirect: 'manual',
      })
      if (answer.type === 'opaqueredirect' || answer.status === 403) return failed('You have been signed out, or this page is too old. Your marks are kept in this tab: sign in again and open this register.')
      if (!answer.ok) return failed('The register is not saved: something went wrong on our side. Your marks are still here.')
      const said = await answer.json()
      if (said.saved) {
        sessionStorage.removeItem(key)
        location.assign(said.go)
      } else {
        sent = true
        form.submit()
      }
    } catch {
      failed('The register is not saved yet: the line is slow or gone. Your marks are still here.')
    } finally {
      clearTimeout(clock)
      button.disabled = false
    }
  }

  function failed(sentence) {
    sessionStorage.setItem(key, values())
    tell(sentence, [['Try again', () => form.requestSubmit(form.querySelector('[data-save]'))]])
  }

  function tell(sentence, buttons, kept = false) {
    said.replaceChildren(document.createTextNode(sentence))
    said.classList.toggle('onroll-register__said--kept', kept)
    const row = document.createElement('div')
    for (const [text, act] of buttons) {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'govuk-button govuk-button--secondary'
      button.textContent = text
      button.addEventListener('click', act)
      row.append(button)
    }
    said.append(row)
    said.hidden = false
    said.scrollIntoView({ block: 'nearest' })
  }

  function quiet() {
    said.hidden = true
    said.replaceChildren()
  }
}
