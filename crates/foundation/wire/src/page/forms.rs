//! Forms: every field has a visible label, says what is wrong beside it, and works without a mouse.

use maud::{Markup, html};

use super::lang::{Lang, t};
use super::notice::{Tone, icon};
use crate::session::{CSRF_FIELD, Csrf};

/// A form that changes something: POST, with its CSRF token.
pub fn form(action: &str, csrf: &Csrf, body: Markup) -> Markup {
    html! {
        form method="post" action=(action) data-once {
            input type="hidden" name=(CSRF_FIELD) value=(csrf.token());
            (body)
        }
    }
}

/// A form that only asks: GET.
pub fn form_get(action: &str, body: Markup) -> Markup {
    html! { form.asking method="get" action=(action) role="search" { (body) } }
}

/// The button of the one thing to do here.
pub fn button(label: &str) -> Markup {
    html! { button.button type="submit" { (label) } }
}

/// A button of something else that can be done; `name` and `value` tell the handler which.
pub fn button_quiet(label: &str, name: &str, value: &str) -> Markup {
    html! { button.button.quiet type="submit" name=(name) value=(value) { (label) } }
}

/// A link that looks like a button.
pub fn link_button(href: &str, label: &str) -> Markup {
    html! { a.button href=(href) { (label) } }
}

/// One line of input (入力欄).
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Field {
    name: String,
    label: String,
    kind: &'static str,
    value: String,
    hint: String,
    error: Option<String>,
    required: bool,
    scan: bool,
    digits: Option<u32>,
    autocomplete: &'static str,
}

impl Field {
    /// A line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Field {
            name: name.into(),
            label: label.into(),
            kind: "text",
            autocomplete: "off",
            ..Field::default()
        }
    }

    /// A date, by the browser's own picker.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Field { kind: "date", ..Self::text(name, label) }
    }

    /// Digits: shows a number pad on a phone; at most `length` characters.
    pub fn digits(name: impl Into<String>, label: impl Into<String>, length: u32) -> Self {
        Field { digits: Some(length), ..Self::text(name, label) }
    }

    /// A secret: a PIN, a passphrase.
    pub fn secret(name: impl Into<String>, label: impl Into<String>) -> Self {
        Field { kind: "password", ..Self::text(name, label) }
    }

    /// What stands in it.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// How to fill it in, always visible.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What is wrong with it.
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// It must be filled in.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// A reader (barcode, card) types here: it has the focus, and gets it back after each submit.
    pub fn scan(mut self) -> Self {
        self.scan = true;
        self
    }

    /// The markup.
    pub fn render(&self, lang: Lang) -> Markup {
        let id = format!("field-{}", self.name);
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let described = [(!self.hint.is_empty()).then_some(&hint_id), self.error.as_ref().map(|_| &error_id)];
        let described: Vec<&str> = described.into_iter().flatten().map(String::as_str).collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field {
                (label(lang, &id, &self.label, self.required))
                @if !self.hint.is_empty() { p.hint id=(hint_id) { (self.hint) } }
                (error(&error_id, self.error.as_deref()))
                input id=(id) name=(self.name) type=(self.kind) value=(self.value)
                    autocomplete=(self.autocomplete) inputmode=[self.digits.map(|_| "numeric")]
                    maxlength=[self.digits] required[self.required] data-scan[self.scan]
                    aria-describedby=[described] aria-invalid=[self.error.as_ref().map(|_| "true")];
            }
        }
    }
}

/// One of the things to choose from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the person reads.
    pub label: String,
}

/// A choice of one from several; `selected` is a value.
pub fn select(lang: Lang, name: &str, title: &str, choices: &[Choice], selected: &str) -> Markup {
    let id = format!("field-{name}");
    html! {
        div.field {
            (label(lang, &id, title, false))
            select id=(id) name=(name) {
                @for choice in choices {
                    option value=(choice.value) selected[choice.value == selected] { (choice.label) }
                }
            }
        }
    }
}

fn label(lang: Lang, id: &str, text: &str, required: bool) -> Markup {
    html! {
        label for=(id) { (text) @if required { span.required { (t(lang, "必須", "required")) } } }
    }
}

fn error(id: &str, error: Option<&str>) -> Markup {
    html! { @if let Some(error) = error { p.error id=(id) role="alert" { (icon(Tone::Bad)) (error) } } }
}
