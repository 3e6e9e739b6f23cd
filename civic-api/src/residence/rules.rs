//! Which rights depend on where someone lives. Pure.

use super::{Eldership, Residence};

/// Whether a right that is for the residents of one eldership (`None`: for everyone) is open to somebody. What they have
/// said of themselves opens nothing: only what the register has confirmed does.
pub fn eligible(right: Option<Eldership>, residence: &Residence) -> bool {
    right.is_none_or(|eldership| {
        residence
            .confirmed
            .as_ref()
            .is_some_and(|confirmed| confirmed.eldership == eldership)
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::super::{Confirmed, Declared};
    use super::*;

    fn residence(declared: Option<Eldership>, confirmed: Option<Eldership>) -> Residence {
        Residence {
            declared: declared.map(|eldership| Declared {
                eldership,
                at: Timestamp::UNIX_EPOCH,
            }),
            confirmed: confirmed.map(|eldership| Confirmed {
                eldership,
                on: date(2026, 11, 1),
            }),
        }
    }

    #[test]
    fn only_a_confirmed_residence_opens_a_right_of_an_eldership() {
        use Eldership::{Centras, Silainiai};
        for (declared, confirmed, opens) in [
            (None, None, false),
            (Some(Silainiai), None, false),
            (Some(Silainiai), Some(Centras), false),
            (Some(Centras), Some(Silainiai), true),
            (None, Some(Silainiai), true),
        ] {
            let lives = residence(declared, confirmed);
            assert_eq!(eligible(Some(Silainiai), &lives), opens, "{lives:?}");
            assert!(eligible(None, &lives), "{lives:?}");
        }
    }
}
