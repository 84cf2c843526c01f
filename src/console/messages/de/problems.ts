import type { Messages } from '../en/en.js'

export const problems: Messages['problems'] = {
  toHome: 'Zur ersten Seite',
  pageBroken: 'Diese Seite ließ sich nicht erstellen. Verloren ging dadurch nichts.',
  notFound: {
    title: 'Unter dieser Adresse gibt es keine Seite',
    detail: ['Prüfen Sie die Adresse auf einen Tippfehler, oder beginnen Sie auf der ersten Seite.'],
  },
  otherSite: {
    title: 'Dieses Formular kam von einer anderen Website',
    detail: [
      'Nichts wurde geändert. Öffnen Sie das Formular auf den Seiten dieses Servers und senden Sie es von dort.',
      'Falls Sie das getan haben, verbirgt ein Proxy vor diesem Server dessen Namen. Sagen Sie dem Betreiber: Der Proxy muss den Header Host weitergeben.',
    ],
  },
  formOnly: {
    title: 'Diese Adresse nimmt nur ein Formular an',
    detail: ['Nichts wurde geändert. Das Formular ist auf der ersten Seite.'],
  },
  readOnly: {
    title: 'Diese Adresse lässt sich nur lesen',
    detail: ['Nichts wurde geändert. Öffnen Sie sie mit GET.'],
  },
  unread: {
    'too-large': {
      title: 'Das Formular ist zu lang',
      detail: [
        'Nichts wurde gespeichert. Ein Formular darf 16 KiB haben; kürzen Sie Ihre Eingaben und senden Sie es noch einmal.',
      ],
    },
    aborted: {
      title: 'Das Formular kam nicht vollständig an',
      detail: ['Nichts wurde gespeichert. Gehen Sie zurück und senden Sie es noch einmal.'],
    },
    encoding: {
      title: 'Das Formular ist so gepackt, dass dieser Server es nicht lesen kann',
      detail: ['Nichts wurde gespeichert. Senden Sie es noch einmal ohne Content-Encoding.'],
    },
    multipart: {
      title: 'Formulare dieser Art liest dieser Server nicht',
      detail: ['Nichts wurde gespeichert. Senden Sie es als application/x-www-form-urlencoded.'],
    },
    consumed: {
      title: 'Der Server konnte das Formular nicht lesen',
      detail: ['Nichts wurde gespeichert, und an Ihren Eingaben liegt es nicht. Sagen Sie es dem Betreiber.'],
    },
  },
  tooMany: {
    register: {
      title: 'Zu viele Clients wurden registriert',
      detail: [
        'Aus Ihrem Teil des Netzes oder von überall zusammen kamen mehr Registrierungen, als dieser Server in kurzer Zeit annimmt.',
        'Verloren ging nichts, und Ihr Client wurde nicht registriert. Ihr Browser kann zu Ihren Eingaben zurückgehen.',
      ],
    },
    'sign-in': {
      title: 'Zu viele falsche private Schlüssel',
      detail: [
        'Aus Ihrem Teil des Netzes kamen zu viele private Schlüssel, die nicht stimmen. Darum sieht sich dieser Server eine Weile keinen mehr an.',
        'Verloren ging nichts, und das Spiel ist nicht betroffen.',
      ],
    },
    again: (minutes) => `Versuchen Sie es ${minutes === 1 ? 'in einer Minute' : `in ${minutes} Minuten`} noch einmal.`,
  },
  changed: {
    title: 'Der Client wurde gleichzeitig geändert',
    detail: [
      'Jemand anderes oder ein anderes Fenster von Ihnen war schneller, darum wurde nicht getan, was Sie wollten. Ein privater Schlüssel wurde nicht ausgegeben.',
      'Sehen Sie sich den Client an, wie er jetzt ist, und wiederholen Sie es, wenn Sie es noch wollen. Gilt Ihr privater Schlüssel nicht mehr, dann hat den neuen, wer gleichzeitig geändert hat.',
    ],
  },
  outage: {
    title: 'Der Server erreicht seine Aufzeichnungen gerade nicht',
    register:
      'Ihr Client ist vielleicht noch nicht registriert, und es wurde kein privater Schlüssel ausgegeben. Senden Sie das Formular in einer Minute noch einmal.',
    'sign-in':
      'Verloren ging nichts, und Ihr privater Schlüssel kann durchaus stimmen. Versuchen Sie es in einer Minute noch einmal.',
    settings:
      'Vielleicht wurde getan, was Sie wollten, vielleicht nicht. Öffnen Sie in einer Minute Ihre Einstellungen und sehen Sie nach. Lassen sie sich mit Ihrem privaten Schlüssel nicht öffnen, kann der Betreiber dieses Servers Ihrem Client einen neuen geben.',
    stats:
      'Verloren ging nichts: Was gezählt wurde, wartet und wird erscheinen. Öffnen Sie diese Seite in einer Minute noch einmal.',
    operator:
      'Gezähltes ging nicht verloren. Öffnen Sie diese Seite in einer Minute noch einmal, und wenn Sie etwas geändert haben, sehen Sie nach, ob es geändert ist.',
  },
}
