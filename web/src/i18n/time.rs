//! Dates, hours and durations in the city's own time, as Lithuanian and English write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Arg, Language, t, t_args};

/// A moment in Kaunas.
pub fn in_city(at: Timestamp) -> Zoned {
    at.to_zoned(zone())
}

/// The city's time zone. Its data is part of the binary; UTC is only for a build without it.
pub fn zone() -> TimeZone {
    TimeZone::get("Europe/Vilnius").unwrap_or(TimeZone::UTC)
}

/// `2026 m. lapkričio 23 d., 17.00 val.` · `23 November 2026, 17:00`
pub fn moment(lang: Language, at: Timestamp) -> String {
    let z = in_city(at);
    t_args(
        lang,
        "time-moment",
        &[
            ("date", Arg::Text(&date(lang, z.date()))),
            ("clock", Arg::Text(&hour(lang, &z))),
        ],
    )
}

/// `2026 m. lapkričio 23 d.` · `23 November 2026`
pub fn date(lang: Language, date: Date) -> String {
    let year = date.year().to_string();
    let day = date.day().to_string();
    let month = i64::from(date.month());
    t_args(
        lang,
        "time-date",
        &[
            ("year", Arg::Text(&year)),
            ("month", Arg::Count(month)),
            ("day", Arg::Text(&day)),
        ],
    )
}

/// `lapkričio 23 d.` · `23 November`; with the year when it is not this one.
pub fn date_short(lang: Language, day: Date, today: Date) -> String {
    if day.year() != today.year() {
        return date(lang, day);
    }
    let number = day.day().to_string();
    t_args(
        lang,
        "time-date-short",
        &[
            ("month", Arg::Count(i64::from(day.month()))),
            ("day", Arg::Text(&number)),
        ],
    )
}

/// `šiandien`, `rytoj`, else as [`date_short`].
pub fn day(lang: Language, at: Timestamp, now: Timestamp) -> String {
    let (day, today) = (in_city(at).date(), in_city(now).date());
    match (day - today).get_days() {
        0 if day == today => t(lang, "time-today"),
        1 => t(lang, "time-tomorrow"),
        -1 => t(lang, "time-yesterday"),
        _ => date_short(lang, day, today),
    }
}

/// The one big line of a page: `Šiandien 17.00` · `Lapkričio 24 d. 17.00`.
pub fn big(lang: Language, at: Timestamp, now: Timestamp) -> String {
    capital(&t_args(
        lang,
        "time-big",
        &[
            ("day", Arg::Text(&day(lang, at, now))),
            ("clock", Arg::Text(&hour(lang, &in_city(at)))),
        ],
    ))
}

/// `17.00` · `17:00`
pub fn clock(lang: Language, at: Timestamp) -> String {
    hour(lang, &in_city(at))
}

fn hour(lang: Language, at: &Zoned) -> String {
    match lang {
        Language::Lt => format!("{}.{:02}", at.hour(), at.minute()),
        Language::En => format!("{}:{:02}", at.hour(), at.minute()),
    }
}

/// `pirm.` … `sekm.` · `Mon` … `Sun`
pub fn weekday(lang: Language, day: Date) -> String {
    t_args(
        lang,
        "time-weekday",
        &[(
            "day",
            Arg::Count(i64::from(day.weekday().to_monday_one_offset())),
        )],
    )
}

/// The weekday; of another month, the month's short date.
pub fn weekday_or_month(lang: Language, day: Date, today: Date) -> String {
    if (day.year(), day.month()) == (today.year(), today.month()) {
        weekday(lang, day)
    } else {
        t_args(
            lang,
            "time-month",
            &[("month", Arg::Count(i64::from(day.month())))],
        )
    }
}

/// `1 val. 2 min.`, `38 min. 40 s`, `8 s` · `1 h 2 min`, `38 min 40 s`, `8 s`
pub fn duration(lang: Language, ms: u64) -> String {
    let s = ms.div_ceil(1000);
    let part = |key: &str, n: u64| {
        t_args(
            lang,
            key,
            &[("n", Arg::Count(i64::try_from(n).unwrap_or(i64::MAX)))],
        )
    };
    let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
    match (hours, minutes, seconds) {
        (0, 0, s) => part("time-seconds", s),
        (0, m, 0) => part("time-minutes", m),
        (0, m, s) => format!("{} {}", part("time-minutes", m), part("time-seconds", s)),
        (h, 0, _) => part("time-hours", h),
        (h, m, _) => format!("{} {}", part("time-hours", h), part("time-minutes", m)),
    }
}

/// The first letter made large.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn plain(text: &str) -> String {
        text.replace('\u{a0}', " ")
    }

    #[test]
    fn dates_are_written_as_each_language_writes_them_in_the_citys_time() {
        let t = at("2026-11-23T15:00:00Z");
        assert_eq!(
            plain(&moment(Language::Lt, t)),
            "2026 m. lapkričio 23 d., 17.00 val."
        );
        assert_eq!(plain(&moment(Language::En, t)), "23 November 2026, 17:00");
        let summer = at("2026-07-01T21:30:00Z");
        assert_eq!(
            plain(&moment(Language::Lt, summer)),
            "2026 m. liepos 2 d., 0.30 val."
        );
    }

    #[test]
    fn today_and_tomorrow_are_days_of_the_city_not_of_utc() {
        let now = at("2026-11-23T22:30:00Z");
        assert_eq!(
            plain(&big(Language::Lt, at("2026-11-24T15:00:00Z"), now)),
            "Šiandien 17.00"
        );
        assert_eq!(
            plain(&big(Language::Lt, at("2026-11-25T15:00:00Z"), now)),
            "Rytoj 17.00"
        );
        assert_eq!(
            plain(&big(Language::En, at("2026-12-01T15:00:00Z"), now)),
            "1 December, 17:00"
        );
        assert_eq!(
            plain(&big(Language::Lt, at("2026-12-01T15:00:00Z"), now)),
            "Gruodžio 1 d. 17.00"
        );
        assert_eq!(
            plain(&day(Language::Lt, at("2027-01-02T15:00:00Z"), now)),
            "2027 m. sausio 2 d."
        );
    }

    #[test]
    fn durations_name_at_most_two_units_and_the_figures_stay_with_them() {
        assert_eq!(duration(Language::Lt, 2_320_000), "38\u{a0}min. 40\u{a0}s");
        assert_eq!(plain(&duration(Language::Lt, 3_720_400)), "1 val. 2 min.");
        assert_eq!(plain(&duration(Language::En, 7_900)), "8 s");
    }
}
