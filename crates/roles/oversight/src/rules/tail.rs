//! How unlikely a count is: exact tails, summed in logarithms so that large counts do not overflow.

/// Probability that a Poisson variable of this mean is `count` or more.
pub fn poisson_tail(mean: f64, count: u64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let mut log = -mean;
    let mut below = log.exp();
    for k in 1..count {
        log += (mean / k as f64).ln();
        below += log.exp();
    }
    (1.0 - below).clamp(0.0, 1.0)
}

/// Probability that of `all` trials with this chance each, `count` or more succeed.
pub fn binomial_tail(all: u64, chance: f64, count: u64) -> f64 {
    if count == 0 || chance >= 1.0 {
        return 1.0;
    }
    if count > all || chance <= 0.0 {
        return 0.0;
    }
    let odds = (chance / (1.0 - chance)).ln();
    let mut log = all as f64 * (1.0 - chance).ln();
    let mut below = log.exp();
    for k in 1..count {
        log += odds + ((all - k + 1) as f64 / k as f64).ln();
        below += log.exp();
    }
    (1.0 - below).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn tails_of_small_numbers_are_those_by_hand() {
        near(poisson_tail(1.0, 1), 1.0 - (-1.0_f64).exp());
        near(poisson_tail(2.0, 2), 1.0 - 3.0 * (-2.0_f64).exp());
        near(binomial_tail(2, 0.5, 2), 0.25);
        near(binomial_tail(3, 0.5, 2), 0.5);
        near(binomial_tail(10, 0.1, 0), 1.0);
    }

    #[test]
    fn tails_of_large_numbers_stay_numbers() {
        assert!(poisson_tail(1_000.0, 1_000) > 0.4 && poisson_tail(1_000.0, 1_000) < 0.6);
        assert!(poisson_tail(1_000.0, 1_500) < 1e-9);
        assert!(binomial_tail(10_000, 0.3, 3_000) > 0.4);
    }
}
