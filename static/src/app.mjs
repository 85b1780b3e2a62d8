// Starts the components we use; nothing else runs in the browser but htmx.
import {
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios,
  ServiceNavigation, SkipLink, Tabs, createAll,
} from 'govuk-frontend'
import { Alert, FilterToggleButton } from '@ministryofjustice/frontend'

for (const component of [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios,
  ServiceNavigation, SkipLink, Tabs,
]) {
  createAll(component)
}
createAll(Alert)

// The filter column folds away on a narrow screen and stands open on a wide one, where onroll.css
// hides the toggle. Without this script it simply stands above the results.
createAll(FilterToggleButton, {
  startHidden: false,
  toggleButton: { showText: 'Show filters', hideText: 'Hide filters', classes: 'govuk-button--secondary' },
  toggleButtonContainer: { selector: '.onroll-list__filter-toggle' },
})

// "Print this page" buttons: hidden in the HTML, so that nobody without this script sees a dead one.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false
  button.addEventListener('click', () => window.print())
}
