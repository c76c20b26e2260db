//! Fixed seeds: every trial settles within a bounded number of steps, breaks nothing on the way, and gives the same trace.

use shared::playground::trial;

#[cfg(test)]
mod tests {
    use super::*;

    /// How many seeds there are.
    const SEEDS: u64 = 500;
    /// How many of them are run twice, to see that equal seeds give equal traces.
    const REPEATED: u64 = 10;

    #[test]
    fn every_seed_settles_and_breaks_nothing() {
        let failed: Vec<String> = (0..SEEDS)
            .filter_map(|seed| {
                let problem = trial::run(seed).problems.into_iter().next();
                problem.map(|problem| format!("seed {seed}: {problem}"))
            })
            .collect();
        assert!(failed.is_empty(), "{} of {SEEDS} seeds failed:\n{}", failed.len(), failed.join("\n"));
    }

    #[test]
    fn equal_seeds_give_equal_traces() {
        for seed in 0..REPEATED {
            assert_eq!(trial::run(seed), trial::run(seed), "seed {seed}");
        }
        assert_ne!(trial::run(1).hash, trial::run(2).hash);
    }
}
