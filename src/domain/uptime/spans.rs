//! Sets of stretches of time.

use jiff::Timestamp;

/// A stretch of time, from its beginning to before its end; one that ends no
/// later than it begins is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Span {
    /// From `from` to before `to`.
    #[must_use]
    pub const fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to }
    }

    /// Whether no instant lies in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// What both have in common; perhaps empty.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// How long it is, in microseconds.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        if self.is_empty() { 0 } else { self.to.as_microsecond() - self.from.as_microsecond() }
    }
}

/// A set of instants: stretches in order, none empty, no two of which overlap
/// or touch, so that equal sets are equal values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans(Vec<Span>);

impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut sorted: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        sorted.sort_unstable();
        let mut joined: Vec<Span> = Vec::with_capacity(sorted.len());
        for span in sorted {
            match joined.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                _ => joined.push(span),
            }
        }
        Self(joined)
    }
}

impl Spans {
    /// Its stretches, in order.
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().copied()
    }

    /// Whether it holds no instant.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How long it is in all, in microseconds.
    #[must_use]
    pub fn microseconds(&self) -> i64 {
        self.iter().map(Span::microseconds).sum()
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        let mut common = Vec::new();
        while let (Some(one), Some(two)) = (left.peek().copied(), right.peek().copied()) {
            let both = one.within(two);
            if !both.is_empty() {
                common.push(both);
            }
            // The one that ends first has nothing in common with what comes.
            if one.to <= two.to {
                left.next()
            } else {
                right.next()
            };
        }
        Self(common)
    }

    /// What of it lies in a stretch.
    #[must_use]
    pub fn within(&self, span: Span) -> Self {
        self.iter().map(|own| own.within(span)).collect()
    }

    /// What is in this one alone.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut first = 0;
        for own in self.iter() {
            while other.0.get(first).is_some_and(|gone| gone.to <= own.from) {
                first += 1;
            }
            let mut from = own.from;
            for gone in other.0[first..].iter().take_while(|gone| gone.from < own.to) {
                rest.push(Span::new(from, gone.from));
                from = from.max(gone.to);
            }
            rest.push(Span::new(from, own.to));
        }
        rest.into_iter().collect()
    }
}
