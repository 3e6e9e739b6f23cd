//! Who lives in the demonstration city and when they receive. Everyone here is made up.

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::Role;
use crate::conferences::Audience;

/// A fictional person.
pub(super) struct Person {
    /// Their `demo_key`; its number is their place in lists.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) office: Option<&'static str>,
}

pub(super) const PEOPLE: [Person; 6] = [
    Person {
        key: "1-rasa",
        name: "Rasa Vaitkienė",
        role: Role::Councillor,
        office: Some("frakcija „Santaka“, Miesto ūkio ir energetikos komiteto pirmininkė"),
    },
    Person {
        key: "2-povilas",
        name: "Povilas Skliautas",
        role: Role::Councillor,
        office: Some("frakcija „Nemuno krantas“, Transporto komiteto narys"),
    },
    Person {
        key: "3-aldona",
        name: "Aldona Šilkaitytė",
        role: Role::CityLeader,
        office: Some("mero pavaduotoja"),
    },
    Person {
        key: "4-jonas",
        name: "Jonas Petraitis",
        role: Role::Resident,
        office: None,
    },
    Person {
        key: "5-ona",
        name: "Ona Kazlauskienė",
        role: Role::Resident,
        office: None,
    },
    Person {
        key: "6-darius",
        name: "Darius Grinius",
        role: Role::Administrator,
        office: Some("sistemos administratorius"),
    },
];

/// A fictional reception.
pub(super) struct Reception {
    pub(super) key: &'static str,
    /// The key of who receives.
    pub(super) host: &'static str,
    pub(super) title: &'static str,
    pub(super) topic: &'static str,
    /// Days from today; below zero it was held.
    days: i64,
    /// Hour and minute in Kaunas.
    starts: (i8, i8),
    ends: (i8, i8),
    pub(super) minutes: i64,
    pub(super) recorded: bool,
    pub(super) audience: Audience,
}

impl Reception {
    /// Whether it is to come, or was held.
    pub(super) fn is_coming(&self) -> bool {
        self.days >= 0
    }
}

pub(super) const RECEPTIONS: [Reception; 6] = [
    Reception {
        key: "today",
        host: "1-rasa",
        title: "Gatvių apšvietimas ir šaligatviai",
        topic: "Kur tamsu, kur duobėta, kas jau suplanuota ir kada bus padaryta. \
                Pasakykite gatvę ir vietą – atsakysiu, ką apie ją žinome.",
        days: 0,
        starts: (17, 0),
        ends: (19, 0),
        minutes: 8,
        recorded: true,
        audience: Audience::Anyone,
    },
    Reception {
        key: "cycling",
        host: "2-povilas",
        title: "Dviračių takai ir saugios sankryžos",
        topic: "Kurios jungtys svarbiausios, kur dviratininkui ir pėsčiajam nesaugu, ką keisime kitąmet.",
        days: 3,
        starts: (17, 30),
        ends: (19, 0),
        minutes: 6,
        recorded: true,
        audience: Audience::Anyone,
    },
    Reception {
        key: "budget",
        host: "3-aldona",
        title: "Kitų metų miesto biudžetas",
        topic: "Kam pinigų užteks, kam ne ir kodėl. Priėmimas tapatybę patvirtinusiems gyventojams; \
                kalbėti galima ir be vardo.",
        days: 5,
        starts: (16, 0),
        ends: (18, 0),
        minutes: 10,
        recorded: true,
        audience: Audience::Identified,
    },
    Reception {
        key: "yards",
        host: "1-rasa",
        title: "Daugiabučių kiemai",
        topic: "Automobilių statymas, žaidimų aikštelės, medžiai. Šis priėmimas neįrašomas.",
        days: 9,
        starts: (18, 0),
        ends: (19, 30),
        minutes: 8,
        recorded: false,
        audience: Audience::Anyone,
    },
    Reception {
        key: "past-lighting",
        host: "1-rasa",
        title: "Pramonės prospekto šaligatvis",
        topic: "Kada bus sutvarkytas šaligatvis tarp stotelių ir ar bus nuleisti bordiūrai.",
        days: -7,
        starts: (17, 0),
        ends: (18, 30),
        minutes: 8,
        recorded: true,
        audience: Audience::Anyone,
    },
    Reception {
        key: "past-buses",
        host: "2-povilas",
        title: "Autobusų maršrutai Šilainiuose",
        topic: "Kodėl vakare autobusai retesni ir kas pasikeis nuo pavasario.",
        days: -12,
        starts: (17, 30),
        ends: (19, 0),
        minutes: 6,
        recorded: true,
        audience: Audience::Anyone,
    },
];

/// When a reception is or was held, counted from `now`: today's is tomorrow's when its time is over.
pub(super) fn times(reception: &Reception, now: Timestamp) -> (Timestamp, Timestamp) {
    let zone = TimeZone::get("Europe/Vilnius").unwrap_or(TimeZone::UTC);
    let today = now.to_zoned(zone.clone()).date();
    let at = |days: i64, (hour, minute): (i8, i8)| {
        today
            .saturating_add(days.days())
            .to_datetime(time(hour, minute, 0, 0))
            .to_zoned(zone.clone())
            .map_or(now, |zoned| zoned.timestamp())
    };
    let mut days = reception.days;
    if reception.is_coming() && at(days, reception.ends) <= now {
        days += 1;
    }
    (at(days, reception.starts), at(days, reception.ends))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::roles::{Act, Held, On, Scope};

    fn today_begins(now: &str) -> String {
        times(&RECEPTIONS[0], now.parse().unwrap()).0.to_string()
    }

    #[test]
    fn todays_reception_is_at_five_in_kaunas_winter_and_summer() {
        assert_eq!(today_begins("2026-11-23T08:00:00Z"), "2026-11-23T15:00:00Z");
        assert_eq!(today_begins("2026-07-01T08:00:00Z"), "2026-07-01T14:00:00Z");
    }

    #[test]
    fn when_todays_time_is_over_it_is_tomorrows() {
        assert_eq!(today_begins("2026-11-23T16:59:00Z"), "2026-11-23T15:00:00Z");
        assert_eq!(today_begins("2026-11-23T17:00:00Z"), "2026-11-24T15:00:00Z");
    }

    #[test]
    fn every_reception_can_be_announced_and_has_a_host() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        for reception in &RECEPTIONS {
            let host = PEOPLE
                .iter()
                .find(|person| person.key == reception.host)
                .unwrap();
            assert!(
                Held(vec![(host.role, Scope::City)]).allows(Act::AnnounceReception, On::Whole),
                "{}",
                reception.key
            );
            let (starts, ends) = times(reception, now);
            assert!(starts < ends, "{}", reception.key);
            assert_eq!(reception.is_coming(), ends > now, "{}", reception.key);
        }
    }
}
