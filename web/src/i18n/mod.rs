//! Texts: Fluent messages in Lithuanian and English, embedded. Whoever writes a page names a key; the words, plurals
//! and spaces that must not break are settled here.

pub mod time;

use std::borrow::Cow;
use std::sync::OnceLock;

pub use civic_api::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::{FluentNumber, FluentNumberOptions};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

type Bundle = FluentBundle<FluentResource>;

macro_rules! texts {
    ($lang:literal) => {
        [
            include_str!(concat!("../../locales/", $lang, "/layout.ftl")),
            include_str!(concat!("../../locales/", $lang, "/time.ftl")),
            include_str!(concat!("../../locales/", $lang, "/front.ftl")),
            include_str!(concat!("../../locales/", $lang, "/receptions.ftl")),
            include_str!(concat!("../../locales/", $lang, "/archive.ftl")),
            include_str!(concat!("../../locales/", $lang, "/sign-in.ftl")),
            include_str!(concat!("../../locales/", $lang, "/account.ftl")),
            include_str!(concat!("../../locales/", $lang, "/phone.ftl")),
            include_str!(concat!("../../locales/", $lang, "/residence.ftl")),
            include_str!(concat!("../../locales/", $lang, "/counter.ftl")),
            include_str!(concat!("../../locales/", $lang, "/admin.ftl")),
            include_str!(concat!("../../locales/", $lang, "/about.ftl")),
            include_str!(concat!("../../locales/", $lang, "/privacy.ftl")),
            include_str!(concat!("../../locales/", $lang, "/errors.ftl")),
            include_str!(concat!("../../locales/", $lang, "/log.ftl")),
            include_str!(concat!("../../locales/", $lang, "/design.ftl")),
            include_str!(concat!("../../locales/", $lang, "/passkeys.ftl")),
        ]
    };
}

const LT: &[&str] = &texts!("lt");
const EN: &[&str] = &texts!("en");

/// The text of a message without arguments.
pub fn t(lang: Language, key: &str) -> String {
    t_args(lang, key, &[])
}

/// The text of a message. A key that does not exist is shown as itself: the tests see to it that this never happens.
pub fn t_args(lang: Language, key: &str, args: &[(&str, Arg<'_>)]) -> String {
    let bundle = bundle(lang);
    let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
        tracing::error!(key, "a text is missing");
        return key.to_owned();
    };
    let mut given = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        given.set(*name, value.fluent(lang));
    }
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&given), &mut faults);
    if !faults.is_empty() {
        tracing::error!(key, ?faults, "a text could not be put together");
    }
    unbroken(&text).into_owned()
}

/// Whether there is such a message.
pub fn has(lang: Language, key: &str) -> bool {
    bundle(lang).has_message(key)
}

/// What a message may be told.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A text.
    Text(&'a str),
    /// A count: it chooses the plural.
    Count(i64),
}

impl Arg<'_> {
    fn fluent(&self, lang: Language) -> FluentValue<'_> {
        match self {
            Arg::Text(text) => FluentValue::String(Cow::Borrowed(text)),
            Arg::Count(n) => count(*n, lang),
        }
    }
}

/// A count that chooses the right plural. `intl_pluralrules` 7.0.2 reads Lithuanian's "n % 10 = 2..9" as "n = 2..9", so
/// from 20 on it is shown a small number of the same plural, and [`shown`] prints the real one.
fn count(n: i64, lang: Language) -> FluentValue<'static> {
    if lang == Language::En || n < 20 {
        return FluentValue::from(n);
    }
    let like = match (n % 10, n % 100) {
        (_, 11..=19) | (0, _) => 10.0,
        (1, _) => 1.0,
        _ => 2.0,
    };
    let options = FluentNumberOptions {
        minimum_integer_digits: usize::try_from(n).ok(),
        ..FluentNumberOptions::default()
    };
    FluentValue::Number(FluentNumber::new(like, options))
}

/// The real number behind what [`count`] made.
fn shown(value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(n) => n.options.minimum_integer_digits.map(|n| n.to_string()),
        _ => None,
    }
}

/// A value that a template may hand to a message.
pub trait ToArg {
    /// The same, as an argument.
    fn arg(&self) -> Arg<'_>;
}

impl ToArg for str {
    fn arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}

impl ToArg for String {
    fn arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn arg(&self) -> Arg<'_> {
        (**self).arg()
    }
}

macro_rules! counts {
    ($($kind:ty),*) => {
        $(impl ToArg for $kind {
            fn arg(&self) -> Arg<'_> {
                Arg::Count(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        })*
    };
}
counts!(i32, u32, i64, u64, usize);

fn bundle(lang: Language) -> &'static Bundle {
    static BUNDLES: OnceLock<[Bundle; 2]> = OnceLock::new();
    let [lt, en] = BUNDLES.get_or_init(|| [build(Language::Lt, LT), build(Language::En, EN)]);
    match lang {
        Language::Lt => lt,
        Language::En => en,
    }
}

fn build(lang: Language, texts: &[&str]) -> Bundle {
    let id = match lang {
        Language::Lt => langid!("lt"),
        Language::En => langid!("en"),
    };
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // The isolating marks are for mixed directions of writing; both our languages run from left to right.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| shown(value)));
    for text in texts {
        let resource =
            FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(partial, faults)| {
                tracing::error!(?faults, "a file of texts has a fault");
                partial
            });
        if let Err(faults) = bundle.add_resource(resource) {
            tracing::error!(?faults, "a text is defined twice");
        }
    }
    bundle
}

/// Puts non-breaking spaces after figures (`17.00 val.`, `8 800 20 000`, `57,7 %`) and before a dash.
pub fn unbroken(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let after_figure =
            previous.is_ascii_digit() && next.is_some_and(|n| n.is_alphanumeric() || n == '%');
        let bound = c == ' ' && (after_figure || next == Some('–'));
        out.push(if bound { '\u{a0}' } else { c });
        previous = c;
    }
    if out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests;
