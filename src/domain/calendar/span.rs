//! Half-open stretches on one axis: seconds of a local day, or instants.

/// From `from` up to, but without, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Span {
    pub(crate) const fn new(from: i64, to: i64) -> Self {
        Self { from, to }
    }

    pub(crate) const fn len(self) -> i64 {
        self.to - self.from
    }

    pub(crate) const fn contains(self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// Sorted, without empty ones; what overlaps or touches becomes one.
pub(crate) fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.from < span.to);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => merged.push(span),
        }
    }
    merged
}

/// What is left of merged `spans` without the merged `cuts`.
pub(crate) fn subtract(spans: &[Span], cuts: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(spans.len());
    for span in spans {
        let mut from = span.from;
        let first = cuts.partition_point(|cut| cut.to <= span.from);
        for cut in cuts[first..].iter().take_while(|cut| cut.from < span.to) {
            if from < cut.from {
                left.push(Span::new(from, cut.from));
            }
            from = cut.to;
        }
        if from < span.to {
            left.push(Span::new(from, span.to));
        }
    }
    left
}

/// The sum of the lengths.
pub(crate) fn total(spans: &[Span]) -> i64 {
    spans.iter().map(|span| span.len()).sum()
}
