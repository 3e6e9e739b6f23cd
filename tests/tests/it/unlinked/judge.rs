//! Who knows the truth, and says whether the analyst's guesses are better than chance.
//!
//! Of N accounts and N tokens a guess that knows nothing is right as often as it names pairs, over N: laying two orders beside each other
//! names N pairs and gets one right, on average. Allowed is λ + 6·√λ + 4 for an expected λ: 11 of 1,000. By chance that is gone beyond once in
//! a thousand million guesses (Poisson), and there are a few hundred. Two orders may also resemble each other without one pair that
//! is right: their correlation of ranks (Spearman's) must not go beyond 6 / √(N − 1), six standard deviations.

use std::collections::HashMap;

use super::analysis::{Analyst, Guess};

/// Which account spent which token.
pub struct Truth(pub HashMap<String, String>);

impl Truth {
    /// What is wrong with the secrecy: guesses that are better than chance.
    pub fn found_out<'g>(
        &self,
        analyst: &Analyst<'_>,
        guesses: impl IntoIterator<Item = &'g Guess>,
    ) -> Vec<String> {
        let guesses = guesses.into_iter();
        guesses
            .filter_map(|guess| self.found(analyst, guess))
            .collect()
    }

    fn found(&self, analyst: &Analyst<'_>, guess: &Guess) -> Option<String> {
        let is_right = |(account, token): &(usize, usize)| {
            self.0[analyst.account(*account)] == analyst.token(*token)
        };
        let hits = guess.pairs.iter().filter(|pair| is_right(pair)).count();
        let all = self.0.len();
        let expected = guess.pairs.len() as f64 / all as f64;
        let allowed = expected + 6.0 * expected.sqrt() + 4.0;
        let alike = guess
            .ordered
            .then(|| self.correlation(analyst, &guess.pairs));
        let alike = alike.filter(|(alike, of)| alike.abs() > 6.0 / ((of - 1) as f64).sqrt());
        (hits as f64 > allowed || alike.is_some()).then(|| {
            format!(
                "{}: {hits} of {} right, {expected:.1} by chance; correlation {alike:?}",
                guess.by,
                guess.pairs.len()
            )
        })
    }

    /// Spearman's, of the accounts' order and their tokens' order.
    fn correlation(&self, analyst: &Analyst<'_>, pairs: &[(usize, usize)]) -> (f64, usize) {
        let place: HashMap<&str, usize> = pairs
            .iter()
            .map(|(_, token)| analyst.token(*token))
            .zip(0..)
            .collect();
        let places: Vec<(f64, f64)> = pairs
            .iter()
            .enumerate()
            .filter_map(|(at, (account, _))| {
                let token = self.0[analyst.account(*account)].as_str();
                Some((at as f64, *place.get(token)? as f64))
            })
            .collect();
        correlation_of(&places)
    }
}

/// Pearson's, of ranks: where one order names not all of them, the ranks have gaps. With how many there are.
fn correlation_of(places: &[(f64, f64)]) -> (f64, usize) {
    let n = places.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| places.iter().map(of).sum::<f64>() / n;
    let (a, b) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| places.iter().map(of).sum::<f64>();
    let together = sum(&|p| (p.0 - a) * (p.1 - b));
    let apart = sum(&|p| (p.0 - a).powi(2)) * sum(&|p| (p.1 - b).powi(2));
    (together / apart.sqrt(), places.len())
}
